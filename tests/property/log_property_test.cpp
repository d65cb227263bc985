// What must hold whatever anybody does: proofs verify at every size, replay equals the live tables,
// and the state as of N is the state a replay to N makes.
#include <gmock/gmock.h>

#include <bit>
#include <map>
#include <span>

#include "core/codec.h"
#include "core/trust/query.h"
#include "core/warg/map.h"
#include "core/warg/tree.h"
#include "log/fsck.h"
#include "log/proof/author.h"
#include "log/replay.h"
#include "log/rows_view.h"
#include "tests/support/random_commands.h"

namespace varve::test {
namespace {

// A log of a few hundred entries made by random commands, some of them at once.
void grow(LogRig& rig, std::uint64_t seed, int rounds) {
  RandomCommands commands(seed);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::future<Result<Receipt>>> answers;
    for (std::uint64_t i = 0; i <= seed % 7; ++i) answers.push_back(rig.submit(commands.next()));
    rig.clock += 1'000;
    for (auto& answer : answers) {
      const auto outcome = answer.get();
      if (!outcome)
        EXPECT_TRUE(RandomCommands::expected(outcome.error().code)) << outcome.error().what;
    }
  }
  rig.ledger->drain();
}

ReplayReport replay_to(const LogRig& rig, Store& out, std::optional<TreeSize> to) {
  StoreSource source(rig.head.get());
  ReplayOptions options;
  options.to = to;
  return must(replay(source, out, options, rig.log_key.verifier()));
}

class LogProperty : public testing::TestWithParam<int> {
 protected:
  std::uint64_t seed() const { return property_seed() + static_cast<std::uint64_t>(GetParam()); }
  void SetUp() override {
    rig.warg_key = std::make_shared<const warg::PrivateKey>(
        warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256));
    rig.open();
    grow(rig, seed(), 60);
  }
  LogRig rig;
};

TEST_P(LogProperty, EveryEntryIsProvenAtEverySize) {
  const Reader reader = rig.reader();
  const std::uint64_t size = reader.head().size.value;
  std::vector<Hash256> leaves;
  for (std::uint64_t i = 0; i < size; ++i)
    leaves.push_back(leaf_hash(must(reader.entry(EntryIndex{i}))));
  for (std::uint64_t n = 1; n <= size; n += 1 + n / 16) {
    const Hash256 root = must(reader.root_at(TreeSize{n}));
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto proof = must(reader.inclusion(EntryIndex{i}, TreeSize{n}));
      EXPECT_TRUE(verify_inclusion(leaves[i], EntryIndex{i}, TreeSize{n}, proof, root));
    }
  }
}

TEST_P(LogProperty, ReplayMakesTheLiveTablesAgainTwice) {
  const auto live = must(table_digests(*rig.head.get()->snapshot));
  for (int time = 0; time < 2; ++time) {
    const auto out = make_mem_store();
    EXPECT_EQ(replay_to(rig, *out, std::nullopt).tables, live);
  }
}

TEST_P(LogProperty, TheStateAsOfNIsWhatAReplayToNMakes) {
  const Reader reader = rig.reader();
  const std::uint64_t size = reader.head().size.value;
  for (std::uint64_t n = 1; n <= size; n += 1 + size / 12) {
    const auto out = make_mem_store();
    replay_to(rig, *out, TreeSize{n});
    const NowView replayed(out->snapshot());
    EXPECT_EQ(dump(*must(reader.view_as_of(TreeSize{n}))), dump(replayed)) << "as of " << n;
  }
  EXPECT_EQ(dump(*must(reader.view_as_of(TreeSize{size}))), dump(*reader.view()));
}

TEST_P(LogProperty, AScanAfterAKeyContinuesWhereTheFirstOneStopped) {
  const Reader reader = rig.reader();
  for (const std::uint64_t n : {reader.head().size.value / 2, reader.head().size.value}) {
    const auto view = must(reader.view_as_of(TreeSize{n}));
    for (const Table table : kTables) {
      std::vector<std::string> keys;
      must(view->scan(table, "", "", [&](std::string_view key, const Row&) {
        keys.emplace_back(key);
        return true;
      }));
      for (std::size_t i = 0; i < keys.size(); ++i) {
        std::vector<std::string> rest;
        must(view->scan(table, "", keys[i], [&](std::string_view key, const Row&) {
          rest.emplace_back(key);
          return true;
        }));
        EXPECT_THAT(rest, testing::ElementsAreArray(
                              keys.begin() + static_cast<std::ptrdiff_t>(i) + 1, keys.end()));
      }
    }
  }
}

