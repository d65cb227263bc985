// Varve-Author-Signature over HTTP: what it may be, what it must be about, and what is answered
// when it is not. Nothing that is refused leaves a trace in the log.
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/codec.h"
#include "log/proof/author.h"
#include "tests/support/author_given.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;
using trust::AuthorStatement;

constexpr std::string_view kOrigin = "registry.example";  // TestServer's
const std::string kManifest =
    R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) + R"(","manifests":[]})";

// An author and a pipeline that push below team/, a stranger who pushes elsewhere; keys of each.
class AuthorHeader : public testing::Test {
 protected:
  void SetUp() override {
    token = "Bearer " + server.add_account("ci", "writer", "team/*");
    (void)server.add_account("author", "writer", "team/*");
    (void)server.add_account("stranger", "writer", "other/*");
    registered("author", key);
    registered("author", revoked);
    registered("author", p256);
    registered("stranger", strangers);
    server.administer(Method::del, keys_of("author") + "/" + revoked.id().to_string());
  }
  static std::string keys_of(const std::string& who) {
    return "/admin/v1/principals/" + who + "/keys";
  }
  void registered(const std::string& who, const AuthorKey& which) {
    server.administer(Method::post, keys_of(who),
                      R"({"public_key":")" + which.text().text() + R"("})");
  }
  void require_authors(bool required) {
    server.administer(Method::put, "/admin/v1/policies",
                      std::string(R"({"resource":"team/*","require_author_sig":)") +
                          (required ? "true}" : "false}"));
  }
  static AuthorStatement statement(const std::string& resource = "team/app:1.0") {
    return {std::string(kOrigin), "PUT", std::string(kIndexType), resource, sha256(kManifest)};
  }
  static std::string header_of(const AuthorKey& by, const AuthorStatement& over) {
    return by.id().to_string() + " " + by.signature(over.text()).text().substr(8);
  }
  Answer put(const std::vector<std::string>& headers, const std::string& target = "1.0") {
    Call call{Method::put,
              "/v2/team/app/manifests/" + target,
              {{"Authorization", token}, {"Content-Type", kIndexType}},
              kManifest};
    // Names of headers have no case.
    for (const std::string& header : headers)
      call.headers.emplace_back(
          call.headers.size() % 2 == 0 ? "Varve-Author-Signature" : "varve-author-signature",
          header);
    return server.call(std::move(call));
  }
  std::vector<Event> events_since(std::uint64_t size) {
    std::vector<Event> events;
    for (; size < server.size(); ++size) {
      const auto bytes = server.services().reader().entry(EntryIndex{size}).value();
      events.push_back(decode_entry_text(parse_note(bytes)->text)->event);
    }
    return events;
  }

  TestServer server{{.dev = false}};
  std::string token;
  const AuthorKey key{'k'}, revoked{'r'}, strangers{'s'}, unknown{'u'};
  const AuthorKey p256{'p', warg::KeyAlgorithm::ecdsa_p256};
};

TEST_F(AuthorHeader, StandsInTheEventsOfThePut) {
  for (const bool required : {false, true}) {
    require_authors(required);
    const std::string tag = required ? "2.0" : "1.0";
    const std::uint64_t before = server.size();
    EXPECT_EQ(put({header_of(key, statement("team/app:" + tag))}, tag).status, 201U);
    std::size_t authored = 0;
    for (const Event& event : events_since(before)) {
      if (author_of(event) == nullptr) continue;
      ++authored;
      EXPECT_EQ(author_of(event)->key_id, key.id());
      EXPECT_EQ(author_of(event)->statement, statement("team/app:" + tag).text());
      EXPECT_TRUE(verify_author(event, kOrigin).has_value());
    }
    EXPECT_EQ(authored, required ? 1U : 2U);  // the manifest is there already the second time
    // The same once more is no event.
    const std::uint64_t after = server.size();
    EXPECT_EQ(put({header_of(key, statement("team/app:" + tag))}, tag).status, 201U);
    EXPECT_EQ(server.size(), after);
  }
}

TEST_F(AuthorHeader, IsOverTheDigestWhereThePathEndsInOne) {
  require_authors(true);
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const std::string digest = Digest::of(kManifest, algorithm).to_string();
    EXPECT_EQ(put({header_of(key, statement("team/app:1.0"))}, digest).status, 403U);
    const std::uint64_t before = server.size();
    EXPECT_EQ(put({header_of(key, statement("team/app@" + digest))}, digest).status, 201U);
    const auto events = events_since(before);
    ASSERT_NE(author_of(events.back()), nullptr);
    EXPECT_TRUE(verify_author(events.back(), kOrigin).has_value());
  }
}

TEST_F(AuthorHeader, CoversNoTagsThatComeAsParameters) {
  require_authors(true);
  const std::string digest = Digest::of(kManifest).to_string();
  const std::uint64_t before = server.size();
  for (const std::string& resource : {"team/app@" + digest, std::string("team/app:1.0")}) {
    const Answer answer = put({header_of(key, statement(resource))}, digest + "?tag=1.0");
    EXPECT_EQ(answer.status, 400U);
  }
  EXPECT_EQ(put({}, digest + "?tag=1.0").status, 403U);
  EXPECT_EQ(server.size(), before);
}

TEST_F(AuthorHeader, ThatDoesNotHoldIsRefusedAndChangesNothing) {
  const auto with = [](auto member, const std::string& value) {
    AuthorStatement changed = statement();
    changed.*member = value;
    return changed;
  };
  AuthorStatement body = statement();
  body.body = sha256("another body");
  const std::string good = header_of(key, statement());
  const std::string of_other_bytes =
      key.id().to_string() + " " + base64_encode(std::string(64, 'x'));
  struct Line {
    const char* what;
    std::vector<std::string> headers;
    unsigned status;
  };
  const Line table[] = {
      {"a wrong signature", {of_other_bytes}, 403},
      {"a revoked key", {header_of(revoked, statement())}, 403},
      {"an unknown key", {header_of(unknown, statement())}, 403},
      {"another's key", {header_of(strangers, statement())}, 403},
      {"another's signature",
       {key.id().to_string() + header_of(strangers, statement()).substr(71)},
       403},
      {"a key of the other algorithm", {p256.id().to_string() + good.substr(71)}, 403},
      {"another repository", {header_of(key, statement("team/other:1.0"))}, 403},
      {"another tag", {header_of(key, statement("team/app:2.0"))}, 403},
      {"a digest",
       {header_of(key, statement("team/app@" + Digest::of(kManifest).to_string()))},
       403},
      {"another registry", {header_of(key, with(&AuthorStatement::origin, "other.example"))}, 403},
      {"another method", {header_of(key, with(&AuthorStatement::method, "POST"))}, 403},
      {"another type", {header_of(key, with(&AuthorStatement::type, "a/b"))}, 403},
      {"another body", {header_of(key, body)}, 403},
      {"the header twice", {good, good}, 400},
      {"nothing in it", {""}, 400},
      {"no signature", {key.id().to_string()}, 400},
      {"no key", {good.substr(71)}, 400},
      {"a key by its text", {key.text().text() + good.substr(71)}, 400},
      {"upper case", {"sha256:" + std::string(64, 'A') + good.substr(71)}, 400},
      {"two spaces", {key.id().to_string() + " " + good.substr(71)}, 400},
      {"more behind it", {good + " x"}, 400},
      {"no base 64", {key.id().to_string() + " " + std::string(88, '!')}, 400},
      {"base 64 without its end", {good.substr(0, good.size() - 2)}, 400},
      {"63 bytes", {key.id().to_string() + " " + base64_encode(std::string(63, 'x'))}, 400},
      {"65 bytes", {key.id().to_string() + " " + base64_encode(std::string(65, 'x'))}, 400}};
  for (const bool required : {false, true}) {
    require_authors(required);
    const std::uint64_t before = server.size();
    for (const Line& line : table) {
      const Answer answer = put(line.headers);
      EXPECT_EQ(answer.status, line.status) << line.what << ": " << answer.body;
      EXPECT_EQ(code_of(answer), line.status == 403 ? "DENIED" : "BAD_REQUEST") << line.what;
      EXPECT_EQ(answer.header("WWW-Authenticate"), "") << line.what;
    }
    EXPECT_EQ(server.size(), before);
  }
}

TEST_F(AuthorHeader, MissingIsRefusedOnlyWhereAPolicyWantsIt) {
  require_authors(true);
  const std::uint64_t before = server.size();
  const Answer answer = put({});
  EXPECT_EQ(answer.status, 403U);
  EXPECT_EQ(code_of(answer), "DENIED");
  EXPECT_EQ(server.size(), before);
  require_authors(false);
  EXPECT_EQ(put({}).status, 201U);
}

TEST_F(AuthorHeader, OfAKeyThatAnybodyCanSignWithCountsForNothing) {
  // Registered by a version that did not know better, or by a disk that lies.
  for (const std::string& bytes :
       {std::string(32, '\0'), std::string(1, '\1') + std::string(31, '\0'),
        "\xec" + std::string(31, '\xff')}) {
    const std::string text = "ed25519:" + base64_encode(bytes);
    EXPECT_EQ(server
                  .call({Method::post,
                         keys_of("author"),
                         {{"Authorization", basic("admin", kAdminPassword)}},
                         R"({"public_key":")" + text + R"("})"})
                  .status,
              400U);
    const auto id = warg::key_id(warg::PublicKeyText::parse(text).value());
    EXPECT_EQ(put({id.to_string() + " " + base64_encode(std::string(64, '\0'))}).status, 403U);
  }
}

TEST_F(AuthorHeader, MeansNothingToADeletion) {
  EXPECT_EQ(put({}).status, 201U);
  EXPECT_EQ(server
                .call({Method::del,
                       "/v2/team/app/manifests/1.0",
                       {{"Authorization", basic("admin", kAdminPassword)},
                        {"Varve-Author-Signature", "whatever"}}})
                .status,
            202U);
}

// ---- keys over HTTP ----

TEST_F(AuthorHeader, KeysAreListedForTheirPrincipalAndForAdministrators) {
  const std::string shown = server.administer(Method::get, keys_of("author")).body;
  EXPECT_NE(shown.find(key.id().to_string()), std::string::npos) << shown;
  EXPECT_NE(shown.find(p256.text().text()), std::string::npos) << shown;
  EXPECT_EQ(shown.find(revoked.id().to_string()), std::string::npos) << shown;
  const auto as_ci = [&](const std::string& who) {
    return server.call({Method::get, keys_of(who), {{"Authorization", token}}}).status;
  };
  EXPECT_EQ(as_ci("ci"), 200U);
  EXPECT_EQ(as_ci("author"), 403U);
  EXPECT_EQ(server.get(keys_of("author")).status, 401U);
  EXPECT_EQ(
      server
          .call({Method::get, keys_of("eve"), {{"Authorization", basic("admin", kAdminPassword)}}})
          .status,
      404U);
}

TEST_F(AuthorHeader, KeysAreRegisteredOnceAndByAdministrators) {
  const std::uint64_t before = server.size();
  const auto post = [&](const std::string& authorization, const std::string& who,
                        const std::string& body) {
    return server.call({Method::post, keys_of(who), {{"Authorization", authorization}}, body});
  };
  const std::string admin = basic("admin", kAdminPassword);
  const auto of = [](const AuthorKey& which) {
    return R"({"public_key":")" + which.text().text() + R"("})";
  };
  const Answer again = post(admin, "author", of(key));
  EXPECT_EQ(again.status, 200U);
  EXPECT_NE(again.body.find(R"("changed":false)"), std::string::npos);
  EXPECT_EQ(post(admin, "ci", of(key)).status, 409U);
  EXPECT_EQ(post(admin, "author", of(revoked)).status, 409U);
  EXPECT_EQ(post(token, "ci", of(unknown)).status, 403U);
  for (const char* body : {"{}", R"({"public_key":7})", R"({"public_key":"ed25519:AAAA"})",
                           R"({"public_key":"rsa:AAAA"})", R"({"key":"x"})"})
    EXPECT_EQ(post(admin, "author", body).status, 400U) << body;
  EXPECT_EQ(server.size(), before);
  const Answer made = post(admin, "ci", of(unknown));
  EXPECT_EQ(made.status, 201U);
  EXPECT_NE(made.body.find(R"("key_id":")" + unknown.id().to_string()), std::string::npos);
  EXPECT_EQ(server.size(), before + 1);
}

TEST_F(AuthorHeader, KeysAreRevokedByTheirIdAndNothingElse) {
  const std::string admin = basic("admin", kAdminPassword);
  const auto del = [&](const std::string& target) {
    return server.call({Method::del, target, {{"Authorization", admin}}}).status;
  };
  EXPECT_EQ(del(keys_of("author") + "/nonsense"), 400U);
  EXPECT_EQ(del(keys_of("ci") + "/" + key.id().to_string()), 404U);
  EXPECT_EQ(put({header_of(key, statement())}).status, 201U);
  EXPECT_EQ(del(keys_of("author") + "/" + key.id().to_string() + "?reason=lost"), 200U);
  const std::uint64_t before = server.size();
  EXPECT_EQ(put({header_of(key, statement("team/app:2.0"))}, "2.0").status, 403U);
  EXPECT_EQ(server.size(), before);
}

}  // namespace
}  // namespace varve::test
