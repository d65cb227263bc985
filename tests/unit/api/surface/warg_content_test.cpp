// What packages release, in and out: uploads for a record that waits, and downloads.
#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;

class WargUpload : public WargTest {
 protected:
  // A record that waits for this content.
  WargClient::Signed waiting(const std::string& content, std::string_view name = "test:hello") {
    auto record = alice.sign(client.next(name, {init(alice), release("1.0.0", content)}));
    EXPECT_EQ(json_at(client.submit(name, record).body, "/state"), "\"sourcing\"");
    return record;
  }
  std::size_t uploads_left() const {
    std::size_t count = 0;
    const auto folder = server_data() / "uploads";
    if (std::filesystem::exists(folder))
      for (const auto& file : std::filesystem::directory_iterator(folder))
        count += file.is_regular_file() ? 1 : 0;
    return count;
  }
  std::filesystem::path server_data() const {
    return const_cast<TestServer&>(server).config().data;
  }
};

TEST_F(WargUpload, OfTheBytesPublishesTheRecord) {
  for (const Method method : {Method::post, Method::put}) {
    const std::string name = method == Method::post ? "test:post" : "test:put";
    const std::string content = "content of " + name;
    const auto record = waiting(content, name);
    const Answer answer = client.upload(name, record, content, method);
    EXPECT_EQ(answer.status, 201U) << answer.body;
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.header("Content-Type"), "");
    EXPECT_EQ(client.state(name, record), "\"published\"");
    EXPECT_EQ(server.get(client.file_path(content)).body, content);
  }
  EXPECT_EQ(uploads_left(), 0U);
}

TEST_F(WargUpload, OfEmptyAndOfLargeContent) {
  const auto nothing = waiting("", "test:nothing");
  EXPECT_EQ(client.upload("test:nothing", nothing, "").status, 201U);
  EXPECT_EQ(server.get(client.file_path("")).status, 200U);
  const std::string large(3 << 20, 'x');
  const auto record = waiting(large, "test:large");
  EXPECT_EQ(client.upload("test:large", record, large).status, 201U);
  EXPECT_EQ(server.get(client.file_path(large)).body, large);
}

TEST_F(WargUpload, OfOtherBytesLeavesTheRecordWaiting) {
  const auto record = waiting("hello");
  const std::string target = client.upload_path("test:hello", record, "hello");
  const std::uint64_t size = server.size();
  for (const std::string bytes : {"hell", "hello!", "", "HELLO"}) {
    const Answer answer = server.call({Method::post, target, {}, bytes, true});
    EXPECT_EQ(answer.status, 400U) << bytes;
    EXPECT_EQ(json_at(answer.body, "/status"), "400") << bytes;
    EXPECT_THAT(answer.body, Not(HasSubstr("{digest}")));
  }
  EXPECT_EQ(client.state("test:hello", record), "\"sourcing\"");
  EXPECT_EQ(server.size(), size);
  EXPECT_EQ(uploads_left(), 0U);
  EXPECT_EQ(client.upload("test:hello", record, "hello").status, 201U);
}

TEST_F(WargUpload, OfWhatTheRecordDoesNotName) {
  const auto record = waiting("hello");
  const Answer answer = client.upload("test:hello", record, "something else");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(answer.body, R"({"status":400,"message":"the record does not wait for this content: )" +
                             Digest::of("something else").to_string() + "\"}");
}

TEST_F(WargUpload, ForARecordThatDoesNotWaitIs405WithNothingElse) {
  const auto done = client.publish_release("test:done", "bytes", alice);
  const auto wrong = alice.sign(client.next("test:done", {release("1.0.0", "other")}));
  client.submit("test:done", wrong);
  ASSERT_EQ(client.state("test:done", wrong), "\"rejected\"");
  for (const auto* record : {&done, &wrong}) {
    const Answer answer = client.upload("test:done", *record, "bytes");
    EXPECT_EQ(answer.status, 405U);
    EXPECT_EQ(answer.body, R"({"status":405})");
  }
}

TEST_F(WargUpload, ForAnUnknownRecordOrLog) {
  client.publish("test:hello", {init(alice)}, alice);
  const std::string end = "/content/" + Digest::of("x").to_string();
  const Answer record = client.post(client.record_path("test:hello") + "/" + no_id() + end, "x");
  EXPECT_EQ(record.status, 404U);
  EXPECT_EQ(record.body, R"({"status":404,"type":"record","id":")" + no_id() + "\"}");
  const Answer log = client.post("/v1/package/" + no_id() + "/record/" + no_id('f') + end, "x");
  EXPECT_EQ(log.status, 404U);
  EXPECT_EQ(log.body, R"({"status":404,"type":"log","id":")" + no_id() + "\"}");
}

