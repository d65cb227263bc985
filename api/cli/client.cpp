// HTTP over one connection by Boost.Beast, TCP or TLS, made blocking by running its io_context
// until each request is over: only asynchronous operations have deadlines. The thread of main()
// only.
#include "api/cli/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>
#include <thread>

#include "api/cli/console.h"
#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::cli {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

// A string that grows with what arrives, or somebody who takes it piece by piece. Beast's own sets
// aside what Content-Length announces, which is a stranger's word.
struct ArrivingBody {
  struct value_type {  // NOLINT: Beast's name for it
    std::string bytes;
    const Sink* sink = nullptr;
    std::optional<Error> refused;  // by the sink
  };

  class reader {  // NOLINT: Beast's name for it
   public:
    template <bool kRequest, class Fields>
    reader(beast::http::header<kRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      std::size_t taken = 0;
      error = {};
      for (const net::const_buffer piece : beast::buffers_range_ref(buffers)) {
        take({static_cast<const char*>(piece.data()), piece.size()}, error);
        if (error) break;
        taken += piece.size();
      }
      return taken;
    }
    void finish(error_code& error) { error = {}; }

   private:
    void take(std::string_view piece, error_code& error) {
      if (body_.sink == nullptr) {
        body_.bytes += piece;
        return;
      }
      auto taken = (*body_.sink)(piece);
      if (taken) return;
      body_.refused = std::move(taken).error();
      error = net::error::operation_aborted;
    }
    value_type& body_;
  };
};
using Parser = beast::http::response_parser<ArrivingBody>;
using Wanted = beast::http::request<beast::http::string_body>;

constexpr std::size_t kRefusalBytesMax = 64 << 10;  // of what comes in place of a long body
constexpr int kRetriesMax = 4;
constexpr std::chrono::seconds kRetryAfterMax{5};
constexpr std::chrono::milliseconds kRetryAtOnce{100};  // "Retry-After: 0"
constexpr std::string_view kUserAgent = "varve";

bool has_body(const Ask& ask) {
  return !ask.method.empty() && ask.method != "GET";
}

bool changes_something(const Ask& ask) {
  return has_body(ask) && !ask.question;
}

Wanted make_request(const Address& address, const std::string& authorization, const Ask& ask) {
  Wanted request;
  request.version(11);
  request.target(address.prefix + ask.target);
  request.method_string(!ask.method.empty() ? ask.method : ask.head ? "HEAD" : "GET");
  request.set(beast::http::field::host, address.authority());
  request.set(beast::http::field::user_agent, kUserAgent);
  // A log may send gzip un-negotiated (tlog-tiles); ours does not, and hashes are over plain bytes.
  request.set(beast::http::field::accept_encoding, "identity");
  request.set(beast::http::field::accept, "*/*");
  if (!authorization.empty()) request.set(beast::http::field::authorization, authorization);
  for (const auto& [name, value] : ask.headers) request.set(name, value);
  if (!has_body(ask)) return request;
  if (ask.upload != nullptr) {
    request.set(beast::http::field::content_type, "application/octet-stream");
    request.content_length(ask.upload->size());
    return request;
  }
  request.set(beast::http::field::content_type, ask.content_type);
  request.body() = ask.body;
  request.prepare_payload();
  return request;
}

Answer to_answer(Parser& parser) {
  Answer answer;
  auto& message = parser.get();
  answer.status = message.result_int();
  answer.body = std::move(message.body().bytes);
  for (const auto& field : message)
    answer.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  return answer;
}

// How long to wait before asking again; nothing when the answer does not invite it.
std::optional<std::chrono::milliseconds> retry_after(const Answer& answer) {
  if (answer.status != 503) return std::nullopt;
  const auto seconds = parse_decimal(answer.header("Retry-After"));
  if (!seconds || *seconds > static_cast<std::uint64_t>(kRetryAfterMax.count()))
    return std::nullopt;
  return *seconds == 0 ? kRetryAtOnce : std::chrono::seconds(*seconds);
}

// What stands between a socket and HTTP: nothing, or TLS.
using PlainStream = beast::tcp_stream;
using TlsStream = net::ssl::stream<beast::tcp_stream>;

// A handshake that failed, in words: OpenSSL's code says only "certificate verify failed".
std::string handshake_failure(TlsStream& stream, const error_code& error) {
  const long verdict = ::SSL_get_verify_result(stream.native_handle());
  if (verdict == X509_V_OK) return "TLS: " + error.message();
  return std::string("its certificate is not trusted: ") + ::X509_verify_cert_error_string(verdict);
}

}  // namespace

class HttpClient::Connection {
 public:
  Connection(const Address& address, ClientOptions options)
      : address_(address), options_(std::move(options)) {}

  bool open() const { return plain_ || tls_; }
  void close() {
    plain_.reset();
    tls_.reset();
    buffer_.clear();
  }

