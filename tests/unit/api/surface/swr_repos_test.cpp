// SWR's namespaces and repositories one by one, with the status codes its clients insist on.
#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "tests/unit/api/surface/swr_json.h"

namespace varve::test {
namespace {

using http::Method;

const std::string kNamespaces = "/v2/manage/namespaces";

Answer make_namespace(TestServer& server, const std::string& name) {
  return send(server, Method::post, kNamespaces, R"({"namespace":")" + name + R"("})");
}
Answer make_repo(TestServer& server, const std::string& name_space, const std::string& body) {
  return send(server, Method::post, kNamespaces + "/" + name_space + "/repos", body);
}

TEST(SwrNamespaces, AreMadeListedShownAndDeleted) {
  TestServer server;
  EXPECT_EQ(server.get(kNamespaces).body, R"({"namespaces":[]})");
  const Answer made = make_namespace(server, "team");
  EXPECT_EQ(made.status, 201U) << made.body;
  EXPECT_EQ(made.body, "{}");
  EXPECT_NE(made.header("Varve-Index"), "");
  const Answer shown = server.get(kNamespaces + "/team");
  EXPECT_EQ(shown.status, 200U);
  EXPECT_EQ(at(shown.body, "/name"), "team");
  EXPECT_EQ(at(shown.body, "/id"), made.header("Varve-Index"));
  EXPECT_EQ(at(shown.body, "/creator_name"), "anonymous");
  EXPECT_EQ(at(shown.body, "/auth"), "7");
  const std::string list = server.get(kNamespaces + "?filter=namespace::ea|mode::visible").body;
  EXPECT_EQ(at(list, "/namespaces/0/name"), "team");
  EXPECT_EQ(at(list, "/namespaces/0/repo_count"), "0");
  EXPECT_EQ(at(server.get(kNamespaces + "?namespace=tea").body, "/namespaces/0"), "absent");
  EXPECT_EQ(server.del(kNamespaces + "/team").status, 204U);
  EXPECT_EQ(server.get(kNamespaces + "/team").status, 404U);
  EXPECT_EQ(swr_code(server.get(kNamespaces + "/team")), "4040058");
  EXPECT_EQ(swr_code(server.del(kNamespaces + "/team")), "4040058");
}

TEST(SwrNamespaces, AreNotDeletedWhileARepositoryIsInThem) {
  TestServer server;
  server.push_image("team/app", "v1", "layer");
  const Answer refused = server.del(kNamespaces + "/team");
  EXPECT_EQ(refused.status, 406U);
  EXPECT_EQ(swr_code(refused), "4060074");
  // What was pushed is in a namespace that nobody made.
  EXPECT_EQ(at(server.get(kNamespaces + "/team").body, "/name"), "team");
  EXPECT_EQ(make_namespace(server, "team").status, 409U);
  EXPECT_EQ(server.del(kNamespaces + "/team/repos/app").status, 204U);
  EXPECT_EQ(server.get(kNamespaces + "/team").status, 404U);
}

TEST(SwrNamespaces, HaveSwrsNames) {
  TestServer server;
  EXPECT_EQ(make_namespace(server, "team").status, 201U);
  EXPECT_EQ(swr_code(make_namespace(server, "team")), "4090060");
  for (const char* bad : {"", "1team", "Team", "a--b", "a/b", "_", "manage", "a b"}) {
    const Answer refused = make_namespace(server, bad);
    EXPECT_EQ(refused.status, 400U) << bad;
    EXPECT_EQ(swr_code(refused), "4001028") << bad;
  }
  EXPECT_EQ(swr_code(send(server, Method::post, kNamespaces, "{}")), "4001036");
  EXPECT_EQ(swr_code(send(server, Method::post, kNamespaces, R"({"namespace":7})")), "4000014");
  for (const char* bad : {"", "[]", "nonsense", "{\"namespace\":\"a\"", "{\"a\":1,\"a\":2}"})
    EXPECT_EQ(send(server, Method::post, kNamespaces, bad).status, 400U) << bad;
  EXPECT_EQ(send(server, Method::post, kNamespaces, std::string(100'000, ' ')).status, 413U);
}

TEST(SwrNamespaces, OfThePastAreReadAndNotMade) {
  TestServer server;
  make_namespace(server, "team");
  const std::string then = "?as_of=" + std::to_string(server.size());
  server.del(kNamespaces + "/team");
  EXPECT_EQ(server.get(kNamespaces + "/team" + then).status, 200U);
  EXPECT_EQ(send(server, Method::post, kNamespaces + then, R"({"namespace":"x"})").status, 405U);
}

TEST(SwrNamespaces, OfThePastAreListedAFewAtATime) {
  TestServer server;
  server.push_image("team/app", "v1", "layer");
  const std::string then = "?as_of=" + std::to_string(server.size());
  server.push_image("team/app", "v2", "later");
  server.services().state->swr_of_the_past = 2;
  for (const char* path : {"", "/team"}) {
    const Answer busy = server.get(kNamespaces + path + then);
    EXPECT_EQ(busy.status, 503U) << path;
    EXPECT_EQ(busy.header("Retry-After"), "1");
    EXPECT_EQ(server.get(kNamespaces + path).status, 200U) << path;
  }
  server.services().state->swr_of_the_past = 0;
  EXPECT_EQ(server.get(kNamespaces + then).status, 200U);
  EXPECT_EQ(server.get(kNamespaces + "/team" + then).status, 200U);
  EXPECT_EQ(server.services().state->swr_of_the_past, 0U);
}

TEST(SwrNamespaces, CountTheirUsersForWhoeverManagesThem) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  for (const char* name : {"team", "else"})
    send(server, Method::post, kNamespaces, R"({"namespace":")" + std::string(name) + R"("})",
         admin);
  const std::string keeper = "Bearer " + server.add_account("keeper", "maintainer", "team/*");
  const std::string reader = "Bearer " + server.add_account("reader", "reader", "team/*");
  server.add_account("other", "reader", "else/*");
  const auto users = [&](const std::string& who) {
    const std::string body = send(server, Method::get, kNamespaces, "", who).body;
    return at(body, "/namespaces/0/name") + at(body, "/namespaces/0/user_count") + " " +
           at(body, "/namespaces/1/name") + at(body, "/namespaces/1/access_user_count");
  };
  EXPECT_EQ(users(admin), "else1 team2");
  EXPECT_EQ(users(keeper), "else0 team2");
  EXPECT_EQ(users(reader), "else0 team0");
  EXPECT_EQ(users(""), "else0 team0");
}

// Who did what stands in the log, and is told to whoever may read it there.
TEST(SwrNamespaces, NameWhoMadeThemToThoseWhoMayReadThatInTheLog) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  const std::string reader = "Bearer " + server.add_account("robot", "reader", "team/*");
  const auto grant = [&](const std::string& who, const std::string& what, const std::string& role) {
    server.administer(
        Method::put, "/admin/v1/grants",
        R"({"principal":")" + who + R"(","resource":")" + what + R"(","role":")" + role + R"("})");
  };
  grant("robot", "loose/*", "reader");
  grant("robot", "loose/first", "none");
  grant("anonymous", "*", "none");
  const auto push = [&](const std::string& repo) {
    const std::string upload = "/v2/" + repo + "/blobs/uploads/?digest=";
    ASSERT_EQ(send(server, Method::post, upload + Digest::of("x").to_string(), "x", admin).status,
              201U);
  };
  ASSERT_EQ(send(server, Method::post, kNamespaces, R"({"namespace":"team"})", admin).status, 201U);
  push("team/app");
  push("loose/first");
  push("loose/second");
  const auto creator = [&](const std::string& target, const std::string& who) {
    const Answer answer = send(server, Method::get, kNamespaces + target, {}, who);
    EXPECT_EQ(answer.status, 200U) << target;
    return at(answer.body, "/creator_name");
  };
  for (const char* target : {"/team", "/team/access", "/loose/access", "/team/repos/app"})
    EXPECT_EQ(creator(target, admin), "admin") << target;
  // What made the namespace is its first repository, which is not theirs to see.
  for (const char* target : {"/team", "/team/access", "/loose", "/loose/access"})
    EXPECT_EQ(creator(target, reader), "") << target;
  // Of what somebody may pull they may read the entries.
  for (const char* target : {"/team/repos/app", "/team/repos/app/access", "/loose/repos/second"})
    EXPECT_EQ(creator(target, reader), "admin") << target;
  const std::string list = send(server, Method::get, kNamespaces, {}, reader).body;
  EXPECT_EQ(at(list, "/namespaces/0/name") + at(list, "/namespaces/0/creator_name"), "loose");
  EXPECT_EQ(at(list, "/namespaces/1/name") + at(list, "/namespaces/1/creator_name"), "team");
}

TEST(SwrNamespaces, HaveOneIdForEverybodyAndForEver) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  const std::string reader = "Bearer " + server.add_account("robot", "reader", "loose/second");
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"anonymous","resource":"*","role":"none"})");
  const auto push = [&](const std::string& repo) {
    const std::string upload = "/v2/" + repo + "/blobs/uploads/?digest=";
    const std::string x = Digest::of("x").to_string();
    ASSERT_EQ(send(server, Method::post, upload + x, "x", admin).status, 201U);
  };
  const std::string id = std::to_string(server.size());
  push("loose/first");
  push("loose/second");
  const auto ids = [&](const std::string& who, const std::string& query = "") {
    const auto get = [&](const std::string& path) {
      return send(server, Method::get, kNamespaces + path + query, "", who).body;
    };
    return at(get(""), "/namespaces/0/id") + " " + at(get("/loose"), "/id") + " " +
           at(get("/loose/repos/second"), "/ns_id");
  };
  const std::string same = id + " " + id + " " + id;
  EXPECT_EQ(ids(admin), same);
  EXPECT_EQ(ids(reader), same) << "though the repository it began with is not theirs to see";
  const std::string then = "?as_of=" + std::to_string(server.size());
  const std::string repos = kNamespaces + "/loose/repos/";
  EXPECT_EQ(send(server, Method::del, repos + "first", "", admin).status, 204U);
  EXPECT_EQ(ids(admin), same);
  EXPECT_EQ(send(server, Method::del, repos + "second", "", admin).status, 204U);
  EXPECT_EQ(send(server, Method::get, kNamespaces + "/loose", "", admin).status, 404U);
  EXPECT_EQ(send(server, Method::get, kNamespaces + "/loose/access", "", admin).status, 404U);
  send(server, Method::post, kNamespaces, R"({"namespace":"loose"})", admin);
  push("loose/second");
  EXPECT_EQ(ids(admin), same);
  EXPECT_EQ(ids(reader, then), same);
  EXPECT_EQ(at(send(server, Method::get, kNamespaces + "/loose/access", "", admin).body, "/id"),
            id);
}

