// Entries over the network are believed only when tree and signature say so.
#include "api/cli/entries.h"

#include <gtest/gtest.h>

#include "tests/unit/api/cli/fake_log.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

class CheckedEntries : public testing::Test {
 protected:
  Session session() {
    return *Session::open(log, TrustStore(scratch.path() / "state"), std::nullopt,
                          recorder.console);
  }
  // Indexes seen, or the error.
  Result<std::vector<std::uint64_t>> read(std::uint64_t from, std::uint64_t to) {
    const Session opened = session();
    EntryReader reader(opened);
    std::vector<std::uint64_t> seen;
    VARVE_CHECK(reader.visit(EntryIndex{from}, TreeSize{to}, [&](const CheckedEntry& checked) {
      seen.push_back(checked.entry.envelope.index.value);
      return true;
    }));
    return seen;
  }

  Scratch scratch;
  Recorder recorder;
  FakeLog log;
};

TEST_F(CheckedEntries, ComeInOrderAcrossBundles) {
  log.grow(599);
  const auto all = read(0, 600);
  ASSERT_TRUE(all) << all.error().what << all.error().detail;
  ASSERT_EQ(all->size(), 600u);
  for (std::uint64_t i = 0; i < 600; ++i) EXPECT_EQ((*all)[i], i);
  EXPECT_EQ(*read(255, 258), (std::vector<std::uint64_t>{255, 256, 257}));
  EXPECT_EQ(read(600, 600)->size(), 0u);
}

TEST_F(CheckedEntries, AreRefusedWhenTheBundleSaysSomethingElse) {
  log.grow(299);
  for (const char* bundle : {"/log/tile/entries/000", "/log/tile/entries/001.p/44"}) {
    log.tamper = [&](const std::string& target, Answer& answer) {
      if (target == bundle) answer.body[100] = static_cast<char>(answer.body[100] ^ 1);
    };
    const auto seen = read(0, 300);
    ASSERT_FALSE(seen) << bundle;
    EXPECT_EQ(seen.error().code, Errc::corrupt);
  }
}

// The server lies in the bundle and in the tile at once; only the root tells.
TEST_F(CheckedEntries, AreRefusedWhenBundleAndTileLieTogether) {
  log.grow(299);
  const std::string good = log.ask({.target = "/log/tile/entries/000", .bytes_max = 1 << 24})->body;
  for (const std::size_t victim : {0u, 1u, 100u, 255u}) {
    const auto entries = *split_bundle(good);
    std::string forged(entries[victim]);
    forged[20] = static_cast<char>(forged[20] ^ 1);
    std::string bundle;
    for (std::size_t i = 0; i < entries.size(); ++i)
      append_bundle_entry(bundle, i == victim ? std::string_view(forged) : entries[i]);
    log.tamper = [&](const std::string& target, Answer& answer) {
      if (target == "/log/tile/entries/000") answer.body = bundle;
      if (target == "/log/tile/0/000")
        answer.body.replace(victim * 32, 32, std::string(as_view(leaf_hash(forged))));
    };
    const auto seen = read(0, 300);
    ASSERT_FALSE(seen) << victim;
    EXPECT_EQ(seen.error().code, Errc::corrupt);
    log.tamper = nullptr;
  }
}

TEST_F(CheckedEntries, AreRefusedWhenABundleIsShortOrLong) {
  log.grow(9);
  for (const int change : {-1, 1}) {
    log.tamper = [&](const std::string& target, Answer& answer) {
      if (!target.starts_with("/log/tile/entries/")) return;
      if (change < 0)
        answer.body.pop_back();
      else
        answer.body += std::string("\0\1x", 3);
    };
    EXPECT_FALSE(read(0, 10));
  }
}

TEST_F(CheckedEntries, FollowTheChainOfEventKeys) {
  log.grow(4);
  const auto before = log.keys();
  log.rotate_event_key();
  log.grow(4);
  log.rotate_event_key();
  log.grow(4);
  EXPECT_EQ(read(0, log.size())->size(), log.size());
  EXPECT_EQ(read(8, log.size())->size(), log.size() - 8);
  const Session opened = session();
  EXPECT_EQ(*EntryReader(opened).event_key_at(EntryIndex{3}), before.event);
  EXPECT_EQ(*EntryReader(opened).event_key_at(EntryIndex{log.size() - 1}), log.keys().event);
}

TEST_F(CheckedEntries, NameEveryEventKeyOldestFirst) {
  log.grow(4);
  const Session early = session();
  EXPECT_EQ(format_trusted_keys(*EntryReader(early).all_keys()), log.vkeys());
  for (int i = 0; i < 3; ++i) {
    log.rotate_event_key();
    log.grow(100);
  }
  const Session opened = session();
  EXPECT_EQ(opened.log().keys.event, log.keys().earlier.front());  // remembered from before
  const auto keys = EntryReader(opened).all_keys();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->event_keys().size(), 4u);
  EXPECT_EQ(format_trusted_keys(*keys), log.vkeys());
  const TrustedKeys other{log.keys().log, Signer::generate(log.origin() + "/events").verifier()};
  const Session doubting =
      *Session::open(log, TrustStore(scratch.path() / "other"), other, recorder.console);
  EXPECT_EQ(EntryReader(doubting).all_keys().error().code, Errc::corrupt);
}

TEST_F(CheckedEntries, TellWhetherTheTrustedEventKeyIsOfThisLog) {
  log.grow(4);
  const auto met = [&](const TrustedKeys& keys) {
    const Session opened =
        *Session::open(log, TrustStore(scratch.path() / "other"), keys, recorder.console);
    EntryReader reader(opened);
    EXPECT_TRUE(reader.visit({0}, opened.size(), [](const CheckedEntry&) { return true; }));
    return reader.met_trusted_key();
  };
  const TrustedKeys right = log.keys();
  EXPECT_TRUE(met(right));
  EXPECT_FALSE(met({right.log, Signer::generate(right.event.name()).verifier()}));
  log.rotate_event_key();
  log.grow(1);
  EXPECT_TRUE(met(right));
  EXPECT_TRUE(met(log.keys()));
}

TEST_F(CheckedEntries, AreRefusedWhenSignedByAKeyOutsideTheChain) {
  log.grow(4);
  Envelope envelope;
  envelope.index = {5};
  envelope.request = "01JD00000000000000000000ZZ";
  envelope.surface = "oci";
  const std::string text = encode_entry_text(
      envelope, oci::TagDeleted{Digest::of("x"), *RepoName::parse("a"), *oci::Tag::parse("b")});
  log.append_signed(text, Signer::generate(log.origin() + "/events"));
  log.publish();
  EXPECT_EQ(read(0, 5)->size(), 5u);
  for (const std::uint64_t from : {0u, 3u, 5u}) {
    const auto seen = read(from, 6);
    ASSERT_FALSE(seen) << from;
    EXPECT_EQ(seen.error().about, About::signature);
  }
}

TEST_F(CheckedEntries, AreRefusedAtAnotherIndexThanTheySay) {
  log.grow(4);
  Envelope envelope;
  envelope.index = {7};
  envelope.request = "01JD00000000000000000000ZZ";
  envelope.surface = "oci";
  const Event event =
      oci::TagDeleted{Digest::of("x"), *RepoName::parse("a"), *oci::Tag::parse("b")};
  log.append_as(envelope, event);
  log.publish();
  const auto seen = read(0, 6);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace varve::cli
