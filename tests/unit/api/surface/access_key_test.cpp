// Access keys against routes: requests that are signed, docker logins made of a secret key,
// X-Auth-Token.
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

#include "core/codec.h"
#include "log/reader.h"
#include "tests/support/sdk_client.h"
#include "tests/unit/api/surface/credentials_given.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

constexpr std::string_view kUnknown = "01JD0000000000000000000000";

// A server, and "ci", who holds an access key and may do everything to team/*.
class AccessKeys : public testing::Test {
 protected:
  AccessKeys() {
    server.add_account("ci", "maintainer", "team/*");
    const Answer added = server.administer(Method::post, "/admin/v1/principals/ci/credentials",
                                           R"({"kind":"aksk"})");
    access_key = member(added, "credential");
    secret_key = member(added, "secret");
  }

  // Signed now, or so much later by the client's clock.
  SdkRequest request(Method method, std::string target, std::string body = {},
                     std::chrono::seconds ahead = {}) const {
    using namespace std::chrono;
    const Timestamp now{
        duration_cast<microseconds>(system_clock::now().time_since_epoch() + ahead).count()};
    return {method,
            std::move(target),
            {{"content-type", "application/json"},
             {"host", "r.example"},
             {"x-sdk-date", sdk_date(now)}},
            std::move(body)};
  }
  std::string sign(const SdkRequest& request) const {
    return sdk_authorization(request, access_key, secret_key);
  }
  Answer send(const SdkRequest& request, std::string_view authorization, bool chunked = false) {
    Call call{request.method, request.target, {}, request.body, chunked};
    for (const auto& [name, value] : request.headers) call.headers.emplace_back(name, value);
    call.headers.emplace_back("Authorization", authorization);
    return server.call(std::move(call));
  }
  Answer ask(Method method, std::string target, std::string body = {}) {
    const SdkRequest wish = request(method, std::move(target), std::move(body));
    return send(wish, sign(wish));
  }
  std::string docker_login(const std::string& region = "cn-north-4") const {
    return basic(region + "@" + access_key, auth::docker_password(access_key, secret_key));
  }
  Answer with(std::string_view authorization, Method method, std::string target) {
    return server.call({method, std::move(target), {{"Authorization", authorization}}});
  }
  Envelope last_envelope() {
    const auto bytes = server.services().reader().entry(EntryIndex{server.size() - 1}).value();
    return decode_entry_text(parse_note(bytes).value().text).value().envelope;
  }
  // Of ci, whom only administrators and ci itself may look at.
  static constexpr const char* kAccount = "/admin/v1/principals/ci";
  static constexpr const char* kUpload = "/v2/team/app/blobs/uploads/";

  TestServer server{{.dev = false}};
  std::string access_key;
  std::string secret_key;
};

// ---- signatures ----

TEST_F(AccessKeys, SignRequestsForTheirPrincipal) {
  EXPECT_EQ(ask(Method::get, kAccount).status, 200U);
  EXPECT_EQ(ask(Method::get, "/admin/v1/principals/admin").status, 403U);
  EXPECT_EQ(ask(Method::post, kUpload).status, 202U);
  EXPECT_EQ(ask(Method::post, "/v2/other/app/blobs/uploads/").status, 403U);
}

TEST_F(AccessKeys, StandInTheEntriesTheySigned) {
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"ci","resource":"*","role":"admin"})");
  const Answer answer = ask(Method::put, "/admin/v1/principals/made", R"({"kind":"service"})");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const Actor actor = last_envelope().actor;
  EXPECT_EQ(actor.id, "ci");
  EXPECT_EQ(actor.auth, Auth::signature);
  ASSERT_TRUE(actor.credential.has_value());
  EXPECT_EQ(actor.credential->text(), access_key);
}

TEST_F(AccessKeys, SignBodiesThatHandlersReadAsTheyWereSigned) {
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"ci","resource":"*","role":"admin"})");
  SdkRequest wish = request(Method::put, "/admin/v1/principals/made", R"({"kind":"consumer"})");
  const std::string signature = sign(wish);
  SdkRequest changed = wish;
  changed.body = R"({"kind":"service "})";
  const std::uint64_t before = server.size();
  EXPECT_EQ(send(changed, signature).status, 401U);
  EXPECT_EQ(server.size(), before);
  EXPECT_EQ(send(wish, signature, true).status, 200U);  // in chunks
  EXPECT_NE(
      server.administer(Method::get, "/admin/v1/principals/made").body.find(R"("kind":"consumer")"),
      std::string::npos);
}

