// Entries as text. Each event's fields() drives both directions, so what is written and what is
// read cannot drift apart.
#include "core/codec.h"

#include <array>
#include <utility>

#include "core/base/json.h"
#include "core/base/limits.h"

namespace varve {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::uint64_t kIndexMax = (std::uint64_t{1} << 53) - 1;  // RFC 8785: an IEEE double
constexpr std::size_t kWordBytesMax = 64;                          // request and surface

bool valid_word(std::string_view text) {
  if (text.empty() || text.size() > kWordBytesMax) return false;
  for (char c : text)
    if (c <= ' ' || c > '~') return false;
  return true;
}

bool valid_envelope(const Envelope& envelope) {
  return envelope.index.value <= kIndexMax && valid_principal_name(envelope.actor.id) &&
         valid_word(envelope.request) && valid_word(envelope.surface) &&
         envelope.batch_position < envelope.batch_count;
}

// ---- out ----

class FieldWriter {
 public:
  explicit FieldWriter(json::Writer& out) : out_(out) {}
  template <class T>
  void operator()(std::string_view name, const T& value) {
    out_.key(name);
    write(value);
  }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& value) {
    if (value) (*this)(name, *value);
  }

 private:
  void write(std::uint64_t value) { out_.number(value); }
  void write(const std::string& value) { out_.string(value); }
  void write(const Digest& value) { out_.string(value.to_string()); }
  void write(const RepoName& value) { out_.string(value.text()); }
  void write(const oci::Tag& value) { out_.string(value.text()); }
  void write(bool value) { out_.boolean(value); }
  void write(const Timestamp& value) { out_.string(value.to_string()); }
  void write(const PrincipalName& value) { out_.string(value.text()); }
  void write(const CredentialId& value) { out_.string(value.text()); }
  void write(const Resource& value) { out_.string(value.text()); }
  void write(trust::PrincipalKind value) { out_.string(to_string(value)); }
  void write(trust::CredentialKind value) { out_.string(to_string(value)); }
  void write(const NamespaceName& value) { out_.string(value.text()); }
  void write(content::Category value) { out_.string(to_string(value)); }
  template <class Kind>
  void write(const warg::HashId<Kind>& value) {
    out_.string(value.to_string());
  }
  void write(const warg::PackageName& value) { out_.string(value.text()); }
  void write(const warg::SignatureText& value) { out_.string(value.text()); }
  void write(const warg::PublicKeyText& value) { out_.string(value.text()); }
  void write(const pulp::PackageId& value) { out_.string(value.text()); }
  void write(const pulp::RepositoryId& value) { out_.string(value.text()); }
  void write(const pulp::Word& value) { out_.string(value.text()); }
  void write(const trust::Author& value) {
    out_.begin_object();
    trust::Author::fields(value, *this);
    out_.end_object();
  }
  void write(Rights value) {
    out_.begin_array();
    for (const std::string_view word : value.words()) out_.string(word);
    out_.end_array();
  }

  json::Writer& out_;
};

void write_data(json::Writer& out, const Event& event) {
  out.begin_object();
  FieldWriter fields(out);
  std::visit([&](const auto& e) { e.fields(e, fields); }, event);
  out.end_object();
}

// ---- in ----

std::unexpected<Error> corrupt(std::string what) {
  return fail(Errc::corrupt, About::entry, std::move(what));
}

Result<std::string_view> get_string(const object& parent, std::string_view name) {
  std::string_view text;
  if (parent.at_key(name).get(text) != simdjson::SUCCESS)
    return corrupt("an entry's " + std::string(name) + " is missing or not a string");
  return text;
}

Result<std::uint64_t> get_number(const object& parent, std::string_view name) {
  std::uint64_t number = 0;
  if (parent.at_key(name).get(number) != simdjson::SUCCESS || number > kIndexMax)
    return corrupt("an entry's " + std::string(name) + " is missing or not a whole number");
  return number;
}

