// A revision's metadata: the members' rows in order, then one member's details at a time.
#include "api/surface/repodata.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "api/surface/gzip.h"
#include "core/base/limits.h"

namespace varve::surface {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

// One of the three documents as it grows: compressed and hashed piece by piece.
class Document {
 public:
  Document(pulp::RepodataFile file, std::size_t packages) : file_(file) {
    pulp::append_head(file, packages, text_);
  }
  void add(const pulp::Listed& listed, const pulp::Details& details) {
    pulp::append_package(file_, listed, details, text_);
    if (text_.size() >= kPieceBytes) flush();
  }
  Repodata::File finish() {
    pulp::append_tail(file_, text_);
    flush();
    auto bytes = std::make_shared<const std::string>(gzip_.finish());
    const Digest checksum = Digest::of(*bytes);
    const std::uint64_t size = bytes->size();
    return {{file_, checksum, hasher_.finish(), size, open_size_}, std::move(bytes)};
  }

 private:
  void flush() {
    gzip_.write(text_);
    hasher_.update(text_);
    open_size_ += text_.size();
    text_.clear();
  }
  pulp::RepodataFile file_;
  std::string text_;
  Gzip gzip_;
  Hasher hasher_;
  std::uint64_t open_size_ = 0;
};

// A row, and the texts of it that are not in it as they are written.
struct Member {
  pulp::PackageRow row;
  std::string checksum;
  std::string location;

  explicit Member(pulp::PackageRow from)
      : row(std::move(from)), checksum(row.file->hex()), location(package_location(row)) {}

  pulp::Listed listed() const {
    const pulp::Nevra& is = row.nevra;
    return {is.name.text(), is.epoch.text(), is.version.text(), is.release.text(),
            is.arch.text(), checksum,        location};
  }
};

Result<std::vector<Member>> members_of(const View& view, const pulp::RepositoryId& repository) {
  std::vector<Member> members;
  const auto visit = [&](const pulp::PackageId& id) -> Result<bool> {
    VARVE_TRY(auto row, pulp::need_package(view, id));
    if (row.file) members.emplace_back(std::move(row));
    return true;
  };
  std::optional<pulp::PackageId> after;
  do {
    VARVE_TRY(after, pulp::each_member(view, repository, after, limits::kScanRowsMax, visit));
  } while (after);
  std::ranges::sort(members, [](const Member& a, const Member& b) {
    return pulp::listed_before(a.listed(), b.listed());
  });
  return members;
}

Result<pulp::Details> details_of(const Reader& reader, const pulp::PackageRow& row) {
  VARVE_TRY(const auto body, reader.body(row.details));
  if (!body)
    return fail(Errc::corrupt, About::body, "a package's details are not in the log",
                row.details.to_string());
  VARVE_TRY(auto details, pulp::parse_details(*body));
  if (!details.rpm)
    return fail(Errc::corrupt, About::body, "a package with a file has no RPM's details",
                row.details.to_string());
  return details;
}

void add(std::vector<Document>& documents, const Member& member, const pulp::Details& details) {
  pulp::Listed listed = member.listed();
  // Nothing else about it stays as it is wherever it is copied.
  listed.file_time = details.rpm->build_time;
  listed.size = details.size.value_or(0);
  for (Document& document : documents) document.add(listed, details);
}

}  // namespace

std::size_t Repodata::bytes() const {
  std::size_t sum = repomd->size();
  for (const File& file : files) sum += file.bytes->size();
  return sum;
}

std::uint64_t revision_of(const pulp::RepositoryRow& row) {
  return row.index.value + 1;
}

// Visible ASCII, of which a URL takes most as it is; clients differ in what they escape themselves.
std::string package_location(const pulp::PackageRow& row) {
  constexpr std::string_view kEscaped = "\"#%<>?[\\]`{|}";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string location = "Packages/" + row.file->hex() + "/";
  for (const char c : row.filename.text()) {
    if (kEscaped.find(c) == std::string_view::npos) {
      location += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    location += '%';
    location += kHex[byte >> 4];
    location += kHex[byte & 15];
  }
  return location;
}

Result<std::shared_ptr<const Repodata>> make_repodata(const Reader& reader, const View& view,
                                                      const pulp::RepositoryRow& row) {
  VARVE_TRY(const auto changed, reader.envelope(row.index));
  VARVE_TRY(const auto members, members_of(view, row.id));
  std::vector<Document> documents;
  documents.reserve(pulp::kRepodataFiles.size());
  for (const pulp::RepodataFile file : pulp::kRepodataFiles)
    documents.emplace_back(file, members.size());
  for (const Member& member : members) {
    VARVE_TRY(const auto details, details_of(reader, member.row));
    add(documents, member, details);
  }
  std::array files = {documents[0].finish(), documents[1].finish(), documents[2].finish()};
  const std::array entries = {files[0].entry, files[1].entry, files[2].entry};
  constexpr std::int64_t kMicros = 1'000'000;
  auto repomd = std::make_shared<const std::string>(pulp::repomd(
      revision_of(row), static_cast<std::uint64_t>(changed.at.micros / kMicros), entries));
  const Digest digest = Digest::of(*repomd);
  return std::make_shared<const Repodata>(Repodata{std::move(files), std::move(repomd), digest});
}

}  // namespace varve::surface
