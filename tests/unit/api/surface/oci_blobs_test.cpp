// Blobs and uploads, as clients use them and as hostile ones do.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

std::string start(TestServer& server, const std::string& repo) {
  const Answer answer = server.call({Method::post, "/v2/" + repo + "/blobs/uploads/"});
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.header("Range"), "0-0");
  return answer.header("Location");
}

Answer patch(TestServer& server, const std::string& upload, std::string body,
             std::string_view content_range = {}) {
  Call call{Method::patch, upload, {}, std::move(body)};
  if (!content_range.empty()) call.headers.emplace_back("Content-Range", content_range);
  return server.call(std::move(call));
}

std::string blob_url(const std::string& repo, const Digest& digest) {
  return "/v2/" + repo + "/blobs/" + digest.to_string();
}

TEST(OciBlob, ArrivesByPostPatchPutAndComesBackTheSame) {
  TestServer server;
  const std::string upload = start(server, "lib/app");
  EXPECT_TRUE(upload.starts_with("/v2/lib/app/blobs/uploads/")) << upload;
  EXPECT_EQ(upload.find('?'), std::string::npos);
  Answer answer = patch(server, upload, "hello ");
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.header("Location"), upload);
  EXPECT_EQ(answer.header("Range"), "0-5");
  answer = patch(server, upload, "world");
  EXPECT_EQ(answer.header("Range"), "0-10");
  const Digest digest = Digest::of("hello world");
  answer = server.put(upload + "?digest=" + digest.to_string(), "");
  ASSERT_EQ(answer.status, 201U) << answer.body;
  EXPECT_EQ(answer.header("Location"), blob_url("lib/app", digest));
  EXPECT_EQ(answer.header("Docker-Content-Digest"), digest.to_string());

  answer = server.get(blob_url("lib/app", digest));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "hello world");
  EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(answer.header("Accept-Ranges"), "bytes");
  EXPECT_EQ(answer.header("ETag"), '"' + digest.to_string() + '"');
  EXPECT_EQ(server.get(upload).status, 404U);  // the upload ended
}

TEST(OciBlob, ARepeatedFinalPutIsRefusedOnceTheBytesWereTakenAway) {
  TestServer server;
  const Digest digest = Digest::of("layer");
  const std::string last = start(server, "app") + "?digest=" + digest.to_string();
  ASSERT_EQ(server.put(last, "layer").status, 201U);
  EXPECT_EQ(server.put(last, "").status, 201U) << "the first answer may have been lost";
  ASSERT_EQ(server.services().blobs.remove(digest, []() -> Result<bool> { return true; }), true);
  const std::uint64_t before = server.size();
  EXPECT_EQ(server.put(last, "").status, 404U);
  EXPECT_EQ(server.size(), before);
}

TEST(OciBlob, ArrivesInOnePostOrWithTheFinalPut) {
  TestServer server;
  server.push_blob("app", "one post");
  const std::string upload = start(server, "app");
  const Digest digest = Digest::of("with the put");
  EXPECT_EQ(server.put(upload + "?digest=" + digest.to_string(), "with the put").status, 201U);
  EXPECT_EQ(server.get(blob_url("app", digest)).body, "with the put");
}

TEST(OciBlob, MayBeEmptyByEveryWayIn) {
  TestServer server;
  const Digest empty = server.push_blob("one", "");
  const std::string upload = start(server, "two");
  EXPECT_EQ(server.put(upload + "?digest=" + empty.to_string(), "").status, 201U);
  for (const char* repo : {"one", "two"}) {
    const Answer answer = server.get(blob_url(repo, empty));
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.content_length, 0U);
  }
}

TEST(OciBlob, IsNamedBySha512WhenTheClientSaysSo) {
  TestServer server;
  const Digest digest = Digest::of("long name", DigestAlgorithm::sha512);
  const std::string upload = start(server, "app");
  EXPECT_EQ(server.put(upload + "?digest=" + digest.to_string(), "long name").status, 201U);
  const Answer answer = server.head(blob_url("app", digest));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("Docker-Content-Digest"), digest.to_string());
  EXPECT_EQ(answer.content_length, 9U);
}

