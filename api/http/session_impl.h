// The life of a connection, templated on its stream: include it only where serve() is instantiated.
// One I/O thread.
//
// House rules for coroutines: one co_await per statement, nothing unnamed in it that is a braced
// aggregate or a lambda with captures (GCC 12 destroys such temporaries twice).
#pragma once

#include <spdlog/spdlog.h>
#include <sys/uio.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>

#include "api/http/incoming.h"
#include "api/http/session.h"
#include "api/http/tls.h"
#include "api/http/ulid.h"
#include "api/http/wire.h"

namespace varve::http {

inline constexpr auto kAwait = net::as_tuple(net::use_awaitable);

// Unread bodies are read away up to here so that the connection can be used again; two of the 4 MiB
// chunks that Azure's SDKs send before they look at the 401.
inline constexpr std::uint64_t kDiscardBytesMax = 8 << 20;
// Bodies up to here are copied behind their header, for one buffer in one write.
inline constexpr std::size_t kJoinBytesMax = 16 << 10;
// What is read away goes here.
inline constexpr std::size_t kScratchBytes = 16 << 10;
// Files are sent in windows of this size: two copies of it stay well under a millisecond.
inline constexpr std::size_t kFileWindowBytes = 256 << 10;

// How a stream is cut off from outside, and how its halves end.
inline void cut_stream(net::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.shutdown(net::ip::tcp::socket::shutdown_both, ignored);
}
inline void end_receiving(net::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.shutdown(net::ip::tcp::socket::shutdown_receive, ignored);
}
inline void end_sending(net::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.shutdown(net::ip::tcp::socket::shutdown_send, ignored);
}

// What carries a stream's bytes: the stream itself, or what TLS runs over.
template <class Stream>
inline constexpr bool kEncrypted = false;
template <class Next>
inline constexpr bool kEncrypted<net::ssl::stream<Next>> = true;
template <class Stream>
auto& carrier_of(Stream& stream) {
  if constexpr (kEncrypted<Stream>) {
    return stream.next_layer();
  } else {
    return stream;
  }
}

// OpenSSL knows the first bytes of an HTTP request, and has sent nothing when it says so.
inline bool is_plain_http(const boost::system::error_code& error) {
  return error.category() == net::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}
inline constexpr std::string_view kPlainRefusal =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 59\r\nConnection: close\r\n\r\n"
    "this port speaks HTTPS, and the request came in plain HTTP\n";

template <class Stream>
class Session final : public Connection, private Wire {
 public:
  Session(Stream stream, const Environment& environment, Loop& loop, std::string peer)
      : Connection(loop),
        stream_(std::move(stream)),
        environment_(environment),
        peer_(std::move(peer)),
        incoming_(*this, buffer_, loop) {
    buffer_.reserve(kFirstReadBytes);
  }

  // Between requests a TLS client is still told: its read ends, and run() says goodbye.
  void cut() override {
    is_cut_ = true;
    if (kEncrypted<Stream> && idle()) {
      end_receiving(carrier_of(stream_));
    } else {
      cut_stream(carrier_of(stream_));
    }
  }

  net::awaitable<void> run() {
    bool again = co_await begin();
    while (again) {
      const bool got = co_await read_head();
      if (!got) co_return co_await goodbye();
      again = co_await exchange();
    }
  }

 private:
  static constexpr std::size_t kFirstReadBytes = 4096;

  // --- the beginning -----------------------------------------------------------------------------

  // False: no connection came of it. The deadline runs from the first moment on, however a client
  // trickles its handshake.
  net::awaitable<bool> begin() {
    if constexpr (kEncrypted<Stream>) {
      enter(Phase::opening);
      const auto [error] = co_await stream_.async_handshake(net::ssl::stream_base::server, kAwait);
      if (!error) client_name_ = client_name(stream_.native_handle());
      if (!error) co_return true;
      spdlog::debug("no TLS with {}: {}", peer_, error.message());
      if (is_plain_http(error)) co_await refuse_plain();
      co_return false;
    } else {
      co_return true;
    }
  }

