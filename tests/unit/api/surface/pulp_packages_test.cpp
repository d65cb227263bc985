// Packages over Pulp's surface: created, found by id and by name, listed, deleted; in Pulp's own
// shapes, errors included.
#include <gtest/gtest.h>

#include "log/proof/bundle.h"
#include "tests/unit/api/surface/pulp_client.h"

namespace varve::test {
namespace {

using http::Method;

class PulpPackages : public testing::Test {
 protected:
  TestServer server;
  PulpClient client{server};
};

constexpr std::string_view kNevra = "/5.2.15/2.el9/0/x86_64";

TEST_F(PulpPackages, HaveExactlyTheMembersAndTypesOfTheDocumentedSample) {
  const Answer answer = client.create(package_parameters("bash"));
  ASSERT_EQ(answer.status, 201U) << answer.body;
  const std::string id = text_at(answer, "/id");
  EXPECT_EQ(answer.body,
            R"({"_id":")" + id + R"(","_ns":"packages","arch":"x86_64","buildhost":"",)" +
                R"("checksum":{"sha256":")" + Digest::of("rpm").hex() +
                R"("},"description":"The bash package","download_url":null,"epoch":"0",)" +
                R"("filename":"bash-5.2.15-2.el9.x86_64.rpm","group":"","id":")" + id +
                R"(","license":"","name":"bash","provides":[],"release":"2.el9",)" +
                R"("repo_defined":false,"repoids":[],"requires":[],"size":null,"vendor":null,)" +
                R"("version":"5.2.15"})");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.header("Location"), "/pulp/api/packages/" + id + "/");
}

TEST_F(PulpPackages, AreReadAsTheyWereCreatedWithAProofOfTheEvent) {
  const Answer created = client.create(package_parameters("bash"));
  const Answer read = client.get(created.header("Location"));
  EXPECT_EQ(read.status, 200U);
  EXPECT_EQ(read.body, created.body);
  for (const Answer* answer : {&created, &read}) {
    EXPECT_EQ(answer->number("Varve-Index"), created.number("Varve-Index"));
    EXPECT_EQ(answer->header("Varve-Proof"), "/log/proof/" + created.header("Varve-Index"));
  }
  server.wait_published();
  const Answer proof = server.get(created.header("Varve-Proof"));
  EXPECT_EQ(proof.status, 200U);
  const auto bundle = parse_bundle(proof.body);
  ASSERT_TRUE(bundle.has_value()) << bundle.error().what;
  EXPECT_NE(bundle->entry.find(text_at(created, "/id")), std::string::npos);
}

TEST_F(PulpPackages, AreThereAtEveryAddressWithAndWithoutTheLastSlash) {
  const std::string id = client.created("bash");
  for (const std::string mount : {"", "/pulp/api", "/pulp/api/v1"})
    for (const std::string end : {"", "/"}) {
      const std::string root = mount + "/packages";
      EXPECT_EQ(client.get(root + end).status, 200U) << root << end;
      EXPECT_EQ(client.get(root + "/" + id + end).status, 200U) << root << end;
      EXPECT_EQ(client.get(root + "/" + id + "/history" + end).status, 200U) << root << end;
      EXPECT_EQ(client.get(root + "/bash" + std::string(kNevra) + end).status, 200U) << root << end;
      EXPECT_EQ(server.head(root + "/" + id + end).status, 200U) << root << end;
      // What an address without its slash is sent must not be lost in a redirect.
      const auto parameters = package_parameters("p" + std::to_string(server.size()));
      EXPECT_EQ(client.post(root + end, to_json(parameters)).status, 201U) << root << end;
    }
}

TEST_F(PulpPackages, TakeAnEpochThatIsANumber) {
  auto parameters = package_parameters("bash");
  parameters["epoch"] = "3";
  EXPECT_EQ(value_at(client.create(parameters), "/epoch"), "\"3\"");
}

TEST_F(PulpPackages, IgnoreWhatTheyDoNotKnow) {
  auto parameters = package_parameters("bash");
  parameters["vendor"] = "17";
  parameters["requires"] = R"({"a":[1,2,{"b":null}]})";
  const Answer answer = client.create(parameters);
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(value_at(answer, "/vendor"), "null");
}

TEST_F(PulpPackages, NameTheParameterThatIsMissingOrOfAnotherType) {
  for (const auto& [name, value] : package_parameters("bash")) {
    auto parameters = package_parameters("bash");
    for (const char* nothing : {"", "null"}) {
      parameters[name] = nothing;
      const Answer answer = client.create(parameters);
      EXPECT_EQ(answer.status, 400U);
      EXPECT_EQ(answer.body, "\"missing parameter: " + name + "\"");
      EXPECT_EQ(answer.header("Varve-Error-Code"), "BAD_REQUEST");
    }
    parameters[name] = "[true]";
    const Answer answer = client.create(parameters);
    EXPECT_EQ(answer.status, 400U);
    EXPECT_EQ(sentence_of(answer).rfind("parameter " + name + ": ", 0), 0U) << answer.body;
  }
}

