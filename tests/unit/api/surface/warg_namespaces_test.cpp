// Namespaces: what an administrator defines, what dev mode defines by itself, and that clients can
// read the operator's log afterwards.
#include <gmock/gmock.h>

#include <thread>

#include "core/base/bytes.h"
#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;

constexpr const char* kPath = "/admin/v1/warg/namespaces";

class WargNamespaces : public ::testing::Test {
 protected:
  Answer put(std::string_view name, std::string body, const std::string& authorization) {
    WargClient::Headers headers{{"Content-Type", "application/json"}};
    if (!authorization.empty()) headers.emplace_back("Authorization", authorization);
    return server.call({Method::put, std::string(kPath) + "/" + std::string(name),
                        std::move(headers), std::move(body)});
  }
  Answer put(std::string_view name, std::string body = "{}") {
    return put(name, std::move(body), admin);
  }
  Answer list(std::string_view query = "") {
    return server.call(
        {Method::get, std::string(kPath) + std::string(query), {{"Authorization", admin}}});
  }

  TestServer server{{.dev = false, .warg = true}};
  const std::string admin = basic("admin", kAdminPassword);
};

// The operator's log as a client reads it: every record checked in turn.
void expect_sound_operator_log(TestServer& server) {
  const auto view = server.services().reader().view();
  const auto& log = warg::operator_log_id();
  warg::MemoryLog facts;
  for (std::uint64_t position = 0;; ++position) {
    const auto row = warg::find_record(*view, log, position).value();
    if (!row) break;
    const auto bytes = server.services().reader().body(row->body.digest).value();
    const auto record = warg::open_operator_record(
        {std::make_shared<const std::string>(*bytes), row->key, row->signature});
    ASSERT_TRUE(record);
    const auto text = warg::find_signing_key(*record, facts);
    ASSERT_TRUE(text);
    const auto key = warg::PublicKey::parse(text->text());
    ASSERT_TRUE(SignatureChecks::operator_record(record->envelope, *key)) << position;
    const auto change = warg::validate(*record, facts, std::nullopt);
    ASSERT_TRUE(change) << position << change.error().what;
    facts.apply(*change);
  }
}

TEST_F(WargNamespaces, AreDefinedByAdministratorsAlone) {
  const std::string writer = basic("writer", server.add_account("writer", "maintainer", "*"));
  const std::uint64_t size = server.size();
  EXPECT_EQ(put("test", "{}", "").status, 401U);
  EXPECT_EQ(put("test", "{}", writer).status, 403U);
  EXPECT_EQ(server.call({Method::get, kPath, {{"Authorization", writer}}}).status, 403U);
  EXPECT_EQ(server.get(kPath).status, 401U);
  EXPECT_EQ(server.size(), size);
  const Answer made = put("test");
  EXPECT_EQ(made.status, 200U) << made.body;
  EXPECT_EQ(json_at(made.body, "/changed"), "true");
  expect_sound_operator_log(server);
}

TEST_F(WargNamespaces, AreDefinedOnce) {
  put("test");
  const std::uint64_t size = server.size();
  const Answer again = put("test");
  EXPECT_EQ(again.status, 200U);
  EXPECT_EQ(again.body, "{\"changed\":false}\n");
  EXPECT_EQ(server.size(), size);
  EXPECT_EQ(put("test", R"({"registry":"other.example"})").status, 409U);
  EXPECT_EQ(server.size(), size);
}

TEST_F(WargNamespaces, AreImportedFromOtherRegistries) {
  EXPECT_EQ(put("wasi", R"({"registry":"wasi.example"})").status, 200U);
  EXPECT_EQ(put("wasi", R"({"registry":"wasi.example"})").body, "{\"changed\":false}\n");
  EXPECT_EQ(put("wasi", R"({"registry":"other.example"})").status, 409U);
  EXPECT_EQ(put("wasi").status, 409U);
  expect_sound_operator_log(server);
}

