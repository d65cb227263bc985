// How descriptors are shared between connections and everybody else.
#include "api/http/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "core/base/limits.h"

namespace varve::http {
namespace {

TEST(Descriptors, TheUsualLimitOf1024LeavesConnectionsLessThanAHundred) {
  // 512 of the store, 256 idle uploads, 64 others; a connection may hold a file.
  EXPECT_EQ(connections_within(1024).value(), 96U);
}

TEST(Descriptors, AHighLimitIsNotUsedUp) {
  EXPECT_EQ(connections_within(1'048'576).value(), limits::kConnectionsMax);
  EXPECT_EQ(connections_within(RLIM_INFINITY).value(), limits::kConnectionsMax);
}

TEST(Descriptors, BelowTheLeastARegistryNeedsThereIsNone) {
  EXPECT_EQ(connections_within(960).value(), limits::kConnectionsMin);
  const auto short_of_one = connections_within(959);
  ASSERT_FALSE(short_of_one.has_value());
  EXPECT_EQ(short_of_one.error().what,
            "this process may open 959 files; a registry needs at least 960");
  EXPECT_FALSE(connections_within(0).has_value());
}

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(100, before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit().value(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace varve::http
