// Reading manifests: everything that clients push, and nothing that means two things.
#include "core/oci/manifest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "core/base/limits.h"
#include "tests/support/given.h"

namespace varve::oci {
namespace {

using test::digest;

const std::string kImage = "application/vnd.oci.image.manifest.v1+json";
const std::string kIndex = "application/vnd.oci.image.index.v1+json";
const std::string kDockerImage = "application/vnd.docker.distribution.manifest.v2+json";
const std::string kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
const std::string kConfig = "application/vnd.oci.image.config.v1+json";
const std::string kLayer = "application/vnd.oci.image.layer.v1.tar+gzip";
const std::string kUnknown = "application/vnd.example.thing.v1";

std::string descriptor_of(const std::string& media_type, const std::string& digest_text,
                          const std::string& size, const std::string& more = "") {
  return R"({"mediaType":")" + media_type + R"(","digest":")" + digest_text + R"(","size":)" +
         size + more + "}";
}
std::string descriptor(const std::string& media_type, std::string_view content,
                       const std::string& more = "") {
  return descriptor_of(media_type, digest(content).to_string(), std::to_string(content.size()),
                       more);
}
Reference reference(std::string_view content) {
  return {digest(content), content.size()};
}
std::vector<Reference> references(std::initializer_list<std::string_view> contents) {
  std::vector<Reference> list;
  for (auto content : contents) list.push_back(reference(content));
  std::sort(list.begin(), list.end());
  return list;
}

std::string image(const std::string& layers, const std::string& more = "",
                  const std::string& config = descriptor(kConfig, "{}")) {
  return R"({"schemaVersion":2,"config":)" + config + R"(,"layers":)" + layers + more + "}";
}
std::string index(const std::string& manifests, const std::string& more = "") {
  return R"({"schemaVersion":2,"manifests":)" + manifests + more + "}";
}

Manifest accepted(const std::string& body, const std::string& content_type) {
  const auto manifest = parse_manifest(body, content_type);
  EXPECT_TRUE(manifest.has_value()) << body.substr(0, 300) << "\n" << manifest.error().what;
  return manifest ? *manifest : Manifest{};
}

void refused(std::string_view body, const std::string& content_type, Errc code = Errc::invalid,
             About about = About::manifest) {
  const auto manifest = parse_manifest(body, content_type);
  ASSERT_FALSE(manifest.has_value()) << body.substr(0, 300);
  EXPECT_EQ(manifest.error().code, code) << body.substr(0, 300) << manifest.error().what;
  EXPECT_EQ(manifest.error().about, about) << body.substr(0, 300) << manifest.error().what;
  EXPECT_FALSE(manifest.error().what.empty());
}

// ---- what the generated Azure clients send ----

TEST(ManifestCalledDockers, IsWhatItsBodySays) {
  const std::string own = R"(,"mediaType":")";
  EXPECT_EQ(accepted(image("[]", own + kImage + "\""), kDockerImage).media_type, kImage);
  EXPECT_EQ(accepted(index("[]", own + kIndex + "\""), kDockerImage).media_type, kIndex);
  EXPECT_EQ(accepted(index("[]", own + kDockerList + "\""), kDockerImage).media_type, kDockerList);
  EXPECT_EQ(accepted(image("[]", own + kDockerImage + "\""), kDockerImage).media_type,
            kDockerImage);
}

TEST(ManifestCalledDockers, MustBeWhatItsBodySays) {
  const std::string own = R"(,"mediaType":")";
  refused(index("[]", own + kImage + "\""), kDockerImage);
  refused(image("[]", own + kIndex + "\""), kDockerImage);
  refused(image("[]", own + kUnknown + "\""), kDockerImage);
  refused(image("[]", own + kDockerImage + "\""), kImage);
  refused(image("[]"), kDockerImage);
}

TEST(ManifestOfSchemaOne, IsRefusedUnderEveryName) {
  const std::string body =
      R"({"schemaVersion":1,"name":"a","tag":"t","architecture":"amd64","fsLayers":[],"history":[]})";
  refused(body, "application/vnd.docker.distribution.manifest.v1+json");
  refused(body, "application/vnd.docker.distribution.manifest.v1+prettyjws; charset=utf-8");
  refused(body, kDockerImage);
  refused(body, kImage);
  refused(body, "");
}

// ---- the must-accept list ----

