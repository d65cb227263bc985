// Questions about the log itself.
#include "core/system/query.h"

#include <gtest/gtest.h>

#include "tests/support/given.h"

namespace varve::system {
namespace {

using test::given;
using namespace std::string_literals;
using Names = std::vector<std::string>;

const Genesis kGenesis{"first", "sha256", "log", "origin"};

TEST(LogKeys, AreTheLogsAndItsEventKey) {
  auto scenario = given({kGenesis});
  const auto keys = log_keys(scenario.rows());
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->log, "log");
  EXPECT_EQ(keys->event, Names{"first"});
  EXPECT_EQ(keys->lines(), "log\nfirst\n");
}

TEST(LogKeys, KeepEveryEventKeyOldestFirst) {
  auto scenario = given({kGenesis});
  Names expected{"first"};
  for (int i = 0; i < 20; ++i) {
    const std::string next = "key " + std::to_string(i);
    scenario.given({DevModeEnabled{}, EventKeyRotated{next, expected.back()}});
    expected.push_back(next);
  }
  EXPECT_EQ(log_keys(scenario.rows())->event, expected);
}

TEST(LogKeys, NameAKeyThatIsInForceAgainOnce) {
  auto scenario =
      given({kGenesis, EventKeyRotated{"second", "first"}, EventKeyRotated{"first", "second"}});
  EXPECT_EQ(log_keys(scenario.rows())->event, (Names{"second", "first"}));
}

// Whoever replays a stranger's log projects whatever it says.
TEST(LogKeys, MayBeAnyText) {
  for (const std::string& text : {""s, "a\0b"s, "a\nb"s}) {
    auto scenario = given({kGenesis, EventKeyRotated{text, "first"}});
    EXPECT_EQ(log_keys(scenario.rows())->event, (Names{"first", text}));
  }
}

TEST(LogKeys, AreRefusedWhenTheRowsContradictEachOther) {
  auto scenario = given({});
  EXPECT_EQ(log_keys(scenario.rows()).error().code, Errc::not_found);
  scenario.given({kGenesis});
  scenario.rows().put(Table::system, "event_key\0"s, "another");
  EXPECT_EQ(log_keys(scenario.rows()).error().code, Errc::corrupt);
  scenario.rows().break_disk();
  EXPECT_EQ(log_keys(scenario.rows()).error().code, Errc::unavailable);
}

}  // namespace
}  // namespace varve::system
