// What manifests and configs say of themselves.
#include "core/oci/description.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "tests/support/given.h"

namespace varve::oci {
namespace {

using test::digest;

std::string descriptor(std::string_view content, std::uint64_t size, const std::string& more = "") {
  return R"({"mediaType":"a/b","digest":")" + digest(content).to_string() + R"(","size":)" +
         std::to_string(size) + more + "}";
}

TEST(Description, OfAnImageIsTheSizeOfWhatIsPulledAndWhereItsConfigIs) {
  const auto description =
      describe(R"({"schemaVersion":2,"config":)" + descriptor("config", 6) + R"(,"layers":[)" +
               descriptor("one", 100) + "," + descriptor("two", 20) + "]}");
  EXPECT_EQ(description.image_size, 126U);
  EXPECT_EQ(description.config_media_type, "a/b");
  EXPECT_EQ(description.config, (Reference{digest("config"), 6}));
  EXPECT_TRUE(description.children.empty());
}

TEST(Description, OfAnIndexIsItsChildrenWithTheirPlatforms) {
  const auto description = describe(
      R"({"schemaVersion":2,"manifests":[)" +
      descriptor("m", 7, R"(,"platform":{"architecture":"arm64","os":"linux","variant":"v8"})") +
      "," + descriptor("n", 5) + "]}");
  EXPECT_EQ(description.image_size, 12U);
  EXPECT_FALSE(description.config.has_value());
  ASSERT_EQ(description.children.size(), 2U);
  EXPECT_EQ(description.children[0].digest, digest("m").to_string());
  EXPECT_EQ(description.children[0].platform, (Platform{"arm64", "linux"}));
  EXPECT_EQ(description.children[1].platform, Platform{});
}

TEST(Description, HasNoChildThatIsNoDigestAndNoMoreThanAnIndexMayHave) {
  EXPECT_TRUE(describe(R"({"manifests":[{},{"digest":"x"},{"digest":7}]})").children.empty());
  std::string many = R"({"manifests":[)" + descriptor("m", 1);
  for (std::size_t i = 0; i < limits::kManifestReferencesMax; ++i) many += "," + descriptor("m", 1);
  EXPECT_EQ(describe(many + "]}").children.size(), limits::kManifestReferencesMax);
}

TEST(Description, OfWhatStatesNoSizesIsItsOwn) {
  EXPECT_EQ(describe(R"({"schemaVersion":2,"manifests":[]})").image_size, 34U);
  EXPECT_EQ(describe("not JSON at all").image_size, 15U);
  EXPECT_EQ(describe("").image_size, 0U);
}

TEST(Description, StaysWithinWhatJsonCanState) {
  constexpr std::uint64_t kMost = 9'007'199'254'740'991;
  const std::string huge = descriptor("x", 18'446'744'073'709'551'615U);
  const auto description =
      describe(R"({"config":)" + huge + R"(,"layers":[)" + huge + "," + huge + "]}");
  EXPECT_EQ(description.image_size, kMost);
}

TEST(Description, LeavesOutWhatIsNoDescriptor) {
  for (const char* odd :
       {R"({"config":7,"layers":"x","manifests":{}})", R"({"layers":[1,null,{"size":-1}]})",
        R"({"config":{"mediaType":7,"digest":"sha256:0","size":"1"}})", "[1]", "7"}) {
    const auto description = describe(odd);
    EXPECT_EQ(description.image_size, std::string_view(odd).size()) << odd;
    EXPECT_FALSE(description.config.has_value());
    EXPECT_EQ(description.config_media_type, "");
  }
}

TEST(PlatformOf, IsWhatTheConfigStates) {
  EXPECT_EQ(platform_of(R"({"os":"linux","architecture":"amd64","rootfs":{}})"),
            (Platform{"amd64", "linux"}));
  EXPECT_EQ(platform_of(R"({"os":["linux"],"architecture":7})"), Platform{});
  EXPECT_EQ(platform_of("{}"), Platform{});
  EXPECT_EQ(platform_of("\x7f"
                        "ELF"),
            Platform{});
  EXPECT_EQ(platform_of(R"({"os":")" + std::string(10'000, 'x') + "\"}"), Platform{});
}

}  // namespace
}  // namespace varve::oci
