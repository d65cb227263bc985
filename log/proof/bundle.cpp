// Offline proof files: their text form, and the checks behind `varve verify`. Any thread.
#include "log/proof/bundle.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "log/proof/author.h"
#include "log/proof/canonical_json.h"
#include "log/proof/merkle.h"

namespace varve {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::string_view kEventsSuffix = "/events";
// C2SP: enough for every tree of fewer than 2^63 entries.
constexpr std::size_t kHashesMax = 63;

std::unexpected<Error> bad_file(std::string why) {
  return fail(Errc::invalid, About::proof, std::move(why));
}

// The next line without its newline; the file must not end inside a line.
Result<std::string_view> take_line(std::string_view& file) {
  const std::size_t end = file.find('\n');
  if (end == std::string_view::npos) return bad_file("the proof file ends in the middle of a line");
  const std::string_view line = file.substr(0, end);
  file.remove_prefix(end + 1);
  return line;
}

Result<std::string> parse_extra(std::string_view line) {
  if (!line.starts_with(kExtra))
    return fail(Errc::unsupported, About::proof,
                "the proof file has no \"extra\" line with the entry");
  auto entry = base64_decode(line.substr(kExtra.size()));
  if (!entry || entry->empty()) return bad_file("the entry of the proof file is not base64");
  if (entry->size() > limits::kEntryBytesMax)
    return fail(Errc::too_large, About::proof,
                "the entry of the proof file has " + std::to_string(entry->size()) +
                    " bytes; no entry has more than " + std::to_string(limits::kEntryBytesMax));
  return *std::move(entry);
}

Result<EntryIndex> parse_index(std::string_view line) {
  const auto index =
      line.starts_with(kIndex) ? parse_decimal(line.substr(kIndex.size())) : std::nullopt;
  if (!index) return bad_file("the proof file has no line with the entry's index");
  return EntryIndex{*index};
}

Result<std::vector<Hash256>> parse_hashes(std::string_view& file) {
  std::vector<Hash256> hashes;
  for (;;) {
    VARVE_TRY(const std::string_view line, take_line(file));
    if (line.empty()) return hashes;
    const auto hash = base64_decode(line);
    if (!hash || hash->size() != std::tuple_size_v<Hash256>)
      return bad_file("hash " + std::to_string(hashes.size()) +
                      " of the proof file is not the base64 of 32 bytes");
    if (hashes.size() == kHashesMax)
      return bad_file("the proof file has more than " + std::to_string(kHashesMax) + " hashes");
    hashes.push_back(hash_from(*hash));
  }
}

std::string describe(const Error& error) {
  return error.detail.empty() ? error.what : error.what + ": " + error.detail;
}

std::string key_label(std::string_view name, const KeyId& id) {
  return std::string(name) + '+' +
         hex_encode({reinterpret_cast<const char*>(id.data()), id.size()});
}
std::string key_label(const VerifierKey& key) {
  return key_label(key.name(), key.id());
}

// Collects the checks of one bundle. Each step gives what the next ones may rely on, or nothing.
class Verification {
 public:
  Verification(const ProofBundle& bundle, const TrustedKeys& keys) : bundle_(bundle), keys_(keys) {}

  void entry_is_in_the_log() {
    const auto checkpoint = check_checkpoint();
    check_origins(checkpoint);
    check_inclusion(checkpoint);
    const auto text = check_event_signature();
    auto entry = read_entry(text);
    check_index(entry ? std::optional(entry->envelope) : later_envelope(text));
    const bool all_passed = std::ranges::all_of(verdict_.checks, [](const Check& check) {
      return check.outcome == Check::Outcome::passed;
    });
    if (all_passed) verdict_.entry = entry;
    entry_ = std::move(entry);
  }

