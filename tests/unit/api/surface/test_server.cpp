// The registry of test_server.h. One thread, besides the ledger's and the pool's own.
#include "tests/unit/api/surface/test_server.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <thread>

#include "api/surface/all.h"
#include "core/base/bytes.h"
#include "log/anchor.h"
#include "log/operator_record.h"
#include "tests/support/mem_store.h"

namespace varve::test {
namespace {

namespace net = boost::asio;

class MemoryBody final : public http::Body {
 public:
  explicit MemoryBody(const Call& call) : call_(call) {}

  net::awaitable<Result<std::string_view>> read() override {
    if (offset_ == 0 && call_.while_sent) call_.while_sent();
    const std::size_t end =
        std::min(call_.vanish_after.value_or(call_.body.size()), call_.body.size());
    if (offset_ == end && call_.vanish_after)
      co_return fail(Errc::unavailable, About::request, "the client vanished");
    const std::string_view window =
        std::string_view(call_.body).substr(offset_, std::min(end - offset_, kWindow));
    offset_ += window.size();
    co_return window;
  }
  std::optional<std::uint64_t> length() const override {
    if (call_.chunked) return std::nullopt;
    return call_.body.size();
  }

 private:
  static constexpr std::size_t kWindow = 64 << 10;
  const Call& call_;
  std::size_t offset_ = 0;
};

class MemoryAnchor final : public Anchor {
 public:
  Result<std::optional<std::string>> read() const override { return note_; }
  Result<void> write(std::string_view note) override {
    note_ = std::string(note);
    return {};
  }

 private:
  std::optional<std::string> note_;
};

// In memory where the system has such a place: what a sync means is tested elsewhere, and thousands
// of real ones would only make these tests slow.
std::filesystem::path make_directory() {
  const std::filesystem::path memory = "/dev/shm";
  const bool usable = ::access(memory.c_str(), W_OK) == 0;
  const auto base = usable ? memory : std::filesystem::temp_directory_path();
  std::string name = (base / "varve-surface-XXXXXX").string();
  VARVE_ASSERT(mkdtemp(name.data()) != nullptr);
  return name;
}

LedgerKeys make_keys() {
  return {Signer::generate("registry.example"), Signer::generate("registry.example/events")};
}

LedgerKeys copy_of(const LedgerKeys& keys) {
  auto log = Signer::parse(keys.log.to_string());
  auto event = Signer::parse(keys.event.to_string());
  VARVE_ASSERT(log.has_value() && event.has_value());
  return {*std::move(log), *std::move(event)};
}

Timestamp wall_clock() {
  using namespace std::chrono;
  return Timestamp{duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

// Under its cheap hash, so that a server for tests starts at once.
CredentialId admin_credential(const std::filesystem::path& directory) {
  const auto id = CredentialId::parse("01JD6F3A0000000000000000AD");
  VARVE_ASSERT(id.has_value());
  const auto written = SecretStore(directory).write(*id, hash_machine_token(kAdminPassword));
  VARVE_ASSERT(written.has_value());
  return *id;
}

void initialise(Store& store, Anchor& anchor, const LedgerKeys& keys,
                std::optional<trust::Founding> accounts) {
  Command genesis{Actor{"local", Auth::local},
                  "01JD6F3A0000000000000000ZZ",
                  "local",
                  system::Initialise{"registry.example", keys.log.verifier().to_string(),
                                     keys.event.verifier().to_string(), std::move(accounts)},
                  {}};
  const auto done =
      Ledger::initialise(store, anchor, copy_of(keys), std::move(genesis), wall_clock());
  VARVE_ASSERT(done.has_value());
}

// As a client hears it: whole, or broken off.
net::awaitable<http::Response> heard(http::Response response) {
  const auto* producer = std::get_if<std::shared_ptr<http::Producer>>(&response.body);
  if (producer == nullptr) co_return response;
  const auto source = *producer;
  std::string whole;
  for (;;) {
    const auto piece = co_await source->next();
    EXPECT_TRUE(piece.has_value()) << piece.error().what;
    if (!piece || piece->empty()) break;
    whole += *piece;
  }
  response.body = std::move(whole);
  co_return response;
}

// What a session does with a request that has a route.
net::awaitable<http::Response> answer(Services& services, http::Request& request,
                                      const http::Match& match) {
  const http::Dialect dialect = match.surface->dialect;
  auto known = co_await surface::authenticate(services, request);
  if (!known) co_return http::problem(known.error(), dialect);
  if (const auto open = surface::gate(services, request, *match.route); !open)
    co_return http::problem(open.error(), dialect);
  auto response = co_await match.route->handler(services, request);
  co_return co_await heard(std::move(response));
}

std::string bytes_of(const http::Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) return *text;
  if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response.body))
    return *shared ? **shared : std::string();
  const auto& range = std::get<http::FileRange>(response.body);
  std::string bytes(range.length, '\0');
  const auto read = range.file->read(range.offset, range.length, bytes.data());
  EXPECT_TRUE(read.has_value());
  return bytes;
}

Answer to_answer(const http::Response& response, http::Method method) {
  Answer answer;
  answer.status = response.status;
  for (const auto& [name, value] : response.headers) answer.headers.emplace_back(name, value);
  answer.content_length = response.content_length;
  if (method != http::Method::head) answer.body = bytes_of(response);
  return answer;
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    EXPECT_FALSE(found.has_value()) << name << " is there twice";
    found = value;
  }
  return found.value_or("");
}

