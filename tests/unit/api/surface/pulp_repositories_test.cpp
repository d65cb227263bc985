// Repositories of packages over Pulp's surface: made, filled, listed, emptied, and what members are
// to those who see the repository only.
#include <gtest/gtest.h>

#include "tests/unit/api/surface/pulp_client.h"

namespace varve::test {
namespace {

using http::Method;

std::string packageids(const std::vector<std::string>& ids) {
  std::string out = R"({"packageid":[)";
  for (const std::string& id : ids) out += (out.ends_with('[') ? "" : ",") + json_text(id);
  return out + "]}";
}

class PulpRepositories : public testing::Test {
 protected:
  void make(const std::string& id) {
    const Answer answer = client.post("/repositories/", R"({"id":")" + id + R"("})");
    EXPECT_EQ(answer.status, 201U) << answer.body;
  }
  Answer add(const std::string& repository, const std::vector<std::string>& ids) {
    return client.post("/repositories/" + repository + "/add_package/", packageids(ids));
  }

  TestServer server;
  PulpClient client{server};
};

TEST_F(PulpRepositories, AreMadeReadListedAndDeleted) {
  const Answer made =
      client.post("/repositories/", R"({"id":"el9","name":"EL 9","arch":"x86_64","feed":"x:y"})");
  EXPECT_EQ(made.status, 201U) << made.body;
  EXPECT_EQ(made.header("Location"), "/pulp/api/repositories/el9/");
  EXPECT_EQ(made.number("Varve-Index"), server.size() - 1);
  EXPECT_EQ(text_at(made, "/name"), "EL 9");
  EXPECT_EQ(text_at(made, "/arch"), "x86_64");
  EXPECT_NE(text_at(made, "/uri").find("/pulp/repos/el9/"), std::string::npos);
  const Answer read = client.get(made.header("Location"));
  EXPECT_EQ(read.body, made.body);
  EXPECT_EQ(read.header("Varve-Proof"), made.header("Varve-Proof"));
  make("a-first");
  const Answer list = client.get("/pulp/api/v1/repositories/");
  EXPECT_EQ(count_in(list), 2U);
  EXPECT_EQ(text_at(list, "/0/id"), "a-first");
  EXPECT_EQ(text_at(list, "/0/name"), "a-first");
  EXPECT_EQ(text_at(list, "/0/arch"), "noarch");
  EXPECT_EQ(client.del("/repositories/el9/").body, "true");
  const Answer gone = client.get("/repositories/el9/");
  EXPECT_EQ(gone.status, 404U);
  EXPECT_EQ(gone.body, "\"No repository el9\"");
  EXPECT_EQ(client.del("/repositories/el9/").status, 404U);
}

TEST_F(PulpRepositories, RefuseWhatNoneIsCalled) {
  make("el9");
  EXPECT_EQ(client.post("/repositories/", R"({"id":"el9"})").status, 409U);
  EXPECT_EQ(client.post("/repositories/", "{}").body, "\"missing parameter: id\"");
  for (const char* id : {"\"a/b\"", "\"A\"", "\"\"", "7", "\"..\"", "\"asof.5\"", "\"manage\""}) {
    const Answer answer = client.post("/repositories/", R"({"id":)" + std::string(id) + "}");
    EXPECT_EQ(answer.status, 400U) << id;
    EXPECT_EQ(sentence_of(answer).rfind("parameter id: ", 0), 0U) << answer.body;
  }
  EXPECT_EQ(client.post("/repositories/", R"({"id":"x","name":"a\nb"})").status, 400U);
  EXPECT_EQ(client.get("/repositories/B/").status, 404U);
  EXPECT_EQ(client.get("/repositories/B/packages/").status, 404U);
  EXPECT_EQ(client.post("/repositories/B/add_package/", packageids({})).status, 404U);
}

TEST_F(PulpRepositories, HaveMembersThatAreListedInFull) {
  make("el9");
  const std::string bash = client.created("bash");
  const std::string gtk = client.created("gtk+");
  client.created("outside");
  const Answer added = add("el9", {bash, gtk});
  EXPECT_EQ(added.status, 200U);
  EXPECT_EQ(added.body, "[[],0]");
  EXPECT_EQ(added.number("Varve-Index"), server.size() - 1);
  const Answer members = client.get("/repositories/el9/packages/");
  EXPECT_EQ(count_in(members), 2U);
  EXPECT_EQ(value_at(members, "/0/repoids"), R"(["el9"])");
  const Answer one = client.get("/repositories/el9/packages/?name=bash&name=nothing");
  EXPECT_EQ(one.body, "[" + client.get("/packages/" + bash + "/").body + "]");
  for (const std::string query : {"?version=5.2.15", "?release=2.el9&epoch=0", "?arch=x86_64",
                                  "?filename=bash-5.2.15-2.el9.x86_64.rpm&filename=x", "?name="})
    EXPECT_GE(count_in(client.get("/repositories/el9/packages/" + query)), 1U) << query;
  for (const std::string query : {"?version=5", "?name=bas", "?name=.*", "?epoch=1"})
    EXPECT_EQ(count_in(client.get("/repositories/el9/packages/" + query)), 0U) << query;
  const Answer fields = client.get("/repositories/el9/packages/?name=bash&field=repoids");
  EXPECT_EQ(fields.body, R"([{"_id":")" + bash + R"(","repoids":["el9"]}])");
  EXPECT_EQ(value_at(client.get("/repositories/el9/"), "/package_count"), "2");
}

TEST_F(PulpRepositories, NameWhatTheyCouldNotTake) {
  make("el9");
  const std::string bash = client.created("bash");
  const std::string unknown = "00000000-0000-4000-8000-000000000000";
  const Answer added = add("el9", {bash, unknown, "nonsense"});
  EXPECT_EQ(added.body, R"([[[")" + unknown + R"(","there is no such package"],["nonsense",)" +
                            R"("there is no such package"]],0])");
  EXPECT_EQ(count_in(client.get("/repositories/el9/packages/")), 1U);
  const std::uint64_t before = server.size();
  EXPECT_EQ(add("el9", {bash}).body, "[[],0]");  // it is there already
  EXPECT_EQ(add("el9", {}).body, "[[],0]");
  EXPECT_EQ(client.post("/repositories/el9/add_package/", "{}").status, 400U);
  EXPECT_EQ(client.post("/repositories/el9/add_package/", R"({"packageid":[7]})").status, 400U);
  EXPECT_EQ(add("el9", std::vector<std::string>(201, bash)).status, 413U);
  EXPECT_EQ(add("none", {bash}).body, "\"No repository none\"");
  EXPECT_EQ(server.size(), before);
}

TEST_F(PulpRepositories, KeepWhatIsInThemFromBeingDeleted) {
  make("el9");
  const std::string bash = client.created("bash");
  add("el9", {bash});
  const Answer refused = client.del("/packages/" + bash + "/");
  EXPECT_EQ(refused.status, 409U);
  EXPECT_EQ(refused.body, "\"package [" + bash + "] has references, delete not permitted\"");
  server.config().pulp_allow_clean = true;
  EXPECT_EQ(client.del("/packages/").body, "true");
  EXPECT_EQ(count_in(client.get("/packages/")), 1U);
  const Answer removed = client.post("/repositories/el9/delete_package/",
                                     R"({"package":{"id":")" + bash + R"(","name":"bash"}})");
  EXPECT_EQ(removed.body, "true");
  EXPECT_EQ(client.del("/packages/" + bash + "/").body, "true");
}

TEST_F(PulpRepositories, NameTheEventThatMadeAMemberWhenItIsOneAlready) {
  make("el9");
  const std::string bash = client.created("bash");
  const Answer first = add("el9", {bash});
  add("el9", {client.created("zsh")});
  const Answer again = add("el9", {bash});
  EXPECT_EQ(again.header("Varve-Index"), first.header("Varve-Index"));
}

TEST_F(PulpRepositories, AreNarrowedDownByWhatTheyAre) {
  make("el9");
  make("el8");
  client.post("/repositories/", R"({"id":"x","name":"el9","arch":"x86_64"})");
  EXPECT_EQ(count_in(client.get("/repositories/")), 3U);
  EXPECT_EQ(text_at(client.get("/repositories/?id=el8"), "/0/id"), "el8");
  EXPECT_EQ(count_in(client.get("/repositories/?id=el8&id=x&id=")), 2U);
  EXPECT_EQ(text_at(client.get("/repositories/?arch=x86_64"), "/0/id"), "x");
  EXPECT_EQ(client.get("/repositories/?id=el").body, "[]");
}

TEST_F(PulpRepositories, LetMembersGoTwiceWithoutASecondEvent) {
  make("el9");
  const std::string bash = client.created("bash");
  add("el9", {bash});
  const std::string path = "/repositories/el9/delete_package/";
  const std::string body = R"({"packageid":")" + bash + R"("})";
  const Answer first = client.post(path, body);
  const std::uint64_t before = server.size();
  const Answer again = client.post(path, body);
  EXPECT_EQ(again.body, "true");
  EXPECT_EQ(again.header("Varve-Index"), first.header("Varve-Index"));
  EXPECT_EQ(server.size(), before);
  EXPECT_EQ(client.post(path, "{}").status, 400U);
  EXPECT_EQ(client.post(path, R"({"package":7})").status, 400U);
  EXPECT_EQ(client.post(path, R"({"packageid":"x"})").status, 400U);
  EXPECT_EQ(client.post("/repositories/none/delete_package/", body).status, 404U);
}

TEST_F(PulpRepositories, AreEmptiedAListAtATime) {
  make("el9");
  const std::string bash = client.created("bash");
  const std::string zsh = client.created("zsh");
  add("el9", {bash, zsh});
  const std::string path = "/repositories/el9/delete_package/";
  std::string too_many = "\"" + bash + "\"";
  for (int i = 0; i < 200; ++i) too_many += ",\"" + bash + "\"";
  EXPECT_EQ(client.post(path, R"({"packageid":[)" + too_many + "]}").status, 413U);
  EXPECT_EQ(client.post(path, R"({"packageid":[")" + bash + R"(","x"]})").status, 400U);
  EXPECT_EQ(count_in(client.get("/repositories/el9/packages/")), 2U);
  const std::uint64_t before = server.size();
  const Answer removed = client.post(path, packageids({bash, zsh, bash}));
  EXPECT_EQ(removed.body, "true");
  EXPECT_EQ(server.size(), before + 2);
  EXPECT_EQ(count_in(client.get("/repositories/el9/packages/")), 0U);
}

TEST_F(PulpRepositories, AreReadAsTheyWere) {
  make("el9");
  const std::string bash = client.created("bash");
  add("el9", {bash});
  const std::string then = "as_of=" + std::to_string(server.size());
  client.post("/repositories/el9/delete_package/", R"({"packageid":")" + bash + R"("})");
  client.del("/repositories/el9/");
  EXPECT_EQ(count_in(client.get("/repositories/el9/packages/?" + then)), 1U);
  EXPECT_EQ(value_at(client.get("/repositories/el9/?" + then), "/package_count"), "1");
  EXPECT_EQ(count_in(client.get("/repositories/?" + then)), 1U);
  EXPECT_EQ(value_at(client.get("/packages/" + bash + "/?" + then), "/repoids"), R"(["el9"])");
  EXPECT_EQ(client.get("/repositories/el9/packages/").status, 404U);
  EXPECT_EQ(client.post("/repositories/el9/add_package/?" + then, packageids({})).status, 405U);
  EXPECT_EQ(client.del("/repositories/el9/?" + then).status, 405U);
  EXPECT_EQ(client.post("/repositories/?" + then, R"({"id":"x"})").status, 405U);
}

TEST_F(PulpRepositories, StandInTheHistoriesOfTheirMembers) {
  make("el9");
  const std::string bash = client.created("bash");
  add("el9", {bash});
  client.del("/repositories/el9/");
  const Answer history = client.get("/packages/" + bash + "/history/");
  EXPECT_EQ(count_in(history), 3U);
  EXPECT_EQ(text_at(history, "/0/type"), "pulp.repo.deleted");
  EXPECT_EQ(text_at(history, "/1/type"), "pulp.repo.package_added");
  EXPECT_EQ(text_at(history, "/1/repo"), "el9");
  EXPECT_EQ(value_at(history, "/2/repo"), "absent");
}

// ---- rights ----

class PulpMembers : public testing::Test {
 protected:
  void SetUp() override {
    grant("anonymous", "*", "none");
    for (const char* id : {"open", "closed"})
      admin.post("/repositories/", R"({"id":")" + std::string(id) + R"("})");
    bash = admin.created("bash");
    gtk = admin.created("gtk");
    admin.post("/repositories/open/add_package/", packageids({bash}));
    admin.post("/repositories/closed/add_package/", packageids({bash, gtk}));
  }
  std::string login(const std::string& name, std::string_view role, std::string_view resource) {
    return basic(name, server.add_account(name, role, resource));
  }
  void grant(std::string_view who, std::string_view resource, std::string_view role) {
    server.administer(Method::put, "/admin/v1/grants",
                      R"({"principal":")" + std::string(who) + R"(","resource":")" +
                          std::string(resource) + R"(","role":")" + std::string(role) + R"("})");
  }

