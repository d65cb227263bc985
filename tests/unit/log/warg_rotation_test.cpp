// Replacing the key of Warg's checkpoints: what was signed stays good, what comes is the new key's
// alone, and whatever interrupts it, running it again finishes it.
#include <gtest/gtest.h>

#include <fstream>

#include "core/warg/query.h"
#include "log/directory.h"
#include "log/fsck.h"
#include "log/operator_record.h"
#include "tests/support/log_rig.h"
#include "tests/support/test_directory.h"

namespace varve::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRequest = "01JD0000000000000000000000";

Timestamp noon() {
  return must(Timestamp::parse("2026-11-21T12:00:00Z"));
}

class WargRotation : public ::testing::Test {
 protected:
  WargRotation() {
    must(DataDirectory::initialise(root, "registry.example/test", default_anchor(root), kRequest,
                                   noon()));
  }
  fs::path key_file(const std::string& name) const { return root / "secrets" / "keys" / name; }
  std::string read(const fs::path& file) const {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
  }
  Result<warg::PublicKeyText> rotate() {
    return rotate_warg_key(root, default_anchor(root), kRequest, noon);
  }

  // Serves the directory for a moment.
  template <class Work>
  void serve(const Work& work) {
    auto directory = must(DataDirectory::open(root, Access::exclusive));
    FileAnchor anchor(default_anchor(root));
    HeadCell head;
    LedgerOptions options;
    options.clock = noon;
    auto keys = must(directory.load_keys(anchor));
    const auto key = keys.warg;
    auto ledger = must(Ledger::open(directory.store(), anchor, head, std::move(keys), options));
    must(begin_operator_log(*ledger, *Reader(head.get()).view(), *key, noon(), kRequest));
    work(*ledger, head, *key);
    ledger->drain();
  }
  // One more operator record, as `varve warg namespace` makes it.
  void define(const std::string& name) {
    serve([&](Ledger& ledger, const HeadCell& head, const warg::PrivateKey& key) {
      auto wish = must(next_operator_record(*Reader(head.get()).view(),
                                            {warg::DefineNamespace{name}}, key, noon()));
      must(ledger.run(command_of(warg::AppendOperatorRecord{std::move(wish.record)}, {wish.body})));
    });
  }

  // Every checkpoint of Warg's log: it verifies under the key that it names, and that key might
  // commit then. Returns who signed them, the oldest first.
  std::vector<warg::KeyId> signers() {
    auto directory = must(DataDirectory::open(root, Access::exclusive));
    const Reader reader(must(directory.load_head()));
    const auto view = reader.view();
    std::vector<warg::KeyId> ids;
    const std::uint64_t length = must(warg::log_length(*view));
    for (std::uint64_t n = 1; n <= length; ++n) {
      const auto row = must(warg::find_checkpoint(*view, n));
      if (!row) continue;
      const auto& is = row->checkpoint;
      const auto then = must(reader.view_as_of(TreeSize{row->index.value + 1}));
      const auto named = must(warg::LogRows(*then, warg::operator_log_id()).key(is.key_id));
      EXPECT_TRUE(named && named->permissions.has(warg::OperatorPermission::commit)) << n;
      const warg::Checkpoint contents{n, must(warg::parse_hash_text(is.log_root.to_string())),
                                      must(warg::parse_hash_text(is.map_root.to_string())),
                                      is.timestamp};
      const auto key = must(warg::PublicKey::parse(named->text.text()));
      EXPECT_TRUE(warg::verify_checkpoint({contents, is.key_id, is.signature}, key).has_value())
          << n;
      ids.push_back(is.key_id);
    }
    return ids;
  }
  // Those that may still commit.
  std::vector<warg::KeyId> committers() {
    auto directory = must(DataDirectory::open(root, Access::exclusive));
    const Reader reader(must(directory.load_head()));
    std::vector<warg::KeyId> ids;
    for (const auto& [id, key] : must(warg::keys_of(*reader.view(), warg::operator_log_id())))
      if (!key.permissions.empty()) ids.push_back(id);
    return ids;
  }
  std::string findings() {
    auto directory = must(DataDirectory::open(root, Access::read_only));
    const auto blobs = must(open_file_blob_store(root));
    FileAnchor anchor(default_anchor(root));
    const auto report = must(
        fsck_directory(directory, *blobs, anchor, root / "fsck.scratch", [](auto, auto, auto) {}));
    std::string text;
    for (const auto& finding : report.findings) text += finding.what + ": " + finding.detail + "\n";
    return text;
  }
  // Everything that holds after a rotation to `key`.
  void expect_finished(const warg::PublicKeyText& key) {
    EXPECT_EQ(committers(), std::vector{warg::key_id(key)});
    EXPECT_FALSE(fs::exists(key_file("warg.next")));
    define("after-" + std::string(1, ++defined_));
    EXPECT_EQ(signers().back(), warg::key_id(key));
    EXPECT_EQ(findings(), "");
  }