TEST(OciBlob, TellsWhichEventLinkedIt) {
  TestServer server;
  const Digest digest = Digest::of("bytes");
  const Answer pushed = server.call(
      {Method::post, "/v2/app/blobs/uploads?digest=" + digest.to_string(), {}, "bytes"});
  ASSERT_EQ(pushed.status, 201U);
  EXPECT_EQ(pushed.number("Varve-Tree-Size"), server.size());
  EXPECT_EQ(pushed.header("Varve-Proof"), "/log/proof/" + pushed.header("Varve-Index"));
  const Answer read = server.head(blob_url("app", digest));
  EXPECT_EQ(read.header("Varve-Index"), pushed.header("Varve-Index"));

  const std::uint64_t before = server.size();
  const Answer again = server.call(
      {Method::post, "/v2/app/blobs/uploads?digest=" + digest.to_string(), {}, "bytes"});
  EXPECT_EQ(again.status, 201U);
  EXPECT_EQ(again.header("Varve-Index"), pushed.header("Varve-Index"));
  EXPECT_EQ(server.size(), before);
}

TEST(OciBlob, ReachesNoRepositoryItWasNotPushedTo) {
  TestServer server;
  const Digest digest = server.push_blob("mine", "secret");
  const Answer answer = server.get(blob_url("yours", digest));
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(code_of(answer), "BLOB_UNKNOWN");
  EXPECT_EQ(answer.number("Varve-Tree-Size"), server.size());
}

TEST(OciBlob, AnswersRanges) {
  TestServer server;
  std::string bytes(2048, 'x');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('a' + i % 26);
  const std::string url = blob_url("app", server.push_blob("app", bytes));
  Answer answer = server.call({Method::get, url, {{"Range", "bytes=500-1499"}}});
  EXPECT_EQ(answer.status, 206U);
  EXPECT_EQ(answer.header("Content-Range"), "bytes 500-1499/2048");
  EXPECT_EQ(answer.body, bytes.substr(500, 1000));
  answer = server.call({Method::get, url, {{"Range", "bytes=-500"}}});
  EXPECT_EQ(answer.body, bytes.substr(1548));
  answer = server.call({Method::get, url, {{"Range", "bytes=5000-10000"}}});
  EXPECT_EQ(answer.status, 416U);
  EXPECT_EQ(answer.header("Content-Range"), "bytes */2048");
  answer = server.call({Method::get, url, {{"Range", "bytes=1-2"}, {"If-Range", "\"other\""}}});
  EXPECT_EQ(answer.status, 200U);
  answer = server.call({Method::head, url, {{"Range", "bytes=1-2"}}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_length, 2048U);
}

TEST(OciBlob, IsNotSentToAClientThatHasIt) {
  TestServer server;
  const Digest digest = server.push_blob("app", "cached");
  const std::string tag = digest.to_string();
  const Answer answer =
      server.call({Method::get, blob_url("app", digest), {{"If-None-Match", tag}}});
  EXPECT_EQ(answer.status, 304U);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.header("ETag"), '"' + tag + '"');
}

TEST(OciBlob, WithAMalformedDigestIsAMistakeNotAnAbsence) {
  TestServer server;
  const std::string hex(64, 'A');
  for (const std::string& digest :
       {std::string("sha256:abc"), "sha256:" + hex, std::string("md5:00")}) {
    const Answer answer = server.get("/v2/app/blobs/" + digest);
    EXPECT_EQ(answer.status, 400U) << digest;
    EXPECT_EQ(code_of(answer), "DIGEST_INVALID");
  }
}

TEST(OciUpload, RefusesAWrongDigestAndKeepsTheUpload) {
  TestServer server;
  const std::uint64_t before = server.size();
  const std::string upload = start(server, "app");
  patch(server, upload, "right");
  Answer answer = server.put(upload + "?digest=" + Digest::of("wrong").to_string(), "");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(code_of(answer), "DIGEST_INVALID");
  EXPECT_EQ(server.put(upload, "").status, 400U);  // no digest at all
  EXPECT_EQ(server.put(upload + "?digest=sha256:bad", "").status, 400U);
  EXPECT_EQ(server.size(), before);
  answer = server.put(upload + "?digest=" + Digest::of("right").to_string(), "");
  EXPECT_EQ(answer.status, 201U) << answer.body;
}