std::uint64_t Answer::number(std::string_view name) const {
  const auto value = parse_decimal(header(name));
  EXPECT_TRUE(value.has_value()) << name << " is not a number: " << header(name);
  return value.value_or(0);
}

TestServer::TestServer(TestOptions options) : directory_(make_directory()) {
  config_.data = directory_;
  config_.dev = options.dev;
  config_.disk_low_water_bytes = 1;
  store_ = make_mem_store();
  anchor_ = std::make_unique<MemoryAnchor>();
  LedgerKeys keys = make_keys();
  std::optional<trust::Founding> accounts;
  if (!options.dev) accounts = trust::Founding{admin_credential(directory_)};
  initialise(*store_, *anchor_, keys, std::move(accounts));
  if (options.warg)
    keys.warg = std::make_shared<const warg::PrivateKey>(
        warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256));
  const auto warg_key = keys.warg;
  const VerifierKey log_key = keys.log.verifier();
  const VerifierKey event_key = keys.event.verifier();
  LedgerOptions ledger_options;
  ledger_options.publish_interval = options.publish_interval;
  ledger_options.clock = options.clock ? options.clock : wall_clock;
  auto ledger = Ledger::open(*store_, *anchor_, head_, std::move(keys), ledger_options);
  VARVE_ASSERT(ledger.has_value());
  ledger_ = *std::move(ledger);
  auto blobs = open_file_blob_store(directory_);
  VARVE_ASSERT(blobs.has_value());
  blobs_ = *std::move(blobs);
  services_ = std::make_unique<Services>(Services{config_, head_,
                                                  options.with_ledger ? ledger_.get() : nullptr,
                                                  *blobs_, pool_, log_key, event_key});
  services_->warg_key = warg_key;
  if (options.warg) {
    const auto begun = begin_operator_log(*ledger_, *Reader(head_.get()).view(), *warg_key,
                                          ledger_options.clock(), services_->ulid());
    VARVE_ASSERT(begun.has_value());
  }
  if (options.with_ledger) restart_authenticator();
  router_ = std::make_unique<http::Router>(surface::all_surfaces());
}

