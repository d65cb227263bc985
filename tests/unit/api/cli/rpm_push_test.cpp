// varve rpm push: what is asked of a server, what is never sent, and what answers mean.
#include "api/cli/rpm_push.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/pulp/pulp.h"
#include "tests/support/rpm_bytes.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

constexpr const char* kId = "3f8a1c52-7e0b-4c1d-9a2f-5b6c7d8e9f00";

// A server that has nothing but the repository, and remembers what was asked of it.
class FakePulp final : public Server {
 public:
  struct Asked {
    std::string what;  // "PUT /pulp/api/..."
    std::string body;  // or the bytes that were uploaded
    std::vector<std::pair<std::string, std::string>> headers;
  };

  Result<Answer> ask(const Ask& ask) override {
    const std::string what = (ask.method.empty() ? "GET" : ask.method) + " " +
                             ask.target.substr(0, ask.target.find('?'));
    Asked seen{what, ask.body, ask.headers};
    if (ask.upload != nullptr) {
      for (;;) {
        VARVE_TRY(const std::string piece, ask.upload->next());
        if (piece.empty()) break;
        seen.body += piece;
      }
    }
    asked.push_back(std::move(seen));
    const auto found = answers.find(what);
    return found != answers.end() ? found->second : Answer{404, "\"not here\"", {}};
  }
  std::string url() const override { return "http://pulp.example"; }

  std::vector<std::string> requests() const {
    std::vector<std::string> list;
    for (const Asked& one : asked) list.push_back(one.what);
    return list;
  }
  const Asked& last(const std::string& what) const {
    const auto found = std::find_if(asked.rbegin(), asked.rend(),
                                    [&](const Asked& one) { return one.what == what; });
    EXPECT_NE(found, asked.rend()) << what;
    return *found;
  }

  std::map<std::string, Answer> answers;
  std::vector<Asked> asked;
};

const std::string kRepository = "GET /pulp/api/repositories/stable/";
const std::string kFind = "GET /pulp/api/packages/g%2B%2B/1.0~rc1/1/0/noarch/";
const std::string kStart = "POST /pulp/api/services/upload/";
const std::string kAppend = "PUT /pulp/api/services/upload/append/an-upload/";
const std::string kImport = "POST /pulp/api/services/upload/import/";
const std::string kAdd = "POST /pulp/api/repositories/stable/add_package/";
const std::string kMake = "POST /pulp/api/repositories/";

std::string document(std::string_view download_url = R"("http://pulp.example/f")") {
  return std::string(R"({"id":")") + kId + R"(","download_url":)" + std::string(download_url) + "}";
}

class RpmPush : public testing::Test {
 protected:
  void SetUp() override {
    server.answers[kRepository] = {200, "{}", {}};
    server.answers[kStart] = {200, R"({"id":"an-upload","offset":0})", {}};
    server.answers[kAppend] = {200, "true", {}};
    server.answers[kImport] = {201, document(), {{"Varve-Index", "7"}}};
    server.answers[kAdd] = {200, "[[],0]", {{"Varve-Index", "9"}}};
    options.repository = "stable";
    options.files = {file};
  }
  ExitCode push(const Author* author = nullptr) {
    const auto done = push_rpms(server, options, author, recorder.console);
    said = done ? "" : done.error().what + ": " + done.error().why + " / " + done.error().next;
    return done ? *done : done.error().code;
  }
  bool says(std::string_view part) const { return said.find(part) != std::string::npos; }

  Scratch scratch;
  Recorder recorder;
  FakePulp server;
  RpmPushOptions options;
  std::string said;
  const std::string bytes =
      test::rpm_of(test::small_header().text(1000, "g++").text(1001, "1.0~rc1"));
  const std::string file = scratch.write("g++.rpm", bytes);
};

TEST_F(RpmPush, UploadsImportsAndAdds) {
  EXPECT_EQ(push(), ExitCode::ok) << said;
  EXPECT_EQ(server.requests(),
            (std::vector<std::string>{kRepository, kFind, kStart, kAppend, kImport, kAdd}));
  EXPECT_EQ(server.last(kStart).body, R"({"checksum":")" + Digest::of(bytes).hex() +
                                          R"(","name":"g++","size":)" +
                                          std::to_string(bytes.size()) + "}");
  EXPECT_EQ(server.last(kAppend).body, bytes);
  EXPECT_EQ(server.last(kImport).body, R"({"uploadid":"an-upload"})");
  EXPECT_EQ(server.last(kAdd).body, std::string(R"({"packageid":[")") + kId + "\"]}");
  EXPECT_EQ(recorder.out.str(), std::string("g++-0:1.0~rc1-1.noarch is ") + kId + ", by event 9\n");
}

TEST_F(RpmPush, SaysItInJson) {
  recorder.console.set_format(Format::json);
  EXPECT_EQ(push(), ExitCode::ok);
  EXPECT_EQ(recorder.out.str(),
            R"({"schema":"varve.rpm-push/v1","repository":"stable","packages":[{"file":")" + file +
                R"(","nevra":"g++-0:1.0~rc1-1.noarch","id":")" + kId + R"(","digest":")" +
                Digest::of(bytes).to_string() + "\",\"index\":9,\"uploaded\":true}]}\n");
}

