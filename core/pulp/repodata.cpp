// Repodata as text. Elements, their order and their indentation are createrepo_c's.
#include "core/pulp/repodata.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/base/bytes.h"

namespace varve::pulp {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::array<std::string_view, 3> kFileNames = {"primary", "filelists", "other"};
constexpr std::array<std::string_view, 3> kRoots = {"metadata", "filelists", "otherdata"};
constexpr std::array<std::string_view, 3> kNamespaces = {
    "http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm",
    "http://linux.duke.edu/metadata/filelists", "http://linux.duke.edu/metadata/other"};
constexpr std::string_view kSuffix = ".xml.gz";

std::size_t index_of(RepodataFile file) {
  return static_cast<std::size_t>(file);
}

// XML 1.0, 2.2: what no document may hold, escaped or not. `at` is where a character begins.
std::size_t forbidden_length(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20) return byte == '\t' || byte == '\n' || byte == '\r' ? 0 : 1;
  const std::string_view character = text.substr(at, 3);
  return character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf" ? 3 : 0;  // U+FFFE, U+FFFF
}

// What a reader would take for markup, or make something else of: line ends are normalised, and in
// attributes white space too.
std::string_view escape_of(char c, bool attribute) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\r':
      return "&#13;";
    case '"':
      return attribute ? "&quot;" : "";
    case '\n':
      return attribute ? "&#10;" : "";
    case '\t':
      return attribute ? "&#9;" : "";
    default:
      return "";
  }
}

void append_escaped(std::string& out, std::string_view text, bool attribute) {
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t skip = forbidden_length(text, i); skip > 0) {
      i += skip;
      continue;
    }
    const std::string_view escape = escape_of(text[i], attribute);
    if (escape.empty())
      out += text[i];
    else
      out += escape;
    ++i;
  }
}

// One document's text as it grows.
class Xml {
 public:
  explicit Xml(std::string& out) : out_(out) {}

  Xml& raw(std::string_view text) {
    out_ += text;
    return *this;
  }
  Xml& attribute(std::string_view name, std::string_view value) {
    out_.append(" ").append(name).append("=\"");
    append_escaped(out_, value, true);
    out_ += '"';
    return *this;
  }
  Xml& attribute(std::string_view name, std::uint64_t value) {
    return attribute(name, std::to_string(value));
  }
  // An attribute that is left out when there is nothing to say.
  Xml& said(std::string_view name, std::string_view value) {
    return value.empty() ? *this : attribute(name, value);
  }
  Xml& text(std::string_view value) {
    append_escaped(out_, value, false);
    return *this;
  }
  Xml& element(std::string_view indent, std::string_view name, std::string_view value) {
    out_.append(indent).append("<").append(name).append(">");
    return text(value).raw("</").raw(name).raw(">\n");
  }

 private:
  std::string& out_;
};

void append_version(Xml& xml, const Listed& package) {
  xml.raw("  <version").attribute("epoch", package.epoch).attribute("ver", package.version);
  xml.attribute("rel", package.release).raw("/>\n");
}

// ---- primary ----

// yum's rule for what is in primary rather than only in filelists: what others require by path.
bool is_primary(std::string_view path) {
  return path.starts_with("/etc/") || path == "/usr/lib/sendmail" ||
         path.find("bin/") != std::string_view::npos;
}

std::string path_of(const Rpm& rpm, const RpmFile& file) {
  return rpm.directories[file.directory] + file.name;
}

void append_file(Xml& xml, std::string_view indent, const std::string& path, FileKind kind) {
  xml.raw(indent).raw("<file");
  if (kind != FileKind::file) xml.attribute("type", kind == FileKind::directory ? "dir" : "ghost");
  xml.raw(">").text(path).raw("</file>\n");
}

bool has_version(const Dependency& one) {
  return one.flags != Comparison::any;
}

// What the package itself fulfils by being there: files of its own that are in primary, and names
// it provides, where no version is asked for.
std::set<std::string_view> fulfilled(const Details& details) {
  std::set<std::string_view> names;
  std::set<std::string_view> paths;
  for (const Dependency& one : details.requires_)
    if (one.name.starts_with("/")) paths.insert(one.name);
  for (const Dependency& one : details.provides) names.insert(one.name);
  if (paths.empty()) return names;
  for (const RpmFile& file : details.rpm->files) {
    const auto found = paths.find(path_of(*details.rpm, file));
    if (found != paths.end() && is_primary(*found)) names.insert(*found);
  }
  return names;
}