// One instant, one text: otherwise equal entries could have different bytes.
Result<Timestamp> get_time(const object& parent, std::string_view name) {
  VARVE_TRY(const auto text, get_string(parent, name));
  const auto time = Timestamp::parse(text);
  if (!time || time->to_string() != text)
    return corrupt("an entry's " + std::string(name) + " is not a time as this program writes it");
  return *time;
}

// Sorted, because a set has one text.
Result<Rights> get_rights(const object& parent, std::string_view name) {
  simdjson::dom::array array;
  if (parent.at_key(name).get(array) != simdjson::SUCCESS)
    return corrupt("an entry's " + std::string(name) + " are missing or no list");
  std::vector<std::string_view> words;
  for (const element item : array)
    if (item.get(words.emplace_back()) != simdjson::SUCCESS)
      return corrupt("an entry's " + std::string(name) + " are not words");
  VARVE_TRY(const Rights rights, Rights::parse(words));
  if (rights.words() != words) return corrupt("an entry's " + std::string(name) + " are unsorted");
  return rights;
}

// Names and digests can only be made by parsing; these hold their place until fields() has read
// the real ones, and no event leaves with one.
struct Blank {
  operator std::uint64_t() { return 0; }
  operator std::string() { return {}; }
  operator Digest() { return Digest(DigestAlgorithm::sha256, std::string(32, '\0')); }
  operator std::optional<Digest>() { return std::nullopt; }
  operator RepoName() {
    static const RepoName blank = *RepoName::parse("blank");
    return blank;
  }
  operator oci::Tag() {
    static const oci::Tag blank = *oci::Tag::parse("blank");
    return blank;
  }
  operator bool() { return false; }
  operator content::Attributes() { return {}; }
  operator Timestamp() { return {}; }
  operator std::optional<Timestamp>() { return std::nullopt; }
  operator Rights() { return {}; }
  operator trust::PrincipalKind() { return trust::PrincipalKind::user; }
  operator trust::CredentialKind() { return trust::CredentialKind::password; }
  operator PrincipalName() { return PrincipalName::anonymous(); }
  operator Resource() { return Resource::everything(); }
  operator CredentialId() {
    static const CredentialId blank = *CredentialId::parse("00000000000000000000000000");
    return blank;
  }
  template <class Kind>
  operator warg::HashId<Kind>() {
    return warg::HashId<Kind>(Hash256{});
  }
  operator warg::PackageName() {
    static const warg::PackageName blank = *warg::PackageName::parse("a:blank");
    return blank;
  }
  operator warg::SignatureText() {
    static const warg::SignatureText blank = *warg::SignatureText::parse("ecdsa-p256:AAAA");
    return blank;
  }
  operator warg::PublicKeyText() {
    static const warg::PublicKeyText blank =
        *warg::PublicKeyText::parse("ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    return blank;
  }
  operator pulp::PackageId() { return pulp::PackageId::from_random(std::string(16, '\0')); }
  operator pulp::RepositoryId() {
    static const pulp::RepositoryId blank = *pulp::RepositoryId::parse("blank");
    return blank;
  }
  operator pulp::Word() {
    static const pulp::Word blank = *pulp::Word::parse("blank");
    return blank;
  }
  operator pulp::Nevra() { return {Blank{}, Blank{}, Blank{}, Blank{}, Blank{}}; }
  operator pulp::Checksum() { return {Blank{}, Blank{}}; }
  operator trust::Author() { return {Blank{}, Blank{}, Blank{}, {}}; }
  operator std::optional<trust::Author>() { return std::nullopt; }
  operator std::optional<bool>() { return std::nullopt; }
  operator std::optional<std::string>() { return std::nullopt; }
  operator NamespaceName() {
    static const NamespaceName blank = *NamespaceName::parse("blank");
    return blank;
  }
  operator content::Category() { return content::Category::other; }
  operator std::optional<content::Category>() { return std::nullopt; }
};

template <std::size_t>
using BlankAt = Blank;

// From as many as the event has members.
template <class E, std::size_t... I>
E blank_of(std::index_sequence<I...>) {
  if constexpr (sizeof...(I) == 0)
    return E{};
  else if constexpr (requires { E{BlankAt<I>{}...}; } && !std::is_empty_v<E>)
    return E{BlankAt<I>{}...};
  else
    return blank_of<E>(std::make_index_sequence<sizeof...(I) - 1>());
}
template <class E>
E blank() {
  constexpr std::size_t kMembersMax = 8;
  return blank_of<E>(std::make_index_sequence<kMembersMax>());
}

class FieldReader {
 public:
  explicit FieldReader(const object& data) : data_(data) {}
  template <class T>
  void operator()(std::string_view name, T& value) {
    if (!error_) keep(name, read(name, value));
  }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& value) {
    element found;
    if (error_ || data_.at_key(name).get(found) == simdjson::NO_SUCH_FIELD) return;
    keep(name, read(name, value.emplace(Blank{})));
  }
  std::optional<Error>& error() { return error_; }

