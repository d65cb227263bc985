// Files of packages: uploaded in Pulp's three steps or taken from a blob that is here, compared
// with what is said of them, and fetched again.
#include <gtest/gtest.h>

#include "tests/support/rpm_build.h"
#include "tests/support/test_directory.h"
#include "tests/unit/api/surface/pulp_client.h"

namespace varve::test {
namespace {

using http::Method;

const std::string& real_rpm() {
  static const std::string bytes = [] {
    const TestDirectory directory;
    return file_bytes(build_rpm(directory.path(), everything_spec()));
  }();
  return bytes;
}

// What everything_spec() says of itself, as an import's metadata.
Parameters metadata() {
  return {{"type", "\"rpm\""},
          {"nvrea", R"(["every-thing+","1.5~rc1","3",2,"noarch"])"},
          {"checksum", json_text(Digest::of(real_rpm()).hex())},
          {"hashtype", "\"sha256\""},
          {"pkgname", "\"every-thing.rpm\""},
          {"size", std::to_string(real_rpm().size())},
          {"vendor", "\"Example & Sons\""}};
}

class PulpFiles : public testing::Test {
 protected:
  std::string begin(const std::string& bytes = real_rpm()) {
    const Answer answer =
        client.post("/services/upload/", start(Digest::of(bytes).hex(), {}, bytes.size()));
    EXPECT_EQ(answer.status, 200U) << answer.body;
    EXPECT_EQ(value_at(answer, "/offset"), "0");
    return text_at(answer, "/id");
  }
  static std::string start(const std::string& checksum, const std::string& more = {},
                           std::size_t size = real_rpm().size()) {
    return R"({"name":"x.rpm","checksum":")" + checksum + R"(","size":)" + std::to_string(size) +
           more + "}";
  }
  std::string append(const std::string& id, const std::string& bytes) {
    return client.call(Method::put, "/services/upload/append/" + id + "/", bytes).body;
  }
  std::string uploaded(const std::string& bytes) {
    const std::string id = begin(bytes);
    const std::size_t half = bytes.size() / 2;
    EXPECT_EQ(append(id, bytes.substr(0, half)), "true");
    EXPECT_EQ(append(id, bytes.substr(half)), "true");
    return id;
  }
  Answer import(const std::string& id, const std::string& parameters = {}) {
    const std::string more = parameters.empty() ? "" : R"(,"metadata":)" + parameters;
    return client.post("/services/upload/import/", R"({"uploadid":")" + id + "\"" + more + "}");
  }
  static std::string path_of(const Answer& package) {
    const std::string url = text_at(package, "/download_url");
    const std::size_t at = url.find("/pulp/");
    return at == url.npos ? url : url.substr(at);
  }