  // The deadline of connecting is the handshake's too. Errors: in words, for a person.
  Result<void> connect() {
    close();
    if (address_.secure) VARVE_CHECK(prepare_tls());
    if (!address_.secure) plain_.emplace(context_);
    net::ip::tcp::resolver resolver(context_);
    error_code failed = net::error::timed_out;
    bool shaking_hands = false;
    const auto connected = [&](error_code error) {
      failed = error;
      if (error || !tls_) return;
      shaking_hands = true;
      failed = net::error::timed_out;
      tls_->async_handshake(net::ssl::stream_base::client, [&](error_code e) { failed = e; });
    };
    socket().expires_after(std::chrono::milliseconds(options_.deadlines.connect_ms));
    resolver.async_resolve(
        address_.host, address_.port,
        [&](error_code error, const net::ip::tcp::resolver::results_type& found) {
          failed = error;
          if (error) return;
          socket().async_connect(
              found, [&](error_code e, const net::ip::tcp::endpoint&) { connected(e); });
        });
    run(resolver);
    if (failed) {
      const bool refused = shaking_hands && !is_late(failed);
      std::string why = refused ? handshake_failure(*tls_, failed) : words_of(failed);
      close();
      return fail(Errc::unavailable, About::request, std::move(why));
    }
    error_code ignored;
    socket().socket().set_option(net::ip::tcp::no_delay(true), ignored);
    return {};
  }

  error_code exchange(const Wanted& request, const Ask& ask, Parser& parser, bool& answered) {
    parser.header_limit(limits::kHeaderBytesMax);
    parser.body_limit(ask.bytes_max);
    parser.skip(ask.head);
    const error_code failed = tls_ ? exchange_over(*tls_, request, ask, parser, answered)
                                   : exchange_over(*plain_, request, ask, parser, answered);
    if (failed || !parser.get().keep_alive()) close();
    return failed;
  }

  static bool is_late(const error_code& error) {
    return error == beast::error::timeout || error == net::error::timed_out;
  }
  static std::string words_of(const error_code& error) {
    return is_late(error) ? "it took too long" : error.message();
  }

 private:
  beast::tcp_stream& socket() { return tls_ ? tls_->next_layer() : *plain_; }

  // Starts an operation and waits until it is over.
  template <class Start>
  error_code finish(const Start& start, std::size_t* bytes = nullptr) {
    error_code failed = net::error::timed_out;
    start([&](error_code error, std::size_t count) {
      failed = error;
      if (bytes != nullptr) *bytes = count;
    });
    context_.restart();
    context_.run();
    return failed;
  }
  void expect_more() {
    socket().expires_after(std::chrono::milliseconds(options_.deadlines.answer_ms));
  }

  template <class Stream>
  error_code exchange_over(Stream& stream, const Wanted& request, const Ask& ask, Parser& parser,
                           bool& answered) {
    expect_more();
    const error_code unsent =
        ask.upload != nullptr
            ? send_pieces(stream, request, *ask.upload, parser)
            : finish([&](auto done) { beast::http::async_write(stream, request, done); });
    // Who refuses a long body may answer before its end, and hang up.
    const bool may_have_answered = ask.upload != nullptr && !is_late(unsent) && !refused(parser);
    error_code failed = unsent;
    if (!unsent || may_have_answered) {
      failed = ask.sink ? take_pieces(stream, ask, parser, answered)
                        : take_whole(stream, parser, answered);
      if (failed && unsent) failed = unsent;
    }
    socket().expires_never();
    return failed;
  }
  static bool refused(Parser& parser) { return parser.get().body().refused.has_value(); }

  template <class Stream>
  error_code take_whole(Stream& stream, Parser& parser, bool& answered) {
    std::size_t bytes = 0;
    const error_code failed =
        finish([&](auto done) { beast::http::async_read(stream, buffer_, parser, done); }, &bytes);
    answered = bytes > 0;
    return failed;
  }

  // What is long has a deadline for each piece; the sender says in between that it goes on.
  template <class Stream>
  error_code send_pieces(Stream& stream, const Wanted& request, Upload& upload, Parser& parser) {
    beast::http::request_serializer<beast::http::string_body> head(request);
    head.split(true);
    error_code failed =
        finish([&](auto done) { beast::http::async_write_header(stream, head, done); });
    auto rewound = upload.rewind();
    std::uint64_t left = upload.size();
    while (!failed && rewound && left > 0) {
      auto piece = upload.next();
      if (piece && (piece->empty() || piece->size() > left))
        piece = fail(Errc::conflict, About::request, "the file changes while it is sent");
      if (!piece) rewound = std::unexpected(std::move(piece).error());
      if (!rewound) break;
      expect_more();
      failed = finish([&](auto done) { net::async_write(stream, net::buffer(*piece), done); });
      left -= piece->size();
    }
    if (rewound) return failed;
    parser.get().body().refused = std::move(rewound).error();
    return net::error::operation_aborted;
  }

