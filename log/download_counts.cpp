// The counts and their file: a line that says what it is, "count name" for each repository in the
// order of names, and the hash of all that.
#include "log/download_counts.h"

#include <algorithm>
#include <functional>
#include <system_error>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "log/file_io.h"

namespace varve {
namespace {

constexpr std::string_view kFirstLine = "varve-download-counts-v1\n";

std::optional<std::map<std::string, std::uint64_t>> parse(std::string_view text) {
  if (!text.starts_with(kFirstLine) || !text.ends_with('\n')) return std::nullopt;
  const std::size_t last = text.substr(0, text.size() - 1).rfind('\n') + 1;
  const std::string_view hash = text.substr(last, text.size() - last - 1);
  if (Digest::of(text.substr(0, last)).to_string() != hash) return std::nullopt;
  std::map<std::string, std::uint64_t> counts;
  std::string_view rest = text.substr(kFirstLine.size(), last - kFirstLine.size());
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const std::size_t space = std::min(line.find(' '), line.size());
    const auto count = parse_decimal(line.substr(0, space));
    const auto repo = RepoName::parse(line.substr(std::min(space + 1, line.size())));
    if (!count || !repo) return std::nullopt;
    counts.emplace(repo->text(), *count);
  }
  return counts;
}

std::string render(const std::map<std::string, std::uint64_t>& counts) {
  std::string text(kFirstLine);
  for (const auto& [repo, count] : counts) text += std::to_string(count) + ' ' + repo + '\n';
  const std::string hash = Digest::of(text).to_string();
  return text + hash + '\n';
}

}  // namespace

DownloadCounts::Shard& DownloadCounts::shard_of(std::string_view repo) {
  return shards_[std::hash<std::string_view>{}(repo) % kShards];
}
const DownloadCounts::Shard& DownloadCounts::shard_of(std::string_view repo) const {
  return shards_[std::hash<std::string_view>{}(repo) % kShards];
}

Result<std::optional<std::string>> DownloadCounts::load() {
  VARVE_TRY(const auto text, read_whole_file(file_, About::storage));
  if (!text) return std::nullopt;
  const auto counts = parse(*text);
  if (!counts) {
    const std::filesystem::path aside = file_.string() + ".damaged";
    std::error_code error;
    std::filesystem::rename(file_, aside, error);
    if (error)
      return fail(Errc::unavailable, About::storage,
                  "the damaged download counts cannot be set aside: " + error.message(),
                  file_.string());
    return "the download counts are damaged and begin at nothing; they are kept as " +
           aside.string();
  }
  for (const auto& [repo, count] : *counts) {
    if (repos_ >= repos_max_) break;
    Shard& shard = shard_of(repo);
    const std::lock_guard lock(shard.mutex);
    if (shard.counts.emplace(repo, count).second) ++repos_;
  }
  return std::nullopt;
}

std::map<std::string, std::uint64_t> DownloadCounts::all() const {
  std::map<std::string, std::uint64_t> all;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    all.insert(shard.counts.begin(), shard.counts.end());
  }
  return all;
}

Result<void> DownloadCounts::save() {
  const std::lock_guard lock(saving_);
  if (!changed_.exchange(false)) return {};
  auto written = replace_file(file_, render(all()), 0600, About::storage);
  if (!written) changed_ = true;
  return written;
}

void DownloadCounts::count(const RepoName& repo) {
  Shard& shard = shard_of(repo.text());
  const std::lock_guard lock(shard.mutex);
  const auto known = shard.counts.find(repo.text());
  if (known != shard.counts.end()) {
    ++known->second;
  } else {
    if (repos_ >= repos_max_) return;
    shard.counts.emplace(repo.text(), 1);
    ++repos_;
  }
  changed_ = true;
}

std::uint64_t DownloadCounts::of(std::string_view repo) const {
  const Shard& shard = shard_of(repo);
  const std::lock_guard lock(shard.mutex);
  const auto known = shard.counts.find(std::string(repo));
  return known == shard.counts.end() ? 0 : known->second;
}

}  // namespace varve