  TestServer server;
  PulpClient client{server};
};

TEST_F(PulpFiles, BecomePackagesThatSayWhatTheRpmSays) {
  const Answer package = import(uploaded(real_rpm()));
  ASSERT_EQ(package.status, 201U) << package.body;
  EXPECT_EQ(text_at(package, "/name"), "every-thing+");
  EXPECT_EQ(text_at(package, "/version"), "1.5~rc1");
  EXPECT_EQ(text_at(package, "/epoch"), "2");
  EXPECT_EQ(text_at(package, "/arch"), "noarch");
  EXPECT_EQ(text_at(package, "/checksum/sha256"), Digest::of(real_rpm()).hex());
  EXPECT_EQ(text_at(package, "/filename"), "every-thing+-1.5~rc1-3.noarch.rpm");
  EXPECT_EQ(value_at(package, "/size"), std::to_string(real_rpm().size()));
  EXPECT_EQ(text_at(package, "/vendor"), "Example & Sons");
  EXPECT_NE(value_at(package, "/requires"), "[]");
  EXPECT_NE(value_at(package, "/provides"), "[]");
  const Answer read = client.get(package.header("Location"));
  EXPECT_EQ(read.body, package.body);
}

TEST_F(PulpFiles, AreServedWholeAndInParts) {
  const Answer package = import(uploaded(real_rpm()), to_json(metadata()));
  ASSERT_EQ(package.status, 201U) << package.body;
  EXPECT_EQ(text_at(package, "/filename"), "every-thing.rpm");
  const std::string path = path_of(package);
  const Answer whole = client.get(path);
  EXPECT_EQ(whole.body, real_rpm());
  EXPECT_EQ(whole.header("Varve-Index"), package.header("Varve-Index"));
  const std::string tag = whole.header("ETag");
  const auto with = [&](std::string_view name, std::string_view value) {
    return server.call({Method::get, path, {{name, value}}});
  };
  const Answer part = with("range", "bytes=4-9");
  EXPECT_EQ(part.status, 206U);
  EXPECT_EQ(part.body, real_rpm().substr(4, 6));
  const Answer beyond = with("range", "bytes=99999999-");
  EXPECT_EQ(beyond.status, 416U);
  EXPECT_NE(sentence_of(beyond), "");
  EXPECT_EQ(with("if-none-match", tag).status, 304U);
  EXPECT_EQ(server.head(path).content_length, real_rpm().size());
  const std::string id = text_at(package, "/id");
  EXPECT_EQ(client.get("/pulp/api/v1/content/file/" + id + "/").body, real_rpm());
  EXPECT_EQ(client.get("/pulp/api/content/file/" + id + "/other.rpm").status, 404U);
  // That address is Warg's.
  EXPECT_NE(client.get("/content/" + id).status, 200U);
}

// A package keeps its file; of one that was, the file is there until it is purged.
TEST_F(PulpFiles, OfThePastAreGoneOncePurged) {
  const Answer package = import(uploaded(real_rpm()));
  const std::string then = "?as_of=" + std::to_string(server.size());
  const std::string path = path_of(package);
  const Digest digest = Digest::of(real_rpm());
  const auto purge = [&] {
    return server.services().ledger->run({Actor{"purger", Auth::local},
                                          server.services().ulid(),
                                          "local",
                                          content::PurgeBlob{digest},
                                          {}});
  };
  EXPECT_EQ(purge().error().code, Errc::conflict);
  client.del(package.header("Location"));
  EXPECT_EQ(client.get(path).status, 404U);
  EXPECT_EQ(client.get(path + then).body, real_rpm());
  const auto purged = purge();
  ASSERT_TRUE(purged) << purged.error().what;
  ASSERT_TRUE(server.services().blobs.remove(digest, [] { return true; }));
  const Answer gone = client.get(path + then);
  EXPECT_EQ(gone.status, 410U);
  EXPECT_NE(sentence_of(gone).find("event " + std::to_string(purged->first.value)),
            std::string::npos)
      << gone.body;
}

TEST_F(PulpFiles, OfPackagesWithoutOneAre404) {
  const std::string id = client.created("bash");
  const Answer answer = client.get("/pulp/api/content/file/" + id + "/");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_NE(sentence_of(answer).find("no such file"), std::string::npos);
}

TEST_F(PulpFiles, MustAgreeWithEverythingThatIsSaidOfThem) {
  const std::string id = uploaded(real_rpm());
  const std::uint64_t before = server.size();
  const std::vector<std::tuple<std::string, std::string, std::string>> lies = {
      {"nvrea", R"(["other","1.5~rc1","3","2","noarch"])", "name"},
      {"nvrea", R"(["every-thing+","1.6","3","2","noarch"])", "version"},
      {"nvrea", R"(["every-thing+","1.5~rc1","4","2","noarch"])", "release"},
      {"nvrea", R"(["every-thing+","1.5~rc1","3","0","noarch"])", "epoch"},
      {"nvrea", R"(["every-thing+","1.5~rc1","3","2","x86_64"])", "arch"},
      {"nvrea", R"(["every-thing+"])", "nvrea"},
      {"type", "\"file\"", "type"},
      {"checksum", json_text(std::string(64, '0')), "checksum"},
      {"hashtype", "\"md5\"", "checksum"},
      {"hashtype", "\"crc\"", "checksum_type"},
      {"size", "7", "size"},
      {"size", "\"7\"", "size"},
      {"vendor", "\"Somebody\"", "vendor"},
      {"description", "\"Lies\"", "description"},
      {"license", "\"GPL\"", "license"},
      {"requires", "[\"nothing\"]", "requires"},
      {"provides", "[]", "provides"},
      {"pkgname", "\"../x\"", "filename"}};
  for (const auto& [name, value, named] : lies) {
    Parameters parameters = metadata();
    parameters[name] = value;
    const Answer answer = import(id, to_json(parameters));
    EXPECT_EQ(answer.status, 400U) << name << ' ' << value << ' ' << answer.body;
    EXPECT_EQ(sentence_of(answer).rfind("parameter " + named + ": ", 0), 0U) << answer.body;
  }
  EXPECT_EQ(server.size(), before);
  // The bytes are still there for whoever says the truth.
  EXPECT_EQ(import(id, to_json(metadata())).status, 201U);
}

TEST_F(PulpFiles, AreCheckedByTheChecksumThatIsGiven) {
  Parameters parameters = metadata();
  parameters["hashtype"] = "\"sha512\"";
  parameters["checksum"] = json_text(Digest::of(real_rpm(), DigestAlgorithm::sha512).hex());
  const Answer package = import(uploaded(real_rpm()), to_json(parameters));
  ASSERT_EQ(package.status, 201U) << package.body;
  EXPECT_EQ(text_at(package, "/checksum/sha512"),
            Digest::of(real_rpm(), DigestAlgorithm::sha512).hex());
}

TEST_F(PulpFiles, ThatAreNoSoundRpmLeaveNoTrace) {
  const std::uint64_t before = server.size();
  std::string damaged = real_rpm();
  damaged[damaged.size() - 100] = static_cast<char>(damaged[damaged.size() - 100] ^ 1);
  for (const std::string& bytes : {std::string("not an RPM at all"), damaged,
                                   real_rpm().substr(0, real_rpm().size() - 1), real_rpm() + "x"}) {
    const Answer answer = import(uploaded(bytes));
    EXPECT_EQ(answer.status, 400U) << answer.body;
    EXPECT_NE(sentence_of(answer), "");
  }
  EXPECT_EQ(server.size(), before);
  EXPECT_EQ(client.get("/packages/").body, "[]");
}

TEST_F(PulpFiles, GoOnWhereTheyStopped) {
  const std::string id = begin();
  const std::string path = "/services/upload/append/" + id + "/";
  EXPECT_EQ(client.call(Method::put, path, real_rpm().substr(0, 100)).body, "true");
  const std::string sum = Digest::of(real_rpm()).hex();
  const Answer again = client.post("/services/upload/", start(sum, R"(,"id":")" + id + "\""));
  EXPECT_EQ(again.body, R"({"id":")" + id + R"(","offset":100})");
  EXPECT_EQ(client.call(Method::put, path, real_rpm().substr(100)).body, "true");
  EXPECT_EQ(import(id).status, 201U);
  // What became of it is known for a while: whoever heard no answer asks again.
  EXPECT_EQ(import(id).status, 409U);
  const Answer over = client.post("/services/upload/", start(sum, R"(,"id":")" + id + "\""));
  EXPECT_EQ(value_at(over, "/offset"), "-1");
}