TEST(ManifestAccepts, AnImageWithGzippedAndPlainLayers) {
  const auto manifest =
      accepted(image("[" + descriptor(kLayer, "l1") + "," +
                     descriptor("application/vnd.oci.image.layer.v1.tar", "l2") + "]"),
               kImage);
  EXPECT_EQ(manifest.media_type, kImage);
  EXPECT_EQ(manifest.blobs, references({"{}", "l1", "l2"}));
  EXPECT_TRUE(manifest.manifests.empty());
  EXPECT_FALSE(manifest.subject.has_value());
}

TEST(ManifestAccepts, NearlyFourMegabytesOfAnnotations) {
  std::string annotations = R"(,"annotations":{"first":"")";
  for (int i = 0; annotations.size() < 3'900'000; ++i)
    annotations += ",\"k" + std::to_string(i) + "\":\"" + std::string(1'000, 'x') + "\"";
  EXPECT_EQ(accepted(image("[]", annotations + "}"), kImage).blobs, references({"{}"}));
}

TEST(ManifestAccepts, AnIndexANestedIndexAndAnEmptyOne) {
  const auto manifest = accepted(
      index("[" + descriptor(kImage, "m1", R"(,"platform":{"architecture":"amd64","os":"linux"})") +
            "," + descriptor(kIndex, "i1") + "]"),
      kIndex);
  EXPECT_EQ(manifest.manifests, references({"m1", "i1"}));
  EXPECT_TRUE(manifest.blobs.empty());
  EXPECT_TRUE(accepted(index("[]"), kIndex).manifests.empty());
  EXPECT_TRUE(accepted(index("null"), kIndex).manifests.empty());
  EXPECT_EQ(accepted(index("[]", R"(,"artifactType":"x/y")"), kIndex).media_type, kIndex);
}

TEST(ManifestAccepts, ChildrenOfUnknownMediaTypes) {
  EXPECT_EQ(accepted(index("[" + descriptor(kUnknown, "m1") + "]"), kIndex).manifests,
            references({"m1"}));
}

TEST(ManifestAccepts, AnArtifactWithTheEmptyConfigAlsoAsItsOnlyLayer) {
  const std::string empty =
      descriptor("application/vnd.oci.empty.v1+json", "{}", R"(,"data":"e30=")");
  EXPECT_NE(empty.find("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
            std::string::npos);
  const auto manifest =
      accepted(image("[" + empty + "]", R"(,"artifactType":"x/y")", empty), kImage);
  EXPECT_EQ(manifest.blobs, references({"{}"}));
}

TEST(ManifestAccepts, AnImageWithoutLayers) {
  EXPECT_EQ(accepted(image("[]"), kImage).blobs, references({"{}"}));
  EXPECT_EQ(accepted(image("null"), kImage).blobs, references({"{}"}));
}

TEST(ManifestAccepts, UnknownConfigAndLayerTypesAndUnknownMembers) {
  const auto manifest = accepted(
      image("[" + descriptor(kUnknown, "l1", R"(,"data":"bDE=","new":{"a":[1.5,-2,null]})") + "]",
            R"(,"new":[{"x":true}])", descriptor("a/b", "{}", R"(,"new":1)")),
      kImage);
  EXPECT_EQ(manifest.blobs, references({"{}", "l1"}));
}

TEST(ManifestAccepts, LayersThatLiveElsewhereWithoutAskingForThem) {
  const std::string urls = R"(,"urls":["https://example.com/layer"])";
  for (const std::string& type :
       {std::string("application/vnd.oci.image.layer.nondistributable.v1.tar"),
        std::string("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
        std::string("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"),
        std::string("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")}) {
    const auto manifest =
        accepted(image("[" + descriptor(type, "far away", urls) + "," + descriptor(kLayer, "here") +
                       "," + descriptor_of(type, "blake3:" + std::string(64, 'a'), "5") + "]"),
                 kImage);
    EXPECT_EQ(manifest.blobs, references({"{}", "here"})) << type;
  }
}

TEST(ManifestAccepts, ASubjectThatNeedNotExist) {
  const std::string subject = R"(,"subject":)" + descriptor(kImage, "nowhere");
  for (const auto& manifest :
       {accepted(image("[]", subject), kImage), accepted(index("[]", subject), kIndex)}) {
    EXPECT_EQ(manifest.subject, digest("nowhere").to_string());
    EXPECT_TRUE(manifest.manifests.empty());
  }
  EXPECT_FALSE(accepted(image("[]", R"(,"subject":null)"), kImage).subject.has_value());
  const std::string other = "blake3:" + std::string(64, 'a');
  EXPECT_EQ(
      accepted(image("[]", R"(,"subject":)" + descriptor_of(kImage, other, "1")), kImage).subject,
      other);
}

TEST(ManifestAccepts, TreesAddressedBySha512) {
  const Digest sha512 = Digest::of("l1", DigestAlgorithm::sha512);
  const auto manifest =
      accepted(image("[" + descriptor_of(kLayer, sha512.to_string(), "2") + "]"), kImage);
  EXPECT_EQ(manifest.blobs, (std::vector<Reference>{reference("{}"), {sha512, 2}}));
}

TEST(ManifestAccepts, DockersFormats) {
  const std::string config = descriptor("application/vnd.docker.container.image.v1+json", "c");
  const auto manifest = accepted(
      image("[" + descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", "l") + "]",
            ",\"mediaType\":\"" + kDockerImage + "\"", config),
      kDockerImage);
  EXPECT_EQ(manifest.blobs, references({"c", "l"}));
  EXPECT_EQ(accepted(index("[" + descriptor(kDockerImage, "m") + "]",
                           ",\"mediaType\":\"" + kDockerList + "\""),
                     kDockerList)
                .manifests,
            references({"m"}));
}

TEST(ManifestAccepts, AReferenceNamedOftenOnce) {
  const std::string layer = descriptor(kLayer, "l");
  EXPECT_EQ(accepted(image("[" + layer + "," + layer + "," + layer + "]"), kImage).blobs,
            references({"{}", "l"}));
}

TEST(ManifestAccepts, BlanksAroundTheDocument) {
  EXPECT_EQ(accepted("\n\t " + image("[]") + " \r\n", kImage).blobs, references({"{}"}));
}

// ---- media types ----

TEST(ManifestMediaType, IsTheContentTypeWithoutItsParameters) {
  EXPECT_EQ(accepted(image("[]"), kImage + "; charset=utf-8").media_type, kImage);
  EXPECT_EQ(accepted(image("[]"), " " + kImage + "\t;x").media_type, kImage);
}

TEST(ManifestMediaType, WithoutContentTypeIsTheBodysOwnElseAnImage) {
  EXPECT_EQ(accepted(index("[]", ",\"mediaType\":\"" + kIndex + "\""), "").media_type, kIndex);
  EXPECT_EQ(accepted(image("[]"), "").media_type, kImage);
  EXPECT_EQ(accepted(image("[]"), " ;x").media_type, kImage);
  refused(index("[]"), "");
}

TEST(ManifestMediaType, MayNotContradictTheBody) {
  refused(image("[]", ",\"mediaType\":\"" + kDockerImage + "\""), kImage);
  refused(image("[]", ",\"mediaType\":\"" + kImage + "\""), "application/json");
  refused(image("[]", ",\"mediaType\":\"\""), kImage);
  refused(image("[]", ",\"mediaType\":7"), kImage);
  EXPECT_EQ(accepted(image("[]", ",\"mediaType\":\"" + kImage + "\""), kImage).media_type, kImage);
}

TEST(ManifestMediaType, IsTheBodysWhereAClientSaysDockersOfWhateverItSends) {
  const auto naming = [](const std::string& type) { return ",\"mediaType\":\"" + type + "\""; };
  EXPECT_EQ(accepted(image("[]", naming(kImage)), kDockerImage).media_type, kImage);
  EXPECT_EQ(accepted(index("[]", naming(kIndex)), kDockerImage).media_type, kIndex);
  EXPECT_EQ(accepted(index("[]", naming(kDockerList)), kDockerImage).media_type, kDockerList);
  refused(index("[]", naming(kImage)), kDockerImage);
  refused(image("[]", naming("a/b")), kDockerImage);
  refused(image("[]", naming(kImage)), kDockerList);
}

TEST(ManifestMediaType, StandsInDockersFormats) {
  refused(image("[]"), kDockerImage);
  refused(index("[]"), kDockerList);
}

TEST(ManifestMediaType, IsComparedExactly) {
  // Another case is another, unknown type: opaque, nothing is looked up.
  EXPECT_TRUE(accepted(image("[]"), "Application/vnd.oci.image.manifest.v1+json").blobs.empty());
}

TEST(ManifestMediaType, HasAGrammarAndALimit) {
  for (const std::string& bad :
       {std::string("text"), std::string("a/"), std::string("/b"), std::string("a/b/c"),
        std::string("a b/c"), std::string("a/b\n"), std::string("a/\xc3\xa4"),
        "a/" + std::string(254, 'x'), std::string("a/b,c/d")})
    refused("{}", bad);
  EXPECT_EQ(accepted("{}", "a/" + std::string(253, 'x')).media_type.size(), 255U);
  refused(R"({"mediaType":"not a type"})", "");
  EXPECT_TRUE(valid_media_type("a/b"));
  EXPECT_FALSE(valid_media_type(""));
}

TEST(ManifestOpaque, AnyBytesMayStandUnderAnUnknownType) {
  const std::string binary("\x00\xff\x7b\x80", 4);
  for (const std::string& body :
       {binary, std::string("hello"), std::string("[1,2]"), std::string("7")}) {
    const auto manifest = accepted(body, kUnknown);
    EXPECT_EQ(manifest.media_type, kUnknown);
    EXPECT_TRUE(manifest.blobs.empty() && manifest.manifests.empty() && !manifest.subject);
  }
}

TEST(ManifestOpaque, OfAnObjectOnlyAWellFormedSubjectIsTaken) {
  const std::string layers = "[" + descriptor(kLayer, "l") + "]";
  const auto manifest =
      accepted(image(layers, R"(,"manifests":[],"subject":)" + descriptor(kImage, "s")), kUnknown);
  EXPECT_EQ(manifest.subject, digest("s").to_string());
  EXPECT_TRUE(manifest.blobs.empty());
  for (const std::string& other : {std::string("\"a mail\""), std::string("{}"), std::string("[]"),
                                   descriptor_of(kImage, "nonsense", "1"),
                                   descriptor_of(kImage, digest("s").to_string(), "-1")})
    EXPECT_FALSE(accepted(R"({"schemaVersion":1,"subject":)" + other + "}", kUnknown).subject)
        << other;
}

TEST(ManifestOpaque, WhatStartsAsAnObjectMustBeOne) {
  refused("{", kUnknown);
  refused(R"({"a":1,"a":2})", kUnknown);
  refused(" {} {}", kUnknown);
  refused(R"({"mediaType":"other/type"})", kUnknown);
  refused("", kUnknown);
}

// ---- refusals ----

TEST(ManifestRefuses, WhatIsNotAJsonObject) {
  for (std::string_view body : {"", " ", "{", "[]", "null", "7", "\"x\"", "not json", "{}{}"})
    for (const std::string& type : {kImage, kIndex, kDockerImage, kDockerList, std::string()})
      refused(body, type);
  refused(std::string_view("{}\0", 3), kImage);
  refused("\xef\xbb\xbf" + image("[]"), kImage);
  refused(image("[]", ",\"x\":\"\xff\""), kImage);
}

TEST(ManifestRefuses, AnotherSchemaVersion) {
  for (const std::string& version : {"1", "3", "\"2\"", "2.0", "null", "-2", "[2]"}) {
    std::string body = image("[]");
    body.replace(body.find(":2,"), 2, ":" + version);
    refused(body, kImage);
  }
  refused(R"({"config":)" + descriptor(kConfig, "{}") + R"(,"layers":[]})", kImage);
}

TEST(ManifestRefuses, ImagesAndIndexesInOne) {
  const std::string child = "[" + descriptor(kImage, "m") + "]";
  refused(image("[]", R"(,"manifests":)" + child), kImage);
  refused(image("[]", R"(,"manifests":[])"), kImage);
  refused(index(child, R"(,"layers":[])"), kIndex);
  refused(index(child, R"(,"config":)" + descriptor(kConfig, "{}")), kIndex);
  refused(image("[]"), kIndex);
  refused(index("[]"), kImage);
}

TEST(ManifestRefuses, MissingOrMisshapenParts) {
  refused(R"({"schemaVersion":2,"layers":[]})", kImage);
  refused(image("[]", "", "null"), kImage);
  refused(R"({"schemaVersion":2,"config":)" + descriptor(kConfig, "{}") + "}", kImage);
  refused(R"({"schemaVersion":2})", kIndex);
  refused(image("{}"), kImage);
  refused(image("\"\""), kImage);
  refused(index("{}"), kIndex);
  refused(image("[]", R"(,"subject":{})"), kImage);
  refused(image("[]", R"(,"subject":")" + digest("s").to_string() + "\""), kImage);
  refused(image("[]", R"(,"annotations":[])"), kImage);
  refused(image("[]", R"(,"annotations":{"a":1})"), kImage);
  EXPECT_EQ(accepted(image("[]", R"(,"annotations":null)"), kImage).media_type, kImage);
}

TEST(ManifestRefuses, DuplicateMembersAnywhere) {
  refused(image("[]", R"(,"layers":[])"), kImage);
  refused(image("[]", R"(,"x":{"y":1,"y":2})"), kImage);
  refused(image("[" + descriptor(kLayer, "l", R"(,"size":1)") + "]"), kImage);
}

TEST(ManifestRefuses, MalformedDescriptors) {
  const std::string good = digest("l").to_string();
  for (const std::string& bad : {std::string("null"),
                                 std::string("7"),
                                 std::string("\"x\""),
                                 std::string("[]"),
                                 std::string("{}"),
                                 R"({"mediaType":"a/b","digest":")" + good + "\"}",
                                 std::string(R"({"mediaType":"a/b","size":1})"),
                                 R"({"digest":")" + good + R"(","size":1})",
                                 R"({"mediaType":1,"digest":")" + good + R"(","size":1})",
                                 descriptor_of("a/b", good, "-1"),
                                 descriptor_of("a/b", good, "1.0"),
                                 descriptor_of("a/b", good, "\"1\""),
                                 descriptor_of("a/b", good, "null"),
                                 descriptor_of("a/b", good, "9007199254740992"),
                                 descriptor_of("a/b", good, "18446744073709551616"),
                                 descriptor_of("a/b", good, "1e400"),
                                 descriptor_of("a/b", "", "1"),
                                 descriptor_of("a/b", "sha256:", "1"),
                                 descriptor_of("a/b", "sha256:abc", "1"),
                                 descriptor_of("a/b", "sha256:" + std::string(64, 'A'), "1"),
                                 descriptor_of("a/b", "sha512:" + std::string(64, 'a'), "1"),
                                 descriptor_of("a/b", "nocolon", "1"),
                                 descriptor_of("a/b", ":x", "1"),
                                 descriptor_of("a/b", "x:", "1"),
                                 descriptor_of("a/b", "A:x", "1"),
                                 descriptor_of("a/b", "a..b:x", "1"),
                                 descriptor_of("a/b", "a+:x", "1"),
                                 descriptor_of("a/b", "a:x y", "1"),
                                 descriptor_of("a/b", "a:../../x", "1"),
                                 descriptor_of("a/b", "md5:" + std::string(300, 'a'), "1")}) {
    refused(image("[" + bad + "]"), kImage);
    refused(image("[]", "", bad), kImage);
    refused(index("[" + bad + "]"), kIndex);
  }
}