TEST_F(AccessKeys, SignNoBodyThatIsLarge) {
  const std::string largest(auth::kSdkBodyBytesMax, ' ');
  EXPECT_EQ(ask(Method::put, "/admin/v1/principals/made", largest).status, 413U);  // the handler's
  const Answer larger = ask(Method::put, "/admin/v1/principals/made", largest + " ");
  EXPECT_EQ(larger.status, 413U);
  EXPECT_NE(larger.body.find(std::to_string(auth::kSdkBodyBytesMax)), std::string::npos)
      << larger.body;
}

TEST_F(AccessKeys, ChangeSomethingOnceWithASignature) {
  const SdkRequest wish = request(Method::post, kUpload);
  const std::string signature = sign(wish);
  EXPECT_EQ(send(wish, signature).status, 202U);
  EXPECT_EQ(send(wish, signature).status, 401U);
  const SdkRequest later = request(Method::post, kUpload, {}, std::chrono::seconds(1));
  EXPECT_EQ(send(later, sign(later)).status, 202U);
  const SdkRequest read = request(Method::get, kAccount);
  const std::string once = sign(read);
  EXPECT_EQ(send(read, once).status, 200U);
  EXPECT_EQ(send(read, once).status, 200U);
}

TEST_F(AccessKeys, SignNothingThatWasSignedBeforeTheServerBegan) {
  const SdkRequest wish = request(Method::post, kUpload, {}, std::chrono::seconds(-60));
  EXPECT_EQ(send(wish, sign(wish)).status, 503U);
  const SdkRequest read = request(Method::get, kAccount, {}, std::chrono::seconds(-60));
  EXPECT_EQ(send(read, sign(read)).status, 200U);
}

// A clock that is ahead makes signatures that are still good when the server has forgotten them.
TEST_F(AccessKeys, ChangeNothingTwiceThoughTheServerBeganAgain) {
  const Answer added =
      server.administer(Method::post, std::string(kAccount) + "/credentials", R"({"kind":"aksk"})");
  const SdkRequest wish = request(Method::post, kUpload, {}, std::chrono::seconds(40));
  const std::string signature = sign(wish);
  EXPECT_EQ(send(wish, signature).status, 202U);
  server.restart_authenticator();
  EXPECT_EQ(send(wish, signature).status, 503U);
  server.restart_authenticator();
  server.later = std::chrono::seconds(42);
  EXPECT_EQ(send(wish, signature).status, 503U);
  server.later = {};
  const SdkRequest before = request(Method::post, kUpload, {}, std::chrono::seconds(20));
  EXPECT_EQ(send(before, sign(before)).status, 503U);
  const SdkRequest behind = request(Method::post, kUpload, {}, std::chrono::seconds(50));
  EXPECT_EQ(send(behind, sign(behind)).status, 202U);
  // Nobody else notices.
  access_key = member(added, "credential");
  secret_key = member(added, "secret");
  EXPECT_EQ(send(before, sign(before)).status, 202U);
}

// What was signed before the restart is dated after it then. What made no entry is known by the
// newest entry, too.
TEST_F(AccessKeys, ChangeNothingTwiceThoughTheClockWasSetBack) {
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"ci","resource":"*","role":"admin"})");
  const SdkRequest upload = request(Method::post, kUpload);
  const std::string upload_signature = sign(upload);
  EXPECT_EQ(send(upload, upload_signature).status, 202U);
  const SdkRequest change =
      request(Method::put, "/admin/v1/principals/made", R"({"kind":"service"})");
  const std::string signature = sign(change);
  EXPECT_EQ(send(change, signature).status, 200U);
  server.later = std::chrono::seconds(-30);
  server.restart_authenticator();
  EXPECT_EQ(send(change, signature).status, 503U);
  EXPECT_EQ(send(upload, upload_signature).status, 503U);
  const SdkRequest behind = request(Method::post, kUpload, {}, std::chrono::seconds(-10));
  EXPECT_EQ(send(behind, sign(behind)).status, 503U);
  const SdkRequest next = request(Method::post, kUpload, {}, std::chrono::seconds(2));
  EXPECT_EQ(send(next, sign(next)).status, 202U);
}

// Dates are whole seconds, so an entry of this second is newer than they are.
TEST_F(AccessKeys, SignInTheSecondOfTheNewestEntry) {
  server.add_account("other", "reader", "team/*");
  server.restart_authenticator();
  EXPECT_EQ(ask(Method::post, kUpload).status, 202U);
}