TEST_F(RpmPush, SendsNothingTwice) {
  server.answers[kFind] = {200, document(), {{"Varve-Index", "3"}}};
  EXPECT_EQ(push(), ExitCode::ok) << said;
  EXPECT_EQ(server.requests(), (std::vector<std::string>{kRepository, kFind, kAdd}));
  EXPECT_NE(recorder.err.str().find("was there already"), std::string::npos);
}

TEST_F(RpmPush, SendsNoBytesThatAreThere) {
  server.answers[kStart] = {200, R"({"id":"an-upload","offset":-1})", {}};
  EXPECT_EQ(push(), ExitCode::ok) << said;
  EXPECT_EQ(server.requests(),
            (std::vector<std::string>{kRepository, kFind, kStart, kImport, kAdd}));
}

TEST_F(RpmPush, DoesNotTakeAPackageWithoutItsFileForThisOne) {
  server.answers[kFind] = {200, document("null"), {{"Varve-Index", "3"}}};
  EXPECT_EQ(push(), ExitCode::conflict);
  EXPECT_TRUE(says("without its file")) << said;
}

TEST_F(RpmPush, SignsTheFileForThisRegistryAlone) {
  const Author author{warg::PrivateKey::generate(warg::KeyAlgorithm::ed25519), "registry.example"};
  EXPECT_EQ(push(&author), ExitCode::ok) << said;
  const auto& headers = server.last(kImport).headers;
  ASSERT_EQ(headers.size(), 1U);
  EXPECT_EQ(headers[0].first, trust::kAuthorHeader);
  const trust::AuthorStatement statement{"registry.example", "PUT", "application/x-rpm",
                                         "packages/g++/1.0~rc1/1/0/noarch", sha256(bytes)};
  const auto signature = author.key.sign_statement(statement.text());
  ASSERT_TRUE(signature);
  EXPECT_EQ(headers[0].second,
            author.key_id() + " " + signature->text().substr(std::string("ed25519:").size()));
  EXPECT_NE(recorder.err.str().find("is signed by " + author.key_id()), std::string::npos);
}

TEST_F(RpmPush, MakesARepositoryOnlyWhenToldTo) {
  server.answers.erase(kRepository);
  EXPECT_EQ(push(), ExitCode::absent);
  EXPECT_TRUE(says("--create")) << said;
  EXPECT_EQ(server.requests(), std::vector<std::string>{kRepository});
  options.create = true;
  server.answers[kMake] = {201, "{}", {}};
  EXPECT_EQ(push(), ExitCode::ok) << said;
  EXPECT_EQ(server.last(kMake).body, R"({"id":"stable","name":"stable"})");
  server.answers[kMake] = {409, "\"it is there\"", {}};
  EXPECT_EQ(push(), ExitCode::ok) << said;
}

TEST_F(RpmPush, AsksNobodyAboutAFileThatCannotBePushed) {
  options.files = {file, scratch.write("cut.rpm", bytes.substr(0, bytes.size() - 1))};
  EXPECT_EQ(push(), ExitCode::proven_false);
  EXPECT_TRUE(says("cut short")) << said;
  options.files = {(scratch.path() / "absent.rpm").string()};
  EXPECT_EQ(push(), ExitCode::usage);
  options.files = {file};
  options.repository = "not/one/word";
  EXPECT_EQ(push(), ExitCode::usage);
  EXPECT_TRUE(server.asked.empty());
}

TEST_F(RpmPush, SaysWhatPulpSaid) {
  server.answers[kImport] = {409, "\"there is one already\"", {}};
  EXPECT_EQ(push(), ExitCode::conflict);
  EXPECT_TRUE(says("answers 409: there is one already")) << said;
  server.answers[kImport] = {401, "\"Permission Denied\"", {}};
  EXPECT_EQ(push(), ExitCode::authentication);
  server.answers[kImport] = {503, "\"later\"", {}};
  EXPECT_EQ(push(), ExitCode::cannot_tell);
}

TEST_F(RpmPush, BelievesNoAnswerThatIsNotPulps) {
  const auto with = [this](const std::string& what, Answer answer) {
    FakePulp before = server;
    server.answers[what] = std::move(answer);
    const ExitCode code = push();
    server = before;
    return code;
  };
  for (const std::string body : {"", "{}", "[]", R"({"id":7})", R"({"id":"no uuid"})"}) {
    EXPECT_EQ(with(kImport, {201, body, {{"Varve-Index", "7"}}}), ExitCode::cannot_tell) << body;
    EXPECT_EQ(with(kFind, {200, body, {{"Varve-Index", "7"}}}), ExitCode::cannot_tell) << body;
  }
  EXPECT_EQ(with(kImport, {201, document(), {}}), ExitCode::cannot_tell);
  EXPECT_EQ(with(kStart, {200, R"({"id":"an-upload","offset":5})", {}}), ExitCode::cannot_tell);
  EXPECT_EQ(with(kStart, {200, R"({"offset":0})", {}}), ExitCode::cannot_tell);
  EXPECT_EQ(with(kAdd, {200, "true", {{"Varve-Index", "9"}}}), ExitCode::cannot_tell);
  EXPECT_EQ(with(kAdd, {200, "[[],0]", {}}), ExitCode::cannot_tell);
}

TEST_F(RpmPush, FailsWhenThePackageIsNotTakenIntoTheRepository) {
  server.answers[kAdd] = {200, R"([[["id","g++"]],0])", {{"Varve-Index", "9"}}};
  EXPECT_EQ(push(), ExitCode::conflict);
  EXPECT_EQ(recorder.out.str(), "");
}

}  // namespace
}  // namespace varve::cli