  net::awaitable<void> refuse_plain() {
    enter(Phase::closing);
    const net::const_buffer answer(kPlainRefusal.data(), kPlainRefusal.size());
    const auto [error, wrote] = co_await carrier_of(stream_).async_write_some(answer, kAwait);
    if (error || wrote < kPlainRefusal.size()) co_return;
    end_sending(carrier_of(stream_));
    co_await read_away();
  }

  // --- the way in --------------------------------------------------------------------------------

  net::awaitable<std::size_t> receive(net::mutable_buffer out) override {
    enter(Phase::flowing);
    const auto [error, got] = co_await stream_.async_read_some(out, kAwait);
    flowed(got);
    enter(Phase::handling);
    co_return error ? 0 : got;
  }

  net::awaitable<bool> send_continue() override {
    const bool sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
    restart_flow();
    enter(Phase::handling);
    co_return sent;
  }

  std::string_view received() const {
    const auto data = buffer_.data();
    return {static_cast<const char*>(data.data()), data.size()};
  }

  // RFC 9112 §2.2: empty lines before a request line are skipped. True: there were some.
  bool skip_empty_lines() {
    const std::size_t before = received().size();
    while (received().starts_with("\r\n")) buffer_.consume(2);
    return received().size() < before;
  }

  // False: the connection is over. True: request_ is complete, or refused_ says why not.
  net::awaitable<bool> read_head() {
    std::size_t scanned = 0;
    refused_.reset();
    enter(received().empty() ? Phase::idle : Phase::head);
    for (;;) {
      if (skip_empty_lines()) scanned = 0;
      const HeadScan scan = scan_head(received(), scanned);
      scanned = received().size();
      if (scan.state == HeadScan::State::complete) {
        accept(scan.length);
        co_return true;
      }
      if (scan.state != HeadScan::State::incomplete) {
        refuse_scan(scan.state);
        co_return true;
      }
      const bool more = co_await read_more_head();
      if (!more) co_return false;
    }
  }

  net::awaitable<bool> read_more_head() {
    if (idle() && loop().draining()) co_return false;
    auto space = buffer_.prepare(kFirstReadBytes);
    const auto [error, got] = co_await stream_.async_read_some(space, kAwait);
    buffer_.commit(got);
    if (error) co_return false;
    if (idle()) enter(Phase::head);
    co_return true;
  }

  void refuse(unsigned status, std::string_view why) {
    const auto code = status == 414 || status == 431 ? Errc::too_large : Errc::invalid;
    refused_.emplace(status, Error(code, About::request, std::string(why)));
  }

  void refuse_scan(HeadScan::State state) {
    start_request();
    const Surface* surface = environment_.router.surface_of(guess_target(received()));
    dialect_ = surface == nullptr ? Dialect::plain : surface->dialect;
    incoming_.begin(Framing(), nullptr);
    switch (state) {
      case HeadScan::State::target_too_long:
        return refuse(414, "the request target is too long");
      case HeadScan::State::too_large:
        return refuse(431, "the request header is too large");
      default:
        return refuse(400, "the request header is malformed");
    }
  }

  void start_request() {
    request_.method = Method::other;
    request_.target = {};
    // A trusted proxy's headers may have said otherwise of the request before.
    request_.peer = std::string_view(peer_).substr(0, peer_.rfind(':'));
    request_.secure = kEncrypted<Stream>;
    request_.client_name = client_name_;
    request_.body = &incoming_;
    request_.path.clear();
    request_.query = Query();
    request_.actor = Actor();
    route_ = nullptr;
    request_.params.clear();
    request_.headers.clear();
    assign_ulid(request_.id);
    http11_ = true;
    keep_alive_ = false;
    framing_ = Framing();
    dialect_ = Dialect::plain;
    produced_ = 0;
    restart_flow();
    if (spdlog::should_log(spdlog::level::debug)) began_ = std::chrono::steady_clock::now();
  }

