// What is open is remembered for one state of the log, in bounded memory.
#include "api/surface/open_repositories.h"

#include <gtest/gtest.h>

namespace varve::surface {
namespace {

TEST(OpenRepositories, AreKnownInTheStateTheyWereJudgedIn) {
  OpenRepositories open;
  EXPECT_FALSE(open.known(TreeSize{0}, "app"));
  open.remember(TreeSize{7}, "app");
  EXPECT_TRUE(open.known(TreeSize{7}, "app"));
  EXPECT_FALSE(open.known(TreeSize{7}, "ap"));
  EXPECT_FALSE(open.known(TreeSize{8}, "app"));
  EXPECT_FALSE(open.known(TreeSize{6}, "app"));
}

TEST(OpenRepositories, AreForgottenWhenTheLogGrows) {
  OpenRepositories open;
  open.remember(TreeSize{7}, "app");
  open.remember(TreeSize{8}, "other");
  EXPECT_FALSE(open.known(TreeSize{8}, "app"));
  EXPECT_TRUE(open.known(TreeSize{8}, "other"));
  // A thread that was slow brings an older decision.
  open.remember(TreeSize{7}, "app");
  EXPECT_FALSE(open.known(TreeSize{8}, "app"));
  EXPECT_FALSE(open.known(TreeSize{7}, "app"));
}

TEST(OpenRepositories, AreBounded) {
  OpenRepositories open;
  for (std::size_t i = 0; i < 3 * OpenRepositories::kEntriesMax; ++i)
    open.remember(TreeSize{7}, "r" + std::to_string(i));
  EXPECT_LE(open.count(), OpenRepositories::kEntriesMax);
  open.remember(TreeSize{7}, "last");
  EXPECT_TRUE(open.known(TreeSize{7}, "last"));
}

}  // namespace
}  // namespace varve::surface