TEST(SwrRepositories, OfThePastAreAsOpenAsTheyWere) {
  TestServer server;
  make_namespace(server, "team");
  make_repo(server, "team", R"({"repository":"app","is_public":true})");
  const std::string opened = "as_of=" + std::to_string(server.size());
  const std::string repo = kNamespaces + "/team/repos/app";
  EXPECT_EQ(send(server, Method::patch, repo, R"({"is_public":false})").status, 201U);
  const std::string closed = "as_of=" + std::to_string(server.size());
  EXPECT_EQ(send(server, Method::patch, repo, R"({"is_public":true})").status, 201U);
  const std::string list = "/v2/manage/repos?";
  EXPECT_EQ(at(server.get(repo + "?" + opened).body, "/is_public"), "true");
  EXPECT_EQ(at(server.get(repo + "?" + closed).body, "/is_public"), "false");
  EXPECT_EQ(at(server.get(repo).body, "/is_public"), "true");
  EXPECT_EQ(at(server.get(list + opened).body, "/0/is_public"), "true");
  EXPECT_EQ(at(server.get(list + closed).body, "/0/is_public"), "false");
  EXPECT_EQ(at(server.get(list).body, "/0/is_public"), "true");
  const std::string only_closed = "&filter=is_public::false";
  EXPECT_EQ(each(server.get(list + closed + only_closed).body, "name").size(), 1U);
  EXPECT_EQ(each(server.get(list + only_closed).body, "name").size(), 0U);
}