TEST_F(WargUpload, UnderANameThatIsNoDigest) {
  const auto record = waiting("hello");
  const std::string path = client.record_path("test:hello", record) + "/content/";
  for (const std::string name : {"x", "sha256:x", "sha256-"}) {
    const Answer answer = client.post(path + name, "hello");
    EXPECT_EQ(answer.status, 400U) << name;
    EXPECT_THAT(answer.body, HasSubstr("Invalid URL: ")) << name;
  }
  // A digest, but none that Warg has.
  EXPECT_EQ(client.post(path + "sha512:" + std::string(128, 'a'), "hello").status, 400U);
}

TEST_F(WargUpload, OfAClientThatVanishesLeavesNothing) {
  const auto record = waiting("hello");
  const std::uint64_t size = server.size();
  const Answer answer = server.call(
      {Method::post, client.upload_path("test:hello", record, "hello"), {}, "hello", true, 3});
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(client.state("test:hello", record), "\"sourcing\"");
  EXPECT_EQ(server.size(), size);
  EXPECT_EQ(uploads_left(), 0U);
  EXPECT_EQ(client.upload("test:hello", record, "hello").status, 201U);
}

TEST_F(WargUpload, OfEndlessContentStopsBeforeTheDiskIsFull) {
  const auto record = waiting("hello");
  server.config().disk_low_water_bytes = UINT64_MAX;
  server.services().state->disk_checked_ms = INT64_MAX;  // the last answer, "enough", is not old
  const Answer answer = server.call({Method::post,
                                     client.upload_path("test:hello", record, "hello"),
                                     {},
                                     std::string(1 << 20, 'x'),
                                     true});
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(json_at(answer.body, "/status"), "503");
  EXPECT_EQ(uploads_left(), 0U);
  server.config().disk_low_water_bytes = 1;
  server.services().state->disk_checked_ms = 0;
  EXPECT_EQ(client.upload("test:hello", record, "hello").status, 201U);
}

TEST_F(WargUpload, OfTheSameContentForTwoRecordsBringsItTwice) {
  const auto one = waiting("shared", "test:one");
  const auto two = waiting("shared", "test:two");
  EXPECT_EQ(client.upload("test:one", one, "shared").status, 201U);
  EXPECT_EQ(client.state("test:one", one), "\"published\"");
  EXPECT_EQ(client.state("test:two", two), "\"sourcing\"");
  EXPECT_EQ(client.upload("test:two", two, "shared").status, 201U);
  EXPECT_EQ(client.state("test:two", two), "\"published\"");
}

TEST_F(WargUpload, OfWhatCameAlreadyIsNotWantedAgain) {
  const auto record = alice.sign(
      client.next("test:hello", {init(alice), release("1.0.0", "one"), release("2.0.0", "two")}));
  client.submit("test:hello", record);
  EXPECT_EQ(client.upload("test:hello", record, "one").status, 201U);
  const std::uint64_t size = server.size();
  const Answer again = client.upload("test:hello", record, "one");
  EXPECT_EQ(again.status, 400U) << again.body;
  EXPECT_EQ(server.size(), size);
}

TEST_F(WargUpload, OfTheSameContentAtOncePublishesOnce) {
  const std::string content(300'000, 'x');
  const auto record = waiting(content);
  std::vector<unsigned> statuses(4);
  std::vector<std::thread> threads;
  for (unsigned& status : statuses)
    threads.emplace_back([&] { status = client.upload("test:hello", record, content).status; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(std::ranges::count(statuses, 201U), 1);
  for (const unsigned status : statuses) EXPECT_TRUE(status == 201 || status == 405) << status;
  EXPECT_EQ(client.state("test:hello", record), "\"published\"");
  EXPECT_EQ(server.get(client.file_path(content)).body, content);
  EXPECT_EQ(uploads_left(), 0U);
}

// A record that waits is the next of its log, whatever else is brought meanwhile.
TEST_F(WargUpload, WhileARecordWaitsNothingComesBetween) {
  client.publish("test:hello", {init(alice), grant(bob, kRelease)}, alice);
  const auto record = bob.sign(client.next("test:hello", {release("1.0.0", "hello")}));
  ASSERT_EQ(json_at(client.submit("test:hello", record).body, "/state"), "\"sourcing\"");
  const auto revocation = alice.sign(client.next("test:hello", {revoke(bob, kRelease)}));
  EXPECT_EQ(client.submit("test:hello", revocation).status, 409U);
  EXPECT_EQ(client.upload("test:hello", record, "hello").status, 201U);
  EXPECT_EQ(client.state("test:hello", record), "\"published\"");
  EXPECT_EQ(json_at(client.submit("test:hello", revocation).body, "/state"), "\"rejected\"");
}

// ---- out ----

using WargDownload = WargTest;

TEST_F(WargDownload, SaysWhereContentIs) {
  client.publish_release("test:hello", "hello", alice);
  const Answer answer =
      server.call({Method::get, client.sources_path("hello"), {{"Host", "registry.example:5000"}}});
  EXPECT_EQ(answer.status, 200U);
  const std::string digest = Digest::of("hello").to_string();
  EXPECT_EQ(answer.body, R"({"contentSources":{")" + digest +
                             R"(":[{"acceptRanges":true,"size":5,"type":"httpGet","url":)"
                             R"("http://registry.example:5000)" +
                             client.file_path("hello") + R"("}]}})");
}