  // Parses the header section of `length` bytes and takes it out of the buffer.
  void accept(std::size_t length) {
    start_request();
    const Surface* surface = environment_.router.surface_of(guess_target(received()));
    dialect_ = surface == nullptr ? Dialect::plain : surface->dialect;
    parser_.emplace();
    parser_->header_limit(limits::kHeaderBytesMax);
    parser_->body_limit(boost::none);  // each handler has its own; Beast's counts whole bodies
    beast::error_code error;
    const std::size_t taken = parser_->put(net::buffer(received().data(), length), error);
    const bool whole = !error && taken == length && parser_->is_header_done();
    if (whole) {
      take_fields();
    } else if (error == beast::http::error::bad_version) {
      refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    } else {
      refuse(400, "the request header is malformed");
    }
    if (!refused_) buffer_.consume(length);
    incoming_.begin(refused_ ? Framing() : framing_, &*parser_);
  }

  static std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

  void take_fields() {
    const auto& message = parser_->get();
    for (const auto& field : message) {
      request_.headers.emplace_back(view(field.name_string()), view(field.value()));
    }
    http11_ = message.version() == 11;
    keep_alive_ = message.keep_alive();
    request_.method = method_of(message.method());
    request_.target = view(message.target());
    if (request_.target.size() > limits::kTargetBytesMax) {
      return refuse(414, "the request target is too long");
    }
    const auto framing = frame(request_.headers, http11_);
    if (!framing) return refuse(framing.error().status, framing.error().why);
    framing_ = *framing;
    take_target();
  }

  static Method method_of(beast::http::verb verb) {
    switch (verb) {
      case beast::http::verb::get:
        return Method::get;
      case beast::http::verb::head:
        return Method::head;
      case beast::http::verb::post:
        return Method::post;
      case beast::http::verb::put:
        return Method::put;
      case beast::http::verb::patch:
        return Method::patch;
      case beast::http::verb::delete_:
        return Method::del;
      case beast::http::verb::options:
        return Method::options;
      default:
        return Method::other;
    }
  }

  void take_target() {
    std::string_view target = request_.target;
    const std::size_t scheme = target.starts_with('/') ? target.npos : target.find("://");
    if (scheme != target.npos) {  // RFC 9112 §3.2.2: a server must accept the absolute form
      const std::size_t slash = target.find('/', scheme + 3);
      target = slash == target.npos ? std::string_view("/") : target.substr(slash);
    }
    const std::size_t mark = std::min(target.find('?'), target.size());
    const Surface* surface = environment_.router.surface_of(target.substr(0, mark));
    dialect_ = surface == nullptr ? Dialect::plain : surface->dialect;
    auto path = percent_decode(target.substr(0, mark));
    if (!path) return refuse(400, "the path is not percent-encoded correctly");
    auto query = Query::parse(target.substr(std::min(mark + 1, target.size())));
    if (!query) return refuse(400, query.error().what);
    request_.path = *std::move(path);
    request_.query = *std::move(query);
  }

  // --- the answer --------------------------------------------------------------------------------

  net::awaitable<Response> answer() {
    Match match = environment_.router.match(request_.method, request_.path);
    if (match.surface != nullptr) dialect_ = match.surface->dialect;
    if (match.route == nullptr) co_return unrouted(match);
    request_.params = std::move(match.params);
    route_ = match.route;
    const Hooks& hooks = environment_.hooks;
    if (hooks.authenticate) {
      const Result<void> known = co_await hooks.authenticate(request_);
      if (!known) co_return refusal(known.error());
    }
    if (hooks.gate) {
      const Result<void> open = hooks.gate(*match.route, request_);
      if (!open) co_return refusal(open.error());
    }
    co_return co_await match.route->handler(environment_.services, request_);
  }

  Response refusal(Error error) const {
    const auto& scope = environment_.hooks.scope;
    if (error.code == Errc::unauthorized && scope) error.detail = scope(*route_, request_);
    return problem(error, dialect_);
  }

  Response unrouted(const Match& match) const {
    if (match.allow.empty()) {
      return problem(Error(Errc::not_found, About::request, "nothing is served here"), dialect_);
    }
    Response response = problem(
        Error(Errc::unsupported, About::request, "this method is not offered here"), dialect_);
    return std::move(response.add("Allow", match.allow));
  }

  Response defect(std::string_view what) const {
    spdlog::error("request {} {}: {}", request_.id, logged_path(), what);
    return problem(
        Error(Errc::internal, About::request, "a defect of the server; its log says more"),
        dialect_);
  }

