// Stores whose derived rows another program made, and how one would notice that rows changed.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "core/base/bytes.h"
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

TEST(RowsFormat, IsRaisedWhenOldEventsMakeOtherRows) {
  std::string made = "format " + std::to_string(kRowsFormat) + "\n";
  for (const TableDigest& table : replay_stored_log().tables)
    made += table.name + " " + std::to_string(table.rows) + " " + table.digest.to_string() + "\n";
  std::ifstream file(VARVE_GOLDEN_DIR "/log/tables.txt");
  std::ostringstream stored;
  stored << file.rdbuf();
  EXPECT_EQ(made, stored.str()) << "raise kRowsFormat when rows of old events are others now, and "
                                   "make this the text of tests/golden/log/tables.txt:\n"
                                << made;
}

TEST(RowsFormat, IsLookedAtInEveryTable) {
  for (const TableDigest& table : replay_stored_log().tables) {
    if (table.name.ends_with(".past"))
      EXPECT_GT(table.rows, 0U) << table.name << ": make tests/golden/log anew";
  }
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
    auto row = must(decode_head(*must(store->snapshot()->get(Family::meta, kHeadKey))));
    row.rows_format = kRowsFormat - 1;
    auto batch = store->batch();
    batch->put(Family::meta, kHeadKey, encode_head(row));
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