TEST_F(AccessKeys, ChangeNothingWhenTheyAreMoreThanAMinuteAhead) {
  const SdkRequest near = request(Method::post, kUpload, {}, std::chrono::seconds(55));
  EXPECT_EQ(send(near, sign(near)).status, 202U);
  const SdkRequest far = request(Method::post, kUpload, {}, std::chrono::seconds(65));
  EXPECT_EQ(send(far, sign(far)).status, 401U);
}

// Of bodies that come slowly: whose they are is known only when all of them has come.
TEST_F(AccessKeys, HoldEightPlacesForBodiesFromOnePeer) {
  const Answer added =
      server.administer(Method::post, std::string(kAccount) + "/credentials", R"({"kind":"aksk"})");
  std::vector<unsigned> statuses;
  const std::function<void(int)> upload = [&](int n) {
    const SdkRequest wish =
        request(Method::put, "/admin/v1/principals/made",
                R"({"kind":"service"})" + std::string(static_cast<std::size_t>(n), ' '));
    const std::string other =
        sdk_authorization(wish, member(added, "credential"), member(added, "secret"));
    const std::string authorization = n == 10 ? other : sign(wish);
    Call call{wish.method, wish.target, {}, wish.body};
    for (const auto& [name, value] : wish.headers) call.headers.emplace_back(name, value);
    call.headers.emplace_back("Authorization", authorization);
    if (n == 9) call.peer = "192.0.2.1";
    if (n < 7) call.while_sent = [&upload, n] { upload(n + 1); };
    if (n == 7)
      call.while_sent = [&upload] {
        for (const int more : {8, 9, 10}) upload(more);
      };
    statuses.push_back(server.call(std::move(call)).status);
  };
  upload(0);
  // The ninth of the key, one from elsewhere, one of another key; then the others, inside out.
  EXPECT_EQ(statuses,
            (std::vector<unsigned>{503, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403}));
  statuses.clear();
  upload(8);
  EXPECT_EQ(statuses, std::vector<unsigned>{403});
}

TEST_F(AccessKeys, SignForAQuarterOfAnHour) {
  for (const int minutes : {-14, 14}) {
    const SdkRequest wish = request(Method::get, kAccount, {}, std::chrono::minutes(minutes));
    EXPECT_EQ(send(wish, sign(wish)).status, 200U) << minutes;
  }
  for (const int minutes : {-16, 16}) {
    const SdkRequest wish = request(Method::get, kAccount, {}, std::chrono::minutes(minutes));
    EXPECT_EQ(send(wish, sign(wish)).status, 401U) << minutes;
  }
}

TEST_F(AccessKeys, OfAllKindsAreRefusedInOneSentence) {
  const SdkRequest wish = request(Method::post, kUpload);
  std::vector<Answer> answers;
  answers.push_back(send(wish, sdk_authorization(wish, access_key, secret_key + "x")));
  answers.push_back(send(wish, sdk_authorization(wish, kUnknown, secret_key)));
  answers.push_back(send(wish, sdk_authorization(wish, "AKTEST", secret_key)));
  const std::string token = server.add_account("other", "writer", "team/*");
  answers.push_back(send(wish, sdk_authorization(wish, token.substr(6, 26), secret_key)));
  server.administer(Method::post, std::string(kAccount) + "/disable");
  answers.push_back(send(wish, sign(wish)));
  server.administer(Method::post, std::string(kAccount) + "/enable");
  server.administer(Method::del, std::string(kAccount) + "/credentials/" + access_key);
  answers.push_back(send(wish, sign(wish)));
  for (const Answer& answer : answers) {
    EXPECT_EQ(answer.status, 401U) << answer.body;
    EXPECT_EQ(answer.body, answers.front().body);
  }
}

TEST_F(AccessKeys, ExpireLikeAnyCredential) {
  const Answer added = server.administer(Method::post, std::string(kAccount) + "/credentials",
                                         R"({"expires":"2099-01-01T00:00:00Z","kind":"aksk"})");
  access_key = member(added, "credential");
  secret_key = member(added, "secret");
  EXPECT_EQ(ask(Method::get, kAccount).status, 200U);
  server.later = std::chrono::hours(24 * 365 * 100);
  const SdkRequest wish = request(Method::get, kAccount, {}, server.later);
  EXPECT_EQ(send(wish, sign(wish)).status, 401U);
}

TEST_F(AccessKeys, AreGuessedAtAsSlowlyAsPasswords) {
  const SdkRequest wish = request(Method::get, kAccount);
  const std::string wrong = sdk_authorization(wish, access_key, "guess");
  unsigned refused = 0;
  for (int i = 0; i < 14; ++i)
    if (send(wish, wrong).status == 429U) ++refused;
  EXPECT_EQ(refused, 4U);
}

