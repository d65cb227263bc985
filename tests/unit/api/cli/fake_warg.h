// A whole Warg registry in memory, really signed and really proven, with hooks to make it lie; as a
// Server, and behind HTTP. One thread; behind HTTP it is the test's own again once a command is
// over.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/cli/json_out.h"
#include "api/cli/machine.h"
#include "api/cli/server.h"
#include "api/cli/warg_json.h"
#include "core/base/json.h"
#include "tests/support/warg_given.h"
#include "tests/support/warg_rig.h"
#include "tests/unit/api/cli/loopback.h"

namespace varve::cli {

inline warg::PrivateKey warg_test_key(
    char letter, warg::KeyAlgorithm algorithm = warg::KeyAlgorithm::ecdsa_p256) {
  return warg::PrivateKey::parse(std::string(to_string(algorithm)) + ':' +
                                 base64_encode(std::string(32, letter)))
      .value();
}

class FakeWarg final : public Server {
 public:
  struct Stored {
    warg::LogId log;
    warg::RecordId id;
    warg::Envelope envelope;
  };
  using Entries = std::vector<warg::PackageEntry>;

  FakeWarg() {
    append_operator({warg::Init{operator_key.public_key().text()}, warg::DefineNamespace{"test"}});
  }

  // ---- the registry's own doing ----

  void append_operator(std::vector<warg::OperatorEntry> entries) {
    const auto log = warg::operator_log_id();
    const std::string bytes =
        warg::encode(warg::OperatorRecord{head_of(log), 0, next_time(), std::move(entries)});
    store(log, warg::operator_record_id(bytes), bytes, operator_key,
          warg::Purpose::operator_record);
  }
  // From now on another key signs, and the one before may not any more.
  void rotate_operator_key(char letter) {
    auto next = warg_test_key(letter);
    const auto commit = std::vector{warg::OperatorPermission::commit};
    append_operator({warg::Grant<warg::OperatorPermission>{
        next.public_key().text(),
        {std::begin(warg::kOperatorPermissions), std::end(warg::kOperatorPermissions)}}});
    const auto old = operator_key.public_key().id();
    operator_key = std::move(next);
    append_operator({warg::Revoke<warg::OperatorPermission>{old, commit}});
  }
  warg::RecordId append(const std::string& name, Entries entries, const warg::PrivateKey& key) {
    const auto log = log_id(name);
    return append_bytes(
        name, warg::encode(warg::PackageRecord{head_of(log), 0, next_time(), std::move(entries)}),
        key);
  }
  warg::RecordId append_bytes(const std::string& name, const std::string& bytes,
                              const warg::PrivateKey& key) {
    const auto id = warg::package_record_id(bytes);
    store(log_id(name), id, bytes, key, warg::Purpose::package_record);
    return id;
  }
  void release(const std::string& name, const std::string& version, const std::string& content,
               const warg::PrivateKey& key) {
    contents[Digest::of(content)] = content;
    Entries entries;
    if (!head_of(log_id(name))) entries.emplace_back(warg::Init{key.public_key().text()});
    entries.emplace_back(warg::Release{test::version(version), Digest::of(content)});
    append(name, std::move(entries), key);
  }
  // Forgets the records from this one on, so that another history can follow.
  void cut(std::size_t length) {
    records.erase(records.begin() + static_cast<std::ptrdiff_t>(length), records.end());
    published.reset();
    waiting_.reset();
  }
  // Records that are in the tree, and that nothing else shows any more.
  std::set<std::size_t> hidden;
  // What is served is the newest; but for this, the state at an earlier length.
  std::optional<std::size_t> published;
  std::size_t length() const { return published.value_or(records.size()); }

  // The same one for the same state, though signatures by these keys are never the same twice.
  warg::SignedCheckpoint checkpoint() const {
    const warg::Checkpoint newest{length(), tree_of(records.size()).root(length()),
                                  map_of(length()).root(),
                                  static_cast<std::uint64_t>(signed_at().micros / 1'000'000)};
    const warg::PrivateKey& by = *(signer ? signer : &operator_key);
    const std::string what = by.public_key().text().text() + warg::timestamped_bytes(newest);
    const auto found = signed_.find(what);
    if (found != signed_.end()) return found->second;
    return signed_.emplace(what, warg::sign_checkpoint(newest, by).value()).first->second;
  }