TEST(SwrRepositories, AreMadeShownChangedAndDeleted) {
  TestServer server;
  make_namespace(server, "team");
  const Answer made = make_repo(
      server, "team",
      R"({"repository":"app","is_public":true,"category":"linux","description":"An app\nof ours"})");
  EXPECT_EQ(made.status, 201U) << made.body;
  const std::string repo = kNamespaces + "/team/repos/app";
  const Answer shown = server.get(repo);
  EXPECT_EQ(shown.status, 200U) << shown.body;
  for (const auto& [member, value] :
       {std::pair{"/name", "app"}, std::pair{"/category", "linux"},
        std::pair{"/description", "An app\nof ours"}, std::pair{"/is_public", "true"},
        std::pair{"/num_images", "0"}, std::pair{"/size", "0"}, std::pair{"/url", ""},
        std::pair{"/path", "registry.example/team/app"}, std::pair{"/priority", "0"},
        std::pair{"/internal_path", "registry.example/team/app"},
        std::pair{"/creator_id", "anonymous"}, std::pair{"/creator_name", "anonymous"},
        std::pair{"/domain_id", "registry.example"}, std::pair{"/num_download", "0"}})
    EXPECT_EQ(at(shown.body, member), value) << member;
  for (const char* member : {"/id", "/ns_id", "/created", "/updated"})
    EXPECT_NE(at(shown.body, member), "absent") << member;
  EXPECT_EQ(send(server, Method::patch, repo, R"({"is_public":false,"description":""})").status,
            201U);
  const Answer changed = server.get(repo);
  EXPECT_EQ(at(changed.body, "/is_public"), "false");
  EXPECT_EQ(at(changed.body, "/description"), "");
  EXPECT_EQ(at(changed.body, "/category"), "linux");
  EXPECT_EQ(server.del(repo).status, 204U);
  EXPECT_EQ(server.get(repo).status, 404U);
  EXPECT_EQ(swr_code(server.get(repo)), "4040010");
  EXPECT_EQ(swr_code(server.del(repo)), "4040010");
  EXPECT_EQ(swr_code(send(server, Method::patch, repo, R"({"is_public":true})")), "4040010");
}

