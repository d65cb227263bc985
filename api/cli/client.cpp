// HTTP over one TCP connection by Boost.Beast, made blocking by running its io_context until each
// request is over: only asynchronous operations have deadlines. The thread of main() only.
#include "api/cli/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
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

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::cli {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

// A string that grows with what arrives. Beast's own sets aside what Content-Length announces,
// which is a stranger's word.
struct ArrivingBody {
  using value_type = std::string;

  class reader {  // NOLINT: Beast's name for it
   public:
    template <bool kRequest, class Fields>
    reader(beast::http::header<kRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      const std::size_t before = body_.size();
      for (const net::const_buffer piece : beast::buffers_range_ref(buffers))
        body_.append(static_cast<const char*>(piece.data()), piece.size());
      error = {};
      return body_.size() - before;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};
using Parser = beast::http::response_parser<ArrivingBody>;
using Wanted = beast::http::request<beast::http::string_body>;

constexpr int kRetriesMax = 4;
constexpr std::chrono::seconds kRetryAfterMax{5};
constexpr std::chrono::milliseconds kRetryAtOnce{100};  // "Retry-After: 0"
constexpr std::string_view kUserAgent = "varve";

bool changes_something(const Ask& ask) {
  return !ask.method.empty() && ask.method != "GET";
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
  if (!changes_something(ask)) return request;
  request.set(beast::http::field::content_type, "application/json");
  request.body() = ask.body;
  request.prepare_payload();
  return request;
}

Answer to_answer(Parser& parser) {
  Answer answer;
  auto& message = parser.get();
  answer.status = message.result_int();
  answer.body = std::move(message.body());
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

}  // namespace

class HttpClient::Connection {
 public:
  Connection(const Address& address, ClientDeadlines deadlines)
      : address_(address), deadlines_(deadlines) {}

  bool open() const { return stream_.has_value(); }
  void close() {
    stream_.reset();
    buffer_.clear();
  }

  error_code connect() {
    close();
    net::ip::tcp::resolver resolver(context_);
    error_code failed = net::error::timed_out;
    stream_.emplace(context_);
    stream_->expires_after(std::chrono::milliseconds(deadlines_.connect_ms));
    resolver.async_resolve(
        address_.host, address_.port,
        [&](error_code error, const net::ip::tcp::resolver::results_type& found) {
          failed = error;
          if (error) return;
          stream_->async_connect(found,
                                 [&](error_code e, const net::ip::tcp::endpoint&) { failed = e; });
        });
    run(deadlines_.connect_ms, resolver);
    if (failed) return close(), failed;
    error_code ignored;
    stream_->socket().set_option(net::ip::tcp::no_delay(true), ignored);
    return {};
  }

  error_code exchange(const Wanted& request, const Ask& ask, Parser& parser, bool& answered) {
    parser.header_limit(limits::kHeaderBytesMax);
    parser.body_limit(ask.bytes_max);
    parser.skip(ask.head);
    error_code failed = net::error::timed_out;
    stream_->expires_after(std::chrono::milliseconds(deadlines_.answer_ms));
    beast::http::async_write(*stream_, request, [&](error_code error, std::size_t) {
      failed = error;
      if (error) return;
      beast::http::async_read(*stream_, buffer_, parser, [&](error_code e, std::size_t bytes) {
        failed = e;
        answered = bytes > 0;
      });
    });
    context_.restart();
    context_.run();
    stream_->expires_never();
    if (failed || !parser.get().keep_alive()) close();
    return failed;
  }

 private:
  // A resolver has no deadline of its own, so the whole run has one.
  void run(std::uint32_t milliseconds, net::ip::tcp::resolver& resolver) {
    context_.restart();
    context_.run_for(std::chrono::milliseconds(milliseconds) + std::chrono::milliseconds(200));
    if (context_.stopped()) return;
    resolver.cancel();
    stream_->cancel();
    context_.run();
  }

  const Address& address_;
  ClientDeadlines deadlines_;
  net::io_context context_{1};
  std::optional<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
};

HttpClient::HttpClient(Address address, ClientDeadlines deadlines)
    : address_(std::move(address)),
      connection_(std::make_unique<Connection>(address_, deadlines)) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<Server>> HttpClient::make(std::string_view url, ClientDeadlines deadlines) {
  VARVE_TRY(auto address, parse_url(url));
  return std::make_unique<HttpClient>(std::move(address), deadlines);
}

std::string HttpClient::url() const {
  return "http://" + address_.authority() + address_.prefix;
}

Result<Answer> HttpClient::ask_once(const Ask& ask) {
  const auto unreachable = [&](const error_code& error) {
    const bool late = error == beast::error::timeout || error == net::error::timed_out;
    const bool large = error == beast::http::error::body_limit;
    return fail(Errc::unavailable, About::request, "no usable answer from " + url() + ask.target,
                large  ? "the answer is larger than " + std::to_string(ask.bytes_max) + " bytes"
                : late ? "it took too long"
                       : error.message());
  };
  const bool reused = connection_->open();
  if (!reused)
    if (const error_code error = connection_->connect()) return unreachable(error);
  std::optional<Parser> parser(std::in_place);
  bool answered = false;
  const Wanted request = make_request(address_, authorization_, ask);
  error_code error = connection_->exchange(request, ask, *parser, answered);
  // A server may close an idle connection just as it is used again.
  if (error && reused && !answered && !changes_something(ask)) {
    if (const error_code failed = connection_->connect()) return unreachable(failed);
    parser.emplace();
    error = connection_->exchange(request, ask, *parser, answered);
  }
  if (error) return unreachable(error);
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
