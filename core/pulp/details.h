// What the event of a package leaves to its body: descriptions, dependencies, and, of a package
// that came as an RPM, whatever repodata says about it. Pure; any thread.
//
// The body is canonical JSON and stays for ever, so that one that was ever written must always be
// read again: a new member is optional, and left out where it says nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace varve::pulp {

// Longer bodies are refused. The largest file lists of real distributions need half of it; a body
// is read whole by whoever answers about its package.
inline constexpr std::size_t kDetailsBytesMax = 4 << 20;

// How a dependency's version is meant; the words are repodata's.
enum class Comparison : std::uint8_t { any, eq, lt, le, gt, ge };
std::string_view to_string(Comparison comparison);  // "", "EQ", "LT", "LE", "GT", "GE"
std::optional<Comparison> parse_comparison(std::string_view text);

// Something required, provided, and so on.
struct Dependency {
  std::string name;
  Comparison flags = Comparison::any;
  std::string epoch;  // these are empty when nothing is said about them
  std::string version;
  std::string release;
  bool pre = false;  // needed by a script while the package is installed

  friend bool operator==(const Dependency&, const Dependency&) = default;
};

enum class FileKind : std::uint8_t { file, directory, ghost };

// A path is a directory, which ends in a slash, and a name, so that each directory is there once.
struct RpmFile {
  std::uint32_t directory = 0;  // among Rpm::directories
  std::string name;
  FileKind kind = FileKind::file;

  friend bool operator==(const RpmFile&, const RpmFile&) = default;
};

struct Changelog {
  std::string author;
  std::uint64_t time = 0;  // seconds since 1970
  std::string text;

  friend bool operator==(const Changelog&, const Changelog&) = default;
};

// What only an RPM's own header says.
struct Rpm {
  std::string summary;
  std::string url;
  std::string packager;
  std::string source_rpm;
  std::uint64_t build_time = 0;      // seconds since 1970
  std::uint64_t installed_size = 0;  // bytes, as are all sizes here
  std::uint64_t archive_size = 0;
  std::uint64_t header_start = 0;  // of the main header in the file: what dnf reads by itself
  std::uint64_t header_end = 0;
  std::vector<Dependency> conflicts;
  std::vector<Dependency> obsoletes;
  std::vector<Dependency> recommends;
  std::vector<Dependency> suggests;
  std::vector<Dependency> supplements;
  std::vector<Dependency> enhances;
  std::vector<std::string> directories;
  std::vector<RpmFile> files;
  std::vector<Changelog> changelogs;  // oldest first

  friend bool operator==(const Rpm&, const Rpm&) = default;
};

struct Details {
  // Members of Pulp's package document, with its defaults.
  std::string buildhost;
  std::string description;
  std::string group;
  std::string license;
  std::optional<std::string> vendor;
  std::optional<std::uint64_t> size;  // of the file
  std::vector<Dependency> requires_;
  std::vector<Dependency> provides;

  std::optional<Rpm> rpm;

  friend bool operator==(const Details&, const Details&) = default;
};

// The body. Errors: Errc::invalid/About::body for text that is not UTF-8, a number beyond 2^53-1, a
// dependency without a name, or a file in a directory that is not there; Errc::too_large above
// kDetailsBytesMax.
Result<std::string> encode_details(const Details& details);

// What encode_details wrote, and nothing else: the digest of a body is that of what it says.
// Errors: Errc::corrupt/About::body.
Result<Details> parse_details(std::string_view body);

// The members of Pulp's document alone, without a look at what follows them: an RPM's file list may
// be a thousand times as long. Of a body that encode_details wrote; errors as parse_details.
Result<Details> parse_document(std::string_view body);

// Text of an RPM, which may have been written in any encoding: as it is when it is UTF-8, else each
// byte read as ISO 8859-1, as createrepo_c reads it.
std::string as_utf8(std::string_view bytes);

}  // namespace varve::pulp