TestServer::~TestServer() {
  if (auth_) auth_->join();
  pool_.join();
  ledger_.reset();
  blobs_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TestServer::restart_authenticator() {
  if (auth_) auth_->join();
  auth::AuthenticatorOptions options;
  options.service = "registry.example";
  options.clock = [this] {
    return Timestamp{wall_clock().micros + std::chrono::microseconds(later).count()};
  };
  options.steady = [this] { return steady; };
  options.signed_ahead = directory_ / "signed_ahead";
  auth_ = std::make_unique<auth::Authenticator>(std::move(options),
                                                Signer::generate("registry.example/tokens"),
                                                seal_key_, SecretStore(directory_), head_, pool_);
  services_->auth = auth_.get();
}

Answer TestServer::call(Call call) {
  http::Request request;
  request.method = call.method;
  request.target = call.target;
  request.headers = call.headers;
  request.id = services_->ulid();
  const std::size_t mark = std::min(call.target.find('?'), call.target.size());
  auto path = http::percent_decode(std::string_view(call.target).substr(0, mark));
  VARVE_ASSERT(path.has_value());
  request.path = *std::move(path);
  if (mark < call.target.size()) {
    auto query = http::Query::parse(std::string_view(call.target).substr(mark + 1));
    VARVE_ASSERT(query.has_value());
    request.query = *std::move(query);
  }
  MemoryBody body(call);
  request.body = &body;
  const http::Match match = router_->match(call.method, request.path);
  VARVE_ASSERT(match.surface != nullptr);
  if (match.route == nullptr) {
    const Errc code = match.allow.empty() ? Errc::not_found : Errc::unsupported;
    const Error error(code, About::request, "no such route");
    return to_answer(http::problem(error, match.surface->dialect), call.method);
  }
  request.params = match.params;
  request.peer = call.peer;
  request.client_name = call.client_name;
  net::io_context io;
  std::optional<http::Response> response;
  net::co_spawn(io, answer(*services_, request, match),
                [&response](std::exception_ptr thrown, http::Response made) {
                  EXPECT_EQ(thrown, nullptr);
                  response = std::move(made);
                });
  io.run();
  VARVE_ASSERT(response.has_value());
  if (response->status == 401)
    response->add("WWW-Authenticate", surface::challenge(*services_, match.route, request));
  return to_answer(*response, call.method);
}

std::string basic(std::string_view user, std::string_view password) {
  return "Basic " + base64_encode(std::string(user) + ":" + std::string(password));
}

Answer TestServer::administer(http::Method method, std::string target, std::string body) {
  const std::string credentials = basic("admin", kAdminPassword);
  Answer answer =
      call({method, std::move(target), {{"Authorization", credentials}}, std::move(body)});
  EXPECT_LT(answer.status, 300U) << answer.body;
  return answer;
}

std::string TestServer::add_account(std::string_view name, std::string_view role,
                                    std::string_view resource) {
  const std::string path = "/admin/v1/principals/" + std::string(name);
  administer(http::Method::put, path, R"({"kind":"service"})");
  administer(http::Method::put, "/admin/v1/grants",
             R"({"principal":")" + std::string(name) + R"(","resource":")" + std::string(resource) +
                 R"(","role":")" + std::string(role) + R"("})");
  const Answer added = administer(http::Method::post, path + "/credentials", R"({"kind":"token"})");
  const std::size_t start = added.body.find("varve_");
  VARVE_ASSERT(start != added.body.npos);
  return added.body.substr(start, added.body.find('"', start) - start);
}

Answer TestServer::put(std::string target, std::string body, std::string_view content_type) {
  Call wish{http::Method::put, std::move(target), {}, std::move(body)};
  if (!content_type.empty()) wish.headers.emplace_back("Content-Type", content_type);
  return call(std::move(wish));
}

Digest TestServer::push_blob(const std::string& repo, std::string bytes) {
  const Digest digest = Digest::of(bytes);
  const Answer answer = call({http::Method::post,
                              "/v2/" + repo + "/blobs/uploads/?digest=" + digest.to_string(),
                              {},
                              std::move(bytes)});
  EXPECT_EQ(answer.status, 201U) << answer.body;
  return digest;
}

std::string TestServer::push_image(const std::string& repo, const std::string& tag,
                                   std::string layer) {
  const std::string manifest = image_of("{}", layer);
  push_blob(repo, "{}");
  push_blob(repo, std::move(layer));
  const Answer answer = put("/v2/" + repo + "/manifests/" + tag, manifest, kImageType);
  EXPECT_EQ(answer.status, 201U) << answer.body;
  return manifest;
}

void TestServer::wait_published() {
  for (int i = 0; i < 1000 && published() < size(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_GE(published(), size());
}

namespace {

std::string descriptor(std::string_view media_type, std::string_view content) {
  return R"({"mediaType":")" + std::string(media_type) + R"(","digest":")" +
         Digest::of(content).to_string() + R"(","size":)" + std::to_string(content.size()) + "}";
}

}  // namespace

std::string image_of(std::string_view config, std::string_view layer) {
  return R"({"schemaVersion":2,"mediaType":")" + std::string(kImageType) + R"(","config":)" +
         descriptor("application/vnd.oci.image.config.v1+json", config) + R"(,"layers":[)" +
         descriptor("application/vnd.oci.image.layer.v1.tar", layer) + "]}";
}

std::string code_of(const Answer& answer) {
  constexpr std::string_view kStart = R"({"errors":[{"code":")";
  if (!answer.body.starts_with(kStart)) return "not an OCI error: " + answer.body;
  const std::string_view rest = std::string_view(answer.body).substr(kStart.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace varve::test