  warg::PrivateKey operator_key = warg_test_key('o');
  const warg::PrivateKey* signer = nullptr;  // of checkpoints, if it is not the operator's key
  std::function<Timestamp()> signed_at = [now = machine_now()] { return now; };
  std::vector<Stored> records;
  std::map<Digest, std::string> contents;
  std::string base = "http://registry.test";
  // Sees every answer on its way out, with the body of what was asked.
  std::function<void(const std::string& target, const std::string& body, Answer& answer)> tamper;
  std::map<std::string, int> asked;
  bool proves_absence = true;
  // Where uploads go, if not to this registry itself.
  std::optional<std::string> upload_base;
  // What an upload is answered in place of being taken (0: it breaks off); nothing: it is taken.
  std::function<std::optional<unsigned>(const std::string& digest)> before_upload;

  static warg::LogId log_id(const std::string& name) {
    return warg::package_log_id(test::package(name));
  }

  // ---- as a server ----

  std::string url() const override { return base; }
  Result<Answer> ask(const Ask& ask) override {
    std::string body = ask.body;
    if (ask.upload != nullptr) {
      EXPECT_TRUE(ask.upload->rewind());
      while (body.size() < ask.upload->size()) body += ask.upload->next().value();
    }
    ++asked[ask.target];
    Answer answer = answer_to(ask.target, body, ask.method == "POST" || ask.method == "PUT");
    if (tamper) tamper(ask.target, body, answer);
    if (answer.status == 0) return fail(Errc::unavailable, About::request, "no usable answer");
    if (answer.body.size() > ask.bytes_max)
      return fail(Errc::unavailable, About::request, "the answer is too large");
    if (!ask.sink || answer.status != 200) return answer;
    VARVE_CHECK(ask.sink(answer.body));
    answer.body.clear();
    return answer;
  }

 private:
  using element = simdjson::dom::element;

  std::optional<warg::RecordId> head_of(const warg::LogId& log) const {
    std::optional<warg::RecordId> head;
    for (std::size_t i = 0; i < records.size(); ++i)
      if (records[i].log == log && !hidden.contains(i)) head = records[i].id;
    return head;
  }
  // Never the same twice, so that no two packages begin with the same bytes.
  warg::RecordTime next_time() {
    time_.micros = std::max(time_.micros + 1, machine_now().micros);
    return warg::RecordTime::of(time_);
  }
  void store(const warg::LogId& log, const warg::RecordId& id, const std::string& bytes,
             const warg::PrivateKey& key, warg::Purpose purpose) {
    records.push_back({log,
                       id,
                       {std::make_shared<const std::string>(bytes), key.public_key().id(),
                        key.sign(purpose, bytes)}});
  }

  varve::testing::MemoryTree tree_of(std::size_t size) const {
    varve::testing::MemoryTree tree;
    for (std::size_t i = 0; i < size; ++i)
      tree.append(std::vector{warg::log_leaf_hash(records[i].log, records[i].id)});
    return tree;
  }
  varve::testing::MemoryMap map_of(std::size_t size) const {
    varve::testing::MemoryMap map;
    for (std::size_t i = 0; i < size; ++i)
      if (!hidden.contains(i))
        map.set(warg::map_key(records[i].log), warg::map_leaf_hash(records[i].id));
    return map;
  }

  static Answer json(unsigned status, std::string body) {
    return {status, std::move(body), {{"Content-Type", "application/json"}}};
  }
  static Answer no_such(std::string_view type, const std::string& id) {
    return json(404, JsonObject().number("status", 404).text("type", type).text("id", id).str());
  }

  Answer answer_to(const std::string& target, const std::string& body, bool posted) {
    if (target == "/v1/fetch/checkpoint") return json(200, write_checkpoint(checkpoint()));
    constexpr std::string_view kContent = "/v1/content/";
    if (target.starts_with(kContent)) return content_places(target.substr(kContent.size()));
    if (target.starts_with("/content/sha256-")) return content(target.substr(16));
    if (target.starts_with("/v1/package/")) return package(target, body, posted);
    simdjson::dom::parser parser;
    element root;
    if (parser.parse(body).get(root) != simdjson::SUCCESS) return json(404, "{\"status\":404}");
    if (target == "/v1/fetch/logs") return logs(root);
    if (target == "/v1/proof/consistency") return consistency(root);
    if (target == "/v1/proof/inclusion") return inclusion(root, true);
    if (target == "/v1/proof/record") return inclusion(root, false);
    if (target == "/v1/proof/absence" && proves_absence) return absence(root);
    return json(404, "{\"status\":404}");
  }

