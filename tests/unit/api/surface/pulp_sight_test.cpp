// Who sees and changes which packages, and what everybody else is told: in Pulp's words and with
// its statuses.
#include <gtest/gtest.h>

#include "tests/support/author_given.h"
#include "tests/unit/api/surface/pulp_client.h"

namespace varve::test {
namespace {

using http::Method;

class PulpAccounts : public testing::Test {
 protected:
  std::string login(const std::string& name, std::string_view role, std::string_view resource) {
    return basic(name, server.add_account(name, role, resource));
  }
  void grant(std::string_view who, std::string_view resource, std::string_view role) {
    server.administer(Method::put, "/admin/v1/grants",
                      R"({"principal":")" + std::string(who) + R"(","resource":")" +
                          std::string(resource) + R"(","role":")" + std::string(role) + R"("})");
  }
  void close_everything() { grant("anonymous", "*", "none"); }

  TestServer server{{.dev = false}};
  PulpClient nobody{server};
  PulpClient admin{server, basic("admin", kAdminPassword)};
};

TEST_F(PulpAccounts, NobodyIsAskedToLogIn) {
  close_everything();
  const std::string id = admin.created("bash");
  const std::vector<std::string> paths = {
      "/packages/", "/pulp/api/v1/packages/" + id + "/", "/packages/" + id + "/history/",
      "/packages/00000000-0000-4000-8000-000000000000/", "/packages/bash/5.2.15/2.el9/0/x86_64/"};
  for (const std::string& path : paths) {
    const Answer answer = nobody.get(path);
    EXPECT_EQ(answer.status, 401U) << path;
    EXPECT_EQ(answer.body, "\"Authentication Required\"") << path;
    EXPECT_EQ(answer.header("WWW-Authenticate"), "Basic realm=\"Pulp\"") << path;
    EXPECT_EQ(answer.header("Varve-Error-Code"), "UNAUTHORIZED") << path;
  }
  const Answer create = nobody.create(package_parameters("mine"));
  EXPECT_EQ(create.status, 401U);
  EXPECT_EQ(create.body, "\"Authentication Required\"");
}

TEST_F(PulpAccounts, AWrongPasswordIsSaidToBeOne) {
  PulpClient guesser(server, basic("admin", "wrong"));
  for (const Answer& answer : {guesser.get("/packages/"), guesser.get("/pulp/api/packages/"),
                               guesser.create(package_parameters("mine"))}) {
    EXPECT_EQ(answer.status, 401U);
    EXPECT_EQ(answer.body, "\"Invalid username or password\"");
  }
}

TEST_F(PulpAccounts, WhoMayNotHears401AsPulpsClientsKnowIt) {
  const std::string id = admin.created("bash");
  PulpClient reader(server, login("reader", "reader", "packages/*"));
  const auto refused = [&](unsigned status) {
    for (const Answer& answer :
         {reader.create(package_parameters("mine")), reader.del("/packages/" + id + "/")}) {
      EXPECT_EQ(answer.status, status);
      EXPECT_EQ(answer.body, "\"Permission Denied\"");
      EXPECT_EQ(answer.header("Varve-Error-Code"), "DENIED");
    }
  };
  const std::uint64_t before = server.size();
  refused(401);
  server.config().pulp_strict_status = false;
  refused(403);
  EXPECT_EQ(server.size(), before);
}

