// What was said of an upload is known until its owner, or everybody, said much more.
#include "api/surface/declared_uploads.h"

#include <gtest/gtest.h>

namespace varve::surface {
namespace {

using Declared = DeclaredUploads::Declared;

void remember_others(DeclaredUploads& uploads, const std::string& owner, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) uploads.remember(UploadId::random(), {owner, "bb", i});
}

TEST(DeclaredUploads, AreRememberedAsTheyWereSaidLast) {
  DeclaredUploads uploads;
  const UploadId id = UploadId::random();
  EXPECT_EQ(uploads.find(id), std::nullopt);
  uploads.remember(id, {"ann", "aa", 1});
  uploads.remember(id, {"ben", "bb", 2});
  EXPECT_EQ(uploads.find(id), (Declared{"ben", "bb", 2}));
}

TEST(DeclaredUploads, ThatAreSaidAgainAreTheYoungest) {
  DeclaredUploads uploads;
  const UploadId first = UploadId::random();
  const UploadId second = UploadId::random();
  for (const UploadId& id : {first, second, first}) uploads.remember(id, {"ann", "aa", 1});
  remember_others(uploads, "ann", DeclaredUploads::kMaxOfOne - 1);
  EXPECT_TRUE(uploads.find(first).has_value());
  EXPECT_FALSE(uploads.find(second).has_value());
}

TEST(DeclaredUploads, ThatAreSaidAgainByAnotherOwnerAreNotTheFirstOnesAnyMore) {
  DeclaredUploads uploads;
  const UploadId id = UploadId::random();
  uploads.remember(id, {"ann", "aa", 1});
  uploads.remember(id, {"ben", "aa", 1});
  remember_others(uploads, "ann", DeclaredUploads::kMaxOfOne);
  EXPECT_TRUE(uploads.find(id).has_value());
}

TEST(DeclaredUploads, OfOneOwnerPushOutNobodyElses) {
  DeclaredUploads uploads;
  const UploadId others = UploadId::random();
  uploads.remember(others, {"ann", "aa", 1});
  const UploadId first = UploadId::random();
  uploads.remember(first, {"ben", "bb", 1});
  remember_others(uploads, "ben", DeclaredUploads::kMaxOfOne - 1);
  EXPECT_TRUE(uploads.find(first).has_value());
  remember_others(uploads, "ben", DeclaredUploads::kMax);
  EXPECT_FALSE(uploads.find(first).has_value());
  EXPECT_TRUE(uploads.find(others).has_value());
}

TEST(DeclaredUploads, OfManyOwnersAreBoundedTogether) {
  DeclaredUploads uploads;
  const UploadId first = UploadId::random();
  uploads.remember(first, {"ann", "aa", 1});
  for (std::size_t i = 0; i < DeclaredUploads::kMax; ++i)
    uploads.remember(UploadId::random(), {"owner-" + std::to_string(i), "bb", i});
  EXPECT_FALSE(uploads.find(first).has_value());
}

}  // namespace
}  // namespace varve::surface
