// From an RPM's tags to values. Where createrepo_c has found an answer to what headers leave open,
// it is the same here: dnf and its users know the results.
#include "api/rpm/facts.h"

#include <rpm/rpmds.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmtag.h>
#include <sys/stat.h>

#include <algorithm>

namespace varve::rpm {
namespace {

using pulp::Comparison;
using pulp::Dependency;

std::unexpected<Error> bad(std::string what) {
  return fail(Errc::invalid, About::body, std::move(what));
}

std::string text_of(const Header& header, Tag tag) {
  return pulp::as_utf8(header.text(tag).value_or(""));
}

std::uint64_t number_of(const Header& header, Tag large, Tag small) {
  const auto number = header.number(large);
  return number ? *number : header.number(small).value_or(0);
}

// ---- dependencies ----

struct DependencyTags {
  Tag name;
  Tag flags;
  Tag version;
};

Comparison comparison_of(std::uint64_t flags) {
  switch (flags & (RPMSENSE_LESS | RPMSENSE_GREATER | RPMSENSE_EQUAL)) {
    case RPMSENSE_EQUAL:
      return Comparison::eq;
    case RPMSENSE_LESS:
      return Comparison::lt;
    case RPMSENSE_LESS | RPMSENSE_EQUAL:
      return Comparison::le;
    case RPMSENSE_GREATER:
      return Comparison::gt;
    case RPMSENSE_GREATER | RPMSENSE_EQUAL:
      return Comparison::ge;
    default:
      return Comparison::any;
  }
}

Result<std::vector<Dependency>> dependencies(const Header& header, const DependencyTags& tags) {
  constexpr std::uint64_t kPre = RPMSENSE_PREREQ | RPMSENSE_SCRIPT_PRE | RPMSENSE_SCRIPT_POST;
  const auto names = header.texts(tags.name);
  const auto flags = header.numbers(tags.flags);
  const auto versions = header.texts(tags.version);
  if (names.size() != flags.size() || names.size() != versions.size())
    return bad("the RPM's lists of dependencies have different lengths");
  if (names.size() > kDependenciesMax)
    return fail(Errc::too_large, About::body,
                "the RPM has more than " + std::to_string(kDependenciesMax) + " dependencies");
  std::vector<Dependency> list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    Dependency one;
    one.name = pulp::as_utf8(names[i]);
    one.flags = comparison_of(flags[i]);
    split_evr(pulp::as_utf8(versions[i]), one);
    one.pre = tags.name == RPMTAG_REQUIRENAME && (flags[i] & kPre) != 0;
    list.push_back(std::move(one));
  }
  return list;
}

// ---- files ----

pulp::FileKind kind_of(std::uint64_t mode, std::uint64_t flags) {
  if (S_ISDIR(static_cast<mode_t>(mode))) return pulp::FileKind::directory;
  if ((flags & RPMFILE_GHOST) != 0) return pulp::FileKind::ghost;
  return pulp::FileKind::file;
}

// "/usr/bin/": filelists repeat it, and whoever unpacks by them must not leave the root. Source
// packages name "".
bool is_directory(std::string_view text) {
  if (text.empty() || text == "/") return true;
  if (!text.starts_with('/') || !text.ends_with('/')) return false;
  for (std::string_view rest = text.substr(1); !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    rest.remove_prefix(part.size() + 1);
  }
  return true;
}

Result<void> read_files(const Header& header, pulp::Rpm& rpm) {
  const auto directories = header.texts(RPMTAG_DIRNAMES);
  const auto indexes = header.numbers(RPMTAG_DIRINDEXES);
  const auto names = header.texts(RPMTAG_BASENAMES);
  const auto modes = header.numbers(RPMTAG_FILEMODES);
  const auto flags = header.numbers(RPMTAG_FILEFLAGS);
  if (indexes.size() != names.size() || modes.size() != names.size() ||
      flags.size() != names.size())
    return bad("the RPM's lists of files have different lengths");
  for (const std::string& directory : directories) {
    if (!is_directory(directory))
      return bad("a directory of the RPM is not an absolute path: " + directory.substr(0, 200));
    rpm.directories.push_back(pulp::as_utf8(directory));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (indexes[i] >= directories.size())
      return bad("a file of the RPM is in a directory that is not there");
    if (names[i].find('/') != names[i].npos || names[i] == "." || names[i] == "..")
      return bad("a file of the RPM is called like a path: " + names[i].substr(0, 200));
    rpm.files.push_back({static_cast<std::uint32_t>(indexes[i]), pulp::as_utf8(names[i]),
                         kind_of(modes[i], flags[i])});
  }
  return {};
}

// ---- changelogs ----

Result<void> read_changelogs(const Header& header, pulp::Rpm& rpm) {
  const auto times = header.numbers(RPMTAG_CHANGELOGTIME);
  const auto authors = header.texts(RPMTAG_CHANGELOGNAME);
  const auto texts = header.texts(RPMTAG_CHANGELOGTEXT);
  if (times.size() != authors.size() || times.size() != texts.size())
    return bad("the RPM's lists of changes have different lengths");
  // Newest first in the header.
  for (std::size_t i = std::min(times.size(), kChangelogsMax); i > 0; --i)
    rpm.changelogs.push_back(
        {pulp::as_utf8(authors[i - 1]), times[i - 1], pulp::as_utf8(texts[i - 1])});
  return {};
}

Result<void> read_weak_dependencies(const Header& header, pulp::Rpm& rpm) {
  VARVE_TRY(rpm.conflicts, dependencies(header, {RPMTAG_CONFLICTNAME, RPMTAG_CONFLICTFLAGS,
                                                 RPMTAG_CONFLICTVERSION}));
  VARVE_TRY(rpm.obsoletes, dependencies(header, {RPMTAG_OBSOLETENAME, RPMTAG_OBSOLETEFLAGS,
                                                 RPMTAG_OBSOLETEVERSION}));
  VARVE_TRY(rpm.recommends, dependencies(header, {RPMTAG_RECOMMENDNAME, RPMTAG_RECOMMENDFLAGS,
                                                  RPMTAG_RECOMMENDVERSION}));
  VARVE_TRY(rpm.suggests,
            dependencies(header, {RPMTAG_SUGGESTNAME, RPMTAG_SUGGESTFLAGS, RPMTAG_SUGGESTVERSION}));
  VARVE_TRY(rpm.supplements, dependencies(header, {RPMTAG_SUPPLEMENTNAME, RPMTAG_SUPPLEMENTFLAGS,
                                                   RPMTAG_SUPPLEMENTVERSION}));
  VARVE_TRY(rpm.enhances,
            dependencies(header, {RPMTAG_ENHANCENAME, RPMTAG_ENHANCEFLAGS, RPMTAG_ENHANCEVERSION}));
  return {};
}

Result<pulp::Rpm> read_rpm_part(const Frame& frame, const Header& signature, const Header& header) {
  pulp::Rpm rpm;
  rpm.summary = text_of(header, RPMTAG_SUMMARY);
  rpm.url = text_of(header, RPMTAG_URL);
  rpm.packager = text_of(header, RPMTAG_PACKAGER);
  rpm.source_rpm = text_of(header, RPMTAG_SOURCERPM);
  rpm.build_time = header.number(RPMTAG_BUILDTIME).value_or(0);
  rpm.installed_size = number_of(header, RPMTAG_LONGSIZE, RPMTAG_SIZE);
  rpm.archive_size = number_of(signature, RPMSIGTAG_LONGARCHIVESIZE, RPMSIGTAG_PAYLOADSIZE);
  rpm.header_start = frame.header_start;
  rpm.header_end = frame.header_end;
  VARVE_CHECK(read_weak_dependencies(header, rpm));
  VARVE_CHECK(read_files(header, rpm));
  VARVE_CHECK(read_changelogs(header, rpm));
  return rpm;
}

bool is_source(const Header& header) {
  return header.number(RPMTAG_SOURCEPACKAGE).value_or(0) != 0 || !header.has(RPMTAG_SOURCERPM);
}

}  // namespace

