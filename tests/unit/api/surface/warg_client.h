// A publisher's side of Warg's surface, for tests: records that are really signed, and requests as
// Warg's client sends them. One thread.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/warg/query.h"
#include "tests/support/warg_publisher.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {

// The JSON at a pointer, without spaces; a sentence when there is none.
inline std::string json_at(const std::string& text, std::string_view pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(text).get(element) != simdjson::SUCCESS) return "no JSON: " + text;
  if (element.at_pointer(pointer).get(element) != simdjson::SUCCESS)
    return "nothing at " + std::string(pointer);
  return simdjson::minify(element);
}
inline std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}
// "sha256:" and the same digit 64 times: an id that nothing has.
inline std::string no_id(char digit = 'e') {
  return "sha256:" + std::string(64, digit);
}

class WargClient {
 public:
  using Entries = std::vector<warg::PackageEntry>;
  using Headers = decltype(Call::headers);
  using Signed = Verified<warg::SignedPackageRecord>;

  explicit WargClient(TestServer& server, Headers credentials = {})
      : server_(server), credentials_(std::move(credentials)) {}

  // ---- names ----

  static warg::LogId log_id(std::string_view name) { return warg::package_log_id(package(name)); }
  static std::string log(std::string_view name) { return log_id(name).to_string(); }
  static std::string record_path(std::string_view name) {
    return "/v1/package/" + log(name) + "/record";
  }
  static std::string record_path(std::string_view name, const Signed& record) {
    return record_path(name) + "/" + record->id.to_string();
  }
  static std::string upload_path(std::string_view name, const Signed& record,
                                 std::string_view content) {
    return record_path(name, record) + "/content/" + Digest::of(content).to_string();
  }
  static std::string file_path(std::string_view content) {
    return "/content/sha256-" + Digest::of(content).to_string().substr(7);
  }
  static std::string sources_path(std::string_view content) {
    return "/v1/content/" + Digest::of(content).to_string();
  }

  // ---- records ----

  warg::RecordTime now() { return warg::RecordTime::of(server_.services().now()); }
  // The package's next record, as a publisher who knows the log makes it; no two are the same.
  warg::PackageRecord next(std::string_view name, Entries entries) {
    const auto row = warg::find_log(*server_.services().reader().view(), log_id(name)).value();
    warg::PackageRecord record{std::nullopt, 0, now(), std::move(entries)};
    if (row) {
      record.prev = row->head.id;
      record.time = std::max(record.time, row->head.time);
    }
    record.time.nanos = record.time.nanos / 1'000 * 1'000 + 1 + records_++ % 998;
    return record;
  }
  static std::string body(std::string_view name, const warg::Envelope& envelope,
                          std::string_view more = {}) {
    return body(name, *envelope.content, envelope.key.to_string(), envelope.signature.text(), more);
  }
  static std::string body(std::string_view name, std::string_view content, std::string_view key,
                          std::string_view signature, std::string_view more = {}) {
    return R"({"packageName":")" + std::string(name) + R"(","record":{"contentBytes":")" +
           base64_encode(content) + R"(","keyId":")" + std::string(key) + R"(","signature":")" +
           std::string(signature) + "\"}" + std::string(more) + "}";
  }

  // ---- requests ----

  Answer get(std::string target) {
    return server_.call({http::Method::get, std::move(target), credentials_});
  }
  Answer post(std::string target, std::string json) {
    Headers headers = credentials_;
    headers.emplace_back("Content-Type", "application/json");
    return server_.call(
        {http::Method::post, std::move(target), std::move(headers), std::move(json)});
  }
  Answer submit(std::string_view name, const Signed& record) {
    return post(record_path(name), body(name, record->envelope));
  }
  // As Warg's client does: chunked, without a type, without credentials.
  Answer upload(std::string_view name, const Signed& record, std::string content,
                http::Method method = http::Method::post) {
    std::string target = upload_path(name, record, content);
    return server_.call({method, std::move(target), {}, std::move(content), true});
  }
  Answer fetch(std::string_view packages, std::uint64_t length, std::string_view more = {}) {
    return post("/v1/fetch/logs", R"({"logLength":)" + std::to_string(length) + R"(,"packages":{)" +
                                      std::string(packages) + "}" + std::string(more) + "}");
  }
  std::string state(std::string_view name, const Signed& record) {
    return json_at(get(record_path(name, record)).body, "/state");
  }
  std::uint64_t length() {
    return std::stoull(json_at(get("/v1/fetch/checkpoint").body, "/contents/logLength"));
  }

  // ---- what must go well ----

  Signed publish(std::string_view name, Entries entries, const Publisher& publisher) {
    auto record = publisher.sign(next(name, std::move(entries)));
    const Answer answer = submit(name, record);
    EXPECT_EQ(answer.status, 202U) << answer.body;
    EXPECT_EQ(json_at(answer.body, "/state"), "\"published\"") << answer.body;
    return record;
  }
  // A package of one release, with its content.
  Signed publish_release(std::string_view name, const std::string& content,
                         const Publisher& publisher) {
    auto record = publisher.sign(next(name, {init(publisher), release("1.0.0", content)}));
    EXPECT_EQ(submit(name, record).status, 202U);
    if (state(name, record) == "\"sourcing\"")
      EXPECT_EQ(upload(name, record, content).status, 201U);
    EXPECT_EQ(state(name, record), "\"published\"");
    return record;
  }

  TestServer& server() { return server_; }

 private:
  TestServer& server_;
  Headers credentials_;
  std::int32_t records_ = 0;
};

// A registry that anybody may use, as ./dev run starts it.
class WargTest : public ::testing::Test {
 protected:
  WargTest() {
    const trust::SetGrant everybody{
        PrincipalName::anonymous(), Resource::everything(), {Right::pull, Right::read_log}};
    const auto done = server.services().ledger->run({Actor{std::string(kOperator), Auth::local},
                                                     server.services().ulid(),
                                                     "local",
                                                     everybody,
                                                     {}});
    EXPECT_TRUE(done.has_value()) << done.error().what;
  }
  static TestOptions open_to_all() {
    TestOptions options;
    options.warg = true;
    return options;
  }
  TestServer server{open_to_all()};
  WargClient client{server};
  const Publisher alice{'a', warg::KeyAlgorithm::ecdsa_p256};
  const Publisher bob{'b', warg::KeyAlgorithm::ecdsa_p256};
};

}  // namespace varve::test