// Rows whose keys name the repository, grants and policies aside: those are about names.
std::vector<std::string> rows_about(const View& view, const RepoName& repo) {
  std::vector<std::string> found;
  const std::string name = repo.text() + std::string(1, '\0');
  for (const Table table : kTables) {
    if (table == Table::grant || table == Table::policy) continue;
    must(view.scan(table, "", "", [&](std::string_view key, const Row&) {
      const bool held = table == Table::holder && key.ends_with(name) && key.size() > name.size();
      if (key.starts_with(name) || held) found.emplace_back(table_name(table));
      return true;
    }));
  }
  return found;
}

TEST_P(LogProperty, ADeletedRepositoryLeavesNoRowInAnyTable) {
  rig.open();
  const RepoName fresh = must(RepoName::parse("fresh/app"));
  must(rig.run(command_of(trust::SetPolicy{must(Resource::parse("fresh/*")), false})));
  must(rig.run(put_manifest(fresh.text(), "v1", 1)));
  must(rig.run(
      command_of(oci::SetTagAttributes{fresh, must(oci::Tag::parse("v1")), {.list = false}})));
  must(rig.run(command_of(content::DeleteRepo{fresh})));
  const Reader reader = rig.reader();
  for (std::uint64_t i = 0; i < reader.head().size.value; ++i) {
    const std::string bytes = must(reader.entry(EntryIndex{i}));
    const Entry entry = must(decode_entry_text(must(parse_note(bytes)).text));
    const auto* gone = std::get_if<content::RepoDeleted>(&entry.event);
    if (gone == nullptr) continue;
    EXPECT_THAT(rows_about(*must(reader.view_as_of(TreeSize{i})), gone->repo),
                testing::Not(testing::IsEmpty()));
    EXPECT_THAT(rows_about(*must(reader.view_as_of(TreeSize{i + 1})), gone->repo),
                testing::IsEmpty());
  }
}

// What an entry says of its author is true, and where one is required there is one, whose key was
// registered then.
TEST_P(LogProperty, EveryAuthorSignedWhatItsEntrySays) {
  rig.open();
  const AuthorKey key('z');
  const PrincipalName author_name = must(PrincipalName::parse("author"));
  must(rig.run(command_of(trust::CreatePrincipal{author_name, trust::PrincipalKind::user})));
  must(rig.run(command_of(key.registration(author_name))));
  must(rig.run(command_of(trust::SetPolicy{must(Resource::parse("fresh/*")), false, true})));
  EXPECT_EQ(rig.run(put_manifest("fresh/app", "v1", 1)).error().code, Errc::denied);
  Command signed_put = put_manifest("fresh/app", "v1", 1);
  auto& wish = std::get<oci::PutManifest>(signed_put.intent);
  wish.author = key.sign(statement_of(wish, rig.log_key.verifier().name()));
  must(rig.run(signed_put));
  const Reader reader = rig.reader();
  const std::string origin = rig.log_key.verifier().name();
  std::size_t authors = 0;
  for (std::uint64_t i = 0; i < reader.head().size.value; ++i) {
    const std::string bytes = must(reader.entry(EntryIndex{i}));
    const Entry entry = must(decode_entry_text(must(parse_note(bytes)).text));
    must(verify_author(entry.event, origin));
    const auto* put = std::get_if<oci::ManifestPut>(&entry.event);
    const auto* set = std::get_if<oci::TagSet>(&entry.event);
    if (put == nullptr && set == nullptr) continue;
    const auto view = must(reader.view_as_of(TreeSize{i}));
    const trust::Author* author = author_of(entry.event);
    if (must(trust::policy_for(*view, put != nullptr ? put->repo : set->repo)).require_author_sig)
      EXPECT_NE(author, nullptr) << "entry " << i;
    if (author == nullptr) continue;
    ++authors;
    const auto row = must(trust::find_key(*view, author->key_id));
    ASSERT_TRUE(row.has_value()) << "entry " << i;
    EXPECT_FALSE(row->revoked) << "entry " << i;
    EXPECT_EQ(row->key, author->public_key);
  }
  EXPECT_GE(authors, 2U);
}

// Whoever reads the log can judge again what was decided then.
TEST_P(LogProperty, EveryCredentialWasGoodWhereItsEntriesStand) {
  const Reader reader = rig.reader();
  for (std::uint64_t i = 0; i < reader.head().size.value; ++i) {
    const std::string bytes = must(reader.entry(EntryIndex{i}));
    const Envelope envelope = must(decode_entry_text(must(parse_note(bytes)).text)).envelope;
    const auto before = must(reader.view_as_of(TreeSize{i - envelope.batch_position}));
    const auto good = trust::check_credential(*before, envelope.actor, envelope.at);
    EXPECT_TRUE(good.has_value()) << "entry " << i << ": " << good.error().what;
  }
}

