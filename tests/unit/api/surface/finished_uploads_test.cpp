// What is remembered of uploads that ended.
#include "api/surface/finished_uploads.h"

#include <gtest/gtest.h>

namespace varve::surface {
namespace {

TEST(FinishedUploads, AreRememberedUntilManyNewerOnesCame) {
  FinishedUploads finished;
  const UploadId oldest = UploadId::random();
  const UploadId next = UploadId::random();
  finished.remember(oldest, {Digest::of("a"), 1});
  finished.remember(next, {Digest::of("b"), 2});
  finished.remember(oldest, {Digest::of("a"), 1});  // known: nobody has to go
  for (std::size_t i = 2; i < FinishedUploads::kMax; ++i)
    finished.remember(UploadId::random(), {Digest::of("c"), 3});
  ASSERT_TRUE(finished.find(oldest).has_value());
  EXPECT_EQ(finished.find(oldest)->digest, Digest::of("a"));
  finished.remember(UploadId::random(), {Digest::of("c"), 3});
  EXPECT_FALSE(finished.find(oldest).has_value());
  ASSERT_TRUE(finished.find(next).has_value());
  EXPECT_EQ(finished.find(next)->size, 2U);
}

TEST(FinishedUploads, ThatNeverWereAreUnknown) {
  EXPECT_FALSE(FinishedUploads().find(UploadId::random()).has_value());
}

}  // namespace
}  // namespace varve::surface
