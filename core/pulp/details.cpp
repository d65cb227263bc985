// A package's body both ways. What is read is written again and compared: that is what makes the
// reader strict, so it needs no rule of its own for what a body must not hold.
#include "core/pulp/details.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/json.h"

namespace varve::pulp {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::uint64_t kNumberMax = (std::uint64_t{1} << 53) - 1;  // RFC 8785
// {"document": {"requires": [{"name": ...}]}}
constexpr std::size_t kDepthMax = 4;
constexpr std::string_view kDocumentKey = "{\"document\":";

constexpr std::array<std::string_view, 6> kComparisons = {"", "EQ", "LT", "LE", "GT", "GE"};
constexpr std::array<std::string_view, 3> kKinds = {"", "dir", "ghost"};

using Dependencies = std::vector<Dependency>;

// Members by name, in the order of their names: once for the writer and the reader both.
constexpr std::array<std::pair<std::string_view, std::string Details::*>, 4> kDocumentTexts = {
    {{"buildhost", &Details::buildhost},
     {"description", &Details::description},
     {"group", &Details::group},
     {"license", &Details::license}}};
constexpr std::array<std::pair<std::string_view, std::string Dependency::*>, 4> kDependencyTexts = {
    {{"epoch", &Dependency::epoch},
     {"name", &Dependency::name},
     {"release", &Dependency::release},
     {"version", &Dependency::version}}};
constexpr std::array<std::pair<std::string_view, std::string Rpm::*>, 4> kRpmTexts = {
    {{"packager", &Rpm::packager},
     {"source_rpm", &Rpm::source_rpm},
     {"summary", &Rpm::summary},
     {"url", &Rpm::url}}};
constexpr std::array<std::pair<std::string_view, std::uint64_t Rpm::*>, 5> kRpmNumbers = {
    {{"archive_size", &Rpm::archive_size},
     {"build_time", &Rpm::build_time},
     {"header_end", &Rpm::header_end},
     {"header_start", &Rpm::header_start},
     {"installed_size", &Rpm::installed_size}}};
constexpr std::array<std::pair<std::string_view, Dependencies Rpm::*>, 6> kRpmDependencies = {
    {{"conflicts", &Rpm::conflicts},
     {"enhances", &Rpm::enhances},
     {"obsoletes", &Rpm::obsoletes},
     {"recommends", &Rpm::recommends},
     {"suggests", &Rpm::suggests},
     {"supplements", &Rpm::supplements}}};

// ---- what can be written ----

std::unexpected<Error> bad(std::string what) {
  return fail(Errc::invalid, About::body, std::move(what));
}

Result<void> check_text(std::string_view text) {
  if (!is_valid_utf8(text)) return bad("a text in the description of a package is not UTF-8");
  return {};
}

Result<void> check_number(std::uint64_t number) {
  if (number > kNumberMax) return bad("a number in the description of a package is too large");
  return {};
}

Result<void> check_dependencies(const Dependencies& dependencies) {
  for (const Dependency& one : dependencies) {
    if (one.name.empty()) return bad("a dependency of a package has no name");
    for (const auto& [name, member] : kDependencyTexts) VARVE_CHECK(check_text(one.*member));
  }
  return {};
}

// A directory stands here once and in repodata with every file in it: a small body must not become
// a large answer. Linux's PATH_MAX, and the paths of some 150,000 files.
constexpr std::size_t kPathBytesMax = 4'096;
constexpr std::size_t kPathsBytesMax = 16 << 20;

Result<void> check_files(const Rpm& rpm) {
  for (const std::string& directory : rpm.directories) VARVE_CHECK(check_text(directory));
  std::size_t bytes = 0;
  for (const RpmFile& file : rpm.files) {
    if (file.directory >= rpm.directories.size())
      return bad("a file of a package is in a directory that is not there");
    VARVE_CHECK(check_text(file.name));
    const std::size_t path = rpm.directories[file.directory].size() + file.name.size();
    bytes += path;
    if (path > kPathBytesMax || bytes > kPathsBytesMax)
      return fail(Errc::too_large, About::body, "a package's files have paths that are too long");
  }
  return {};
}

Result<void> check_rpm(const Rpm& rpm) {
  for (const auto& [name, member] : kRpmTexts) VARVE_CHECK(check_text(rpm.*member));
  for (const auto& [name, member] : kRpmNumbers) VARVE_CHECK(check_number(rpm.*member));
  for (const auto& [name, member] : kRpmDependencies) VARVE_CHECK(check_dependencies(rpm.*member));
  for (const Changelog& log : rpm.changelogs) {
    VARVE_CHECK(check_text(log.author));
    VARVE_CHECK(check_text(log.text));
    VARVE_CHECK(check_number(log.time));
  }
  return check_files(rpm);
}

Result<void> check(const Details& details) {
  for (const auto& [name, member] : kDocumentTexts) VARVE_CHECK(check_text(details.*member));
  VARVE_CHECK(check_text(details.vendor.value_or("")));
  VARVE_CHECK(check_number(details.size.value_or(0)));
  VARVE_CHECK(check_dependencies(details.requires_));
  VARVE_CHECK(check_dependencies(details.provides));
  return details.rpm ? check_rpm(*details.rpm) : Result<void>();
}

// ---- writing ----

void put_text(json::Writer& writer, std::string_view key, std::string_view text) {
  if (!text.empty()) writer.key(key).string(text);
}

void put_number(json::Writer& writer, std::string_view key, std::uint64_t number) {
  if (number != 0) writer.key(key).number(number);
}

template <class Items, class Put>
void put_list(json::Writer& writer, std::string_view key, const Items& items, Put put) {
  if (items.empty()) return;
  writer.key(key).begin_array();
  for (const auto& item : items) put(item);
  writer.end_array();
}

bool is_only_a_name(const Dependency& dependency) {
  Dependency plain;
  plain.name = dependency.name;
  return dependency == plain;
}

void put_dependency(json::Writer& writer, const Dependency& dependency) {
  if (is_only_a_name(dependency)) {
    writer.string(dependency.name);
    return;
  }
  writer.begin_object();
  put_text(writer, "epoch", dependency.epoch);
  put_text(writer, "flags", to_string(dependency.flags));
  put_text(writer, "name", dependency.name);
  if (dependency.pre) writer.key("pre").boolean(true);
  put_text(writer, "release", dependency.release);
  put_text(writer, "version", dependency.version);
  writer.end_object();
}

void put_dependencies(json::Writer& writer, std::string_view key, const Dependencies& list) {
  put_list(writer, key, list, [&](const Dependency& one) { put_dependency(writer, one); });
}

void put_file(json::Writer& writer, const RpmFile& file) {
  writer.begin_array().number(file.directory).string(file.name);
  if (file.kind != FileKind::file) writer.string(kKinds[static_cast<std::size_t>(file.kind)]);
  writer.end_array();
}

void put_changelog(json::Writer& writer, const Changelog& log) {
  writer.begin_array().string(log.author).number(log.time).string(log.text).end_array();
}

void put_document(json::Writer& writer, const Details& details) {
  writer.begin_object();
  for (const auto& [name, member] : kDocumentTexts) put_text(writer, name, details.*member);
  put_dependencies(writer, "provides", details.provides);
  put_dependencies(writer, "requires", details.requires_);
  if (details.size) writer.key("size").number(*details.size);
  if (details.vendor) writer.key("vendor").string(*details.vendor);
  writer.end_object();
}

void put_rpm(json::Writer& writer, const Rpm& rpm) {
  writer.begin_object();
  put_number(writer, "archive_size", rpm.archive_size);
  put_number(writer, "build_time", rpm.build_time);
  put_list(writer, "changelogs", rpm.changelogs,
           [&](const Changelog& log) { put_changelog(writer, log); });
  put_dependencies(writer, "conflicts", rpm.conflicts);
  put_list(writer, "directories", rpm.directories,
           [&](const std::string& directory) { writer.string(directory); });
  put_dependencies(writer, "enhances", rpm.enhances);
  put_list(writer, "files", rpm.files, [&](const RpmFile& file) { put_file(writer, file); });
  put_number(writer, "header_end", rpm.header_end);
  put_number(writer, "header_start", rpm.header_start);
  put_number(writer, "installed_size", rpm.installed_size);
  put_dependencies(writer, "obsoletes", rpm.obsoletes);
  put_text(writer, "packager", rpm.packager);
  put_dependencies(writer, "recommends", rpm.recommends);
  put_text(writer, "source_rpm", rpm.source_rpm);
  put_dependencies(writer, "suggests", rpm.suggests);
  put_text(writer, "summary", rpm.summary);
  put_dependencies(writer, "supplements", rpm.supplements);
  put_text(writer, "url", rpm.url);
  writer.end_object();
}

// ---- reading: what is wrong is left out, and found missing when it is written again ----

std::unexpected<Error> corrupt() {
  return fail(Errc::corrupt, About::body, "the description of a package is not as it was written");
}

void get_text(const object& from, std::string_view key, std::string& into) {
  std::string_view text;
  if (from.at_key(key).get(text) == simdjson::SUCCESS) into = text;
}

void get_number(const object& from, std::string_view key, std::uint64_t& into) {
  std::uint64_t number = 0;
  if (from.at_key(key).get(number) == simdjson::SUCCESS) into = number;
}

template <class Get>
void get_list(const object& from, std::string_view key, Get get) {
  simdjson::dom::array items;
  if (from.at_key(key).get(items) != simdjson::SUCCESS) return;
  for (const element item : items) get(item);
}

Dependency get_dependency(const element& value) {
  Dependency dependency;
  std::string_view name;
  object members;
  if (value.get(name) == simdjson::SUCCESS) {
    dependency.name = name;
  } else if (value.get(members) == simdjson::SUCCESS) {
    for (const auto& [key, member] : kDependencyTexts) get_text(members, key, dependency.*member);
    std::string flags;
    get_text(members, "flags", flags);
    dependency.flags = parse_comparison(flags).value_or(Comparison::any);
    dependency.pre = members.at_key("pre").error() == simdjson::SUCCESS;
  }
  return dependency;
}

void get_dependencies(const object& from, std::string_view key, Dependencies& into) {
  get_list(from, key, [&](const element& item) { into.push_back(get_dependency(item)); });
}

RpmFile get_file(const element& value) {
  RpmFile file;
  std::uint64_t directory = 0;
  std::string_view name;
  std::string_view kind;
  if (value.at(0).get(directory) == simdjson::SUCCESS && directory <= 0xffff'ffff)
    file.directory = static_cast<std::uint32_t>(directory);
  if (value.at(1).get(name) == simdjson::SUCCESS) file.name = name;
  if (value.at(2).get(kind) == simdjson::SUCCESS) {
    const auto found = std::ranges::find(kKinds, kind);
    if (found != kKinds.end()) file.kind = static_cast<FileKind>(found - kKinds.begin());
  }
  return file;
}

Changelog get_changelog(const element& value) {
  Changelog log;
  std::string_view author;
  std::string_view text;
  if (value.at(0).get(author) == simdjson::SUCCESS) log.author = author;
  if (value.at(1).get(log.time) != simdjson::SUCCESS) log.time = 0;
  if (value.at(2).get(text) == simdjson::SUCCESS) log.text = text;
  return log;
}

void get_document(const object& from, Details& details) {
  for (const auto& [name, member] : kDocumentTexts) get_text(from, name, details.*member);
  get_dependencies(from, "provides", details.provides);
  get_dependencies(from, "requires", details.requires_);
  std::uint64_t size = 0;
  if (from.at_key("size").get(size) == simdjson::SUCCESS) details.size = size;
  std::string_view vendor;
  if (from.at_key("vendor").get(vendor) == simdjson::SUCCESS) details.vendor = std::string(vendor);
}

Rpm get_rpm(const object& from) {
  Rpm rpm;
  for (const auto& [name, member] : kRpmTexts) get_text(from, name, rpm.*member);
  for (const auto& [name, member] : kRpmNumbers) get_number(from, name, rpm.*member);
  for (const auto& [name, member] : kRpmDependencies) get_dependencies(from, name, rpm.*member);
  get_list(from, "directories", [&](const element& item) {
    std::string_view directory;
    if (item.get(directory) == simdjson::SUCCESS) rpm.directories.emplace_back(directory);
  });
  get_list(from, "files", [&](const element& item) { rpm.files.push_back(get_file(item)); });
  get_list(from, "changelogs",
           [&](const element& item) { rpm.changelogs.push_back(get_changelog(item)); });
  return rpm;
}

Result<object> parse_object(simdjson::dom::parser& parser, std::string_view text) {
  const auto root = json::parse_strict(parser, text, About::body, kDepthMax);
  object members;
  if (!root && root.error().code != Errc::invalid) return std::unexpected(root.error());
  if (!root || root->get(members) != simdjson::SUCCESS) return corrupt();
  return members;
}

// How long the JSON object is that `text` begins with, or 0.
std::size_t object_length(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (depth == 0) return c == '}' ? i + 1 : 0;
  }
  return 0;
}

}  // namespace

