// The in-memory instantiation of sessions, and the handlers that tests talk to.
#include "memory_server.h"

#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <stdexcept>

namespace varve::http {

inline void cut_stream(boost::beast::test::stream& stream) {
  stream.close();
}
inline void end_receiving(boost::beast::test::stream& stream) {
  stream.close_remote();
}
inline void end_sending(boost::beast::test::stream&) {}

}  // namespace varve::http

#include "api/http/session_impl.h"
#include "api/http/tls.h"
#include "tests/support/test_certificate.h"
#include "tests/support/test_directory.h"

namespace varve::http {

template net::awaitable<void> serve<boost::beast::test::stream>(boost::beast::test::stream stream,
                                                                const Environment& environment,
                                                                Loop& loop, std::string peer);
template net::awaitable<void> serve<net::ssl::stream<boost::beast::test::stream>>(
    net::ssl::stream<boost::beast::test::stream> stream, const Environment& environment, Loop& loop,
    std::string peer);

}  // namespace varve::http

namespace varve::http::test {

// Believes everything: what a client checks is tested where clients are.
class TlsClient {
 public:
  TlsClient() {
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  bool shake_hands() { return SSL_do_handshake(ssl_.get()) == 1; }
  void write(std::string_view plain) {
    if (!plain.empty()) SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  }
  void say_goodbye() { SSL_shutdown(ssl_.get()); }
  bool heard_goodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

  // What is to be sent, and what came.
  std::string outgoing() {
    std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  void incoming(std::string_view bytes) {
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  }
  std::string read() {
    std::string plain;
    char piece[16 << 10];
    for (;;) {
      const int got = SSL_read(ssl_.get(), piece, sizeof piece);
      if (got <= 0) return plain;
      plain.append(piece, static_cast<std::size_t>(got));
    }
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL_CTX, Free> context_{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, Free> ssl_{SSL_new(context_.get())};
};

namespace {

const Tls& server_tls() {
  static const std::unique_ptr<Tls> tls = [] {
    const varve::test::TestDirectory directory;
    write_certificate(varve::test::make_certificate(), directory.path().string());
    auto loaded = Tls::load({directory.path() / "cert.pem", directory.path() / "key.pem"});
    VARVE_ASSERT(loaded.has_value());
    return *std::move(loaded);
  }();
  return *tls;
}

}  // namespace

Result<void> MemoryFile::read(std::uint64_t offset, std::size_t length, char* out) const {
  if (offset + length > std::min(content_.size(), readable_)) {
    return fail(Errc::corrupt, About::blob, "the file is shorter than its size");
  }
  content_.copy(out, length, static_cast<std::size_t>(offset));
  return {};
}

std::string Answer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

int Answer::count(std::string_view name) const {
  int n = 0;
  for (const auto& field : headers) n += equal_ignoring_case(field.first, name) ? 1 : 0;
  return n;
}

namespace {

std::optional<Answer> parse_head(std::string_view head) {
  Answer answer;
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 13) return std::nullopt;
  std::from_chars(head.data() + 9, head.data() + 12, answer.status);
  std::size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 2 < head.size()) {
    const std::size_t end = std::min(head.find("\r\n", at + 2), head.size());
    const std::string_view line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || line.find_first_of("\r\n") != line.npos) {
      return std::nullopt;
    }
    answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    at = end == head.size() ? std::string_view::npos : end;
  }
  return answer;
}

}  // namespace

std::vector<Answer> parse_answers(std::string_view bytes) {
  std::vector<Answer> answers;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return {};
    auto answer = parse_head(bytes.substr(0, end));
    if (!answer) return {};
    bytes.remove_prefix(end + 4);
    std::size_t length = 0;
    const std::string text = answer->header("Content-Length");
    std::from_chars(text.data(), text.data() + text.size(), length);
    const bool silent = answer->status == 304 || bytes.starts_with("HTTP/1.1 ");
    if (silent) length = 0;
    if (length > bytes.size() && !bytes.empty()) return {};
    if (length <= bytes.size()) answer->body = bytes.substr(0, length);
    bytes.remove_prefix(std::min(length, bytes.size()));
    answers.push_back(*std::move(answer));
  }
  return answers;
}

Pool& pool() {
  static Pool one(1);
  return one;
}

MemoryServer::MemoryServer(std::span<const Surface> surfaces, Hooks hooks, MemoryBudget& memory,
                           Transport transport)
    : loop_(memory),
      environment_{Router(surfaces), services_, pool(), std::move(hooks)},
      client_(context_) {
  loop_.tick(now_, 784111777);
  start(transport);
  settle();
  if (transport != Transport::tls) return;
  tls_ = std::make_unique<TlsClient>();
  for (int round = 0; round < 4 && !tls_->shake_hands(); ++round) {
    write(tls_->outgoing());
    tls_->incoming(client_.str());
    client_.clear();
  }
  write(tls_->outgoing());
  VARVE_ASSERT(!ended_);
}

void MemoryServer::start(Transport transport) {
  Stream server(context_);
  client_.connect(server);
  const auto over = [this](const std::exception_ptr& error) {
    VARVE_ASSERT(error == nullptr);
    ended_ = true;
  };
  if (transport == Transport::plain) {
    net::co_spawn(context_, serve(std::move(server), environment_, loop_, "192.0.2.1:4711"), over);
  } else {
    net::ssl::stream<Stream> stream(std::move(server), server_tls().open());
    net::co_spawn(context_, serve(std::move(stream), environment_, loop_, "192.0.2.1:4711"), over);
  }
}

MemoryServer::~MemoryServer() {
  loop_.cut_all();
  settle();
  VARVE_ASSERT(ended_);
}

namespace {

net::awaitable<void> through_pool() {
  auto nothing = [] { return 0; };
  auto pending = pool().run(std::move(nothing));
  co_await std::move(pending);
}

// The pool has one thread and is a queue: when this is through, so is what was posted before it.
void wait_for_pool() {
  net::io_context context;
  net::co_spawn(context, through_pool(), net::detached);
  context.run();
}

}  // namespace

void MemoryServer::settle() {
  for (bool moved = true; moved;) {
    context_.restart();
    moved = context_.poll() > 0;
    wait_for_pool();
    context_.restart();
    moved = context_.poll() > 0 || moved;
  }
}

void MemoryServer::write(std::string_view bytes) {
  boost::system::error_code gone;  // the server may have closed: its answer is what matters
  net::write(client_, net::buffer(bytes.data(), bytes.size()), gone);
  settle();
}

void MemoryServer::send(std::string_view bytes) {
  if (!tls_) return write(bytes);
  tls_->write(bytes);
  write(tls_->outgoing());
}

std::string MemoryServer::take() {
  std::string out(client_.str());
  client_.clear();
  if (!tls_) return out;
  tls_->incoming(out);
  std::string plain = tls_->read();
  if (tls_->heard_goodbye()) {  // as clients do
    tls_->say_goodbye();
    write(tls_->outgoing());
  }
  return plain;
}

bool MemoryServer::said_goodbye() const {
  return tls_ != nullptr && tls_->heard_goodbye();
}

Answer MemoryServer::ask(std::string_view bytes) {
  const auto answers = parse_answers(exchange(bytes));
  return answers.size() == 1 ? answers.front() : Answer();
}

void MemoryServer::hang_up() {
  if (tls_) tls_->say_goodbye();
  if (tls_) write(tls_->outgoing());
  client_.close();
  settle();
}

void MemoryServer::advance(std::chrono::milliseconds by) {
  now_ += by;
  loop_.tick(now_, 784111777);
  settle();
}

// --- handlers ------------------------------------------------------------------------------------

namespace {

net::awaitable<Response> base(Services&, Request&) {
  Response response = json(200, "{}");
  co_return response;
}

net::awaitable<Response> echo(Services& services, Request& request) {
  ++services.calls;
  std::string body;
  for (const auto& param : request.params) body.append(param).append("|");
  body += request.actor.id;
  if (const auto q = request.query.get("q")) body.append("|q=").append(*q);
  Response response = text(200, std::move(body));
  response.add("ETag", "\"e\"");
  co_return response;
}

net::awaitable<Response> put_small(Services& services, Request& request) {
  ++services.calls;
  Result<std::string> body = co_await read_all(*request.body, 1000);
  if (!body) co_return problem(body.error(), Dialect::oci);
  services.received = *std::move(body);
  Response response = text(201, "");
  co_return response;
}

// Looks at each window only once the next has come, as late as it is good.
net::awaitable<Response> put_windows(Services& services, Request& request) {
  services.received.clear();
  services.windows.clear();
  std::string_view before;
  for (;;) {
    const Result<std::string_view> window = co_await request.body->read();
    services.received.append(before);
    if (!window) co_return problem(window.error(), Dialect::oci);
    if (window->empty()) break;
    services.windows.push_back(window->size());
    before = *window;
  }
  Response response = text(201, "");
  co_return response;
}

net::awaitable<Response> ignore_body(Services& services, Request&) {
  ++services.calls;
  Response response = text(202, "ignored");
  co_return response;
}

net::awaitable<Response> get_file(Services& services, Request&) {
  FileRange range;
  range.file = services.file;
  range.length = services.file->size();
  Response response;
  response.add("Content-Type", "application/octet-stream");
  response.body = std::move(range);
  co_return response;
}

net::awaitable<Response> head_file(Services&, Request&) {
  Response response;
  response.content_length = 12345;
  co_return response;
}

net::awaitable<Response> throws(Services&, Request&) {
  throw std::runtime_error("secret of the handler");
  co_return Response();
}

net::awaitable<Response> splits(Services&, Request& request) {
  Response response = text(200, "x");
  response.add("Location", std::string(request.query.get("to").value_or("")));
  co_return response;
}

net::awaitable<Response> lies(Services&, Request&) {
  Response response = text(200, "abc");
  response.content_length = 99;
  co_return response;
}

net::awaitable<Response> nothing(Services&, Request&) {
  Response response;
  response.status = 204;
  co_return response;
}

net::awaitable<Response> unmodified(Services&, Request&) {
  Response response = text(304, "never sent");
  co_return response;
}

net::awaitable<Response> big(Services&, Request&) {
  Response response;
  response.body = std::make_shared<const std::string>(1 << 20, 'b');
  co_return response;
}

net::awaitable<Response> last(Services&, Request&) {
  Response response = text(200, "bye");
  response.close = true;
  co_return response;
}

// As many pieces as the query says; one of them may fail, or throw.
class Pieces final : public Producer {
 public:
  Pieces(std::size_t count, std::optional<std::size_t> bad, bool throws)
      : count_(count), bad_(bad), throws_(throws) {}
  net::awaitable<Result<std::string>> next() override {
    if (made_ == bad_ && throws_) throw std::runtime_error("secret of the producer");
    if (made_ == bad_) co_return fail(Errc::corrupt, About::storage, "the disk lies");
    if (made_ == count_) co_return std::string();
    co_return std::string(20, static_cast<char>('a' + made_++ % 26));
  }