TEST_F(WargNamespaces, AreListedInOrder) {
  for (const std::string_view name : {"zeta", "alpha", "my-team"}) put(name);
  put("wasi", R"({"registry":"wasi.example"})");
  const Answer all = list();
  EXPECT_EQ(all.status, 200U);
  EXPECT_EQ(json_at(all.body, "/more"), "false");
  for (const auto& [i, name] : {std::pair{0, "alpha"}, {1, "my-team"}, {2, "wasi"}, {3, "zeta"}})
    EXPECT_EQ(json_at(all.body, "/namespaces/" + std::to_string(i) + "/name"), in_quotes(name));
  EXPECT_EQ(json_at(all.body, "/namespaces/2/registry"), "\"wasi.example\"");
  EXPECT_EQ(json_at(all.body, "/namespaces/0/registry"), "nothing at /namespaces/0/registry");
  EXPECT_EQ(json_at(list("?last=my-team").body, "/namespaces/0/name"), "\"wasi\"");
  EXPECT_EQ(json_at(list("?last=nn").body, "/namespaces/0/name"), "\"wasi\"");
  EXPECT_EQ(json_at(list("?last=zeta").body, "/namespaces"), "[]");
}

TEST_F(WargNamespaces, ThatAreNoneAreRefused) {
  const std::uint64_t size = server.size();
  for (const std::string_view name : {"Test", "te_st", "1a", "a--b", "-a", "a:b", "%C3%A9"})
    EXPECT_EQ(put(name).status, 400U) << name;
  EXPECT_EQ(put(std::string(200, 'a')).status, 400U);
  for (const std::string body :
       {"[]", "{", R"({"registry":7})", R"({"registry":""})", R"({"more":1})",
        R"({"registry":"a b"})", R"({"registry":"\u0000"})"})
    EXPECT_EQ(put("test", body).status, 400U) << body;
  EXPECT_EQ(put("test", R"({"registry":")" + std::string(300, 'a') + "\"}").status, 400U);
  EXPECT_EQ(server.size(), size);
}

// Each record names the one before it, so of many at once all but one are overtaken.
TEST_F(WargNamespaces, ManyAtOnceAreAllDefined) {
  constexpr int kAtOnce = 24;
  std::vector<unsigned> statuses(kAtOnce);
  std::vector<std::thread> threads;
  for (int i = 0; i < kAtOnce; ++i)
    threads.emplace_back(
        [&, i] { statuses[static_cast<std::size_t>(i)] = put("n" + std::to_string(i)).status; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(statuses, ::testing::Each(200U));
  expect_sound_operator_log(server);
}

TEST_F(WargNamespaces, OneByManyAtOnceIsDefinedOnce) {
  std::vector<std::string> bodies(8);
  std::vector<std::thread> threads;
  for (std::string& body : bodies) threads.emplace_back([&] { body = put("same").body; });
  for (std::thread& thread : threads) thread.join();
  const auto changed = std::ranges::count_if(
      bodies, [](const std::string& body) { return body.find("true") != body.npos; });
  EXPECT_EQ(changed, 1);
  for (const std::string& body : bodies) EXPECT_THAT(body, HasSubstr("\"changed\"")) << body;
  expect_sound_operator_log(server);
}

// ---- by itself ----

using WargDevMode = WargTest;

TEST_F(WargDevMode, DefinesANamespaceWithItsFirstPackage) {
  client.publish("one:a", {init(alice)}, alice);
  const std::uint64_t length = client.length();
  client.publish("one:b", {init(alice)}, alice);
  EXPECT_EQ(client.length(), length + 1) << "it is defined once";
  client.publish("two:a", {init(alice)}, alice);
  expect_sound_operator_log(server);
}

TEST_F(WargDevMode, DefinesManyAtOnce) {
  constexpr int kAtOnce = 16;
  std::vector<std::pair<std::string, std::string>> wishes;
  for (int i = 0; i < kAtOnce; ++i) {
    const std::string name = "n" + std::to_string(i) + ":package";
    wishes.emplace_back(client.record_path(name),
                        client.body(name, alice.sign(client.next(name, {init(alice)}))->envelope));
  }
  std::vector<unsigned> statuses(kAtOnce);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < wishes.size(); ++i)
    threads.emplace_back([&, i] {
      statuses[i] = server
                        .call({Method::post,
                               wishes[i].first,
                               {{"Content-Type", "application/json"}},
                               wishes[i].second})
                        .status;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(statuses, ::testing::Each(202U));
  expect_sound_operator_log(server);
}

TEST_F(WargDevMode, DoesNotTakeAnImportedNamespaceOver) {
  const Answer made = server.put(std::string(kPath) + "/wasi", R"({"registry":"wasi.example"})",
                                 "application/json");
  EXPECT_EQ(made.status, 200U) << made.body;
  const Answer answer =
      client.submit("wasi:http", alice.sign(client.next("wasi:http", {init(alice)})));
  EXPECT_EQ(answer.status, 409U);
}

}  // namespace
}  // namespace varve::test