TEST_F(AccessKeys, ThatAreRightAreNeverTooMany) {
  for (int i = 0; i < 60; ++i) EXPECT_EQ(ask(Method::get, kAccount).status, 200U) << i;
}

// As after the key that seals was exchanged: to a client its signature is wrong, and whoever runs
// the server is told why, once.
TEST_F(AccessKeys, WhoseSecretCannotBeOpenedAreWrong) {
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  const SdkRequest wish = request(Method::get, kAccount);
  const Answer wrong = send(wish, sdk_authorization(wish, access_key, "guess"));
  const SecretStore secrets(server.config().data);
  const auto id = CredentialId::parse(access_key).value();
  EXPECT_EQ(server.services().auth->closed_access_key().value(), std::nullopt);
  ASSERT_TRUE(secrets.write(id, SealKey::generate().seal(id, secret_key)).has_value());
  EXPECT_EQ(log.str(), "");
  for (int i = 0; i < 3; ++i) {
    const Answer refused = ask(Method::get, kAccount);
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(refused.body, wrong.body);
    EXPECT_EQ(with(docker_login(), Method::get, "/v2/").status, 401U);
  }
  spdlog::set_default_logger(before);
  const std::string told = log.str();
  EXPECT_EQ(std::ranges::count(told, '\n'), 1) << told;
  EXPECT_NE(told.find("access key " + access_key), told.npos) << told;
  EXPECT_NE(told.find("secrets/keys/seal"), told.npos) << told;
  EXPECT_EQ(server.services().auth->closed_access_key().value(), id);
  ASSERT_TRUE(secrets.remove(id).has_value());
  EXPECT_EQ(ask(Method::get, kAccount).status, 401U);
}

TEST_F(AccessKeys, SignWithTheOneAlgorithmThereIs) {
  const SdkRequest wish = request(Method::get, kAccount);
  std::string authorization = sign(wish);
  authorization.replace(0, auth::kSdkAlgorithm.size(), "SDK-HMAC-SM3");
  EXPECT_EQ(send(wish, authorization).status, 401U);
}

// ---- docker logins ----

TEST_F(AccessKeys, LogInToDockerFromAnyRegion) {
  for (const std::string region : {"cn-north-4", "eu-west-101", ""}) {
    EXPECT_EQ(with(docker_login(region), Method::get, "/v2/").status, 200U) << region;
    EXPECT_EQ(with(docker_login(region), Method::post, kUpload).status, 202U) << region;
  }
  // One path of two APIs; docker asks at the other.
  EXPECT_EQ(with(docker_login(), Method::get, "/v2/").body, "{}");
  EXPECT_TRUE(with(docker_login(), Method::get, "/v2").body.starts_with(R"({"version":{)"));
  const Answer made =
      with(docker_login(), Method::get, "/oauth2/token?scope=repository:team/app:pull,push");
  ASSERT_EQ(made.status, 200U);
  const std::string token = "Bearer " + member(made, "access_token");
  EXPECT_EQ(with(token, Method::post, kUpload).status, 202U);
  server.administer(Method::del, std::string(kAccount) + "/credentials/" + access_key);
  EXPECT_EQ(with(token, Method::post, kUpload).status, 401U);
  EXPECT_EQ(with(docker_login(), Method::get, "/v2/").status, 401U);
}

// SWR's clients ask for the command line, and read it from a header.
TEST_F(AccessKeys, AreToldTheirDockerLoginWhenTheySign) {
  const std::string secret = "/v2/manage/utils/secret?projectname=eu-west-101";
  const Answer told = ask(Method::post, secret, "{}");
  ASSERT_EQ(told.status, 200U) << told.body;
  const std::string password = auth::docker_password(access_key, secret_key);
  EXPECT_EQ(told.header("X-Swr-Dockerlogin"),
            "docker login -u eu-west-101@" + access_key + " -p " + password + " r.example");
  EXPECT_EQ(told.header("Cache-Control"), "no-store");
  EXPECT_EQ(member(told, "auth"), base64_encode("eu-west-101@" + access_key + ":" + password));
  // A project's name that would break the command line is none.
  const Answer odd = ask(Method::post, "/v2/manage/utils/secret?projectname=a%3Brm", "{}");
  EXPECT_TRUE(odd.header("X-Swr-Dockerlogin").starts_with("docker login -u varve@"));
}