 private:
  void keep(std::string_view name, Result<void> result) {
    if (result) return;
    // A word that a newer version added is no damage.
    const Errc code = result.error().code == Errc::unsupported ? Errc::unsupported : Errc::corrupt;
    error_.emplace(code, About::entry,
                   "member " + std::string(name) + " of an entry's data: " + result.error().what);
  }
  Result<void> read(std::string_view name, std::uint64_t& value) {
    VARVE_TRY(value, get_number(data_, name));
    return {};
  }
  Result<void> read(std::string_view name, std::string& value) {
    VARVE_TRY(const auto text, get_string(data_, name));
    value.assign(text);
    return {};
  }
  template <class T>
  Result<void> parse(std::string_view name, T& value) {
    VARVE_TRY(const auto text, get_string(data_, name));
    VARVE_TRY(value, T::parse(text));
    return {};
  }
  Result<void> read(std::string_view name, Digest& value) { return parse(name, value); }
  Result<void> read(std::string_view name, RepoName& value) { return parse(name, value); }
  Result<void> read(std::string_view name, oci::Tag& value) { return parse(name, value); }
  Result<void> read(std::string_view name, PrincipalName& value) { return parse(name, value); }
  Result<void> read(std::string_view name, CredentialId& value) { return parse(name, value); }
  Result<void> read(std::string_view name, Resource& value) { return parse(name, value); }
  Result<void> read(std::string_view name, NamespaceName& value) { return parse(name, value); }
  template <class Kind>
  Result<void> read(std::string_view name, warg::HashId<Kind>& value) {
    return parse(name, value);
  }
  Result<void> read(std::string_view name, warg::PackageName& value) { return parse(name, value); }
  Result<void> read(std::string_view name, warg::SignatureText& value) {
    return parse(name, value);
  }
  Result<void> read(std::string_view name, pulp::PackageId& value) { return parse(name, value); }
  Result<void> read(std::string_view name, pulp::RepositoryId& value) { return parse(name, value); }
  Result<void> read(std::string_view name, pulp::Word& value) { return parse(name, value); }
  // One key, one text: ids are made of the text.
  Result<void> read(std::string_view name, warg::PublicKeyText& value) {
    VARVE_TRY(const auto text, get_string(data_, name));
    VARVE_TRY(value, warg::PublicKeyText::parse(text));
    return value.text() == text ? Result<void>() : corrupt("a key is not in its shortest form");
  }
  Result<void> read(std::string_view name, trust::Author& value) {
    object inner;
    if (data_.at_key(name).get(inner) != simdjson::SUCCESS)
      return corrupt("an entry's " + std::string(name) + " is missing or not an object");
    FieldReader fields(inner);
    trust::Author::fields(value, fields);
    if (fields.error()) return std::unexpected(*std::move(fields.error()));
    return {};
  }
  Result<void> read(std::string_view name, bool& value) {
    if (data_.at_key(name).get(value) == simdjson::SUCCESS) return {};
    return corrupt("an entry's " + std::string(name) + " is missing or neither true nor false");
  }
  Result<void> read(std::string_view name, Timestamp& value) {
    VARVE_TRY(value, get_time(data_, name));
    return {};
  }
  Result<void> read(std::string_view name, Rights& value) {
    VARVE_TRY(value, get_rights(data_, name));
    return {};
  }
  Result<void> read(std::string_view name, trust::PrincipalKind& value) {
    return word(name, value, trust::parse_principal_kind);
  }
  Result<void> read(std::string_view name, trust::CredentialKind& value) {
    return word(name, value, trust::parse_credential_kind);
  }
  Result<void> read(std::string_view name, content::Category& value) {
    return word(name, value, content::parse_category);
  }
  template <class Enum, class Parse>
  Result<void> word(std::string_view name, Enum& value, const Parse& parse_word) {
    VARVE_TRY(const auto text, get_string(data_, name));
    const auto found = parse_word(text);
    if (!found)
      return fail(Errc::unsupported, About::entry, "this version does not know this word");
    value = *found;
    return {};
  }