  template <class Stream>
  error_code take_pieces(Stream& stream, const Ask& ask, Parser& parser, bool& answered) {
    std::size_t bytes = 0;
    error_code failed = finish(
        [&](auto done) { beast::http::async_read_header(stream, buffer_, parser, done); }, &bytes);
    answered = bytes > 0;
    if (failed) return failed;
    const bool wanted = parser.get().result_int() == 200;
    if (!wanted && !is_short(parser)) return beast::http::error::body_limit;
    if (wanted) parser.get().body().sink = &ask.sink;
    parser.eager(true);
    while (!failed && !parser.is_done()) {
      if (wanted) expect_more();
      failed =
          finish([&](auto done) { beast::http::async_read_some(stream, buffer_, parser, done); });
      if (!wanted && parser.get().body().bytes.size() > kRefusalBytesMax)
        return beast::http::error::body_limit;
    }
    return failed;
  }
  static bool is_short(const Parser& parser) {
    const auto length = parser.content_length();
    return !length || *length <= kRefusalBytesMax;
  }

  Result<void> prepare_tls() {
    error_code error;
    if (!trust_) {
      trust_.emplace(net::ssl::context::tls_client);
      ::SSL_CTX_set_min_proto_version(trust_->native_handle(), TLS1_2_VERSION);
      trust_->set_verify_mode(net::ssl::verify_peer, error);
      if (!error && options_.ca) trust_->load_verify_file(*options_.ca, error);
      if (!error && !options_.ca) trust_->set_default_verify_paths(error);
      if (error) trust_.reset();
      if (error)
        return fail(Errc::unavailable, About::request,
                    "the certificates to trust cannot be read: " + error.message(),
                    options_.ca.value_or("the system's"));
    }
    tls_.emplace(context_, *trust_);
    tls_->set_verify_callback(net::ssl::host_name_verification(address_.host), error);
    // Names only: an address is no name to ask for (RFC 6066 §3).
    error_code no_address;
    net::ip::make_address(address_.host, no_address);
    if (no_address) ::SSL_set_tlsext_host_name(tls_->native_handle(), address_.host.c_str());
    return {};
  }

  // A resolver has no deadline of its own, so the whole run has one.
  void run(net::ip::tcp::resolver& resolver) {
    context_.restart();
    context_.run_for(std::chrono::milliseconds(options_.deadlines.connect_ms) +
                     std::chrono::milliseconds(200));
    if (context_.stopped()) return;
    resolver.cancel();
    socket().cancel();
    context_.run();
  }

  const Address& address_;
  const ClientOptions options_;
  net::io_context context_{1};
  std::optional<net::ssl::context> trust_;
  std::optional<PlainStream> plain_;  // one of the two while connected
  std::optional<TlsStream> tls_;
  beast::flat_buffer buffer_;
};

HttpClient::HttpClient(Address address, ClientOptions options)
    : address_(std::move(address)),
      connection_(std::make_unique<Connection>(address_, std::move(options))) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<Server>> HttpClient::make(std::string_view url, ClientOptions options) {
  VARVE_TRY(auto address, parse_url(url));
  return std::make_unique<HttpClient>(std::move(address), std::move(options));
}

std::string HttpClient::url() const {
  return address_.url();
}

Result<Answer> HttpClient::ask_once(const Ask& ask) {
  const auto unreachable = [&](std::string why) {
    return fail(Errc::unavailable, About::request, "no usable answer from " + url() + ask.target,
                std::move(why));
  };
  const auto connect = [&]() -> Result<void> {
    const auto connected = connection_->connect();
    if (!connected) return unreachable(describe(connected.error()));
    return {};
  };
  const bool reused = connection_->open();
  if (!reused) VARVE_CHECK(connect());
  std::optional<Parser> parser(std::in_place);
  bool answered = false;
  const Wanted request = make_request(address_, authorization_, ask);
  error_code error = connection_->exchange(request, ask, *parser, answered);
  // A server may close an idle connection just as it is used again.
  if (error && reused && !answered && !changes_something(ask)) {
    VARVE_CHECK(connect());
    parser.emplace();
    error = connection_->exchange(request, ask, *parser, answered);
  }
  if (auto& refused = parser->get().body().refused) return std::unexpected(*std::move(refused));
  if (error == beast::http::error::body_limit)
    return unreachable("the answer is larger than " + std::to_string(ask.bytes_max) + " bytes");
  if (error) return unreachable(Connection::words_of(error));
  Answer answer = to_answer(*parser);
  const std::string_view encoding = answer.header("Content-Encoding");
  if (!encoding.empty() && encoding != "identity")
    return fail(Errc::unavailable, About::request,
                url() + ask.target + " answers in an encoding nobody asked for",
                std::string(encoding));
  return answer;
}

Result<Answer> HttpClient::ask(const Ask& ask) {
  for (int attempt = 0;; ++attempt) {
    VARVE_TRY(auto answer, ask_once(ask));
    const auto wait = ask.patient && attempt < kRetriesMax ? retry_after(answer) : std::nullopt;
    if (!wait) return answer;
    std::this_thread::sleep_for(*wait);
  }
}

}  // namespace varve::cli