  TestServer server{{.dev = false}};
  PulpClient admin{server, basic("admin", kAdminPassword)};
  PulpClient nobody{server};
  std::string bash;
  std::string gtk;
};

TEST_F(PulpMembers, AreSeenByWhoSeesTheRepository) {
  PulpClient reader(server, login("reader", "reader", "rpm/open"));
  EXPECT_EQ(count_in(reader.get("/repositories/")), 1U);
  EXPECT_EQ(count_in(reader.get("/repositories/open/packages/")), 1U);
  EXPECT_EQ(reader.get("/repositories/closed/packages/").body, "\"No repository closed\"");
  EXPECT_EQ(reader.get("/repositories/closed/").status, 404U);
  const Answer seen = reader.get("/packages/" + bash + "/");
  EXPECT_EQ(seen.status, 200U);
  // A repository that the caller may not see has no name in any answer.
  EXPECT_EQ(value_at(seen, "/repoids"), R"(["open"])");
  EXPECT_EQ(reader.get("/packages/" + gtk + "/").status, 404U);
  EXPECT_EQ(count_in(reader.get("/packages/")), 1U);
  const Answer history = reader.get("/packages/" + bash + "/history/");
  EXPECT_EQ(history.body.find("closed"), std::string::npos) << history.body;
  EXPECT_EQ(count_in(history), 2U);
  // What it names can be had: the package is seen, and so are the entries about it.
  for (const std::string at : {"/0/proof", "/1/proof"})
    EXPECT_EQ(reader.get(text_at(history, at)).status, 200U) << text_at(history, at);
  const Answer hidden = admin.get("/packages/" + gtk + "/history/");
  EXPECT_EQ(reader.get(text_at(hidden, "/0/proof")).status, 403U);
  const Answer events = reader.get("/pulp/api/events/?api=pulp.package");
  EXPECT_EQ(count_in(events), 1U) << events.body;
}