  const object& data_;
  std::optional<Error> error_;
};

template <class E>
Result<Event> read_event(const object& data) {
  E event = blank<E>();
  FieldReader fields(data);
  E::fields(event, fields);
  if (fields.error()) return std::unexpected(*std::move(fields.error()));
  return Event(std::move(event));
}

struct Kind {
  std::string_view type;
  unsigned newest;  // version; every earlier one is read too
  Result<Event> (*read)(const object& data);
};

// One row an alternative of Event.
template <class... E>
constexpr std::array<Kind, sizeof...(E)> kinds_of(std::type_identity<std::variant<E...>>) {
  return {Kind{E::kType, E::kVersion, &read_event<E>}...};
}
constexpr auto kKinds = kinds_of(std::type_identity<Event>{});

Result<Event> get_event(const object& root) {
  VARVE_TRY(const auto type, get_string(root, "type"));
  VARVE_TRY(const auto version, get_number(root, "v"));
  object data;
  if (root.at_key("data").get(data) != simdjson::SUCCESS)
    return corrupt("an entry's data is missing or not an object");
  for (const Kind& kind : kKinds) {
    if (kind.type != type || version == 0 || version > kind.newest) continue;
    VARVE_TRY(auto event, kind.read(data));
    // Who knows only the earlier version would read another event out of the same entry.
    if (version_of(event) != version)
      return corrupt("an entry says what its version has no words for, or less than it promises");
    return event;
  }
  return fail(Errc::unsupported, About::entry,
              "this version does not know entries of this type; a newer one wrote it",
              std::string(type.substr(0, kWordBytesMax)) + " v" + std::to_string(version));
}

Result<Actor> get_actor(const object& root) {
  object actor;
  if (root.at_key("actor").get(actor) != simdjson::SUCCESS)
    return corrupt("an entry's actor is missing or not an object");
  VARVE_TRY(const auto id, get_string(actor, "id"));
  VARVE_TRY(const auto auth_text, get_string(actor, "auth"));
  const auto auth = parse_auth(auth_text);
  if (!auth)
    return fail(Errc::unsupported, About::entry,
                "this version does not know how this entry's actor was authenticated",
                std::string(auth_text.substr(0, kWordBytesMax)));
  Actor found{std::string(id), *auth};
  if (actor.at_key("credential").error() != simdjson::NO_SUCH_FIELD) {
    VARVE_TRY(const auto text, get_string(actor, "credential"));
    const auto credential = CredentialId::parse(text);
    if (!credential) return corrupt("an entry's credential is malformed");
    found.credential = *credential;
  }
  return found;
}

Result<void> get_batch(const object& root, Envelope& envelope) {
  simdjson::dom::array batch;
  std::uint64_t position = 0;
  std::uint64_t count = 0;
  if (root.at_key("batch").get(batch) != simdjson::SUCCESS || batch.size() != 2 ||
      batch.at(0).get(position) != simdjson::SUCCESS ||
      batch.at(1).get(count) != simdjson::SUCCESS || count > UINT32_MAX || position >= count)
    return corrupt("an entry's batch is not [position, count]");
  envelope.batch_position = static_cast<std::uint32_t>(position);
  envelope.batch_count = static_cast<std::uint32_t>(count);
  return {};
}