TEST(ManifestRefuses, ReferencesWhoseDigestItCannotCheck) {
  const std::string other = "blake3:" + std::string(64, 'a');
  const std::string bad = descriptor_of(kLayer, other, "1");
  for (const auto& [body, type] :
       {std::pair{image("[" + bad + "]"), kImage}, std::pair{image("[]", "", bad), kImage},
        std::pair{index("[" + bad + "]"), kIndex}}) {
    refused(body, type, Errc::not_found, About::manifest_blob);
    EXPECT_EQ(parse_manifest(body, type).error().detail, other);
  }
}

TEST(ManifestRefuses, MoreThanFourMebibytes) {
  std::string body = image("[]");
  body.append(limits::kManifestBytesMax - body.size(), ' ');
  EXPECT_EQ(accepted(body, kImage).blobs, references({"{}"}));
  refused(body + " ", kImage, Errc::too_large);
  refused(std::string(limits::kManifestBytesMax + 1, 'x'), kUnknown, Errc::too_large);
}

std::string numbered_children(int count) {
  std::string list = "[";
  for (int i = 0; i < count; ++i) {
    if (i > 0) list += ',';
    std::string hex = std::to_string(i);
    list += descriptor_of("a/b", "sha256:" + std::string(64 - hex.size(), '0') + hex, "1");
  }
  return list + "]";
}

