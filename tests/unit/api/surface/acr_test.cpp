// Azure's data plane and the locks it sets, where a transcript cannot go: bounds, purged configs,
// deletes in between, and what the log says.
#include <gtest/gtest.h>

#include <chrono>

#include "api/surface/access.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/codec.h"
#include "log/proof/note.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

const std::string kEmptyIndex = R"({"schemaVersion":2,"manifests":[]})";

std::string text_at(const Answer& answer, std::string_view pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(answer.body).get(root) != simdjson::SUCCESS) return "not JSON: " + answer.body;
  simdjson::dom::element found;
  if (root.at_pointer(pointer).get(found) != simdjson::SUCCESS) return "absent";
  std::string_view text;
  if (found.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(found);
}

Answer patch(TestServer& server, std::string target, std::string body) {
  return server.call({Method::patch, std::move(target), {}, std::move(body)});
}

Entry last_entry(TestServer& server) {
  const auto bytes = server.services().reader().entry(EntryIndex{server.size() - 1}).value();
  return decode_entry_text(parse_note(bytes).value().text).value();
}

// The target of a Link that must be there.
std::string next_of(const Answer& answer) {
  const std::string link = answer.header("Link");
  constexpr std::string_view kEnd = ">; rel=\"next\"";
  EXPECT_TRUE(link.starts_with("</acr/v1/") && link.ends_with(kEnd)) << link;
  return link.size() > kEnd.size() ? link.substr(1, link.size() - 1 - kEnd.size()) : "";
}

TEST(Acr, WritesItsEventsUnderItsOwnName) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  EXPECT_EQ(patch(server, "/acr/v1/app/_tags/v1", R"({"writeEnabled":false})").status, 200U);
  Entry entry = last_entry(server);
  EXPECT_EQ(entry.envelope.surface, "acr");
  EXPECT_EQ(type_of(entry.event), "oci.tag.attributes.set");
  patch(server, "/acr/v1/app/_tags/v1", R"({"writeEnabled":true})");
  const Answer gone = server.del("/acr/v1/app");
  EXPECT_EQ(gone.status, 202U);
  entry = last_entry(server);
  EXPECT_EQ(entry.envelope.surface, "acr");
  EXPECT_EQ(type_of(entry.event), "repo.deleted");
  EXPECT_EQ(gone.number("Varve-Index"), entry.envelope.index.value);
}

TEST(Acr, SaysWhenThingsHappenedByTheirEntries) {
  // A second between any two batches, from where the wall's clock wrote the first entry.
  std::int64_t micros = std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  TestServer server({.clock = [&micros] { return Timestamp{micros += 1'000'000}; }});
  const std::string manifest = server.push_image("app", "v1", "layer");
  const Answer made = server.get("/acr/v1/app/_tags/v1");
  const std::string created = text_at(made, "/tag/createdTime");
  EXPECT_EQ(text_at(made, "/tag/lastUpdateTime"), created);
  server.put("/v2/app/manifests/v1", kEmptyIndex, kIndexType);
  const Answer moved = server.get("/acr/v1/app/_tags/v1");
  EXPECT_EQ(text_at(moved, "/tag/createdTime"), created);
  const auto index = server.head("/v2/app/manifests/v1").number("Varve-Index");
  const auto at = server.services().reader().envelope(EntryIndex{index}).value().at;
  EXPECT_EQ(text_at(moved, "/tag/lastUpdateTime"), at.to_string());
  EXPECT_EQ(text_at(server.get("/acr/v1/app"), "/lastUpdateTime"), at.to_string());
}

TEST(Acr, PagesAreOneSnapshotInEveryOrder) {
  for (const auto& [order, wanted] :
       {std::pair("timeasc", "bcad"), {"timedesc", "dacb"}, {"none", "abcd"}}) {
    TestServer server;
    for (const char* tag : {"b", "c", "a", "d"})
      server.put("/v2/app/manifests/" + std::string(tag), kEmptyIndex, kIndexType);
    std::string words;
    std::string target = "/acr/v1/app/_tags?n=1&orderby=" + std::string(order);
    while (!target.empty()) {
      const Answer page = server.get(target);
      ASSERT_EQ(page.status, 200U) << page.body;
      words += text_at(page, "/tags/0/name");
      target = page.header("Link").empty() ? "" : next_of(page);
      server.put("/v2/app/manifests/later" + words, kEmptyIndex, kIndexType);
    }
    EXPECT_EQ(words, wanted) << order;
  }
}

TEST(Acr, OrdersNoMoreByTimeThanItMayLookAt) {
  TestServer server;
  for (const char* tag : {"a", "b", "c"})
    server.put("/v2/app/manifests/" + std::string(tag), kEmptyIndex, kIndexType);
  server.services().scan_rows_max = 2;
  const Answer answer = server.get("/acr/v1/app/_tags?orderby=timedesc");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_NE(answer.body.find("too much to be ordered by time"), std::string::npos);
  const Answer by_name = server.get("/acr/v1/app/_tags");
  EXPECT_EQ(text_at(by_name, "/tags/1/name"), "b");
  EXPECT_EQ(text_at(server.get(next_of(by_name)), "/tags/0/name"), "c");
}