TEST(OciUpload, TakesBackABodyThatDoesNotFitTheDigest) {
  TestServer server;
  const std::string upload = start(server, "app");
  patch(server, upload, "begin ");
  const std::string url = upload + "?digest=" + Digest::of("begin end").to_string();
  EXPECT_EQ(code_of(server.put(url, "damaged on its way")), "DIGEST_INVALID");
  EXPECT_EQ(server.get(upload).header("Range"), "0-5");
  EXPECT_EQ(server.put(url, "end").status, 201U);
  EXPECT_EQ(server.get(blob_url("app", Digest::of("begin end"))).body, "begin end");
}

TEST(OciUpload, MayBeFinishedAgainByAClientThatMissedTheAnswer) {
  TestServer server;
  const std::string upload = start(server, "app");
  const Digest digest = Digest::of("once");
  const std::string url = upload + "?digest=" + digest.to_string();
  const Answer first = server.put(url, "once");
  ASSERT_EQ(first.status, 201U);
  const std::uint64_t before = server.size();
  const Answer again = server.put(url, "once");
  EXPECT_EQ(again.status, 201U) << again.body;
  EXPECT_EQ(again.header("Location"), first.header("Location"));
  EXPECT_EQ(again.header("Varve-Index"), first.header("Varve-Index"));
  EXPECT_EQ(server.size(), before);
}

TEST(OciUpload, ThatEndedReachesNoOtherBlob) {
  TestServer server;
  const Digest secret = server.push_blob("theirs", "secret");
  const std::string upload = start(server, "mine");
  EXPECT_EQ(server.put(upload + "?digest=" + Digest::of("own").to_string(), "own").status, 201U);
  EXPECT_EQ(server.put(upload + "?digest=" + secret.to_string(), "").status, 404U);
  const std::string cancelled = start(server, "mine");
  EXPECT_EQ(server.del(cancelled).status, 204U);
  EXPECT_EQ(server.put(cancelled + "?digest=" + secret.to_string(), "").status, 404U);
  EXPECT_EQ(server.get(blob_url("mine", secret)).status, 404U);
}