TEST_P(LogProperty, ATimeMeansTheEntriesUpToIt) {
  const Reader reader = rig.reader();
  std::vector<Timestamp> times;
  for (std::uint64_t i = 0; i < reader.head().size.value; ++i) {
    const std::string bytes = must(reader.entry(EntryIndex{i}));
    times.push_back(must(decode_entry_text(must(parse_note(bytes)).text)).envelope.at);
  }
  for (const Timestamp t : times) {
    const auto expected = std::ranges::upper_bound(times, t) - times.begin();
    EXPECT_EQ(must(reader.size_at(t)).value, static_cast<std::uint64_t>(expected));
  }
  EXPECT_EQ(must(reader.size_at(Timestamp{times.front().micros - 1})), TreeSize{0});
  EXPECT_EQ(reader.size_at(Timestamp{times.back().micros + 1}).error().code, Errc::invalid);
}

// RFC 6962, as it is written there.
Hash256 tree_head(std::span<const Hash256> leaves) {
  if (leaves.size() == 1) return leaves.front();
  const std::size_t left = std::bit_floor(leaves.size() - 1);
  return node_hash(tree_head(leaves.first(left)), tree_head(leaves.subspan(left)));
}
// The map that holds these and nothing else, made in one go.
Hash256 map_head(const std::map<warg::LogId, warg::RecordId>& newest) {
  std::vector<warg::MapEntry> entries;
  for (const auto& [log, record] : newest)
    entries.push_back({warg::map_key(log), warg::map_leaf_hash(record)});
  const auto nothing = [](std::string_view) -> Result<std::optional<std::string>> {
    return std::nullopt;
  };
  return must(warg::set_in_map(entries, nothing, [](std::string_view, std::string) {}));
}

// Read from the entries alone, without any row.
TEST_P(LogProperty, EveryCheckpointOfWargsIsAboutTheRecordsBeforeIt) {
  std::vector<Hash256> leaves;
  std::map<warg::LogId, warg::RecordId> newest;
  std::uint64_t covered = 0;
  const auto add = [&](const warg::LogId& log, const warg::RecordId& record, std::uint64_t index) {
    EXPECT_EQ(index, leaves.size());
    leaves.push_back(warg::log_leaf_hash(log, record));
    newest.insert_or_assign(log, record);
  };
  const Reader reader = rig.reader();
  for (std::uint64_t i = 0; i < reader.head().size.value; ++i) {
    const std::string bytes = must(reader.entry(EntryIndex{i}));
    const Event event = must(decode_entry_text(must(parse_note(bytes)).text)).event;
    if (const auto* record = std::get_if<warg::OperatorRecordAppended>(&event))
      add(warg::operator_log_id(), record->record_id, record->registry_index);
    if (const auto* record = std::get_if<warg::RecordPublished>(&event))
      add(warg::package_log_id(record->package), record->record_id, record->registry_index);
    const auto* checkpoint = std::get_if<warg::CheckpointSigned>(&event);
    if (checkpoint == nullptr) continue;
    ASSERT_EQ(checkpoint->log_length, leaves.size());
    EXPECT_EQ(checkpoint->log_root.raw(), as_view(tree_head(leaves)));
    EXPECT_EQ(checkpoint->map_root.raw(), as_view(map_head(newest)));
    covered = checkpoint->log_length;
  }
  EXPECT_EQ(covered, leaves.size());  // no record waits for a checkpoint
}

// Random commands that are nearly all refused would prove nothing.
TEST(RandomHistory, HoldsEveryKindOfEventAboutPackages) {
  std::map<std::string, int> counts;
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    LogRig rig;
    rig.open();
    grow(rig, seed, 60);
    const Reader reader = rig.reader();
    for (std::uint64_t i = 0; i < reader.head().size.value; ++i) {
      const std::string bytes = must(reader.entry(EntryIndex{i}));
      ++counts[std::string(type_of(must(decode_entry_text(must(parse_note(bytes)).text)).event))];
    }
  }
  for (const char* type : {"warg.operator.record", "warg.record.published", "warg.record.submitted",
                           "warg.record.rejected", "warg.content.received"})
    EXPECT_GE(counts[type], 8) << type;
}

INSTANTIATE_TEST_SUITE_P(Seeds, LogProperty, testing::Range(0, 8));

}  // namespace
}  // namespace varve::test