TEST_F(PulpAccounts, HowManyPackagesAreCalledAlikeIsForThoseWhoSeeOne) {
  close_everything();
  for (int i = 0; i <= 1'000; ++i) admin.created("bash", std::to_string(i));
  const std::string path = "/packages/bash/5.2.15/2.el9/0/x86_64/";
  PulpClient stranger(server, login("stranger", "none", "*"));
  EXPECT_EQ(nobody.get(path).status, 401U);
  EXPECT_EQ(stranger.get(path).status, 404U);
  EXPECT_EQ(sentence_of(stranger.get(path)),
            "there is no such package: bash-0:5.2.15-2.el9.x86_64");
  EXPECT_EQ(admin.get(path).status, 400U);
  // Who sees the last one alone, in the order of their checksums, names it.
  Parameters parameters = package_parameters("bash");
  parameters["checksum"] = json_text(std::string(64, 'f'));
  PulpClient one(server,
                 login("one", "reader", "packages/" + text_at(admin.create(parameters), "/id")));
  EXPECT_EQ(one.get(path).status, 404U);
  EXPECT_EQ(one.get(path + "?checksum_type=sha256&checksum=" + std::string(64, 'f')).status, 200U);
}

TEST_F(PulpAccounts, PackagesAreSeenByWhomTheyAreGrantedTo) {
  close_everything();
  const std::string one = admin.created("one");
  const std::string two = admin.created("two");
  PulpClient all(server, login("all", "reader", "packages/*"));
  PulpClient some(server, login("some", "reader", "packages/" + one));
  PulpClient none(server, login("none", "maintainer", "other/*"));
  EXPECT_EQ(count_in(all.get("/packages/")), 2U);
  EXPECT_EQ(count_in(some.get("/packages/")), 1U);
  EXPECT_EQ(count_in(none.get("/packages/")), 0U);
  EXPECT_EQ(some.get("/packages/" + one + "/").status, 200U);
  // What may not be seen is as if it were not there.
  const Answer hidden = some.get("/packages/" + two + "/");
  EXPECT_EQ(hidden.status, 404U);
  EXPECT_EQ(sentence_of(hidden), "there is no such package: " + two);
  EXPECT_EQ(some.get("/packages/" + two + "/history/").status, 404U);
  EXPECT_EQ(some.get("/packages/two/5.2.15/2.el9/0/x86_64/").status, 404U);
  // A grant on the very package is stronger than a wider one.
  grant("all", "packages/" + two, "none");
  EXPECT_EQ(count_in(all.get("/packages/")), 1U);
  EXPECT_EQ(all.get("/packages/" + two + "/").status, 404U);
}

// Rights are those of now, whatever state is read.
TEST_F(PulpAccounts, EarlierStatesAreReadWithTheRightsOfNow) {
  const std::string id = admin.created("bash");
  const std::string then = "?as_of=" + std::to_string(server.size());
  EXPECT_EQ(nobody.get("/packages/" + id + "/" + then).status, 200U);
  close_everything();
  EXPECT_EQ(nobody.get("/packages/" + id + "/" + then).status, 401U);
  EXPECT_EQ(nobody.get("/packages/" + then).status, 401U);
}

TEST_F(PulpAccounts, WhoeverCreatesAPackageMayReadAndDeleteIt) {
  close_everything();
  PulpClient ci(server, login("ci", "none", "*"));
  grant("ci", "packages/*", "writer");
  const std::string id = ci.created("bash");
  grant("ci", "packages/*", "none");
  EXPECT_EQ(ci.create(package_parameters("other")).status, 401U);
  EXPECT_EQ(ci.get("/packages/" + id + "/").status, 200U);
  EXPECT_EQ(ci.del("/packages/" + id + "/").body, "true");
  EXPECT_EQ(count_in(ci.get("/packages/" + id + "/history/")), 2U);
}

TEST_F(PulpAccounts, AllPackagesAreDeletedByAdministratorsOnly) {
  server.config().pulp_allow_clean = true;
  admin.created("bash");
  PulpClient deleter(server, login("deleter", "maintainer", "packages/*"));
  const Answer refused = deleter.del("/packages/");
  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(refused.body, "\"Permission Denied\"");
  EXPECT_EQ(count_in(admin.get("/packages/")), 1U);
  EXPECT_EQ(admin.del("/packages/").body, "true");
}

// ---- authors ----

class PulpAuthors : public PulpAccounts {
 protected:
  void SetUp() override {
    author_ = std::make_unique<PulpClient>(server, login("author", "writer", "packages/*"));
    server.administer(Method::post, "/admin/v1/principals/author/keys",
                      R"({"public_key":")" + key.text().text() + R"("})");
    server.administer(Method::put, "/admin/v1/policies",
                      R"({"resource":"packages/*","require_author_sig":true})");
  }
  static trust::AuthorStatement statement(std::string_view content) {
    return {"registry.example", "PUT", "application/x-rpm", "packages/bash/5.2.15/2.el9/0/x86_64",
            varve::sha256(content)};
  }
  Answer create(const trust::AuthorStatement& signed_text, const Parameters& parameters) {
    author_->more_headers = {
        {"Varve-Author-Signature",
         key.id().to_string() + " " + key.signature(signed_text.text()).text().substr(8)}};
    return author_->create(parameters);
  }

  const AuthorKey key{'a'};
  std::unique_ptr<PulpClient> author_;
};

TEST_F(PulpAuthors, SignTheSha256OfThePackage) {
  const Answer answer = create(statement("rpm"), package_parameters("bash", "rpm"));
  EXPECT_EQ(answer.status, 201U) << answer.body;
  const auto entry = server.services().reader().entry(EntryIndex{answer.number("Varve-Index")});
  EXPECT_NE(entry.value().find(key.id().to_string()), std::string::npos);
}

TEST_F(PulpAuthors, AreBelievedNothingElse) {
  const std::uint64_t before = server.size();
  EXPECT_EQ(create(statement("other"), package_parameters("bash", "rpm")).status, 403U);
  EXPECT_EQ(create(statement("rpm"), package_parameters("bash2", "rpm")).status, 403U);
  author_->more_headers = {};
  const Answer unsigned_one = author_->create(package_parameters("bash"));
  EXPECT_EQ(unsigned_one.status, 403U);
  EXPECT_NE(sentence_of(unsigned_one).find("signature of an author"), std::string::npos);
  auto parameters = package_parameters("bash");
  parameters["checksum_type"] = "\"md5\"";
  const Answer md5 = create(statement("rpm"), parameters);
  EXPECT_EQ(md5.status, 400U);
  EXPECT_NE(sentence_of(md5).find("sha256"), std::string::npos);
  EXPECT_EQ(server.size(), before);
}

}  // namespace
}  // namespace varve::test