  static std::string text_or_empty(element root, std::string_view name) {
    std::string_view text;
    return root[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
  }
  // Up to `limit` records of a log behind the one that the token names.
  std::string page(const warg::LogId& log, const std::string& token, std::uint64_t size,
                   std::uint64_t limit, bool& more) const {
    JsonArray list;
    bool behind = token.empty();
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < size && count < limit; ++i) {
      const Stored& each = records[i];
      if (each.log != log || hidden.contains(i)) continue;
      if (behind) {
        list.raw(JsonObject()
                     .text("contentBytes", base64_encode(*each.envelope.content))
                     .text("keyId", each.envelope.key.to_string())
                     .text("signature", each.envelope.signature.text())
                     .number("registryIndex", i)
                     .text("fetchToken", each.id.to_string())
                     .str());
        ++count;
      }
      behind = behind || each.id.to_string() == token;
    }
    more = more || count == limit;
    return list.str();
  }
  Answer logs(element root) const {
    const std::uint64_t size = root["logLength"].get_uint64().value();
    const std::uint64_t limit = root["limit"].get_uint64().value();
    bool more = false;
    const std::string of_operator =
        page(warg::operator_log_id(), text_or_empty(root, "operator"), size, limit, more);
    JsonObject packages;
    simdjson::dom::object wanted;
    if (root["packages"].get(wanted) == simdjson::SUCCESS) {
      for (const auto& [id, token] : wanted) {
        const auto log = warg::LogId::parse(id).value();
        bool there = false;
        for (std::uint64_t i = 0; i < size; ++i)
          there = there || (records[i].log == log && !hidden.contains(i));
        if (!there) return no_such("log", std::string(id));
        packages.raw(id, page(log, token.is_null() ? "" : std::string(token.get_string().value()),
                              size, limit, more));
      }
    }
    return json(200, JsonObject()
                         .boolean("more", more)
                         .raw("operator", of_operator)
                         .raw("packages", packages.str())
                         .str());
  }

  Answer consistency(element root) const {
    const auto bundle =
        warg::bundle_consistency(root["from"].get_uint64().value(), root["to"].get_uint64().value(),
                                 tree_of(records.size()).nodes());
    if (!bundle) return json(422, "{\"status\":422}");
    return json(200, JsonObject().text("proof", base64_encode(bundle->encode())).str());
  }
  Answer inclusion(element root, bool with_map) const {
    const std::uint64_t size = root["logLength"].get_uint64().value();
    std::vector<std::uint64_t> leaves;
    std::vector<Hash256> keys;
    for (const element leaf : root["leafs"].get_array().value()) {
      leaves.push_back(leaf.get_uint64().value());
      keys.push_back(warg::map_key(records.at(leaves.back()).log));
    }
    const auto tree = tree_of(records.size());
    const auto bundle = warg::bundle_inclusion(size, leaves, tree.nodes()).value();
    JsonObject answer;
    answer.text("log", base64_encode(bundle.encode()));
    const auto map = map_of(size);
    if (with_map)
      answer.text("map",
                  base64_encode(warg::bundle_map_inclusion(keys, map.pages()).value().encode()));
    return json(200, answer.str());
  }
  Answer absence(element root) const {
    std::vector<Hash256> keys;
    for (const element id : root["packages"].get_array().value())
      keys.push_back(warg::map_key(warg::LogId::parse(id.get_string().value()).value()));
    const auto map = map_of(root["logLength"].get_uint64().value());
    const auto bundle = warg::bundle_absence(keys, map.pages());
    if (!bundle) return json(409, "{\"status\":409}");
    return json(200, JsonObject().text("map", base64_encode(bundle->encode())).str());
  }

  Answer content_places(const std::string& digest) const {
    const auto found = contents.find(Digest::parse(digest).value());
    if (found == contents.end()) return no_such("contentDigest", digest);
    const std::string place = JsonObject()
                                  .text("type", "httpGet")
                                  .text("url", base + "/content/sha256-" + found->first.hex())
                                  .number("size", found->second.size())
                                  .str();
    return json(200, JsonObject()
                         .raw("contentSources",
                              JsonObject().raw(digest, JsonArray().raw(place).str()).str())
                         .str());
  }
  Answer content(const std::string& hex) const {
    const auto found = contents.find(Digest::parse("sha256:" + hex).value());
    return found == contents.end() ? Answer{404, "", {}} : Answer{200, found->second, {}};
  }

  // ---- publishing ----