std::string_view to_string(Comparison comparison) {
  return kComparisons[static_cast<std::size_t>(comparison)];
}

std::optional<Comparison> parse_comparison(std::string_view text) {
  const auto found = std::ranges::find(kComparisons, text);
  if (found == kComparisons.end()) return std::nullopt;
  return static_cast<Comparison>(found - kComparisons.begin());
}

Result<std::string> encode_details(const Details& details) {
  VARVE_CHECK(check(details));
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("document");
  put_document(writer, details);
  if (details.rpm) {
    writer.key("rpm");
    put_rpm(writer, *details.rpm);
  }
  writer.end_object();
  if (body.size() > kDetailsBytesMax)
    return fail(Errc::too_large, About::body,
                "the description of a package has at most " + std::to_string(kDetailsBytesMax) +
                    " bytes, this one " + std::to_string(body.size()));
  return body;
}

Result<Details> parse_details(std::string_view body) {
  if (body.size() > kDetailsBytesMax) return corrupt();
  simdjson::dom::parser parser;
  VARVE_TRY(const object root, parse_object(parser, body));
  Details details;
  object members;
  if (root.at_key("document").get(members) != simdjson::SUCCESS) return corrupt();
  get_document(members, details);
  if (root.at_key("rpm").get(members) == simdjson::SUCCESS) details.rpm = get_rpm(members);
  const auto again = encode_details(details);
  if (!again || *again != body) return corrupt();
  return details;
}

Result<Details> parse_document(std::string_view body) {
  if (!body.starts_with(kDocumentKey) || body.size() > kDetailsBytesMax) return corrupt();
  const std::string_view rest = body.substr(kDocumentKey.size());
  const std::string_view document = rest.substr(0, object_length(rest));
  const std::string_view after = rest.substr(document.size());
  if (document.empty() || (after != "}" && !after.starts_with(",\"rpm\":{"))) return corrupt();
  simdjson::dom::parser parser;
  VARVE_TRY(const object members, parse_object(parser, document));
  Details details;
  get_document(members, details);
  VARVE_CHECK(check(details));
  std::string again;
  json::Writer writer(again);
  put_document(writer, details);
  if (again != document) return corrupt();
  return details;
}

std::string as_utf8(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return std::string(bytes);
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return text;
}

}  // namespace varve::pulp
