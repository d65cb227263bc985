// What dnf and yum read of a repository: primary, filelists, other and repomd.xml. Pure; any
// thread.
//
// Each is text made from values alone, so that the same repository at the same moment is the same
// bytes for ever. Packages are added one at a time, in the order of listed_before(), so that nobody
// holds ten thousand of them.
//
// Source: the format has no specification; createrepo_c's output is what clients are tested with.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/digest.h"
#include "core/pulp/details.h"

namespace varve::pulp {

enum class RepodataFile : std::uint8_t { primary, filelists, other };
inline constexpr std::array kRepodataFiles = {RepodataFile::primary, RepodataFile::filelists,
                                              RepodataFile::other};
std::string_view to_string(RepodataFile file);  // "primary"

// One package. The views outlive the call they are given to. Of details, `rpm` counts: a package
// that did not come as an RPM has nothing to be installed from.
struct Listed {
  std::string_view name;
  std::string_view epoch;
  std::string_view version;
  std::string_view release;
  std::string_view arch;
  std::string_view checksum;    // the SHA-256 of its file, in hex
  std::string_view location;    // relative to the repository
  std::uint64_t file_time = 0;  // seconds since 1970
  std::uint64_t size = 0;       // of its file
};

// By name, epoch, version, release, architecture and checksum, as bytes: an order for files, not of
// what is newer.
bool listed_before(const Listed& a, const Listed& b);

void append_head(RepodataFile file, std::size_t packages, std::string& out);
void append_package(RepodataFile file, const Listed& package, const Details& details,
                    std::string& out);
void append_tail(RepodataFile file, std::string& out);

// What repomd.xml says about one of the files.
struct RepodataEntry {
  RepodataFile file = RepodataFile::primary;
  Digest checksum;       // compressed, as it is fetched
  Digest open_checksum;  // as it is read
  std::uint64_t size = 0;
  std::uint64_t open_size = 0;
};
// `revision` is the size of the log at the repository's newest change, `timestamp` that entry's, in
// seconds since 1970.
std::string repomd(std::uint64_t revision, std::uint64_t timestamp,
                   std::span<const RepodataEntry> entries);

// "184467-<sha256>-primary.xml.gz": the revision says how to make the file again, the digest that
// it was made the same.
struct RepodataName {
  std::uint64_t revision = 0;
  Digest checksum;
  RepodataFile file = RepodataFile::primary;
};
std::string to_string(const RepodataName& name);
std::optional<RepodataName> parse_repodata_name(std::string_view text);

}  // namespace varve::pulp