TEST_F(PulpFiles, AreWhatTheirUploadsBeganWith) {
  const std::uint64_t before = server.size();
  const std::string id = begin();
  std::string other = real_rpm();
  other.back() = static_cast<char>(other.back() ^ 1);
  EXPECT_EQ(append(id, other), "true");
  EXPECT_EQ(client.call(Method::put, "/services/upload/append/" + id + "/", "x").status, 413U);
  EXPECT_EQ(sentence_of(import(id)).rfind("parameter checksum: ", 0), 0U);
  EXPECT_EQ(import(id).status, 404U);  // others' bytes become nothing
  for (const std::string& bad :
       {std::string(), std::string(63, 'a'), std::string(64, 'A'), std::string(1'000, 'a')})
    EXPECT_EQ(
        sentence_of(client.post("/services/upload/", start(bad))).rfind("parameter checksum: ", 0),
        0U)
        << bad;
  const std::string right = real_rpm();
  const Answer begun = client.post("/services/upload/", start(std::string(64, 'a')));
  append(text_at(begun, "/id"), right);
  EXPECT_EQ(sentence_of(import(text_at(begun, "/id"))).rfind("parameter checksum: ", 0), 0U);
  EXPECT_EQ(server.size(), before);
  const Answer old =
      client.post("/services/upload/", start(Digest::of(right, DigestAlgorithm::sha512).hex()));
  append(text_at(old, "/id"), right);
  EXPECT_EQ(import(text_at(old, "/id")).status, 201U);
}

TEST_F(PulpFiles, ThatAreNotWholeYetAreGoneOnWithAfterARefusedImport) {
  const std::string id = begin();
  append(id, real_rpm().substr(0, 4'000));
  const Answer early = import(id);
  EXPECT_EQ(early.status, 400U);
  EXPECT_EQ(sentence_of(early).rfind("parameter size: ", 0), 0U) << early.body;
  const std::string more = R"(,"id":")" + id + "\"";
  const std::string sum = Digest::of(real_rpm()).hex();
  EXPECT_EQ(value_at(client.post("/services/upload/", start(sum, more)), "/offset"), "4000");
  append(id, real_rpm().substr(4'000));
  EXPECT_EQ(value_at(client.post("/services/upload/", start(sum, more)), "/offset"), "-1");
  EXPECT_EQ(client.post("/services/upload/", start(sum, more, 7)).status, 400U);
  EXPECT_EQ(client.post("/services/upload/", start(std::string(64, 'b'), more)).status, 400U);
  EXPECT_EQ(import(id).status, 201U);
}

TEST_F(PulpFiles, OfUploadsThatAreNotRememberedAreDeclaredAgain) {
  auto upload = server.services().blobs.start_upload();
  ASSERT_TRUE(upload && (*upload)->append(real_rpm()));
  std::string id = (*upload)->id().text();
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  upload->reset();  // as after a restart
  const std::string path = "/services/upload/append/" + id + "/";
  for (const Answer& unknown : {import(id), client.call(Method::put, path, "more")}) {
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_NE(sentence_of(unknown).find("POST /services/upload/"), std::string::npos);
  }
  const std::string more = R"(,"id":")" + id + "\"";
  const Answer again = client.post("/services/upload/", start(Digest::of(real_rpm()).hex(), more));
  EXPECT_EQ(value_at(again, "/offset"), "-1");
  EXPECT_EQ(import(id).status, 201U);
}

TEST_F(PulpFiles, SayWhereTheyAreFetchedInTheStateThatIsToldOf) {
  const Answer package = import(uploaded(real_rpm()));
  const std::string then = "?as_of=" + std::to_string(server.size());
  const std::string where = package.header("Location");
  EXPECT_EQ(path_of(client.get(where)).find("as_of"), std::string::npos);
  client.del(where);
  EXPECT_EQ(client.get(path_of(client.get(where + then))).body, real_rpm());
}

TEST_F(PulpFiles, ThatAreHereAlreadyAreNotSentAgain) {
  EXPECT_EQ(import(uploaded(real_rpm())).status, 201U);
  const std::string sum = Digest::of(real_rpm()).hex();
  const Answer known = client.post("/services/upload/", start(sum));
  EXPECT_EQ(value_at(known, "/offset"), "-1");
  Parameters parameters = metadata();
  parameters["hashtype"] = "\"sha512\"";
  parameters["checksum"] = json_text(Digest::of(real_rpm(), DigestAlgorithm::sha512).hex());
  EXPECT_EQ(import(text_at(known, "/id"), to_json(parameters)).status, 201U);
}

TEST_F(PulpFiles, UploadsThatAreNotThereAre404) {
  for (const std::string id : {"00000000-0000-0000-0000-000000000000", "x",
                               "00000000000000000000000000000000", "..%2Fx"}) {
    EXPECT_EQ(client.call(Method::put, "/services/upload/append/" + id + "/", "x").status, 404U)
        << id;
    EXPECT_EQ(import(id).status, 404U) << id;
    const std::string more = R"(,"id":")" + id + "\"";
    EXPECT_EQ(client.post("/services/upload/", start(std::string(64, '0'), more)).status, 404U)
        << id;
  }
  EXPECT_EQ(client.post("/services/upload/", "{}").body, "\"missing parameter: name\"");
  EXPECT_EQ(
      client.post("/services/upload/", R"({"name":"a","checksum":")" + std::string(32, 'b') + "\"}")
          .body,
      "\"missing parameter: size\"");
  EXPECT_EQ(client.post("/services/upload/import/", "{}").body, "\"missing parameter: uploadid\"");
  const std::string id = begin();
  EXPECT_EQ(import(id, "7").status, 400U);
  EXPECT_EQ(import(id).status, 400U);  // nothing was appended
}

TEST_F(PulpFiles, MayBeBlobsThatAreHere) {
  const Digest digest = server.push_blob("team/app", real_rpm());
  Parameters parameters = {{"file", json_text("team/app@" + digest.to_string())}};
  Parameters wrong = parameters;
  wrong["name"] = "\"other\"";
  EXPECT_EQ(sentence_of(client.create(wrong)).rfind("parameter name: ", 0), 0U);
  const Answer package = client.create(parameters);
  ASSERT_EQ(package.status, 201U) << package.body;
  EXPECT_EQ(client.get(path_of(package)).body, real_rpm());
  EXPECT_EQ(client.create(parameters).status, 409U);
  const std::vector<std::string> wrong_ones = {
      "team/app", "team/app@sha256:00", "TEAM@" + digest.to_string(),
      "team/app@" + Digest::of(real_rpm(), DigestAlgorithm::sha512).to_string()};
  for (const std::string& file : wrong_ones)
    EXPECT_EQ(client.create({{"file", json_text(file)}}).status, 400U) << file;
  EXPECT_EQ(client.create({{"file", json_text("other/app@" + digest.to_string())}}).status, 404U);
  EXPECT_EQ(client.create({{"file", json_text("team/app@" + Digest::of("x").to_string())}}).status,
            404U);
}

// Which bytes are here, and what is in them, is told to nobody who may not have them.
TEST(PulpFileRights, HoldForUploadsBlobsAndDownloads) {
  TestServer server({.dev = false});
  PulpClient admin(server, basic("admin", kAdminPassword));
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"anonymous","resource":"*","role":"none"})");
  const Answer begun =
      admin.post("/services/upload/", R"({"name":"x","checksum":")" + Digest::of(real_rpm()).hex() +
                                          R"(","size":)" + std::to_string(real_rpm().size()) + "}");
  const std::string id = text_at(begun, "/id");
  admin.call(Method::put, "/services/upload/append/" + id + "/", real_rpm());
  // Nor is an upload anybody's but theirs who began it.
  PulpClient other(server, basic("other", server.add_account("other", "none", "*")));
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"other","resource":"packages/*","rights":["push"]})");
  EXPECT_EQ(other.call(Method::put, "/services/upload/append/" + id + "/", "x").status, 404U);
  EXPECT_EQ(other.post("/services/upload/import/", R"({"uploadid":")" + id + "\"}").status, 404U);
  const Answer package = admin.post("/services/upload/import/", R"({"uploadid":")" + id + "\"}");
  ASSERT_EQ(package.status, 201U) << package.body;
  const std::string path = "/pulp/api/content/file/" + text_at(package, "/id") + "/";
  EXPECT_EQ(server.get(path).status, 401U);
  PulpClient stranger(server, basic("stranger", server.add_account("stranger", "writer", "x/*")));
  EXPECT_EQ(stranger.get(path).status, 404U);
  EXPECT_EQ(stranger.post("/services/upload/", "{}").body, "\"Permission Denied\"");
  EXPECT_EQ(stranger.call(Method::put, "/services/upload/append/" + id + "/", "x").status, 401U);
  // A publisher of packages who sees none: the file is not "here already" for them.
  PulpClient ci(server, basic("ci", server.add_account("ci", "none", "*")));
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"ci","resource":"packages/*","rights":["push"]})");
  const Answer again =
      ci.post("/services/upload/", R"({"name":"x","checksum":")" + Digest::of(real_rpm()).hex() +
                                       R"(","size":)" + std::to_string(real_rpm().size()) + "}");
  EXPECT_EQ(value_at(again, "/offset"), "0") << again.body;
  const std::string secret = "secret/app@" + Digest::of(real_rpm()).to_string();
  EXPECT_EQ(ci.create({{"file", json_text(secret)}}).status, 401U);
}

}  // namespace
}  // namespace varve::test