Result<Envelope> get_envelope(const object& root) {
  Envelope envelope;
  VARVE_TRY(envelope.actor, get_actor(root));
  VARVE_TRY(envelope.at, get_time(root, "at"));
  VARVE_CHECK(get_batch(root, envelope));
  VARVE_TRY(envelope.index.value, get_number(root, "index"));
  VARVE_TRY(envelope.request, get_string(root, "request"));
  VARVE_TRY(envelope.surface, get_string(root, "surface"));
  if (!valid_envelope(envelope)) return corrupt("an entry's envelope holds a malformed name");
  return envelope;
}

// ---- looking ----

struct DigestFinder {
  const Digest& wanted;
  bool found = false;
  void operator()(std::string_view, const Digest& value) { found = found || value == wanted; }
  void operator()(std::string_view, const std::optional<Digest>& value) {
    found = found || value == wanted;
  }
  template <class Kind>
  void operator()(std::string_view, const warg::HashId<Kind>& value) {
    found = found || value.raw() == wanted.raw();  // a SHA-256: no other digest is as short
  }
  template <class T>
  void operator()(std::string_view, const T&) {}
};

}  // namespace

std::string encode_entry_text(const Envelope& envelope, const Event& event) {
  VARVE_ASSERT(valid_envelope(envelope));  // or this version could not read what it signs
  std::string text;
  text.reserve(640);
  json::Writer out(text);
  out.begin_object();
  out.key("actor").begin_object();
  out.key("auth").string(to_string(envelope.actor.auth));
  if (envelope.actor.credential) out.key("credential").string(envelope.actor.credential->text());
  out.key("id").string(envelope.actor.id).end_object();
  out.key("at").string(envelope.at.to_string());
  out.key("batch").begin_array();
  out.number(envelope.batch_position).number(envelope.batch_count).end_array();
  out.key("data");
  write_data(out, event);
  out.key("index").number(envelope.index.value);
  out.key("request").string(envelope.request);
  out.key("surface").string(envelope.surface);
  out.key("type").string(type_of(event));
  out.key("v").number(version_of(event));
  out.end_object();
  text += '\n';
  return text;
}

namespace {

// Calls read(root) while the parsed entry lives.
template <class Read>
auto read_entry_text(std::string_view text, const Read& read) -> decltype(read(object())) {
  if (text.size() > limits::kEntryBytesMax) return corrupt("an entry is longer than 65,535 bytes");
  if (text.empty() || text.find('\n') != text.size() - 1)
    return corrupt("an entry's text is one line that ends with a newline");
  text.remove_suffix(1);
  // Replay decodes every entry there is; the parser's memory is kept for the next one.
  thread_local simdjson::dom::parser parser;
  const auto document = json::parse_strict(parser, text, About::entry, limits::kJsonDepthMax);
  if (!document && document.error().code == Errc::invalid) return corrupt(document.error().what);
  if (!document) return std::unexpected(document.error());  // no memory is no damage
  object root;
  if (document->get(root) != simdjson::SUCCESS) return corrupt("an entry is not a JSON object");
  return read(root);
}

}  // namespace

Result<Entry> decode_entry_text(std::string_view text) {
  return read_entry_text(text, [](const object& root) -> Result<Entry> {
    VARVE_TRY(auto envelope, get_envelope(root));
    VARVE_TRY(auto event, get_event(root));
    return Entry{std::move(envelope), std::move(event)};
  });
}

Result<Envelope> decode_envelope_text(std::string_view text) {
  return read_entry_text(text, [](const object& root) { return get_envelope(root); });
}

bool mentions_digest(const Event& event, const Digest& digest) {
  DigestFinder finder{digest};
  std::visit([&](const auto& e) { e.fields(e, finder); }, event);
  return finder.found;
}

std::string data_json(const Event& event) {
  std::string text;
  json::Writer out(text);
  write_data(out, event);
  return text;
}

}  // namespace varve
