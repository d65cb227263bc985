// Image layouts: found by name or digest, and not believed.
#include "api/cli/layout.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

class ImageLayout : public testing::Test {
 protected:
  ImageLayout() {
    scratch.write("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    fs::create_directories(scratch.path() / "blobs/sha256");
  }
  // A manifest among the blobs, and its descriptor.
  std::string add(const std::string& bytes, const std::string& name) {
    const Digest digest = Digest::of(bytes);
    scratch.write("blobs/sha256/" + digest.to_string().substr(7), bytes);
    return R"({"mediaType":"a/b","digest":")" + digest.to_string() + R"(","size":)" +
           std::to_string(bytes.size()) +
           R"(,"annotations":{"org.opencontainers.image.ref.name":")" + name + R"("}})";
  }
  Result<Layout> with(const std::string& descriptors) {
    scratch.write("index.json", R"({"schemaVersion":2,"manifests":[)" + descriptors + "]}");
    return Layout::open(scratch.path());
  }
  Scratch scratch;
};

TEST_F(ImageLayout, HoldsWhatItsIndexNames) {
  const auto layout = with(add("{}", "1.0") + "," + add("{ }", "2.0"));
  ASSERT_TRUE(layout.has_value()) << layout.error().what;
  const auto second = layout->find(std::nullopt, "2.0");
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->media_type, "a/b");
  EXPECT_EQ(layout->manifest(*second).value(), "{ }");
  const auto first = layout->find(Digest::of("{}"), "2.0");  // a digest says more than a name
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->name, "1.0");
}

TEST_F(ImageLayout, TheOnlyImageNeedsNoName) {
  const auto layout = with(add("{}", "whatever"));
  EXPECT_EQ(layout->find(std::nullopt, "1.0")->digest, Digest::of("{}"));
  EXPECT_EQ(layout->find(Digest::of("other"), "1.0").error().code, Errc::not_found);
}

TEST_F(ImageLayout, OfSeveralNoneIsGuessed) {
  const auto layout = with(add("{}", "1.0") + "," + add("{ }", "2.0"));
  const auto found = layout->find(std::nullopt, "3.0");
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Errc::not_found);
  EXPECT_EQ(found.error().detail, "1.0, 2.0");
}

TEST_F(ImageLayout, AnEmptyOneHasNothing) {
  EXPECT_EQ(with("")->find(std::nullopt, "").error().code, Errc::not_found);
}

TEST_F(ImageLayout, AFileThatIsNotWhatItsNameSaysIsFound) {
  const auto layout = with(add("{}", "1.0"));
  const auto image = layout->find(std::nullopt, "1.0").value();
  scratch.write("blobs/sha256/" + image.digest.to_string().substr(7), "[]");
  EXPECT_EQ(layout->manifest(image).error().code, Errc::corrupt);
  Described longer = image;
  longer.size = 3;
  EXPECT_EQ(layout->manifest(longer).error().code, Errc::corrupt);
  fs::remove(layout->path_of(image.digest));
  EXPECT_FALSE(layout->manifest(image).has_value());
}

TEST_F(ImageLayout, WhatIsNoneIsRefused) {
  EXPECT_FALSE(Layout::open(scratch.path() / "nowhere").has_value());
  EXPECT_FALSE(Layout::open(scratch.path()).has_value());  // no index.json
  for (const char* bad :
       {R"({"digest":"sha256:../../passwd","size":1})", R"({"digest":7,"size":1})", R"({"size":1})",
        R"({"digest":"sha256:)"
        "00"
        R"(","size":1})",
        "7"})
    EXPECT_FALSE(with(bad).has_value()) << bad;
  EXPECT_FALSE(with(R"({"digest":")" + Digest::of("x").to_string() + R"("})").has_value());
  scratch.write("index.json", "{");
  EXPECT_FALSE(Layout::open(scratch.path()).has_value());
}

TEST_F(ImageLayout, AnIndexWithoutManifestsNamesNone) {
  EXPECT_TRUE(described_in("{}").value().empty());
  EXPECT_TRUE(described_in(R"({"manifests":null})").value().empty());
}

}  // namespace
}  // namespace varve::cli