 private:
  const std::size_t count_;
  const std::optional<std::size_t> bad_;
  const bool throws_;
  std::size_t made_ = 0;
};

net::awaitable<Response> produced(Services&, Request& request) {
  const auto number = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto text = request.query.get(name);
    if (!text) return std::nullopt;
    return std::stoul(std::string(*text));
  };
  Response response;
  response.body = std::make_shared<Pieces>(number("pieces").value_or(0), number("bad"),
                                           request.query.get("throws").has_value());
  co_return response;
}

constexpr Route kOci[] = {
    {Method::get, "/v2/", Effect::none, base},
    {Method::get, "/v2/{name...}/manifests/{reference}", Effect::none, echo},
    {Method::put, "/v2/{name...}/manifests/{reference}", Effect::event, put_small},
    {Method::put, "/v2/{name...}/blobs/{digest}", Effect::event, put_windows},
    {Method::post, "/v2/{name...}/blobs/uploads/", Effect::session, ignore_body},
    {Method::get, "/v2/{name...}/blobs/{digest}", Effect::none, get_file},
    {Method::head, "/v2/{name...}/blobs/{digest}", Effect::none, head_file},
};

constexpr Route kPlain[] = {
    {Method::get, "/throws", Effect::none, throws},
    {Method::get, "/splits", Effect::none, splits},
    {Method::get, "/lies", Effect::none, lies},
    {Method::get, "/nothing", Effect::none, nothing},
    {Method::get, "/unmodified", Effect::none, unmodified},
    {Method::get, "/big", Effect::none, big},
    {Method::get, "/last", Effect::none, last},
    {Method::get, "/produced", Effect::none, produced},
    {Method::get, "/echo/{one}", Effect::none, echo},
};

const Surface kSurfaces[] = {
    {"oci", "/v2", Dialect::oci, kOci},
    {"ops", "", Dialect::plain, kPlain},
};

}  // namespace

std::span<const Surface> surfaces() {
  return kSurfaces;
}

}  // namespace varve::http::test
