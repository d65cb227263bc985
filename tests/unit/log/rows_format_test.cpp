// Stores whose derived rows another program made, and how one would notice that rows changed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/base/bytes.h"
#include "core/codec.h"
#include "log/replay.h"
#include "log/store/tables.h"
#include "tests/support/log_rig.h"

namespace varve::test {
namespace {

// tests/golden/log/log.txt: a line for each thing, its bytes in base64.
class StoredLog final : public EntrySource {
 public:
  StoredLog() {
    std::ifstream file(VARVE_GOLDEN_DIR "/log/log.txt");
    std::string what;
    std::string text;
    while (file >> what >> text) {
      std::string bytes = base64_decode(text).value();
      if (what == "checkpoint")
        checkpoint_ = std::move(bytes);
      else if (what == "entry")
        entries_.push_back(std::move(bytes));
      else
        bodies_.emplace(Digest::of(bytes), bytes);
    }
  }
  Result<std::optional<std::string>> checkpoint() override { return checkpoint_; }
  Result<TreeSize> size() override { return TreeSize{entries_.size()}; }
  Result<void> entries(EntryIndex from, EntryIndex to,
                       const std::function<void(EntryIndex, std::string_view)>& visit) override {
    for (std::uint64_t i = from.value; i < to.value; ++i) visit(EntryIndex{i}, entries_.at(i));
    return {};
  }
  Result<std::string> body(const BodyName& name) override { return bodies_.at(name.digest); }
  Result<std::string> tile(unsigned, std::uint64_t, unsigned) override {
    return fail(Errc::unsupported, About::proof, "the checkpoint is of the whole log");
  }

 private:
  std::string checkpoint_;
  std::vector<std::string> entries_;
  std::map<Digest, std::string> bodies_;
};

ReplayReport replay_stored_log() {
  StoredLog log;
  const auto out = make_mem_store();
  return must(replay(log, *out, {}));
}

// A file for each format, which never changes.
std::string stored_tables() {
  return VARVE_GOLDEN_DIR "/log/tables." + std::to_string(kRowsFormat) + ".txt";
}

TEST(RowsFormat, IsRaisedWhenOldEventsMakeOtherRows) {
  std::string made;
  for (const TableDigest& table : replay_stored_log().tables)
    made += table.name + " " + std::to_string(table.rows) + " " + table.digest.to_string() + "\n";
  std::ifstream file(stored_tables());
  std::ostringstream stored;
  stored << file.rdbuf();
  EXPECT_EQ(made, stored.str()) << "rows of old events are others now: raise kRowsFormat, and put "
                                   "this into the new "
                                << stored_tables() << ":\n"
                                << made;
}

TEST(RowsFormat, IsLookedAtInEveryTable) {
  for (const TableDigest& table : replay_stored_log().tables) {
    if (table.name.ends_with(".past"))
      EXPECT_GT(table.rows, 0U) << table.name << ": make tests/golden/log anew";
  }
}

TEST(RowsFormat, IsLookedAtInEveryEvent) {
  StoredLog log;
  std::set<std::string> there;
  must(log.entries(
      EntryIndex{}, EntryIndex{must(log.size()).value}, [&](EntryIndex, std::string_view bytes) {
        const Event event = must(decode_entry_text(must(parse_note(bytes)).text)).event;
        there.insert(std::string(type_of(event)) + ".v" + std::to_string(version_of(event)) +
                     ".json");
      }));
  for (const auto& file : std::filesystem::directory_iterator(VARVE_GOLDEN_DIR "/events"))
    if (file.is_regular_file())
      EXPECT_TRUE(there.contains(file.path().filename().string()))
          << file.path().filename() << ": make tests/golden/log anew";
}

class RowsOfAnotherFormat : public testing::Test {
 protected:
  RowsOfAnotherFormat() {
    rig.open();
    for (std::uint64_t i = 0; i < 300; ++i) must(rig.run(put_manifest("lib/app", "v1", i)));
    rig.ledger->drain();
    tables = must(table_digests(*rig.head.get()->snapshot));
    rig.close();
    store = must(open_mem_store(rig.disk));
    edit_head(*store, [](HeadRow& row) { row.rows_format = kRowsFormat - 1; });
    auto batch = store->batch();
    // What they were is not known.
    for (const Family family : {Family::now, Family::past}) {
      const auto snapshot = store->snapshot();
      const auto cursor = snapshot->cursor(family, "", "");
      for (cursor->seek(""); cursor->valid(); cursor->next())
        batch->put(family, cursor->key(), "another format");
    }
    must(store->commit(std::move(batch)));
  }
  LogRig rig;
  std::unique_ptr<Store> store;
  std::vector<TableDigest> tables;
};

TEST_F(RowsOfAnotherFormat, AreServedByNobody) {
  EXPECT_EQ(load_head(*store).error().code, Errc::unsupported);
  store.reset();
  const auto opened = rig.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unsupported);
  EXPECT_NE(opened.error().detail.find("varve replay"), std::string::npos);
}

TEST_F(RowsOfAnotherFormat, AreMadeAgainByReplayAndWrittenOn) {
  StoreSource source(must(load_head(*store, Rows::of_any_format)));
  rig.disk = make_mem_disk();
  auto fresh = must(open_mem_store(rig.disk));
  EXPECT_EQ(must(replay(source, *fresh, {}, rig.log_key.verifier())).tables, tables);
  fresh.reset();
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 300)));
  rig.ledger->drain();
  EXPECT_EQ(rig.reader().head().published, rig.reader().head().size);
}

}  // namespace
}  // namespace varve::test