// RPM itself provides rpmlib(); the rest is what repeats itself or the package.
std::vector<const Dependency*> needed(const Details& details) {
  const auto own = fulfilled(details);
  std::set<std::tuple<std::string_view, Comparison, std::string_view, std::string_view,
                      std::string_view, bool>>
      seen;
  std::vector<const Dependency*> list;
  for (const Dependency& one : details.requires_) {
    if (one.name.starts_with("rpmlib(")) continue;
    if (!has_version(one) && own.contains(one.name)) continue;
    if (seen.insert({one.name, one.flags, one.epoch, one.version, one.release, one.pre}).second)
      list.push_back(&one);
  }
  return list;
}

std::vector<const Dependency*> all_of(const std::vector<Dependency>& dependencies) {
  std::vector<const Dependency*> list;
  list.reserve(dependencies.size());
  for (const Dependency& one : dependencies) list.push_back(&one);
  return list;
}

void append_dependencies(Xml& xml, std::string_view name,
                         const std::vector<const Dependency*>& list) {
  if (list.empty()) return;
  xml.raw("    <rpm:").raw(name).raw(">\n");
  for (const Dependency* one : list) {
    xml.raw("      <rpm:entry").attribute("name", one->name);
    if (has_version(*one)) {
      xml.attribute("flags", to_string(one->flags)).said("epoch", one->epoch);
      xml.said("ver", one->version).said("rel", one->release);
    }
    if (one->pre) xml.attribute("pre", "1");
    xml.raw("/>\n");
  }
  xml.raw("    </rpm:").raw(name).raw(">\n");
}

void append_format(Xml& xml, const Details& details) {
  const Rpm& rpm = *details.rpm;
  xml.raw("  <format>\n");
  xml.element("    ", "rpm:license", details.license);
  xml.element("    ", "rpm:vendor", details.vendor.value_or(""));
  xml.element("    ", "rpm:group", details.group);
  xml.element("    ", "rpm:buildhost", details.buildhost);
  xml.element("    ", "rpm:sourcerpm", rpm.source_rpm);
  xml.raw("    <rpm:header-range").attribute("start", rpm.header_start);
  xml.attribute("end", rpm.header_end).raw("/>\n");
  append_dependencies(xml, "provides", all_of(details.provides));
  append_dependencies(xml, "requires", needed(details));
  append_dependencies(xml, "conflicts", all_of(rpm.conflicts));
  append_dependencies(xml, "obsoletes", all_of(rpm.obsoletes));
  append_dependencies(xml, "suggests", all_of(rpm.suggests));
  append_dependencies(xml, "enhances", all_of(rpm.enhances));
  append_dependencies(xml, "recommends", all_of(rpm.recommends));
  append_dependencies(xml, "supplements", all_of(rpm.supplements));
  for (const RpmFile& file : rpm.files)
    if (const std::string path = path_of(rpm, file); is_primary(path))
      append_file(xml, "    ", path, file.kind);
  xml.raw("  </format>\n");
}

void append_primary(Xml& xml, const Listed& package, const Details& details) {
  const Rpm& rpm = *details.rpm;
  xml.raw("<package type=\"rpm\">\n");
  xml.element("  ", "name", package.name).element("  ", "arch", package.arch);
  append_version(xml, package);
  xml.raw("  <checksum type=\"sha256\" pkgid=\"YES\">").text(package.checksum);
  xml.raw("</checksum>\n");
  xml.element("  ", "summary", rpm.summary).element("  ", "description", details.description);
  xml.element("  ", "packager", rpm.packager).element("  ", "url", rpm.url);
  xml.raw("  <time").attribute("file", package.file_time).attribute("build", rpm.build_time);
  xml.raw("/>\n  <size").attribute("package", package.size);
  xml.attribute("installed", rpm.installed_size).attribute("archive", rpm.archive_size);
  xml.raw("/>\n  <location").attribute("href", package.location).raw("/>\n");
  append_format(xml, details);
  xml.raw("</package>\n");
}

// ---- filelists and other ----