  // Also of an entry that is not proven, if it can be read: that its author did not sign it is
  // worth knowing then too.
  void publisher(const std::optional<warg::KeyId>& required_author) {
    constexpr std::string_view kName = kPublisherCheck;
    // What an entry of a later version carries, this one does not see.
    if (!entry_) {
      absent(kName, "not checked: the entry cannot be read");
      if (required_author) absent(kRequiredPublisherCheck, "not checked: the entry cannot be read");
      return;
    }
    const trust::Author* author = author_of(entry_->event);
    if (author == nullptr)
      absent(kName, "the entry carries none");
    else if (const auto is_true = verify_author(entry_->event, keys_.log.name()); !is_true)
      failed(kName, describe(is_true.error()));
    else
      passed(kName, "signed by " + author->key_id.to_string());
    if (required_author) required_publisher(author, *required_author);
  }

  void file(const Digest& digest) {
    constexpr std::string_view kName = "file digest";
    if (!verdict_.entry) return absent(kName, "not checked: the entry is not proven");
    const std::string what = std::string(type_of(verdict_.entry->event)) + " at index " +
                             std::to_string(verdict_.entry->envelope.index.value);
    const Event& event = verdict_.entry->event;
    if (subject_digest(event) == digest)
      return passed(kName, what + " names " + digest.to_string());
    if (removed_digest(event) == digest)
      return failed(kName, what + " names " + digest.to_string() + ", but this event removes it");
    failed(kName, what + " does not name the file's digest " + digest.to_string());
  }

  Verdict finish() { return std::move(verdict_); }

 private:
  std::optional<Checkpoint> check_checkpoint() {
    constexpr std::string_view kName = "checkpoint signature";
    auto checkpoint = signed_checkpoint(bundle_.checkpoint, keys_.log);
    if (!checkpoint) {
      failed(kName, describe(checkpoint.error()));
      return std::nullopt;
    }
    passed(kName, "tree of size " + std::to_string(checkpoint->size.value) + ", signed by " +
                      key_label(keys_.log));
    return *std::move(checkpoint);
  }

  void check_origins(const std::optional<Checkpoint>& checkpoint) {
    constexpr std::string_view kName = "origin";
    if (!checkpoint) return absent(kName, "not checked: the checkpoint is not to be trusted");
    if (const auto same = check_origin(*checkpoint, keys_.log); !same)
      return failed(kName, same.error().what);
    if (keys_.event.name() != checkpoint->origin + std::string(kEventsSuffix))
      return failed(kName, "the checkpoint is of " + checkpoint->origin + ", the event key is " +
                               keys_.event.name());
    passed(kName, checkpoint->origin);
  }

  void check_inclusion(const std::optional<Checkpoint>& checkpoint) {
    constexpr std::string_view kName = "inclusion";
    if (!checkpoint) return absent(kName, "not checked: the checkpoint is not to be trusted");
    const auto included = verify_inclusion(leaf_hash(bundle_.entry), bundle_.index,
                                           checkpoint->size, bundle_.hashes, checkpoint->root);
    if (!included) return failed(kName, describe(included.error()));
    passed(kName, "entry " + std::to_string(bundle_.index.value) + " is in the tree of size " +
                      std::to_string(checkpoint->size.value) + " with root " +
                      base64_encode(as_view(checkpoint->root)));
  }

  std::optional<std::string_view> check_event_signature() {
    constexpr std::string_view kName = kEventSignatureCheck;
    const auto note = parse_note(bundle_.entry);
    const auto known = keys_.event_keys();
    const auto signers = note ? verify_note(*note, known) : std::unexpected(note.error());
    if (signers) {
      passed(kName, "signed by " + key_label(signers->front()));
      return note->text;
    }
    const NoteSignature* stranger = note ? stranger_among(note->signatures) : nullptr;
    if (stranger != nullptr)
      unknown(kName, "signed by " + key_label(stranger->name, stranger->id) +
                         ", an event key that is not among the given ones");
    else
      failed(kName, describe(signers.error()));
    return std::nullopt;
  }

  // The signature of an event key of this log that is not known here, when it is all there is: that
  // of a known key would have been checked, and counts alone.
  const NoteSignature* stranger_among(const std::vector<NoteSignature>& signatures) const {
    const NoteSignature* stranger = nullptr;
    for (const NoteSignature& signature : signatures) {
      if (keys_.find_event_key(signature) != nullptr) return nullptr;
      if (signature.name == keys_.event.name()) stranger = &signature;
    }
    return stranger;
  }