// Whoever stole a token must not get what holds for ever.
TEST_F(AccessKeys, AreToldToNobodyElse) {
  const char* const secret = "/v2/manage/utils/secret";
  EXPECT_EQ(server.call({Method::post, secret}).status, 401U);
  const std::string token = server.add_account("robot", "reader", "team/*");
  for (const std::string& shown : {"Bearer " + token, docker_login()}) {
    const Answer refused = with(shown, Method::post, secret);
    EXPECT_EQ(refused.status, 403U);
    EXPECT_EQ(refused.header("X-Swr-Dockerlogin"), "");
  }
  const Answer made = with(docker_login(), Method::get, "/oauth2/token?scope=registry:catalog:*");
  EXPECT_EQ(with("Bearer " + member(made, "access_token"), Method::post, secret).status, 403U);
}

TEST_F(AccessKeys, MakeALoginThatEndsByItself) {
  const char* const wish = "/v2/manage/utils/authorizationtoken";
  EXPECT_EQ(server.call({Method::post, wish}).status, 401U);
  const Answer made = ask(Method::post, wish, "{}");
  ASSERT_EQ(made.status, 200U) << made.body;
  const auto until = Timestamp::parse(made.header("X-Swr-Expireat"));
  ASSERT_TRUE(until.has_value());
  const std::string command = made.header("X-Swr-Dockerlogin");
  const std::size_t at = command.find(" -p ") + 4;
  const std::string password = command.substr(at, command.find(' ', at) - at);
  const std::string login = basic(auth::kTokenUser, password);
  const char* const token = "/oauth2/token?scope=repository:team/app:pull";
  EXPECT_EQ(with(login, Method::get, token).status, 200U);
  server.later = std::chrono::hours(13);
  EXPECT_EQ(with(login, Method::get, token).status, 401U);
  server.later = {};
  // An access token was made for less.
  const Answer access = with(login, Method::get, token);
  EXPECT_EQ(with("Bearer " + member(access, "access_token"), Method::post, wish).status, 401U);
}

TEST_F(AccessKeys, LogInByTheTokenServicesFormToo) {
  const std::string form = "grant_type=password&scope=repository:team/app:push&username=r@" +
                           access_key +
                           "&password=" + auth::docker_password(access_key, secret_key);
  const Answer made = server.call({Method::post, "/oauth2/token", {}, form});
  ASSERT_EQ(made.status, 200U) << made.body;
  EXPECT_EQ(member(made, "scope"), "repository:team/app:push");
}

TEST_F(AccessKeys, LogInWithNothingButTheMac) {
  const std::string right = auth::docker_password(access_key, secret_key);
  const std::string body = with(basic("x", "y"), Method::get, "/v2/").body;
  for (const std::string& password : {secret_key, access_key, right.substr(1), right + "0",
                                      std::string(64, '0'), std::string()}) {
    const Answer refused = with(basic("cn-north-4@" + access_key, password), Method::get, "/v2/");
    EXPECT_EQ(refused.status, 401U) << password;
    EXPECT_EQ(refused.body, body);
  }
  EXPECT_EQ(with(basic("ci", right), Method::get, "/v2/").status, 401U);
  EXPECT_EQ(with(basic("r@" + std::string(kUnknown), right), Method::get, "/v2/").status, 401U);
}

TEST_F(AccessKeys, AreThrottledWhateverTheRegionIs) {
  unsigned refused = 0;
  for (int i = 0; i < 14; ++i) {
    const std::string login = basic("r" + std::to_string(i) + "@" + access_key, "guess");
    if (with(login, Method::get, "/v2/").status == 429U) ++refused;
  }
  EXPECT_EQ(refused, 4U);
}

TEST_F(AccessKeys, AreNoPassword) {
  Call wish{Method::post, std::string(kAccount) + "/credentials", {}};
  const std::string login = docker_login();
  wish.headers.emplace_back("Authorization", login);
  wish.body = R"({"kind":"password","password":"mine now"})";
  EXPECT_EQ(server.call(wish).status, 401U);
}

// ---- X-Auth-Token ----

TEST(XAuthToken, IsATokenOfOurs) {
  TestServer server({.dev = false});
  const std::string token = server.add_account("ci", "writer", "team/*");
  const auto upload = [&](std::string_view value) {
    return server.call({Method::post, "/v2/team/app/blobs/uploads/", {{"X-Auth-Token", value}}})
        .status;
  };
  EXPECT_EQ(upload(token), 202U);
  const std::string login = basic("ci", token);
  const Answer made = server.call({Method::get,
                                   "/oauth2/token?scope=repository:team/app:pull,push",
                                   {{"Authorization", login}}});
  EXPECT_EQ(upload(member(made, "token")), 202U);
  EXPECT_EQ(upload("nonsense"), 401U);
  EXPECT_EQ(upload(token.substr(0, token.size() - 1) + "!"), 401U);
}

}  // namespace
}  // namespace varve::test