  Answer package(const std::string& target, const std::string& body, bool posted) {
    if (target.ends_with("/record") && posted) return take_record(body);
    if (const std::size_t at = target.find("/content/"); at != target.npos && posted)
      return take_content(target.substr(at + 9), body);
    const std::string id = target.substr(target.rfind('/') + 1);
    if (waiting_ && waiting_->id.to_string() == id) return sourcing(200);
    for (std::size_t i = 0; i < records.size(); ++i)
      if (records[i].id.to_string() == id) return published_answer(200, i);
    return no_such("record", id);
  }
  Answer published_answer(unsigned status, std::size_t index) const {
    return json(status, JsonObject()
                            .text("recordId", records[index].id.to_string())
                            .text("state", "published")
                            .number("registryIndex", index)
                            .str());
  }
  Answer take_record(const std::string& body) {
    simdjson::dom::parser parser;
    const element root = parser.parse(body).value();
    const element record = root["record"];
    const std::string bytes = base64_decode(record["contentBytes"].get_string().value()).value();
    Stored made{log_id(std::string(root["packageName"].get_string().value())),
                warg::package_record_id(bytes),
                {std::make_shared<const std::string>(bytes),
                 warg::KeyId::parse(record["keyId"].get_string().value()).value(),
                 warg::SignatureText::parse(record["signature"].get_string().value()).value()}};
    if (waiting_ && waiting_->log == made.log)
      return json(409, JsonObject()
                           .number("status", 409)
                           .text("type", "record")
                           .text("id", waiting_->id.to_string())
                           .str());
    missing_.clear();
    for (const Digest& digest : warg::released_content(warg::decode_package_record(bytes).value()))
      if (!contents.contains(digest)) missing_.insert(digest);
    if (!missing_.empty()) {
      waiting_ = std::move(made);
      return sourcing(202);
    }
    records.push_back(std::move(made));
    return published_answer(202, records.size() - 1);
  }
  Answer sourcing(unsigned status) const {
    JsonObject missing;
    for (const Digest& digest : missing_) {
      const std::string path = "v1/package/" + waiting_->log.to_string() + "/record/" +
                               waiting_->id.to_string() + "/content/" + digest.to_string();
      const std::string place = JsonObject()
                                    .text("type", "http")
                                    .text("method", upload_base ? "PUT" : "POST")
                                    .text("url", upload_base.value_or("") + path)
                                    .str();
      missing.raw(digest.to_string(),
                  JsonObject().raw("upload", JsonArray().raw(place).str()).str());
    }
    return json(status, JsonObject()
                            .text("recordId", waiting_->id.to_string())
                            .text("state", "sourcing")
                            .raw("missingContent", missing.str())
                            .str());
  }
  Answer take_content(const std::string& digest, const std::string& bytes) {
    if (const auto instead = before_upload ? before_upload(digest) : std::nullopt)
      return {*instead, "", {}};
    if (Digest::of(bytes).to_string() != digest) return json(400, "{\"status\":400}");
    contents[Digest::of(bytes)] = bytes;
    missing_.erase(Digest::of(bytes));
    if (missing_.empty() && waiting_) {
      records.push_back(*std::move(waiting_));
      waiting_.reset();
    }
    return {201, "", {}};
  }

  Timestamp time_;
  mutable std::map<std::string, warg::SignedCheckpoint> signed_;
  std::optional<Stored> waiting_;
  std::set<Digest> missing_;
};

// Behind HTTP. What it was shown as Authorization is kept.
class ServedWarg {
 public:
  explicit ServedWarg(FakeWarg& registry)
      : server_([this, &registry](int fd, int) { serve(registry, fd); }) {}
  std::string url() const { return server_.url(); }
  bool saw_credentials = false;

 private:
  static std::string header_in(const std::string& request, const std::string& name) {
    const std::size_t at = request.find("\r\n" + name + ": ");
    if (at == request.npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return request.substr(begin, request.find("\r\n", begin) - begin);
  }
  void serve(FakeWarg& registry, int fd) {
    for (std::string request; !(request = read_request(fd)).empty();) {
      std::string body(parse_decimal(header_in(request, "Content-Length")).value_or(0), '\0');
      for (std::size_t got = 0; got < body.size();) {
        const ssize_t n = ::read(fd, body.data() + got, body.size() - got);
        if (n <= 0) return;
        got += static_cast<std::size_t>(n);
      }
      saw_credentials = saw_credentials || !header_in(request, "Authorization").empty();
      const std::size_t start = request.find(' ') + 1;
      const auto answer =
          registry.ask({.target = request.substr(start, request.find(' ', start) - start),
                        .bytes_max = std::size_t{1} << 40,
                        .method = request.substr(0, request.find(' ')),
                        .body = std::move(body)});
      if (!answer) return;
      std::string text = "HTTP/1.1 " + std::to_string(answer->status) +
                         " Said\r\nContent-Length: " + std::to_string(answer->body.size()) + "\r\n";
      for (const auto& [name, value] : answer->headers) text += name + ": " + value + "\r\n";
      if (!say(fd, text + "\r\n" + answer->body)) return;
    }
  }
  Loopback server_;
};

}  // namespace varve::cli
