// What the next server is told of signatures that are dated ahead.
#include "api/auth/signed_ahead.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/test_directory.h"

namespace varve::auth {
namespace {

using namespace std::chrono_literals;

const Timestamp kNow{1'795'000'000'300'000};

Timestamp in(std::chrono::microseconds after) {
  return {kNow.micros + after.count()};
}

class SignedAheadFile : public testing::Test {
 protected:
  void write(const std::string& text) const { std::ofstream(file) << text; }
  test::TestDirectory directory;
  const std::filesystem::path file = directory.path() / "signed_ahead";
};

TEST_F(SignedAheadFile, TellsTheNextServerHowFarEachKeyWasAhead) {
  SignedAhead first(file, kNow);
  EXPECT_EQ(first.taken_before("a").micros, 0);
  EXPECT_FALSE(first.is_noted("a", in(30s)));
  ASSERT_TRUE(first.note("a", in(30s), kNow).has_value());
  ASSERT_TRUE(first.note("b", in(50s), kNow).has_value());
  ASSERT_TRUE(first.note("a", in(10s), kNow).has_value());  // it is: nothing changes
  EXPECT_TRUE(first.is_noted("a", in(30s)));
  EXPECT_FALSE(first.is_noted("a", in(31s)));
  EXPECT_EQ(first.taken_before("a").micros, 0);  // it remembers these itself
  const SignedAhead next(file, in(1s));
  EXPECT_EQ(next.taken_before("a"), in(30s));
  EXPECT_EQ(next.taken_before("b"), in(50s));
  EXPECT_EQ(next.taken_before("c").micros, 0);
}

TEST_F(SignedAheadFile, SaysTheSameToTheOneAfterThat) {
  ASSERT_TRUE(SignedAhead(file, kNow).note("a", in(30s), kNow).has_value());
  ASSERT_TRUE(SignedAhead(file, in(1s)).note("b", in(20s), in(1s)).has_value());
  EXPECT_EQ(SignedAhead(file, in(2s)).taken_before("a"), in(30s));
}

TEST_F(SignedAheadFile, ForgetsWhatOurClockHasPassed) {
  SignedAhead ahead(file, kNow);
  ASSERT_TRUE(ahead.note("a", in(30s), kNow).has_value());
  ASSERT_TRUE(ahead.note("b", in(50s), in(40s)).has_value());
  EXPECT_EQ(SignedAhead(file, in(41s)).taken_before("a").micros, 0);
  EXPECT_EQ(SignedAhead(file, in(41s)).taken_before("b"), in(50s));
}

// The next server takes what is dated with the second in which it begins.
TEST_F(SignedAheadFile, KeepsADateUntilItsWholeSecondIsOver) {
  SignedAhead ahead(file, kNow);
  ASSERT_TRUE(ahead.note("a", in(29'700ms), kNow).has_value());
  ASSERT_TRUE(ahead.note("b", in(50s), in(30'600ms)).has_value());
  EXPECT_EQ(SignedAhead(file, in(30'600ms)).taken_before("a"), in(29'700ms));
  ASSERT_TRUE(ahead.note("c", in(50s), in(30'700ms)).has_value());
  EXPECT_EQ(SignedAhead(file, in(30'700ms)).taken_before("a").micros, 0);
}

TEST_F(SignedAheadFile, ThatIsDamagedMayHaveSaidAnything) {
  for (const char* text : {"a", "a 17", "a x\n", " 17\n", "a 17\n\n", "a 99999999999999999999\n"}) {
    write(text);
    EXPECT_EQ(SignedAhead(file, kNow).taken_before("anybody"), in(kSdkAheadMax)) << text;
  }
  // It is so for the server after that, too, which reads what this one wrote.
  ASSERT_TRUE(SignedAhead(file, kNow).note("a", in(5s), kNow).has_value());
  EXPECT_EQ(SignedAhead(file, in(1s)).taken_before("anybody"), in(kSdkAheadMax));
  write("a 17\n");
  EXPECT_EQ(SignedAhead(file, kNow).taken_before("anybody").micros, 0);
}

TEST_F(SignedAheadFile, ThatCannotBeWrittenIsAnError) {
  SignedAhead ahead(directory.path() / "missing" / "signed_ahead", kNow);
  EXPECT_EQ(ahead.note("a", in(30s), kNow).error().code, Errc::unavailable);
  EXPECT_FALSE(ahead.is_noted("a", in(30s)));
}

}  // namespace
}  // namespace varve::auth