void split_evr(std::string_view text, Dependency& into) {
  const std::size_t colon = text.find(':');
  std::string_view rest = text;
  if (colon != std::string_view::npos) {
    const std::string_view epoch = text.substr(0, colon);
    const bool number = epoch.find_first_not_of("0123456789") == std::string_view::npos;
    if (number) into.epoch = epoch.empty() ? "0" : epoch;
    rest = text.substr(colon + 1);
  } else if (!text.empty()) {
    into.epoch = "0";
  }
  const std::size_t dash = rest.find('-');
  into.version = rest.substr(0, dash);
  if (dash != std::string_view::npos) into.release = rest.substr(dash + 1);
}

Result<Nevra> read_nevra(const Header& header) {
  Nevra nevra;
  nevra.name = text_of(header, RPMTAG_NAME);
  nevra.epoch = std::to_string(header.number(RPMTAG_EPOCH).value_or(0));
  nevra.version = text_of(header, RPMTAG_VERSION);
  nevra.release = text_of(header, RPMTAG_RELEASE);
  nevra.arch = is_source(header) ? "src" : text_of(header, RPMTAG_ARCH);
  for (const auto& [what, part] : {std::pair<const char*, const std::string&>{"name", nevra.name},
                                   {"version", nevra.version},
                                   {"release", nevra.release},
                                   {"architecture", nevra.arch}})
    if (part.empty()) return bad(std::string("the RPM has no ") + what);
  return nevra;
}

Result<pulp::Details> read_details(const Frame& frame, const Header& signature,
                                   const Header& header) {
  pulp::Details details;
  details.buildhost = text_of(header, RPMTAG_BUILDHOST);
  details.description = text_of(header, RPMTAG_DESCRIPTION);
  details.group = text_of(header, RPMTAG_GROUP);
  details.license = text_of(header, RPMTAG_LICENSE);
  if (header.has(RPMTAG_VENDOR)) details.vendor = text_of(header, RPMTAG_VENDOR);
  details.size = frame.size;
  VARVE_TRY(details.requires_,
            dependencies(header, {RPMTAG_REQUIRENAME, RPMTAG_REQUIREFLAGS, RPMTAG_REQUIREVERSION}));
  VARVE_TRY(details.provides,
            dependencies(header, {RPMTAG_PROVIDENAME, RPMTAG_PROVIDEFLAGS, RPMTAG_PROVIDEVERSION}));
  VARVE_TRY(details.rpm, read_rpm_part(frame, signature, header));
  return details;
}

}  // namespace varve::rpm