TEST_F(WargDownload, OfUnknownContent) {
  const Answer answer = server.get(client.sources_path("nothing"));
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.body, R"({"status":404,"type":"contentDigest","id":")" +
                             Digest::of("nothing").to_string() + "\"}");
  for (const std::string& path :
       {client.file_path("nothing"), std::string("/content/nonsense"),
        "/content/" + Digest::of("nothing").to_string(), std::string("/content/sha256-..")}) {
    const Answer file = server.get(path);
    EXPECT_EQ(file.status, 404U) << path;
    EXPECT_EQ(file.body, "") << path;
  }
}

TEST_F(WargDownload, InPartsAndConditionally) {
  client.publish_release("test:hello", "hello", alice);
  const std::string path = client.file_path("hello");
  const Answer whole = server.get(path);
  EXPECT_EQ(whole.status, 200U);
  EXPECT_EQ(whole.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(whole.header("Accept-Ranges"), "bytes");
  EXPECT_EQ(whole.body, "hello");
  const Answer part = server.call({Method::get, path, {{"Range", "bytes=1-3"}}});
  EXPECT_EQ(part.status, 206U);
  EXPECT_EQ(part.header("Content-Range"), "bytes 1-3/5");
  EXPECT_EQ(part.body, "ell");
  const Answer beyond = server.call({Method::get, path, {{"Range", "bytes=5-"}}});
  EXPECT_EQ(beyond.status, 416U);
  EXPECT_EQ(beyond.header("Content-Range"), "bytes */5");
  const std::string tag = whole.header("ETag");
  EXPECT_EQ(server.call({Method::get, path, {{"If-None-Match", tag}}}).status, 304U);
  const Answer head = server.head(path);
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.content_length, 5U);
}

TEST_F(WargDownload, OfContentThatNoPublishedRecordReleases) {
  const auto record = alice.sign(
      client.next("test:hello", {init(alice), release("1.0.0", "one"), release("2.0.0", "two")}));
  client.submit("test:hello", record);
  client.upload("test:hello", record, "one");
  EXPECT_EQ(server.get(client.sources_path("one")).status, 404U);
  EXPECT_EQ(server.get(client.file_path("one")).status, 404U);
  client.upload("test:hello", record, "two");
  EXPECT_EQ(server.get(client.file_path("one")).body, "one");
}

TEST_F(WargDownload, OfAnImagesLayerThereIsNone) {
  const Digest layer = server.push_blob("lib/app", "layer");
  EXPECT_EQ(server.get("/v1/content/" + layer.to_string()).status, 404U);
  EXPECT_EQ(server.get(client.file_path("layer")).status, 404U);
  // That the bytes lie in the same store is nobody's business: they are asked for again.
  const auto record =
      alice.sign(client.next("test:hello", {init(alice), release("1.0.0", "layer")}));
  EXPECT_EQ(json_at(client.submit("test:hello", record).body, "/state"), "\"sourcing\"");
  EXPECT_EQ(client.upload("test:hello", record, "layer").status, 201U);
  EXPECT_EQ(server.get(client.file_path("layer")).body, "layer");
}

TEST_F(WargDownload, OfContentGoesOnWhenAnImagesLayerOfTheSameBytesIsDeleted) {
  client.publish_release("test:hello", "layer", alice);
  const Digest layer = server.push_blob("lib/app", "layer");
  EXPECT_EQ(server.del("/v2/lib/app/blobs/" + layer.to_string()).status, 202U);
  EXPECT_EQ(server.get(client.file_path("layer")).body, "layer");
}

TEST_F(WargDownload, SaysWhereContentWasAsOfThen) {
  const std::uint64_t before = server.size();
  client.publish_release("test:hello", "hello", alice);
  const std::string path = client.sources_path("hello") + "?as_of=";
  EXPECT_EQ(server.get(path + std::to_string(before)).status, 404U);
  EXPECT_EQ(server.get(path + std::to_string(server.size())).status, 200U);
  const Answer later = server.get(path + std::to_string(server.size() + 1));
  EXPECT_EQ(later.status, 404U);
  EXPECT_EQ(json_at(later.body, "/status"), "404");
}

}  // namespace
}  // namespace varve::test