// The ledger's thread stands still in its clock while `closed` holds.
struct Turnstile {
  std::atomic<bool> closed{false};
  std::atomic<bool> reached{false};
  Timestamp operator()() {
    reached = closed.load();
    closed.wait(true);
    using namespace std::chrono;
    return Timestamp{duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
  }
  void open() {
    closed = false;
    closed.notify_all();
  }
};

// What everybody may ask and nobody gets: cheap to refuse once its turn comes.
void submit_one(TestServer& server, std::atomic<bool>& refused) {
  Command command{Actor{},
                  server.services().ulid(),
                  "oci",
                  content::LinkBlob{RepoName::parse("app").value(), Digest::of("x"), 1},
                  {}};
  server.services().ledger->submit(std::move(command), [&refused](const Result<Receipt>& receipt) {
    if (receipt.error().code == Errc::overloaded) refused = true;
  });
}

TEST(OciUpload, IsNotLostBecauseTheQueueIsFullForAMoment) {
  Turnstile turnstile;
  std::atomic<bool> refused = false;
  TestServer server({.clock = [&turnstile] { return turnstile(); }});
  turnstile.closed = true;
  submit_one(server, refused);
  while (!turnstile.reached) std::this_thread::yield();
  while (!refused) submit_one(server, refused);
  std::jthread later([&turnstile] {
    std::this_thread::sleep_for(std::chrono::milliseconds(70));
    turnstile.open();
  });
  server.push_blob("app", "patience");
  EXPECT_EQ(server.get(blob_url("app", Digest::of("patience"))).body, "patience");
}

TEST(OciUpload, OfOnePostWithAWrongDigestLeavesNothing) {
  TestServer server;
  const std::uint64_t before = server.size();
  const Answer answer = server.call(
      {Method::post, "/v2/app/blobs/uploads/?digest=" + Digest::of("a").to_string(), {}, "b"});
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(code_of(answer), "DIGEST_INVALID");
  EXPECT_EQ(server.size(), before);
  EXPECT_EQ(server.get(blob_url("app", Digest::of("b"))).status, 404U);
  const auto expired = server.services().blobs.expire_uploads(Timestamp{INT64_MAX});
  EXPECT_EQ(expired.value(), 0U);
}

TEST(OciUpload, StartsWhenAnEmptyPostNamesADigestEarly) {
  TestServer server;
  const Digest digest = Digest::of("later");
  const Answer answer =
      server.call({Method::post, "/v2/app/blobs/uploads/?digest=" + digest.to_string()});
  ASSERT_EQ(answer.status, 202U);
  EXPECT_EQ(server.put(answer.header("Location") + "?digest=" + digest.to_string(), "later").status,
            201U);
}

TEST(OciUpload, SurvivesAChunkOutOfOrder) {
  TestServer server;
  const std::string upload = start(server, "app");
  EXPECT_EQ(patch(server, upload, "01234", "0-4").status, 202U);
  for (const std::string_view place : {"0-4", "6-10", "4-8"}) {
    const Answer answer = patch(server, upload, "56789", place);
    EXPECT_EQ(answer.status, 416U) << place;
    EXPECT_EQ(answer.header("Range"), "0-4");
    EXPECT_EQ(answer.header("Location"), upload);
    EXPECT_EQ(code_of(answer), "BLOB_UPLOAD_INVALID");
  }
  const std::string digest = Digest::of("0123456789").to_string();
  Call late{Method::put, upload + "?digest=" + digest, {{"Content-Range", "6-10"}}, "56789"};
  EXPECT_EQ(server.call(late).status, 416U);
  EXPECT_EQ(patch(server, upload, "56789", "bytes 5-9/*").status, 202U);
  EXPECT_EQ(server.put(upload + "?digest=" + digest, "").status, 201U);
}

TEST(OciUpload, RefusesAContentRangeThatContradictsTheBody) {
  TestServer server;
  const std::string upload = start(server, "app");
  EXPECT_EQ(patch(server, upload, "01234", "0-9").status, 416U);
  EXPECT_EQ(patch(server, upload, "01234", "nonsense").status, 400U);
  EXPECT_EQ(server.get(upload).header("Range"), "0-0");
  Call longer{Method::patch, upload, {{"Content-Range", "0-2"}}, "01234", true};
  EXPECT_EQ(server.call(longer).status, 416U);
  EXPECT_EQ(server.get(upload).header("Range"), "0-0");
  Call shorter{Method::patch, upload, {{"Content-Range", "0-9"}}, "01234", true};
  const Answer answer = server.call(shorter);
  EXPECT_EQ(answer.status, 416U);
  EXPECT_EQ(answer.header("Range"), "0-4");  // what came stays, and the answer says so
}

TEST(OciUpload, KeepsWhatAVanishedClientSentAndNothingElseChanges) {
  TestServer server;
  const std::uint64_t before = server.size();
  const std::string upload = start(server, "app");
  const std::string bytes(200'000, 'v');
  Call call{Method::patch, upload, {}, bytes, true};
  call.vanish_after = 131'072;
  EXPECT_GE(server.call(call).status, 400U);
  EXPECT_EQ(server.get(upload).header("Range"), "0-131071");
  EXPECT_EQ(server.size(), before);
  EXPECT_EQ(patch(server, upload, bytes.substr(131'072), "131072-199999").status, 202U);
  EXPECT_EQ(server.put(upload + "?digest=" + Digest::of(bytes).to_string(), "").status, 201U);
}

TEST(OciUpload, BelongsToTheRepositoryItWasStartedIn) {
  TestServer server;
  const std::string upload = start(server, "mine");
  const std::string elsewhere = "/v2/yours" + upload.substr(std::string("/v2/mine").size());
  for (const Method method : {Method::get, Method::patch, Method::put, Method::del}) {
    const Answer answer =
        server.call({method, elsewhere + "?digest=" + Digest::of("").to_string()});
    EXPECT_EQ(answer.status, 404U);
    EXPECT_EQ(code_of(answer), "BLOB_UPLOAD_UNKNOWN");
  }
  EXPECT_EQ(server.get(upload).status, 204U);
}

TEST(OciUpload, ThatNeverWasIsUnknown) {
  TestServer server;
  for (const std::string& id : {std::string("nope"), std::string(48, '0'), std::string(32, 'a'),
                                std::string(4000, 'a'), std::string("..")}) {
    const Answer answer = server.get("/v2/app/blobs/uploads/" + id);
    EXPECT_EQ(answer.status, 404U) << id;
    EXPECT_EQ(code_of(answer), "BLOB_UPLOAD_UNKNOWN") << id;
  }
}

TEST(OciUpload, TellsWhereItStandsAndCanBeCancelled) {
  TestServer server;
  const std::string upload = start(server, "app");
  patch(server, upload, "12345");
  Answer answer = server.get(upload + "?digest=ignored");
  EXPECT_EQ(answer.status, 204U);
  EXPECT_EQ(answer.header("Range"), "0-4");
  EXPECT_EQ(answer.header("Location"), upload);
  EXPECT_NE(answer.header("Docker-Upload-UUID"), "");
  EXPECT_EQ(server.del(upload).status, 204U);
  EXPECT_EQ(server.get(upload).status, 404U);
  EXPECT_EQ(server.del(upload).status, 404U);
}

TEST(OciUpload, RefusesAnAlgorithmItCannotCheckBeforeBytesAreSent) {
  TestServer server;
  const std::string url = "/v2/app/blobs/uploads/?digest-algorithm=";
  EXPECT_EQ(server.call({Method::post, url + "sha512"}).status, 202U);
  EXPECT_EQ(server.call({Method::post, url + "md5"}).status, 400U);
}

TEST(OciMount, LinksABlobThatTheOtherRepositoryReallyHolds) {
  TestServer server;
  const Digest digest = server.push_blob("from", "shared");
  const std::string url = "/v2/to/blobs/uploads/?mount=" + digest.to_string() + "&from=";
  const Answer answer = server.call({Method::post, url + "from"});
  ASSERT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.header("Location"), blob_url("to", digest));
  EXPECT_EQ(server.get(blob_url("to", digest)).body, "shared");
}

TEST(OciMount, WithoutASourceFindsOneThatHoldsTheBlob) {
  TestServer server;
  const Digest digest = server.push_blob("from", "shared");
  const std::string url = "/v2/to/blobs/uploads/?mount=" + digest.to_string();
  const Answer answer = server.call({Method::post, url});
  ASSERT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.header("Location"), blob_url("to", digest));
  EXPECT_EQ(server.get(blob_url("to", digest)).body, "shared");
}

TEST(OciMount, IsAnUploadOnceNobodyHoldsTheBlobThoughItsBytesAreHere) {
  TestServer server;
  const Digest digest = server.push_blob("from", "shared");
  EXPECT_EQ(server.del(blob_url("from", digest)).status, 202U);
  for (const char* from : {"", "&from=from"}) {
    const std::string url = "/v2/to/blobs/uploads/?mount=" + digest.to_string() + from;
    EXPECT_EQ(server.call({Method::post, url}).status, 202U) << from;
  }
  EXPECT_EQ(server.get(blob_url("to", digest)).status, 404U);
}

TEST(OciBlob, DeletedIsGoneFromItsRepositoryAlone) {
  TestServer server;
  const Digest digest = server.push_blob("app", "bytes");
  server.push_blob("other", "bytes");
  const std::string before = std::to_string(server.size());
  const Answer answer = server.del(blob_url("app", digest));
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.number("Varve-Index"), server.size() - 1);
  EXPECT_EQ(server.head(blob_url("app", digest)).status, 404U);
  EXPECT_EQ(server.del(blob_url("app", digest)).status, 404U);
  EXPECT_EQ(server.get(blob_url("other", digest)).body, "bytes");
  EXPECT_EQ(server.get(blob_url("app", digest) + "?as_of=" + before).body, "bytes");
  server.push_blob("app", "bytes");
  EXPECT_EQ(server.get(blob_url("app", digest)).body, "bytes");
  EXPECT_EQ(server.del("/v2/app/blobs/sha256:short").status, 400U);
  EXPECT_EQ(server.del(blob_url("nobody", digest)).status, 404U);
}

// The purger closes a digest while the log decides about one repository's link to it.
TEST(OciBlob, IsHereForARepositoryThatLinksItWhileAnothersLinkIsCollected) {
  TestServer server;
  const Digest digest = server.push_blob("app", "layer");
  Leases leases(std::chrono::milliseconds(0));
  server.services().leases = &leases;
  const std::string target = "/v2/app/blobs/" + digest.to_string();
  auto closed = leases.close(digest);
  ASSERT_TRUE(closed.has_value());
  std::atomic<bool> answered = false;
  Answer answer;
  {
    std::jthread asking([&] {
      answer = server.head(target);
      answered = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(answered) << "before the log has decided, nobody knows";
    closed.reset();
  }
  EXPECT_EQ(answer.status, 200U);
  server.services().leases = nullptr;
}

TEST(OciBlob, IsUnknownOnceTheLogDecidedAgainstItsLastLink) {
  TestServer server;
  const Digest digest = server.push_blob("app", "layer");
  Leases leases(std::chrono::milliseconds(0));
  server.services().leases = &leases;
  const std::string target = "/v2/app/blobs/" + digest.to_string();
  auto closed = leases.close(digest);
  ASSERT_TRUE(closed.has_value());
  Answer answer;
  {
    std::jthread asking([&] { answer = server.head(target); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(server.del(target).status, 202U);
    closed.reset();
  }
  EXPECT_EQ(answer.status, 404U);
  server.services().leases = nullptr;
}

TEST(OciBlob, IsKeptWhileAManifestNeedsIt) {
  TestServer server;
  const std::string manifest = Digest::of(server.push_image("app", "v1", "layer")).to_string();
  for (const char* content : {"layer", "{}"}) {
    const std::uint64_t before = server.size();
    const Answer answer = server.del(blob_url("app", Digest::of(content)));
    EXPECT_EQ(answer.status, 405U);
    EXPECT_EQ(code_of(answer), "UNSUPPORTED");
    EXPECT_NE(answer.body.find(manifest), std::string::npos) << "says what needs it";
    EXPECT_EQ(server.size(), before);
  }
  EXPECT_EQ(server.del("/v2/app/manifests/v1").status, 202U) << "a tag is no manifest";
  EXPECT_EQ(server.del(blob_url("app", Digest::of("layer"))).status, 405U);
  EXPECT_EQ(server.del("/v2/app/manifests/" + manifest).status, 202U);
  EXPECT_EQ(server.del(blob_url("app", Digest::of("layer"))).status, 202U);
}

TEST(OciBlob, IsNoManifestAndAManifestIsNoBlob) {
  TestServer server;
  const Digest manifest = Digest::of(server.push_image("app", "v1", "layer"));
  const Answer blob = server.get(blob_url("app", manifest));
  EXPECT_EQ(blob.status, 404U);
  EXPECT_EQ(code_of(blob), "BLOB_UNKNOWN");
  const Answer other = server.get("/v2/app/manifests/" + Digest::of("layer").to_string());
  EXPECT_EQ(other.status, 404U);
  EXPECT_EQ(code_of(other), "MANIFEST_UNKNOWN");
  EXPECT_EQ(server.del(blob_url("app", manifest)).status, 404U);
  EXPECT_EQ(server.del("/v2/app/manifests/" + Digest::of("layer").to_string()).status, 404U);
}

TEST(OciMount, FallsBackToAnUploadWhateverIsWrong) {
  TestServer server;
  const std::string digest = server.push_blob("from", "shared").to_string();
  const std::string other = Digest::of("never pushed").to_string();
  const std::uint64_t before = server.size();
  for (const std::string& query :
       {"mount=" + digest + "&from=nobody", "mount=" + other + "&from=from", "mount=" + other,
        std::string("mount=nonsense&from=from"), "mount=" + digest + "&from=../etc"}) {
    const Answer answer = server.call({Method::post, "/v2/to/blobs/uploads/?" + query});
    EXPECT_EQ(answer.status, 202U) << query;
    EXPECT_EQ(server.del(answer.header("Location")).status, 204U);
  }
  EXPECT_EQ(server.size(), before);
}

}  // namespace
}  // namespace varve::test
