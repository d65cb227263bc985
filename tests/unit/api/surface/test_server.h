// A registry without HTTP: requests go to the handlers as values and come back as values. The
// ledger, the blob store and the router are the real ones; the log's store is in memory. One
// thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/pool.h"
#include "api/http/route.h"
#include "api/services.h"

namespace varve::test {

struct Call {
  http::Method method = http::Method::get;
  std::string target;
  std::vector<std::pair<std::string_view, std::string_view>> headers = {};
  std::string body = {};
  bool chunked = false;                                    // no length is known in advance
  std::optional<std::size_t> vanish_after = std::nullopt;  // the client is gone after so many bytes
  std::string_view peer = "127.0.0.1";
  std::optional<std::string_view> client_name = std::nullopt;  // of a client certificate
  std::function<void()> while_sent = nullptr;  // happens before the first of the body has come
};

struct Answer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<std::uint64_t> content_length;
  // Empty when absent; fails the test when it is there twice.
  std::string header(std::string_view name) const;
  std::uint64_t number(std::string_view name) const;
};

struct TestOptions {
  // Without it there are accounts: everybody pulls, and admin logs in with kAdminPassword.
  bool dev = true;
  bool with_ledger = true;  // false: a read-only server
  bool warg = false;        // with a key for Warg's checkpoints, and its operator log begun
  std::chrono::milliseconds publish_interval{0};
  std::function<Timestamp()> clock = nullptr;  // the ledger's; null: the wall's
};

inline constexpr std::string_view kAdminPassword = "a test password: of nobody";
// The value of an Authorization header.
std::string basic(std::string_view user, std::string_view password);

class TestServer {
 public:
  explicit TestServer(TestOptions options = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;

  Answer call(Call call);
  Answer get(std::string target) { return call({http::Method::get, std::move(target)}); }
  Answer head(std::string target) { return call({http::Method::head, std::move(target)}); }
  Answer del(std::string target) { return call({http::Method::del, std::move(target)}); }
  Answer put(std::string target, std::string body, std::string_view content_type = {});
  // Pushes what an image of one layer needs; returns the manifest's bytes.
  std::string push_image(const std::string& repo, const std::string& tag, std::string layer);
  Digest push_blob(const std::string& repo, std::string bytes);

  std::uint64_t size() const { return head_.get()->size.value; }
  std::uint64_t published() const { return head_.get()->published.value; }
  void wait_published();  // until everything committed is covered by a checkpoint
  Services& services() { return *services_; }
  Config& config() { return config_; }
  // A principal with this role on that resource; returns its machine token.
  std::string add_account(std::string_view name, std::string_view role, std::string_view resource);
  // What a restart of the server makes of its memory of who asks. The clock goes on.
  void restart_authenticator();
  // As admin; the answer must be a success.
  Answer administer(http::Method method, std::string target, std::string body = {});
  std::chrono::seconds later{0};  // how far the authenticator's clock is ahead of the wall's
  std::chrono::milliseconds steady{1'000'000};  // the clock of throttling, and of remembering
  const http::Router& router() const { return *router_; }

 private:
  std::filesystem::path directory_;
  Config config_;
  HeadCell head_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Anchor> anchor_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<BlobStore> blobs_;
  http::Pool pool_{2};
  SealKey seal_key_ = SealKey::generate();
  std::unique_ptr<auth::Authenticator> auth_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<http::Router> router_;
};

inline constexpr std::string_view kImageType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";

std::string image_of(std::string_view config, std::string_view layer);
// The code word of an OCI error body.
std::string code_of(const Answer& answer);

}  // namespace varve::test