TEST(SwrRepositories, AreOneRunOfEvents) {
  TestServer server;
  make_namespace(server, "team");
  const std::uint64_t before = server.size();
  const Answer made =
      make_repo(server, "team", R"({"repository":"app","is_public":true,"description":"d"})");
  // repo.created, repo.updated, grant.set
  EXPECT_EQ(made.number("Varve-Index"), before + 2);
  EXPECT_EQ(server.size(), before + 3);
}

TEST(SwrRepositories, AreThereOnceAndInANamespaceThatIs) {
  TestServer server;
  EXPECT_EQ(swr_code(make_repo(server, "team", R"({"repository":"a","is_public":true})")),
            "4040058");
  make_namespace(server, "team");
  EXPECT_EQ(make_repo(server, "team", R"({"repository":"a","is_public":true})").status, 201U);
  const Answer twice = make_repo(server, "team", R"({"repository":"a","is_public":true})");
  EXPECT_EQ(twice.status, 409U);
  EXPECT_EQ(swr_code(twice), "4090006");
}

TEST(SwrRepositories, SayWhichMemberIsWrong) {
  TestServer server;
  make_namespace(server, "team");
  const auto refused = [&](const std::string& body, const char* code, const char* detail) {
    const Answer answer = make_repo(server, "team", body);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_EQ(swr_code(answer), code) << body;
    EXPECT_EQ(at(answer.body, "/errors/0/detail"), detail) << body;
  };
  refused(R"({"is_public":true})", "4001036", "repository");
  refused(R"({"repository":"a"})", "4001036", "is_public");
  refused(R"({"repository":"a","is_public":"yes"})", "4001009", "is_public");
  refused(R"({"repository":"a","is_public":true,"category":"none"})", "4000014", "none");
  refused(R"({"repository":"a","is_public":true,"description":[]})", "4000014", "description");
  refused(R"({"repository":"A","is_public":true})", "4001029", "team/A");
  refused(R"({"repository":"","is_public":true})", "4001029", "team/");
  const std::string longest(limits::kSwrRepoBytesMax, 'a');
  refused(R"({"repository":")" + longest + R"(a","is_public":true})", "4001029", longest.c_str());
  EXPECT_EQ(
      make_repo(server, "team", R"({"repository":")" + longest + R"(","is_public":true})").status,
      201U);
  const std::string text(limits::kDescriptionBytesMax + 1, 'x');
  refused(R"({"repository":"b","is_public":true,"description":")" + text + R"("})", "4000014", "");
}