  const TestDirectory scratch;
  const fs::path root = scratch.path() / "data";

 private:
  char defined_ = 'a';
};

TEST_F(WargRotation, LeavesWhatWasSignedAndRevokesTheOldKey) {
  define("before");
  const std::string old_text = read(key_file("warg"));
  const auto old = must(warg::PrivateKey::parse(old_text)).public_key().id();
  const auto replacement = must(rotate());
  EXPECT_NE(warg::key_id(replacement), old);
  EXPECT_EQ(replacement.algorithm(), warg::KeyAlgorithm::ecdsa_p256);
  EXPECT_NE(read(key_file("warg")), old_text);
  EXPECT_EQ(fs::status(key_file("warg")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  // The grant is the old key's last word, the revocation the new one's first.
  const auto by = signers();
  ASSERT_EQ(by.size(), 4U);
  EXPECT_EQ(by, (std::vector{old, old, old, warg::key_id(replacement)}));
  expect_finished(replacement);
}

TEST_F(WargRotation, CanBeDoneAgainAndAgain) {
  define("before");
  for (int i = 0; i < 3; ++i) expect_finished(must(rotate()));
}

TEST_F(WargRotation, NeedsAnOperatorsLog) {
  const auto early = rotate();
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Errc::unavailable);
  // And what it left behind is in nobody's way.
  define("before");
  expect_finished(must(rotate()));
}

TEST_F(WargRotation, NeedsTheDirectoryForItself) {
  define("before");
  auto directory = must(DataDirectory::open(root, Access::exclusive));
  EXPECT_FALSE(rotate());
}

TEST_F(WargRotation, AKeyThatWasStagedAndNeverGrantedDoesNotCount) {
  define("before");
  const std::string whole = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256).to_string();
  for (const std::string& text : {whole, whole.substr(0, 20), std::string()}) {
    std::ofstream(key_file("warg.next")) << text;
    define("unharmed-" + std::string(1, text.empty() ? 'e' : text == whole ? 'w' : 'h'));
    const auto rotated = rotate();
    ASSERT_TRUE(rotated) << text.size() << rotated.error().what;
    expect_finished(*rotated);
    EXPECT_TRUE(fs::exists(key_file(std::string("warg.unused.") + kRequest)));
  }
}

// The directory as it stands after the grant: the new key is staged, and the old one signs.
TEST_F(WargRotation, InterruptedAfterTheGrantGoesOnWithThatKey) {
  define("before");
  const auto staged = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
  const auto old = must(warg::PrivateKey::parse(read(key_file("warg")))).public_key().id();
  std::ofstream(key_file("warg.next")) << staged.to_string();
  serve([&](Ledger& ledger, const HeadCell& head, const warg::PrivateKey& key) {
    const warg::Grant<warg::OperatorPermission> grant{
        staged.public_key().text(),
        {std::begin(warg::kOperatorPermissions), std::end(warg::kOperatorPermissions)}};
    auto wish = must(next_operator_record(*Reader(head.get()).view(), {grant}, key, noon()));
    must(ledger.run(command_of(warg::AppendOperatorRecord{std::move(wish.record)}, {wish.body})));
  });
  // It can be served meanwhile.
  define("meanwhile");
  EXPECT_EQ(signers().back(), old);
  EXPECT_EQ(findings(), "");
  const auto rotated = must(rotate());
  EXPECT_EQ(rotated, staged.public_key().text());
  expect_finished(rotated);
}

// After the new key is in its place and before the old one is revoked.
TEST_F(WargRotation, InterruptedBeforeTheRevocationRevokesBothOldKeysNextTime) {
  define("before");
  const auto second = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
  serve([&](Ledger& ledger, const HeadCell& head, const warg::PrivateKey& key) {
    const warg::Grant<warg::OperatorPermission> grant{
        second.public_key().text(),
        {std::begin(warg::kOperatorPermissions), std::end(warg::kOperatorPermissions)}};
    auto wish = must(next_operator_record(*Reader(head.get()).view(), {grant}, key, noon()));
    must(ledger.run(command_of(warg::AppendOperatorRecord{std::move(wish.record)}, {wish.body})));
  });
  std::ofstream(key_file("warg")) << second.to_string();
  define("meanwhile");
  EXPECT_EQ(signers().back(), second.public_key().id());
  EXPECT_EQ(committers().size(), 2U);
  expect_finished(must(rotate()));
}

TEST_F(WargRotation, TheOldKeyInItsOldPlaceIsRefused) {
  define("before");
  const std::string old = read(key_file("warg"));
  must(rotate());
  std::ofstream(key_file("warg")) << old;
  auto directory = must(DataDirectory::open(root, Access::exclusive));
  const auto keys = directory.load_keys(FileAnchor(default_anchor(root)));
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace varve::test
