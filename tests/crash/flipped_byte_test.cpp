// One flipped byte anywhere in a small drained directory: it refuses to open, a read of it is
// refused, or it serves the identical bytes. Never other bytes.
//
//   VARVE_FLIPS=N   how many bytes to flip (default 400, spread over all files)
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "log/directory.h"
#include "log/replay.h"
#include "tests/support/log_rig.h"
#include "tests/support/random_commands.h"
#include "tests/support/test_directory.h"

namespace varve::test {
namespace {

namespace fs = std::filesystem;

Timestamp noon() {
  return must(Timestamp::parse("2026-11-21T12:00:00Z"));
}

void make_directory(const fs::path& root) {
  must(DataDirectory::initialise(root, "registry.example/test", default_anchor(root),
                                 "01JD0000000000000000000000", noon()));
  auto directory = must(DataDirectory::open(root, Access::exclusive));
  FileAnchor anchor(default_anchor(root));
  HeadCell head;
  LedgerOptions options;
  options.clock = noon;
  auto ledger = must(
      Ledger::open(directory.store(), anchor, head, must(directory.load_keys(anchor)), options));
  for (std::uint64_t i = 0; i < 150; ++i) {
    must(ledger->run(put_manifest("lib/app", "v" + std::to_string(i % 9), i)));
  }
  ledger->drain();
  must(directory.store().flush());
}

// Everything a server could be asked for, or nothing when it refuses somewhere.
std::optional<std::string> everything(const fs::path& root) {
  auto directory = DataDirectory::open(root, Access::exclusive);
  if (!directory) return std::nullopt;
  FileAnchor anchor(default_anchor(root));
  auto keys = directory->load_keys(anchor);
  if (!keys) return std::nullopt;
  const auto head = directory->load_head();
  if (!head || !check_anchor(anchor, **head, keys->log.verifier())) return std::nullopt;
  const auto digests = table_digests(*(*head)->snapshot);
  if (!digests) return std::nullopt;
  std::string all = *(*head)->checkpoint;
  for (const auto& table : *digests) all += table.name + " " + table.digest.to_string() + "\n";
  return all;
}

std::vector<fs::path> files_of(const fs::path& root) {
  std::vector<fs::path> files;
  for (const auto& item : fs::recursive_directory_iterator(root)) {
    const auto name = item.path().filename().string();
    // The engine's own diary and empty lock files say nothing about the log.
    if (!item.is_regular_file() || item.file_size() == 0 || name.starts_with("LOG")) continue;
    files.push_back(fs::relative(item.path(), root));
  }
  std::ranges::sort(files);
  return files;
}

void flip(const fs::path& file, std::uint64_t offset, unsigned char mask) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(static_cast<char>(byte ^ mask));
}

TEST(FlippedByte, IsRefusedOrMakesNoDifference) {
  const TestDirectory scratch;
  make_directory(scratch.path() / "whole");
  const auto expected = everything(scratch.path() / "whole");
  ASSERT_TRUE(expected);
  const auto files = files_of(scratch.path() / "whole");
  const char* wanted = std::getenv("VARVE_FLIPS");
  const std::size_t flips = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 400;
  std::mt19937_64 random(property_seed());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < flips; ++i) {
    const fs::path victim = files[i % files.size()];
    const auto copy = scratch.path() / "copy";
    fs::remove_all(copy);
    fs::copy(scratch.path() / "whole", copy, fs::copy_options::recursive);
    const std::uint64_t offset = random() % fs::file_size(copy / victim);
    flip(copy / victim, offset, static_cast<unsigned char>(1u << random() % 8));
    const auto served = everything(copy);
    if (!served) ++refused;
    EXPECT_TRUE(!served || *served == *expected)
        << "byte " << offset << " of " << victim << " changed what is served";
  }
  EXPECT_GT(refused, flips / 20);  // else nothing was really flipped
}

}  // namespace
}  // namespace varve::test