TEST_F(PulpPackages, RefuseWhatNoPackageIsCalled) {
  const std::uint64_t before = server.size();
  using Case = std::pair<const char*, std::string>;
  for (const auto& [name, value] :
       {Case{"name", ""}, Case{"name", "a b"}, Case{"version", "1/2"}, Case{"release", ".."},
        Case{"arch", std::string(256, 'a')}, Case{"name", std::string("a\0b", 3)},
        Case{"filename", "../../etc/passwd"}, Case{"name", "größe"}, Case{"epoch", "x"},
        Case{"epoch", "4294967296"}, Case{"checksum", "\n"}}) {
    auto parameters = package_parameters("bash");
    parameters[name] = json_text(value);
    const Answer answer = client.create(parameters);
    EXPECT_EQ(answer.status, 400U) << name << '=' << value;
    EXPECT_NE(sentence_of(answer), "") << name;
  }
  for (const char* body :
       {"", "[]", "null", "\"x\"", "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"name\":", "name=bash&version=1", "\xff\xfe", "{\"name\":\"\xc3\x28\"}"})
    EXPECT_EQ(client.post("/packages/", body).status, 400U) << body;
  EXPECT_EQ(client.post("/packages/", std::string(100'000, '[')).status, 400U);
  EXPECT_EQ(client.post("/packages/", std::string((4 << 20) + 1, ' ')).status, 413U);
  EXPECT_EQ(server.size(), before);
}

TEST_F(PulpPackages, AreNotCreatedTwice) {
  client.created("bash");
  const std::uint64_t before = server.size();
  auto parameters = package_parameters("bash");
  parameters["filename"] = "\"another-name.rpm\"";  // says nothing about what the package is
  const Answer again = client.create(parameters);
  EXPECT_EQ(again.status, 409U);
  EXPECT_EQ(again.header("Varve-Error-Code"), "CONFLICT");
  EXPECT_NE(sentence_of(again).find("already"), std::string::npos);
  EXPECT_EQ(server.size(), before);
}

TEST_F(PulpPackages, ThatAreCalledAlikeAnswerWithTheEarliestAndNameTheOthers) {
  const std::string first = client.created("bash", "z");
  const std::string second = client.created("bash", "a");
  const std::string path = "/packages/bash" + std::string(kNevra) + "/";
  const Answer answer = client.get(path);
  EXPECT_EQ(text_at(answer, "/id"), first);
  EXPECT_EQ(answer.header("Varve-Alternates"), second);
  const Answer other = client.get(path + "?checksum_type=sha256&checksum=" + Digest::of("a").hex());
  EXPECT_EQ(text_at(other, "/id"), second);
  EXPECT_EQ(other.header("Varve-Alternates"), "");
  EXPECT_EQ(client.get(path + "?checksum=none").status, 404U);
  client.del("/packages/" + first + "/");
  EXPECT_EQ(text_at(client.get(path), "/id"), second);
  EXPECT_EQ(client.get(path + "?checksum=" + Digest::of("z").hex()).status, 404U);
  client.del("/packages/" + second + "/");
  EXPECT_EQ(client.get(path).status, 404U);
}

// The earliest of them could be any: rather than guess, the server asks which one is meant.
TEST_F(PulpPackages, OfWhichTooManyAreCalledAlikeAreToldApartByTheirChecksum) {
  std::string last;
  for (int i = 0; i <= 1'000; ++i) last = client.created("bash", std::to_string(i));
  const std::string path = "/packages/bash" + std::string(kNevra) + "/";
  const Answer refused = client.get(path);
  EXPECT_EQ(refused.status, 400U);
  EXPECT_NE(sentence_of(refused).find("checksum"), std::string::npos);
  const std::string wish = "?checksum_type=sha256&checksum=";
  EXPECT_EQ(text_at(client.get(path + wish + Digest::of("1000").hex()), "/id"), last);
  EXPECT_EQ(client.get(path + wish + Digest::of("1001").hex()).status, 404U);
  EXPECT_EQ(client.get(path + "?checksum_type=md5").status, 400U);  // one of them might be
}

TEST_F(PulpPackages, HaveNamesThatUrlsMustEscape) {
  for (const std::string name : {"gtk+", "g++%20x", "a~b^c", "%2F"}) {
    const std::string id = client.created(name);
    const Answer answer =
        client.get("/packages/" + http::percent_encode(name) + std::string(kNevra));
    EXPECT_EQ(text_at(answer, "/id"), id) << name;
  }
}

TEST_F(PulpPackages, ThatAreNotThereAre404) {
  for (const std::string path :
       {"/packages/00000000-0000-4000-8000-000000000000/", "/packages/what/", "/packages/%FF/",
        "/packages/00000000-0000-4000-8000-000000000000/history/", "/packages/a/b/c/d/e/",
        "/packages/a/b/%20/d/e/"}) {
    const Answer answer = client.get(path);
    EXPECT_EQ(answer.status, 404U) << path;
    EXPECT_EQ(answer.header("Content-Type"), "application/json") << path;
    EXPECT_EQ(sentence_of(answer).rfind("there is no such package: ", 0), 0U) << answer.body;
    EXPECT_EQ(answer.number("Varve-Tree-Size"), server.size()) << path;
  }
  EXPECT_EQ(client.del("/packages/00000000-0000-4000-8000-000000000000/").status, 404U);
  EXPECT_EQ(client.del("/packages/what/").status, 404U);
  EXPECT_EQ(client.get("/packages/a/b/").status, 404U);
}

TEST_F(PulpPackages, AreDeletedWithTheWordTrue) {
  const std::string path = "/packages/" + client.created("bash") + "/";
  const Answer gone = client.del(path);
  EXPECT_EQ(gone.status, 200U);
  EXPECT_EQ(gone.body, "true");
  EXPECT_EQ(gone.number("Varve-Index"), server.size() - 1);
  EXPECT_EQ(client.get(path).status, 404U);
  EXPECT_EQ(client.del(path).status, 404U);
  EXPECT_EQ(client.create(package_parameters("bash")).status, 201U);
}

TEST_F(PulpPackages, AreListedInFullAndByExpressions) {
  const std::string bash = client.created("bash");
  const std::string tools = client.created("bash-tools");
  const std::string gtk = client.created("gtk+");
  const auto listed = [&](const std::string& query) {
    const Answer answer = client.get("/pulp/api/packages/" + query);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    EXPECT_EQ(answer.number("Varve-Tree-Size"), server.size());
    return count_in(answer);
  };
  EXPECT_EQ(listed(""), 3U);
  EXPECT_EQ(listed("?name=bash"), 2U);
  EXPECT_EQ(listed("?name=%5Ebash%24"), 1U);
  EXPECT_EQ(listed("?name=tools&name=gtk"), 2U);
  EXPECT_EQ(listed("?name=&id="), 3U);
  EXPECT_EQ(listed("?whatever=x"), 3U);
  EXPECT_EQ(listed("?id=" + gtk), 1U);
  EXPECT_EQ(listed("?id=" + gtk + "&name=bash"), 0U);
  const Answer one = client.get("/packages/?id=" + bash);
  EXPECT_EQ(one.body, "[" + client.get("/packages/" + bash + "/").body + "]");
  const Answer names = client.get("/packages/?id=" + tools + "&field=name&field=nonsense");
  EXPECT_EQ(names.body, R"([{"_id":")" + tools + R"(","name":"bash-tools"}])");
}

TEST_F(PulpPackages, RefuseExpressionsThatAreNoneOrTooMuch) {
  for (const std::string& expression :
       {std::string("("), std::string("%5B"), std::string("a%7B1000%7D%7B1000%7D"),
        std::string("(%3F%3Da)"), std::string("(.)%5C1"), std::string(2'000, 'a'),
        std::string("((((((((((x%7B50%7D)%7B50%7D)%7B50%7D)))))))))"), std::string("%FF")}) {
    const Answer answer = client.get("/packages/?name=" + expression);
    EXPECT_EQ(answer.status, 400U) << expression;
    EXPECT_NE(sentence_of(answer).find("regular expression"), std::string::npos) << answer.body;
  }
}

TEST_F(PulpPackages, ListsThatTakeManyPiecesAreOneArray) {
  constexpr std::size_t kCount =
      700;  // more rows than a turn looks at, more bytes than a piece has
  for (std::size_t i = 0; i < kCount; ++i) client.created("p" + std::to_string(i));
  const Answer answer = client.get("/packages/");
  EXPECT_EQ(count_in(answer), kCount);
  EXPECT_GT(answer.body.size(), 200'000U);
  EXPECT_EQ(count_in(client.get("/packages/?name=p69%5B0-9%5D")), 10U);
  EXPECT_EQ(client.get("/packages/?name=nothing").body, "[]");
}

TEST_F(PulpPackages, ReadAsOfEarlierStatesAreWhatTheyWere) {
  const std::uint64_t empty = server.size();
  const Answer created = client.create(package_parameters("bash"));
  const std::uint64_t there = server.size();
  const std::string path = created.header("Location");
  client.del(path);
  const std::string then = "?as_of=" + std::to_string(there);
  EXPECT_EQ(client.get(path + then).body, created.body);
  EXPECT_EQ(client.get(path + then).number("Varve-Tree-Size"), there);
  EXPECT_EQ(client.get(path).status, 404U);
  EXPECT_EQ(client.get(path + "?as_of=" + std::to_string(empty)).status, 404U);
  EXPECT_EQ(count_in(client.get("/packages/" + then)), 1U);
  EXPECT_EQ(client.get("/packages/bash" + std::string(kNevra) + then).status, 200U);
  EXPECT_EQ(client.get("/packages/?as_of=999999").status, 404U);
  EXPECT_EQ(client.get("/packages/?as_of=2001-01-01T00:00:00Z").body, "[]");
  EXPECT_EQ(client.get("/packages/?as_of=2999-01-01T00:00:00Z").status, 400U);
  EXPECT_EQ(client.get("/packages/?as_of=x").status, 400U);
  // Nobody changes the past, nor the present by mistake.
  EXPECT_EQ(client.del(path + then).status, 405U);
  EXPECT_EQ(client.post("/packages/" + then, to_json(package_parameters("new"))).status, 405U);
}

TEST_F(PulpPackages, AreNeverDeletedAllAtOnceUnlessItIsConfigured) {
  client.created("bash");
  const std::uint64_t before = server.size();
  const Answer refused = client.del("/packages/");
  EXPECT_EQ(refused.status, 405U);
  EXPECT_EQ(refused.header("Allow"), "GET, HEAD, POST, PUT");
  EXPECT_EQ(server.size(), before);
}

TEST_F(PulpPackages, AreDeletedAllAtOnceByAnEventForEach) {
  server.config().pulp_allow_clean = true;
  for (int i = 0; i < 5; ++i) client.created("p" + std::to_string(i));
  const std::uint64_t before = server.size();
  const Answer gone = client.del("/packages/");
  EXPECT_EQ(gone.status, 200U);
  EXPECT_EQ(gone.body, "true");
  EXPECT_EQ(server.size(), before + 5);
  EXPECT_EQ(client.get("/packages/").body, "[]");
  EXPECT_EQ(client.del("/packages/").body, "true");
  EXPECT_EQ(server.size(), before + 5);
}

TEST_F(PulpPackages, HaveAHistoryThatOutlivesThem) {
  const std::string id = client.created("bash");
  const std::string path = "/packages/" + id + "/history/";
  const std::uint64_t there = server.size();
  client.del("/packages/" + id + "/");
  const Answer history = client.get(path);
  EXPECT_EQ(history.status, 200U);
  EXPECT_EQ(count_in(history), 2U);
  EXPECT_EQ(text_at(history, "/0/type"), "pulp.package.deleted");
  EXPECT_EQ(text_at(history, "/1/type"), "pulp.package.created");
  EXPECT_EQ(text_at(history, "/1/actor/auth"), "dev");
  const std::string index = value_at(history, "/0/index");
  EXPECT_EQ(text_at(history, "/0/proof"), "/log/proof/" + index);
  EXPECT_EQ(history.header("Varve-Index"), index);
  EXPECT_NE(text_at(history, "/0/at").find('T'), std::string::npos);
  EXPECT_EQ(text_at(history, "/0/request").size(), 26U);
  EXPECT_EQ(count_in(client.get(path + "?as_of=" + std::to_string(there))), 1U);
  EXPECT_EQ(client.get(path + "?as_of=1").status, 404U);
}

TEST_F(PulpPackages, HistoriesComeInPages) {
  const std::string id = client.created("bash");
  client.del("/packages/" + id + "/");
  const Answer first = client.get("/packages/" + id + "/history/?n=1");
  EXPECT_EQ(text_at(first, "/0/type"), "pulp.package.deleted");
  const std::string link = first.header("Link");
  ASSERT_NE(link.find(">; rel=\"next\""), std::string::npos) << link;
  const Answer second = client.get(link.substr(1, link.find('>') - 1));
  EXPECT_EQ(text_at(second, "/0/type"), "pulp.package.created");
  EXPECT_EQ(count_in(second), 1U);
  EXPECT_EQ(second.header("Link"), "");
  EXPECT_EQ(client.get("/packages/" + id + "/history/?n=x").status, 400U);
  EXPECT_EQ(client.get("/packages/" + id + "/history/?last=x").status, 400U);
}

TEST_F(PulpPackages, OfAMethodThatIsNotOfferedNameThoseThatAre) {
  EXPECT_EQ(client.call(Method::patch, "/packages/").status, 405U);
  const Answer answer = client.call(Method::put, "/packages/x/", "{}");
  EXPECT_EQ(answer.status, 405U);
  EXPECT_NE(sentence_of(answer), "");
}

}  // namespace
}  // namespace varve::test