void append_short_head(Xml& xml, const Listed& package) {
  xml.raw("<package").attribute("pkgid", package.checksum).attribute("name", package.name);
  xml.attribute("arch", package.arch).raw(">\n");
  append_version(xml, package);
}

void append_filelist(Xml& xml, const Listed& package, const Rpm& rpm) {
  append_short_head(xml, package);
  for (const RpmFile& file : rpm.files) append_file(xml, "  ", path_of(rpm, file), file.kind);
  xml.raw("</package>\n");
}

void append_other(Xml& xml, const Listed& package, const Rpm& rpm) {
  append_short_head(xml, package);
  for (const Changelog& log : rpm.changelogs) {
    xml.raw("  <changelog").attribute("author", log.author).attribute("date", log.time);
    xml.raw(">").text(log.text).raw("</changelog>\n");
  }
  xml.raw("</package>\n");
}

std::string_view next_part(std::string_view& text, char until) {
  const std::size_t end = std::min(text.find(until), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

}  // namespace

std::string_view to_string(RepodataFile file) {
  return kFileNames[index_of(file)];
}

bool listed_before(const Listed& a, const Listed& b) {
  return std::tie(a.name, a.epoch, a.version, a.release, a.arch, a.checksum) <
         std::tie(b.name, b.epoch, b.version, b.release, b.arch, b.checksum);
}

void append_head(RepodataFile file, std::size_t packages, std::string& out) {
  out.append(kDeclaration).append("<").append(kRoots[index_of(file)]);
  out.append(" xmlns=\"").append(kNamespaces[index_of(file)]).append("\" packages=\"");
  out.append(std::to_string(packages)).append("\">\n");
}

void append_package(RepodataFile file, const Listed& package, const Details& details,
                    std::string& out) {
  VARVE_ASSERT(details.rpm.has_value());
  Xml xml(out);
  switch (file) {
    case RepodataFile::primary:
      return append_primary(xml, package, details);
    case RepodataFile::filelists:
      return append_filelist(xml, package, *details.rpm);
    case RepodataFile::other:
      return append_other(xml, package, *details.rpm);
  }
}

void append_tail(RepodataFile file, std::string& out) {
  out.append("</").append(kRoots[index_of(file)]).append(">\n");
}

std::string repomd(std::uint64_t revision, std::uint64_t timestamp,
                   std::span<const RepodataEntry> entries) {
  std::string out(kDeclaration);
  Xml xml(out);
  xml.raw(
      "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\" "
      "xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">\n");
  xml.element("  ", "revision", std::to_string(revision));
  for (const RepodataEntry& entry : entries) {
    const RepodataName name{revision, entry.checksum, entry.file};
    xml.raw("  <data").attribute("type", to_string(entry.file)).raw(">\n");
    xml.raw("    <checksum type=\"sha256\">").text(entry.checksum.hex()).raw("</checksum>\n");
    xml.raw("    <open-checksum type=\"sha256\">").text(entry.open_checksum.hex());
    xml.raw("</open-checksum>\n    <location");
    xml.attribute("href", "repodata/" + to_string(name)).raw("/>\n");
    xml.element("    ", "timestamp", std::to_string(timestamp));
    xml.element("    ", "size", std::to_string(entry.size));
    xml.element("    ", "open-size", std::to_string(entry.open_size));
    xml.raw("  </data>\n");
  }
  xml.raw("</repomd>\n");
  return out;
}

std::string to_string(const RepodataName& name) {
  return std::to_string(name.revision) + "-" + name.checksum.hex() + "-" +
         std::string(to_string(name.file)) + std::string(kSuffix);
}

std::optional<RepodataName> parse_repodata_name(std::string_view text) {
  if (!text.ends_with(kSuffix)) return std::nullopt;
  text.remove_suffix(kSuffix.size());
  const auto revision = parse_decimal(next_part(text, '-'));
  const auto checksum = hex_decode(next_part(text, '-'));
  const auto file = std::ranges::find(kFileNames, text);
  if (!revision || !checksum || checksum->size() != 32 || file == kFileNames.end())
    return std::nullopt;
  return RepodataName{*revision, Digest(DigestAlgorithm::sha256, *checksum),
                      kRepodataFiles[static_cast<std::size_t>(file - kFileNames.begin())]};
}

}  // namespace varve::pulp