TEST_F(PulpMembers, AreShownToNobodyWhereTheRepositoryIsOpen) {
  grant("anonymous", "rpm/open", "reader");
  EXPECT_EQ(count_in(nobody.get("/repositories/open/packages/")), 1U);
  EXPECT_EQ(nobody.get("/packages/" + bash + "/").status, 200U);
  for (const std::string path : {"/repositories/closed/packages/", "/repositories/none/packages/",
                                 "/repositories/", "/packages/"})
    EXPECT_EQ(nobody.get(path).body, "\"Authentication Required\"") << path;
}

TEST_F(PulpMembers, AreNotMadeOfPackagesThatTheCallerMayNotPull) {
  PulpClient writer(server, login("writer", "maintainer", "rpm/mine"));
  EXPECT_EQ(writer.post("/repositories/", R"({"id":"mine"})").status, 201U);
  const Answer added = writer.post("/repositories/mine/add_package/", packageids({gtk}));
  EXPECT_EQ(added.body, R"([[[")" + gtk + R"(","there is no such package"]],0])");
  for (const Answer& answer : {writer.post("/repositories/", R"({"id":"another"})"),
                               writer.post("/repositories/open/add_package/", packageids({})),
                               writer.del("/repositories/open/")}) {
    EXPECT_EQ(answer.status, 401U);
    EXPECT_EQ(answer.body, "\"Permission Denied\"");
  }
}

}  // namespace
}  // namespace varve::test