TEST(SwrRepositories, AreNamedWithDollarsSlashesOrTheirEscapes) {
  TestServer server;
  make_namespace(server, "team");
  EXPECT_EQ(make_repo(server, "team", R"({"repository":"a$b","is_public":true})").status, 201U);
  EXPECT_EQ(server.get("/v2/team/a/b/tags/list").status, 200U);
  for (const char* name : {"a$b", "a%24b", "a%2Fb", "a%2fb", "a/b"}) {
    const Answer answer = server.get(kNamespaces + "/team/repos/" + name);
    EXPECT_EQ(answer.status, 200U) << name;
    EXPECT_EQ(at(answer.body, "/name"), "a/b");
  }
  // Raw segments before a word that is known are part of the name.
  EXPECT_EQ(server.get(kNamespaces + "/team/repos/a/b/tags").status, 200U);
  server.push_image("bare", "v1", "x");
  EXPECT_EQ(at(server.get(kNamespaces + "/_/repos/bare").body, "/path"), "registry.example/bare");
  EXPECT_EQ(server.get(kNamespaces + "/_/repos/a/b").status, 400U);
  EXPECT_EQ(server.get(kNamespaces + "/team/repos/..").status, 400U);
}

TEST(SwrRepositories, AreOpenedByWhoeverManagesThem) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  const std::string keeper = "Bearer " + server.add_account("keeper", "maintainer", "team/*");
  const std::string writer = "Bearer " + server.add_account("writer", "writer", "team/*");
  const std::string repos = kNamespaces + "/team/repos";
  EXPECT_EQ(send(server, Method::post, kNamespaces, R"({"namespace":"team"})", writer).status,
            403U);
  EXPECT_EQ(send(server, Method::post, kNamespaces, R"({"namespace":"team"})", keeper).status,
            201U);
  EXPECT_EQ(send(server, Method::post, kNamespaces, R"({"namespace":"team"})").status, 401U);
  const std::string closed = R"({"repository":"a","is_public":false})";
  // Everybody reads the log: closing one repository would close that.
  const Answer refused = send(server, Method::post, repos, closed, keeper);
  EXPECT_EQ(refused.status, 403U);
  EXPECT_EQ(swr_code(refused), "4039002");
  EXPECT_NE(at(refused.body, "/error_msg").find("log"), std::string::npos);
  EXPECT_EQ(send(server, Method::post, repos, closed, admin).status, 201U);
  EXPECT_EQ(send(server, Method::patch, repos + "/a", R"({"is_public":true})", writer).status,
            403U);
  EXPECT_EQ(send(server, Method::patch, repos + "/a", R"({"is_public":true})", keeper).status,
            201U);
  EXPECT_EQ(send(server, Method::patch, repos + "/a", R"({"is_public":false})", keeper).status,
            201U);
  EXPECT_EQ(send(server, Method::patch, repos + "/a", R"({"description":"x"})", writer).status,
            201U);
  EXPECT_EQ(send(server, Method::get, repos + "/a").status, 401U);
  EXPECT_EQ(send(server, Method::del, repos + "/a", "", writer).status, 403U);
  EXPECT_EQ(send(server, Method::del, repos + "/a", "", keeper).status, 204U);
}