  // The one place where a handler's exception ends.
  net::awaitable<Response> guarded() {
    if (refused_) {
      Response response = problem(refused_->second, dialect_);
      response.status = refused_->first;
      co_return response;
    }
    try {
      co_return co_await answer();
    } catch (const std::exception& e) {
      co_return defect(e.what());
    } catch (...) {
      co_return defect("an exception of no known type");
    }
  }

  // Whether the connection can carry another request after this answer.
  bool reusable(const Response& response) const {
    const bool told_by_its_end = is_produced(response) && !http11_;
    return keep_alive_ && !refused_ && !response.close && !told_by_its_end && !loop().draining() &&
           !incoming_.broken() && !incoming_.starved() && !incoming_.awaits_continue() &&
           incoming_.left() <= kDiscardBytesMax;
  }

  // True: go on with the next request.
  net::awaitable<bool> exchange() {
    enter(Phase::handling);
    Response response = co_await guarded();
    add_challenge(response);
    check(response);
    const bool keep = reusable(response);
    const bool sent = co_await send(response, keep);
    log(response, sent);
    if (!sent) co_return false;
    const bool clean = keep && co_await discard_body();
    if (!clean) co_await linger();
    request_.body_again.reset();
    incoming_.end();
    request_.headers.clear();
    co_return clean;
  }

  // RFC 9110 §15.5.2: each 401 carries a challenge. Exactly one here, because clients that look for
  // a scheme word take the first they find.
  void add_challenge(Response& response) const {
    if (response.status != 401) return;
    for (const auto& [name, value] : response.headers)
      if (name == "WWW-Authenticate") return;
    const auto& challenge = environment_.hooks.challenge;
    response.add("WWW-Authenticate",
                 challenge ? challenge(route_, request_) : R"(Basic realm="varve")");
  }

  // Replaces what must not leave: a handler's defect, not the client's.
  void check(Response& response) const {
    for (const auto& [name, value] : response.headers) {
      if (may_send(name, value)) continue;
      response = defect("a handler's header field may not be sent");
      return;
    }
    const auto length = body_length(response);
    const bool has_bytes =
        request_.method != Method::head && !bodiless(response.status) && !is_produced(response);
    if (has_bytes && response.content_length && *response.content_length != length) {
      response = defect("a handler's body has another length than it says");
    }
  }

  static bool bodiless(unsigned status) { return status < 200 || status == 204 || status == 304; }

  static bool is_produced(const Response& response) {
    return std::holds_alternative<std::shared_ptr<Producer>>(response.body);
  }

  static std::uint64_t body_length(const Response& response) {
    if (const auto* file = std::get_if<FileRange>(&response.body)) return file->length;
    return memory(response).size();
  }

  static std::string_view memory(const Response& response) {
    if (const auto* own = std::get_if<std::string>(&response.body)) return *own;
    const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response.body);
    return shared != nullptr && *shared ? std::string_view(**shared) : std::string_view();
  }

  void compose(const Response& response, bool keep) {
    HeadParts parts;
    parts.status = response.status;
    if (is_produced(response)) {
      parts.chunked = http11_;
    } else if (!bodiless(response.status)) {
      parts.content_length = response.content_length.value_or(body_length(response));
    } else if (response.status == 304) {
      parts.content_length = response.content_length;  // that of the 200, when the handler knows it
    }
    if (!keep) {
      parts.connection = "close";
    } else if (!http11_) {
      parts.connection = "keep-alive";
    }
    parts.request_id = framing_.request_id.empty() ? request_.id : framing_.request_id;
    parts.date = loop().date();
    parts.dialect_lines = dialect_header_lines(dialect_);
    out_.clear();
    append_head(out_, parts, response.headers);
  }

  net::awaitable<bool> send(Response& response, bool keep) {
    const bool silent = request_.method == Method::head || bodiless(response.status);
    if (!silent && std::holds_alternative<FileRange>(response.body)) {
      const FileRange range = std::get<FileRange>(response.body);
      co_return co_await send_file(response, range, keep);
    }
    if (!silent && is_produced(response)) {
      const auto producer = std::get<std::shared_ptr<Producer>>(response.body);
      co_return co_await send_produced(response, *producer, keep);
    }
    co_return co_await send_memory(response, silent, keep);
  }