  // Only what goes wrong is a check of its own: an entry that can be read is seen in all others.
  std::optional<Entry> read_entry(const std::optional<std::string_view>& text) {
    constexpr std::string_view kName = "entry";
    if (!text) return std::nullopt;
    auto entry = decode_entry_text(*text);
    if (entry || entry.error().code == Errc::unsupported) {
      // It is one line: without its newline.
      const auto canonical = check_canonical_json(text->substr(0, text->size() - 1));
      if (!canonical) entry = std::unexpected(canonical.error());
    }
    if (entry) return *std::move(entry);
    const Error& error = entry.error();
    if (error.code == Errc::corrupt || error.code == Errc::invalid)
      failed(kName, describe(error));
    else
      unknown(kName, describe(error));
    return std::nullopt;
  }

  // Of an entry whose type a newer version knows, the envelope can be read, and can be false.
  std::optional<Envelope> later_envelope(const std::optional<std::string_view>& text) const {
    if (!text || !has(Check::Outcome::unknown)) return std::nullopt;
    auto envelope = decode_envelope_text(*text);
    return envelope ? std::optional(*std::move(envelope)) : std::nullopt;
  }

  void check_index(const std::optional<Envelope>& envelope) {
    constexpr std::string_view kName = "index";
    if (!envelope) return absent(kName, "not checked: the entry cannot be read");
    const std::uint64_t says = envelope->index.value;
    if (says != bundle_.index.value)
      return failed(kName, "the entry says it is at index " + std::to_string(says) +
                               ", the proof is for index " + std::to_string(bundle_.index.value));
    passed(kName, "the entry says it is at index " + std::to_string(says) + " too");
  }

  void required_publisher(const trust::Author* author, const warg::KeyId& required) {
    constexpr std::string_view kName = kRequiredPublisherCheck;
    if (author != nullptr && author->key_id == required) return passed(kName, required.to_string());
    failed(kName, "the entry carries no publisher signature of " + required.to_string());
  }

  bool has(Check::Outcome outcome) const {
    return std::ranges::count(verdict_.checks, outcome, &Check::outcome) > 0;
  }
  void add(std::string_view name, Check::Outcome outcome, std::string detail) {
    verdict_.checks.push_back(
        {.name = std::string(name), .outcome = outcome, .detail = std::move(detail)});
  }
  void passed(std::string_view name, std::string detail) {
    add(name, Check::Outcome::passed, std::move(detail));
  }
  void failed(std::string_view name, std::string detail) {
    add(name, Check::Outcome::failed, std::move(detail));
  }
  void unknown(std::string_view name, std::string detail) {
    add(name, Check::Outcome::unknown, std::move(detail));
  }
  void absent(std::string_view name, std::string detail) {
    add(name, Check::Outcome::absent, std::move(detail));
  }

  const ProofBundle& bundle_;
  const TrustedKeys& keys_;
  std::optional<Entry> entry_;  // as far as it can be read
  Verdict verdict_;
};

}  // namespace

Result<ProofBundle> parse_bundle(std::string_view file) {
  if (file.size() > kProofFileBytesMax)
    return fail(Errc::too_large, About::proof,
                "a proof file of " + std::to_string(file.size()) + " bytes is over the limit of " +
                    std::to_string(kProofFileBytesMax));
  ProofBundle bundle;
  VARVE_TRY(const std::string_view header, take_line(file));
  if (header != kHeader) return bad_file("the file does not start with " + std::string(kHeader));
  VARVE_TRY(const std::string_view extra, take_line(file));
  VARVE_TRY(bundle.entry, parse_extra(extra));
  VARVE_TRY(const std::string_view index, take_line(file));
  VARVE_TRY(bundle.index, parse_index(index));
  VARVE_TRY(bundle.hashes, parse_hashes(file));
  if (file.empty()) return bad_file("the proof file has no checkpoint");
  bundle.checkpoint = file;
  return bundle;
}