TEST(ManifestRefuses, MoreReferencesThanTheLedgerWouldLookUp) {
  EXPECT_EQ(accepted(index(numbered_children(10'000)), kIndex).manifests.size(), 10'000U);
  const auto start = std::chrono::steady_clock::now();
  refused(index(numbered_children(30'000)), kIndex);
  refused(image(numbered_children(10'000)), kImage);  // and its config
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(ManifestRefuses, AnAbyssAtOnceAndInWords) {
  const std::string abyss = std::string(10'000, '[') + std::string(10'000, ']');
  const auto start = std::chrono::steady_clock::now();
  const auto manifest = parse_manifest(image("[]", R"(,"x":)" + abyss), kImage);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
  ASSERT_FALSE(manifest.has_value());
  EXPECT_EQ(manifest.error().code, Errc::invalid);
  EXPECT_NE(manifest.error().what.find("deeper than 64"), std::string::npos);
}

TEST(ArtifactType, IsTheManifestsOwnElseItsConfigs) {
  const auto type_of_body = [](const std::string& body, const std::string& type) {
    return parse_manifest(body, type).value().artifact_type;
  };
  const std::string config = R"("config":)" + descriptor(kConfig, "c") + R"(,"layers":[])";
  EXPECT_EQ(type_of_body(R"({"schemaVersion":2,)" + config + "}", kImage), kConfig);
  EXPECT_EQ(type_of_body(R"({"schemaVersion":2,"artifactType":"a/b",)" + config + "}", kImage),
            "a/b");
  EXPECT_EQ(type_of_body(R"({"schemaVersion":2,"artifactType":"",)" + config + "}", kImage),
            kConfig);
  EXPECT_EQ(type_of_body(R"({"schemaVersion":2,"manifests":[]})", kIndex), "");
  EXPECT_EQ(type_of_body(R"({"artifactType":"a/b"})", kUnknown), "a/b");
}

TEST(DigestText, MayBeOfAnAlgorithmBeyondUs) {
  for (const std::string& good :
       {digest("x").to_string(), "blake3:" + std::string(64, 'a'), std::string("a+b.c:Z=_-")})
    EXPECT_TRUE(valid_digest_text(good)) << good;
  for (const std::string& bad :
       {std::string(""), std::string("sha256:short"), "sha256:" + std::string(64, 'A'),
        std::string("sha256"), std::string("a:"), std::string(":b"), std::string("A:b"),
        std::string("a:b/c"), std::string("a..b:c")})
    EXPECT_FALSE(valid_digest_text(bad)) << bad;
}

TEST(Annotations, AreCopiedInTheirOrderAndOnlyStrings) {
  const auto copy = [](const std::string& body) { return annotations_json(body).value(); };
  EXPECT_EQ(copy(R"({"annotations":{"z":"1","a":"\u00e9\n\"","b":5,"c":null,"":""}})"),
            "{\"z\":\"1\",\"a\":\"é\\n\\\"\",\"\":\"\"}");
  EXPECT_EQ(copy(R"({"annotations":{}})"), "{}");
  for (const char* none : {"", "{", "[]", "{}", R"({"annotations":[]})", R"({"annotations":null})"})
    EXPECT_EQ(copy(none), "") << none;
}

TEST(Warnings, NameDataThatIsNotTheContent) {
  const auto with_data = [](const std::string& data) {
    return R"({"schemaVersion":2,"config":)" +
           descriptor(kConfig, "c", R"(,"data":")" + data + '"') + R"(,"layers":[]})";
  };
  EXPECT_TRUE(manifest_warnings(with_data("Yw==")).empty());
  for (const char* bad : {"ZA==", "", "not base64"}) {
    const auto warnings = manifest_warnings(with_data(bad));
    ASSERT_EQ(warnings.size(), 1U) << bad;
    EXPECT_NE(warnings[0].find(digest("c").to_string()), std::string::npos);
  }
  EXPECT_TRUE(manifest_warnings("{}").empty());
  EXPECT_TRUE(manifest_warnings("\"data\"").empty());
}

TEST(Warnings, FitIntoAHeaderHoweverMuchIsWrong) {
  std::string body = R"({"manifests":[)";
  for (int i = 0; i < 100; ++i)
    body += (i == 0 ? "" : ",") + descriptor("a/b", std::to_string(i), R"(,"data":"")");
  std::size_t bytes = 0;
  for (const auto& warning : manifest_warnings(body + "]}")) bytes += warning.size() + 16;
  EXPECT_GT(bytes, 0U);
  EXPECT_LT(bytes, 4'096U);
}

}  // namespace
}  // namespace varve::oci