  // HTTP/1.0 knows no chunks: there the end of the connection is the end of the body, and
  // reusable() saw to it.
  net::awaitable<bool> send_produced(Response& response, Producer& producer, bool keep) {
    Result<std::string> piece = co_await produce(producer);
    if (!piece) {
      spdlog::error("request {} {}: {}", request_.id, logged_path(), piece.error().what);
      response = problem(piece.error(), dialect_);
      co_return co_await send_memory(response, false, keep);
    }
    compose(response, keep);
    restart_flow();
    while (!piece->empty()) {
      if (http11_) out_ += chunk_line(piece->size());
      const bool written = co_await write(out_, *piece);
      if (!written) co_return false;
      produced_ += piece->size();
      out_ = http11_ ? "\r\n" : "";
      piece = co_await produce(producer);
      if (!piece)
        spdlog::error("request {} {}: {}", request_.id, logged_path(), piece.error().what);
      if (!piece) co_return false;
    }
    if (http11_) out_ += "0\r\n\r\n";
    co_return co_await write(out_, {});
  }

  net::awaitable<Result<std::string>> produce(Producer& producer) {
    enter(Phase::handling);
    try {
      co_return co_await producer.next();
    } catch (const std::exception& e) {
      co_return fail(Errc::internal, About::request, e.what());
    }
  }

  net::awaitable<bool> send_memory(Response& response, bool silent, bool keep) {
    compose(response, keep);
    std::string_view body = silent ? std::string_view() : memory(response);
    if (body.size() <= kJoinBytesMax) {
      out_.append(body);
      body = {};
    }
    restart_flow();
    co_return co_await write(out_, body);
  }

