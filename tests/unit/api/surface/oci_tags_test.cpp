// Listing tags.
#include <gtest/gtest.h>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

void push_tags(TestServer& server, std::initializer_list<const char*> tags) {
  const std::string manifest = server.push_image("app", *tags.begin(), "layer");
  for (const char* tag : tags)
    EXPECT_EQ(server.put("/v2/app/manifests/" + std::string(tag), manifest, kImageType).status,
              201U);
}

// The target of a Link that must be there, and be next.
std::string next_of(const Answer& answer) {
  const std::string link = answer.header("Link");
  constexpr std::string_view kEnd = ">; rel=\"next\"";
  EXPECT_TRUE(link.starts_with('<') && link.ends_with(kEnd)) << link;
  return link.size() > kEnd.size() ? link.substr(1, link.size() - 1 - kEnd.size()) : "";
}

TEST(OciTags, AreListedInByteOrder) {
  TestServer server;
  push_tags(server, {"v2", "latest", "V1", "_x", "v10"});
  const Answer answer = server.get("/v2/app/tags/list");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, R"({"name":"app","tags":["V1","_x","latest","v10","v2"]})");
  EXPECT_EQ(answer.header("Link"), "");
  EXPECT_EQ(answer.number("Varve-Tree-Size"), server.size());
}

TEST(OciTags, ComeInPagesThatAreOneSnapshot) {
  TestServer server;
  push_tags(server, {"a", "c", "e"});
  Answer answer = server.get("/v2/app/tags/list?n=2");
  EXPECT_EQ(answer.body, R"({"name":"app","tags":["a","c"]})");
  const std::string next = next_of(answer);
  EXPECT_TRUE(next.starts_with("/v2/app/tags/list?")) << next;
  push_tags(server, {"d"});
  server.del("/v2/app/manifests/e");
  answer = server.get(next);
  EXPECT_EQ(answer.body, R"({"name":"app","tags":["e"]})");
  EXPECT_EQ(answer.header("Link"), "");
}

TEST(OciTags, OfThePastComeInPagesThatLookAtABoundedNumberOfRows) {
  TestServer server;
  push_tags(server, {"zz"});
  const std::string n = std::to_string(server.size());
  push_tags(server, {"a", "b", "c", "d", "e", "f"});
  server.services().scan_rows_max = 4;
  Answer answer = server.get("/v2/app/tags/list?as_of=" + n);
  EXPECT_EQ(answer.body, R"({"name":"app","tags":[]})") << "the first four rows came later";
  EXPECT_EQ(next_of(answer), "/v2/app/tags/list?n=10000&last=d&as_of=" + n);
  answer = server.get(next_of(answer));
  EXPECT_EQ(answer.body, R"({"name":"app","tags":["zz"]})");
  EXPECT_EQ(answer.header("Link"), "");
}

TEST(OciTags, OfThePresentAreBoundedByRowsToo) {
  TestServer server;
  push_tags(server, {"a", "b", "c"});
  server.services().scan_rows_max = 2;
  const Answer answer = server.get("/v2/app/tags/list");
  EXPECT_EQ(answer.body, R"({"name":"app","tags":["a","b"]})");
  EXPECT_EQ(server.get(next_of(answer)).body, R"({"name":"app","tags":["c"]})");
}

TEST(OciTags, KeepTheMomentOfThePathInTheNextPage) {
  TestServer server;
  push_tags(server, {"a", "b"});
  const std::string name = "asof." + std::to_string(server.size()) + "/app";
  const std::string next = next_of(server.get("/v2/" + name + "/tags/list?n=1"));
  EXPECT_EQ(next, "/v2/" + name + "/tags/list?n=1&last=a");
  EXPECT_EQ(server.get(next).body, R"({"name":")" + name + R"(","tags":["b"]})");
}

TEST(OciTags, StartAfterATagThatNeedNotExist) {
  TestServer server;
  push_tags(server, {"a", "c"});
  EXPECT_EQ(server.get("/v2/app/tags/list?last=b").body, R"({"name":"app","tags":["c"]})");
  EXPECT_EQ(server.get("/v2/app/tags/list?last=zzz").body, R"({"name":"app","tags":[]})");
}

TEST(OciTags, OfZeroAreNoneWithoutALink) {
  TestServer server;
  push_tags(server, {"a"});
  const Answer answer = server.get("/v2/app/tags/list?n=0");
  EXPECT_EQ(answer.body, R"({"name":"app","tags":[]})");
  EXPECT_EQ(answer.header("Link"), "");
}

TEST(OciTags, RefuseANumberThatIsNone) {
  TestServer server;
  push_tags(server, {"a"});
  for (const char* n : {"-1", "x", "", "1.5", "99999999999999999999999"})
    EXPECT_EQ(server.get("/v2/app/tags/list?n=" + std::string(n)).status, 400U) << n;
}

TEST(OciTags, OfARepositoryWithoutAnyAreAnEmptyListAndOfNoneAnError) {
  TestServer server;
  server.push_blob("app", "only a blob");
  EXPECT_EQ(server.get("/v2/app/tags/list").body, R"({"name":"app","tags":[]})");
  const Answer answer = server.get("/v2/nobody/tags/list");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(code_of(answer), "NAME_UNKNOWN");
}

}  // namespace
}  // namespace varve::test