TEST(Acr, APageHasAHundredItemsUnlessMoreAreAskedFor) {
  TestServer server;
  for (int i = 1000; i < 1101; ++i)
    server.put("/v2/app/manifests/t" + std::to_string(i), kEmptyIndex, kIndexType);
  const auto count = [&](const std::string& query) {
    const Answer answer = server.get("/acr/v1/app/_tags" + query);
    int items = 0;
    while (text_at(answer, "/tags/" + std::to_string(items)) != "absent") ++items;
    EXPECT_EQ(answer.header("Link").empty(), items == 101 || items == 0) << query;
    return items;
  };
  EXPECT_EQ(count(""), 100);
  EXPECT_EQ(count("?n=7"), 7);
  EXPECT_EQ(count("?n=0"), 0);
  EXPECT_EQ(count("?n=5000"), 101);
  // A manifest names some of its tags.
  const Answer manifest =
      server.get("/acr/v1/app/_manifests/" + Digest::of(kEmptyIndex).to_string());
  EXPECT_EQ(text_at(manifest, "/manifest/tags/99"), "t1099");
  EXPECT_EQ(text_at(manifest, "/manifest/tags/100"), "absent");
}

TEST(Acr, APageOfManifestsEndsWhereItsBodiesGetTooLong) {
  TestServer server;
  std::string pad(3 << 20, 'x');
  for (const char* n : {"1", "2", "3", "4"})
    ASSERT_EQ(
        server
            .put("/v2/app/manifests/t" + std::string(n),
                 R"({"schemaVersion":2,"manifests":[],"annotations":{"n":")" + (n + pad) + "\"}}",
                 kIndexType)
            .status,
        201U);
  const Answer first = server.get("/acr/v1/app/_manifests?orderby=timeasc");
  EXPECT_NE(text_at(first, "/manifests/1"), "absent");
  EXPECT_EQ(text_at(first, "/manifests/2"), "absent");
  const Answer second = server.get(next_of(first));
  EXPECT_NE(text_at(second, "/manifests/1"), "absent");
  EXPECT_EQ(second.header("Link"), "");
}

TEST(Acr, AConfigThatIsNoneOrTooLongSaysNothing) {
  TestServer server;
  const auto platform = [&](const std::string& config) {
    server.push_blob("app", config);
    server.push_blob("app", "layer");
    const std::string manifest = image_of(config, "layer");
    EXPECT_EQ(server.put("/v2/app/manifests/t", manifest, kImageType).status, 201U);
    const Answer answer = server.get("/acr/v1/app/_manifests/" + Digest::of(manifest).to_string());
    EXPECT_EQ(answer.status, 200U) << answer.body;
    EXPECT_EQ(text_at(answer, "/manifest/imageSize"), std::to_string(config.size() + 5));
    return text_at(answer, "/manifest/architecture") + "/" + text_at(answer, "/manifest/os");
  };
  EXPECT_EQ(platform(R"({"architecture":"s390x","os":"linux"})"), "s390x/linux");
  EXPECT_EQ(platform("no JSON"), "absent/absent");
  EXPECT_EQ(platform(R"({"architecture":"s390x","pad":")" +
                     std::string(limits::kAcrConfigBytesMax, 'x') + "\"}"),
            "absent/absent");
}

TEST(Acr, TheRegistryIsWhoTheClientSpokeTo) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  const auto registry = [&](std::string_view host) {
    Call call{Method::get, "/acr/v1/app"};
    if (!host.empty()) call.headers = {{"Host", host}};
    return text_at(server.call(std::move(call)), "/registry");
  };
  EXPECT_EQ(registry("reg.example:5000"), "reg.example:5000");
  EXPECT_EQ(registry("bad\"host"), server.services().log_key.name());
  EXPECT_EQ(registry(""), server.services().log_key.name());
  server.config().external_url = "https://public.example";
  EXPECT_EQ(registry("reg.example:5000"), "public.example");
}

TEST(Acr, ARefusedChangeLeavesTheLogAsItWas) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  const std::uint64_t before = server.size();
  for (const char* body : {"", "{", "null", "[]", R"({"writeEnabled":null})",
                           R"({"writeEnabled":1})", R"({"a":1,"a":2})"})
    EXPECT_EQ(patch(server, "/acr/v1/app", body).status, 400U) << body;
  EXPECT_EQ(patch(server, "/acr/v1/app", std::string(17 << 10, ' ')).status, 413U);
  EXPECT_EQ(patch(server, "/acr/v1/app", R"({"unknown":{"writeEnabled":false}})").status, 200U);
  EXPECT_EQ(patch(server, "/acr/v1/asof.2/app", R"({"writeEnabled":false})").status, 405U);
  EXPECT_EQ(server.del("/acr/v1/app?as_of=2").status, 405U);
  EXPECT_EQ(server.size(), before);
}

TEST(Acr, AnUploadIntoALockedRepositoryIsRefusedAtOnceAndAtItsEnd) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  const std::string upload =
      server.call({Method::post, "/v2/app/blobs/uploads/"}).header("Location");
  ASSERT_NE(upload, "");
  patch(server, "/acr/v1/app", R"({"writeEnabled":false})");
  EXPECT_EQ(server.call({Method::post, "/v2/app/blobs/uploads/"}).status, 405U);
  const std::string digest = Digest::of("late").to_string();
  const Answer late = server.call({Method::put, upload + "?digest=" + digest, {}, "late"});
  EXPECT_EQ(late.status, 405U);
  EXPECT_EQ(code_of(late), "REGISTRY_DISALLOWED_OPERATION");
  patch(server, "/acr/v1/app", R"({"writeEnabled":true})");
  EXPECT_EQ(server.call({Method::put, upload + "?digest=" + digest, {}, "late"}).status, 201U)
      << "the bytes were kept";
}

}  // namespace
}  // namespace varve::test