  // The first window is read before the head is written: a blob that cannot be read is a 500. Later
  // it is too late to say so, and the connection is cut short of its Content-Length.
  net::awaitable<bool> send_file(Response& response, const FileRange& range, bool keep) {
    const Window window = loop().take_window();
    const std::size_t piece = std::min(kFileWindowBytes, window.size());
    std::uint64_t offset = 0;
    do {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(piece, range.length - offset));
      enter(Phase::handling);
      const Result<void> loaded = co_await load(range, offset, size, window.data());
      if (!loaded) {
        spdlog::error("request {} {}: {}", request_.id, logged_path(), loaded.error().what);
        if (offset > 0) co_return false;
        response = problem(loaded.error(), dialect_);
        co_return co_await send_memory(response, false, keep);
      }
      if (offset == 0) compose(response, keep);
      if (offset == 0) restart_flow();
      const std::string_view head = offset == 0 ? std::string_view(out_) : std::string_view();
      const bool written = co_await write(head, std::string_view(window.data(), size));
      if (!written) co_return false;
      offset += size;
    } while (offset < range.length);
    co_return true;
  }

  // Straight from the page cache when the kernel promises not to block; else on the pool, since a
  // disk may take far longer than an I/O thread may stand still.
  net::awaitable<Result<void>> load(const FileRange& range, std::uint64_t offset, std::size_t size,
                                    char* out) {
    if (size == 0) co_return Result<void>();
    if (cached_read(*range.file, range.offset + offset, size, out)) co_return Result<void>();
    auto read = [file = range.file, at = range.offset + offset, size, out] {
      return file->read(at, size, out);
    };
    auto pending = environment_.pool.run(std::move(read));
    co_return co_await std::move(pending);
  }

  static bool cached_read(const BlobFile& file, std::uint64_t offset, std::size_t size, char* out) {
    const int descriptor = file.descriptor();
    if (descriptor < 0) return false;
    const iovec into{out, size};
    const ssize_t got = preadv2(descriptor, &into, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    return got == static_cast<ssize_t>(size);
  }

  net::awaitable<bool> write(std::string_view head, std::string_view body) {
    enter(Phase::flowing);
    while (!head.empty() && !body.empty()) {
      const std::array buffers = {net::const_buffer(head.data(), head.size()),
                                  net::const_buffer(body.data(), body.size())};
      const auto [error, wrote] = co_await stream_.async_write_some(buffers, kAwait);
      if (error) co_return false;
      advance(wrote);
      body.remove_prefix(wrote > head.size() ? wrote - head.size() : 0);
      head.remove_prefix(std::min(wrote, head.size()));
    }
    std::string_view rest = head.empty() ? body : head;
    while (!rest.empty()) {
      const net::const_buffer buffer(rest.data(), rest.size());
      const auto [error, wrote] = co_await stream_.async_write_some(buffer, kAwait);
      if (error) co_return false;
      advance(wrote);
      rest.remove_prefix(wrote);
    }
    co_return true;
  }

  void advance(std::size_t wrote) {
    flowed(wrote);
    enter(Phase::flowing);
  }

  // --- the end -----------------------------------------------------------------------------------

  // Reads away what the handler left of the body. False: too much, or broken.
  net::awaitable<bool> discard_body() {
    if (incoming_.ended()) co_return true;
    const auto scratch = std::make_unique_for_overwrite<char[]>(kScratchBytes);
    std::uint64_t total = 0;
    restart_flow();
    while (!incoming_.ended()) {
      const Result<std::size_t> skipped =
          co_await incoming_.skip(net::buffer(scratch.get(), kScratchBytes));
      if (!skipped) co_return false;
      total += *skipped;
      if (total > kDiscardBytesMax) co_return false;
    }
    co_return true;
  }

  // Over TLS the end is said, for whoever must tell the end from a connection cut short; an answer
  // that breaks off is cut short, and never comes here. The client's own goodbye is waited for, up
  // to the deadline of closing.
  net::awaitable<void> goodbye() {
    if constexpr (kEncrypted<Stream>) {
      enter(Phase::closing);
      co_await stream_.async_shutdown(kAwait);
    }
    co_return;
  }

  // Closing with unread bytes resets the connection and may destroy the answer on its way, so the
  // sending half ends first and the rest is read away for a moment (RFC 9112 §9.6).
  net::awaitable<void> linger() {
    const bool whole = incoming_.ended() && !incoming_.broken() && !refused_;
    incoming_.end();
    buffer_.consume(buffer_.size());
    co_await goodbye();
    end_sending(carrier_of(stream_));
    if (!whole) co_await read_away();
  }

  net::awaitable<void> read_away() {
    enter(Phase::closing);
    while (!is_cut_) {
      auto space = buffer_.prepare(kScratchBytes);
      const auto [error, got] = co_await carrier_of(stream_).async_read_some(space, kAwait);
      if (error || got == 0) co_return;
    }
  }

  // As it came, since what %0A decodes to could forge a line; never the query: it may hold a
  // secret.
  std::string_view logged_path() const {
    return request_.target.substr(0, request_.target.find('?'));
  }

  void log(const Response& response, bool sent) const {
    if (!spdlog::should_log(spdlog::level::debug)) return;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began_);
    spdlog::debug("access peer={} method={} path={} status={} bytes={} micros={} id={} actor={}{}",
                  peer_, to_string(request_.method), logged_path(), response.status,
                  is_produced(response) ? produced_ : body_length(response), took.count(),
                  request_.id, request_.actor.id, sent ? "" : " broken");
  }

  Stream stream_;
  const Environment& environment_;
  const std::string peer_;
  std::optional<std::string> client_name_;
  beast::flat_buffer buffer_;
  Incoming incoming_;
  std::optional<Parser>
      parser_;  // request_.headers, .target and, of a proxy's, .peer point into it
  Request request_;
  const Route* route_ = nullptr;  // the one that answers request_
  Framing framing_;
  std::optional<std::pair<unsigned, Error>> refused_;
  Dialect dialect_ = Dialect::plain;
  bool http11_ = true;
  bool keep_alive_ = false;
  bool is_cut_ = false;
  std::uint64_t produced_ = 0;  // bytes of a body that was made while it was sent
  std::string out_;
  std::chrono::steady_clock::time_point began_;
};

template <class Stream>
net::awaitable<void> serve(Stream stream, const Environment& environment, Loop& loop,
                           std::string peer) {
  Session<Stream> session(std::move(stream), environment, loop, std::move(peer));
  co_await session.run();
}

}  // namespace varve::http