TEST(SwrNamespaces, AreSeenByWhoeverMayPullSomethingInThem) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  for (const char* name : {"open", "team", "empty"})
    send(server, Method::post, kNamespaces, R"({"namespace":")" + std::string(name) + R"("})",
         admin);
  for (const char* closed : {"team/*", "empty/*"})
    server.administer(
        Method::put, "/admin/v1/grants",
        R"({"principal":"anonymous","resource":")" + std::string(closed) + R"(","role":"none"})");
  const std::string target = "/v2/team/app/blobs/uploads/?digest=" + Digest::of("x").to_string();
  send(server, Method::post, target, "x", admin);
  const std::string reader = "Bearer " + server.add_account("reader", "reader", "team/app");
  const auto seen = [&](const std::string& authorization) {
    const std::string body = send(server, Method::get, kNamespaces, "", authorization).body;
    std::string names;
    for (int i = 0; at(body, "/namespaces/" + std::to_string(i)) != "absent"; ++i)
      names += at(body, "/namespaces/" + std::to_string(i) + "/name") + ":" +
               at(body, "/namespaces/" + std::to_string(i) + "/auth") + " ";
    return names;
  };
  EXPECT_EQ(seen(""), "open:1 ");
  EXPECT_EQ(seen(reader), "open:1 team:1 ");
  EXPECT_EQ(seen(admin), "empty:7 open:7 team:7 ");
  EXPECT_EQ(send(server, Method::get, kNamespaces + "/empty", "", reader).status, 404U);
  EXPECT_EQ(server.get("/dockyard/v2/visible/namespaces").body, server.get(kNamespaces).body);
}

TEST(SwrVersions, AreOneInBothDocuments) {
  TestServer server({.dev = false});
  const std::string token = server.add_account("reader", "reader", "*");
  const std::string all = server.get("/").body;
  EXPECT_EQ(at(all, "/versions/0/id"), "v2");
  EXPECT_EQ(at(all, "/versions/0/status"), "CURRENT");
  // One path, two APIs: whoever shows what only SWR's clients have means theirs.
  const Answer version = server.call({Method::get, "/v2", {{"X-Auth-Token", token}}});
  EXPECT_EQ(at(version.body, "/version/id"), "v2");
  const std::string bearer = "Bearer " + token;
  EXPECT_EQ(send(server, Method::get, "/v2", "", bearer).body, "{}");
  EXPECT_EQ(send(server, Method::get, "/v2/", "", bearer).body, "{}");
}

TEST(SwrRoutes, AnswerInSwrsShapeWhereNothingIs) {
  TestServer server;
  EXPECT_EQ(swr_code(server.get("/v2/manage/nothing")), "4040083");
  const Answer wrong = server.put("/v2/manage/repos", "");
  EXPECT_EQ(wrong.status, 405U);
  EXPECT_EQ(swr_code(wrong), "4040083");
  EXPECT_EQ(server.head("/v2/manage/repos").status, 200U);
  EXPECT_EQ(server.get("/nothing/at/all").body.find('{'), std::string::npos);
}

}  // namespace
}  // namespace varve::test
