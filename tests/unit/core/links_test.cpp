// What a manifest refers to, read from its bytes and kept as a row.
#include "core/oci/links.h"

#include <gtest/gtest.h>

#include "tests/support/given.h"

namespace varve::oci {
namespace {

using test::digest;
using namespace std::string_literals;

const std::string kImage = "application/vnd.oci.image.manifest.v1+json";
const std::string kIndex = "application/vnd.oci.image.index.v1+json";

std::string descriptor(const std::string& digest_text, const std::string& type = "a/b") {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest_text + R"(","size":1})";
}
std::string of(std::string_view content) {
  return descriptor(digest(content).to_string());
}

TEST(Links, OfAnImageAreConfigAndLayersWithoutThoseThatLiveElsewhere) {
  const std::string foreign = descriptor(digest("f").to_string(),
                                         "application/vnd.oci.image.layer.nondistributable.v1.tar");
  const auto links = links_of(R"({"schemaVersion":2,"config":)" + of("c") + R"(,"layers":[)" +
                                  of("l") + "," + of("l") + "," + foreign + "]}",
                              kImage)
                         .value();
  EXPECT_EQ(links.blobs.size(), 2U);
  EXPECT_TRUE(links.manifests.empty());
  EXPECT_EQ(links.artifact_type, "a/b");
}

TEST(Links, OfAnIndexAreItsChildrenAndItsSubject) {
  const std::string subject = "blake3:" + std::string(64, 'a');
  const auto links = links_of(R"({"schemaVersion":2,"artifactType":"x/y","manifests":[)" + of("m") +
                                  R"(],"subject":)" + descriptor(subject) + "}",
                              kIndex)
                         .value();
  EXPECT_EQ(links.manifests, std::vector<Digest>{digest("m")});
  EXPECT_EQ(links.subject, subject);
  EXPECT_EQ(links.artifact_type, "x/y");
}

TEST(Links, OfBytesThatAreNoManifestAreNone) {
  for (const std::string& body : {""s, "{"s, "[]"s, "\xff"s, R"({"schemaVersion":1})"s,
                                  std::string(5 << 20, ' '), R"({"manifests":"no"})"s})
    for (const std::string& type : {kImage, kIndex, "a/b"s, "malformed"s})
      EXPECT_TRUE(links_of(body, type).value().empty()) << body.substr(0, 40) << " as " << type;
}

TEST(Links, AnArtifactTypeTooLongToBeOneIsNone) {
  const auto links = links_of(R"({"schemaVersion":2,"artifactType":"a/)" + std::string(300, 'b') +
                                  R"(","manifests":[]})",
                              kIndex)
                         .value();
  EXPECT_EQ(links.artifact_type, "");
}

TEST(LinksRow, ComesBackAsItWas) {
  Links links;
  links.blobs = {digest("a"), Digest::of("b", DigestAlgorithm::sha512)};
  links.manifests = {Digest::of("c", DigestAlgorithm::sha512), digest("d")};
  for (const auto& subject : {std::optional<std::string>(), std::optional("sha256:x"s)}) {
    links.subject = subject;
    const Links back = links_of_value(links_value(links)).value();
    EXPECT_EQ(back.blobs, links.blobs);
    EXPECT_EQ(back.manifests, links.manifests);
    EXPECT_EQ(back.subject, links.subject);
  }
}

TEST(LinksRow, IsCorruptWhenItIsCutAnywhere) {
  Links links;
  links.subject = "sha256:x";
  links.blobs = {digest("a"), digest("b")};
  const std::string value = links_value(links);
  for (std::size_t n = 0; n < value.size(); ++n) {
    const auto cut = links_of_value(std::string_view(value).substr(0, n));
    ASSERT_FALSE(cut.has_value()) << n;
    EXPECT_EQ(cut.error().code, Errc::corrupt) << n;
  }
  EXPECT_FALSE(links_of_value(value + "x").has_value());
}

}  // namespace
}  // namespace varve::oci