std::string format_bundle(const ProofBundle& bundle) {
  std::string file(kHeader);
  file += '\n';
  file += kExtra;
  file += base64_encode(bundle.entry);
  file += '\n';
  file += kIndex;
  file += std::to_string(bundle.index.value);
  file += '\n';
  for (const Hash256& hash : bundle.hashes) {
    file += base64_encode(as_view(hash));
    file += '\n';
  }
  file += '\n';
  file += bundle.checkpoint;
  return file;
}

bool Verdict::proven() const {
  const auto count = [this](Check::Outcome outcome) {
    return std::ranges::count(checks, outcome, &Check::outcome);
  };
  return count(Check::Outcome::failed) == 0 && count(Check::Outcome::unknown) == 0 &&
         count(Check::Outcome::passed) > 0;
}

bool Verdict::disproven() const {
  return std::ranges::count(checks, Check::Outcome::failed, &Check::outcome) > 0;
}

std::vector<VerifierKey> TrustedKeys::event_keys() const {
  std::vector<VerifierKey> keys = earlier;
  keys.push_back(event);
  return keys;
}

const VerifierKey* TrustedKeys::find_event_key(const NoteSignature& signature) const {
  const auto made = [&](const VerifierKey& key) {
    return key.name() == signature.name && key.id() == signature.id;
  };
  if (made(event)) return &event;
  const auto found = std::ranges::find_if(earlier, made);
  return found == earlier.end() ? nullptr : &*found;
}

void TrustedKeys::rotate_to(VerifierKey next) {
  if (next == event) return;
  std::erase(earlier, next);
  earlier.push_back(std::exchange(event, std::move(next)));
}

Result<TrustedKeys> trusted_keys(std::vector<VerifierKey> keys) {
  if (keys.size() < 2)
    return fail(Errc::invalid, About::key,
                "a key file names the log's key and its event keys, not " +
                    std::to_string(keys.size()) + " keys");
  const auto size = [](const VerifierKey& key) { return key.name().size(); };
  const auto shortest = std::ranges::min_element(keys, {}, size);
  const VerifierKey log = *shortest;
  keys.erase(shortest);
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    if (key->name() != log.name() + std::string(kEventsSuffix))
      return fail(
          Errc::invalid, About::key,
          "the keys are not those of one log: one of <origin>, the others of <origin>/events",
          log.name() + ", " + key->name());
    if (key->public_key() == log.public_key())
      return fail(Errc::invalid, About::key, "the log's key and the event key are the same key",
                  log.name());
    // Also two keys with one id, which can be made on purpose: a signature names only that.
    if (std::find_if(keys.begin(), key,
                     [&](const VerifierKey& k) { return k.id() == key->id(); }) != key)
      return fail(Errc::invalid, About::key, "an event key is there twice", key->to_string());
  }
  VerifierKey newest = std::move(keys.back());
  keys.pop_back();
  return TrustedKeys{.log = log, .event = std::move(newest), .earlier = std::move(keys)};
}

Result<std::vector<VerifierKey>> parse_key_lines(std::string_view file) {
  if (file.size() > kKeyFileBytesMax)
    return fail(Errc::too_large, About::key, "a key file is a few lines long");
  std::vector<VerifierKey> keys;
  while (!file.empty()) {
    const std::size_t end = file.find('\n');
    const std::string_view line = file.substr(0, end);
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    VARVE_TRY(VerifierKey key, VerifierKey::parse(line));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<TrustedKeys> parse_trusted_keys(std::string_view file) {
  VARVE_TRY(auto keys, parse_key_lines(file));
  return trusted_keys(std::move(keys));
}

std::string format_trusted_keys(const TrustedKeys& keys) {
  std::string file = keys.log.to_string() + '\n';
  for (const VerifierKey& key : keys.event_keys()) file += key.to_string() + '\n';
  return file;
}

Verdict verify_bundle(const ProofBundle& bundle, const TrustedKeys& keys,
                      const std::optional<Digest>& file_digest,
                      const std::optional<warg::KeyId>& required_author) {
  Verification verification(bundle, keys);
  verification.entry_is_in_the_log();
  verification.publisher(required_author);
  if (file_digest) verification.file(*file_digest);
  return verification.finish();
}

}  // namespace varve
