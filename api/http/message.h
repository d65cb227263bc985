// Requests and responses as plain values: what handlers see instead of Beast. A Request and its
// Body belong to the connection's I/O thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/actor.h"
#include "core/base/error.h"
#include "log/store/blob_store.h"

namespace varve::http {

namespace net = boost::asio;

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };
std::string_view to_string(Method method);

// Strict: nullopt for a % without two hex digits after it, and for %00 (a NUL ends strings in C, so
// no name of ours may hold one). '+' stays '+'.
std::optional<std::string> percent_decode(std::string_view text);

// For a value inside a query of ours: everything but letters, digits and -._~:/ is escaped.
std::string percent_encode(std::string_view text);

// The bytes a client sends after the header, pulled in windows so that none is ever held whole.
class Body {
 public:
  virtual ~Body() = default;
  // The next window (at most limits::kBodyWindowBytes, far less while memory is short), valid until
  // the next call but one, so that it can be stored while the next one comes; empty at the end.
  // Errors: the client vanished, stalled, or sent a malformed chunk; the connection then closes.
  virtual net::awaitable<Result<std::string_view>> read() = 0;
  // What Content-Length said; nullopt when chunked.
  virtual std::optional<std::uint64_t> length() const = 0;
  // Counts bytes that a handler keeps until the request ends; false when all requests together keep
  // too many. The connection then closes: what is left of the body is not waited for.
  virtual bool hold(std::size_t) { return true; }
};

// name=value pairs, percent-decoded, in the order they came. '+' is a plus sign, not a space: no
// value of ours may hold a space, while media types ("+json"), versions and UTC offsets hold pluses
// that people type unescaped; clients that build queries with a library send %2B and %20 or mean a
// plus.
class Query {
 public:
  static Result<Query> parse(std::string_view text);  // Errc::invalid when percent_decode refuses
  std::optional<std::string_view> get(std::string_view name) const;  // the first
  std::vector<std::string_view> all(std::string_view name) const;
  std::span<const std::pair<std::string, std::string>> pairs() const { return pairs_; }
  bool empty() const { return pairs_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

struct Request {
  Method method = Method::get;
  bool secure = false;      // the client speaks TLS: what absolute URLs in answers say
  std::string_view target;  // as it came
  std::string path;         // decoded once, before routing
  Query query;
  std::string id;  // our ULID, in X-Request-Id unless the client sent its own
  Actor actor;
  std::string_view peer;  // the client's address, without the port (forwarded.h)
  // Whom the client's certificate names (tls.h); empty: one that is not to be believed. None: no
  // certificate was shown, or nobody asked for one.
  std::optional<std::string_view> client_name = std::nullopt;
  Body* body = nullptr;                        // never null inside a handler
  std::unique_ptr<Body> body_again = nullptr;  // what `body` points to when somebody read it before
  std::vector<std::string_view> params;  // what the route's {…} captured, in order; views into path
  std::string_view header(std::string_view name) const;  // case-insensitive; empty when absent
  std::vector<std::pair<std::string_view, std::string_view>> headers;
};

// A range of a file, sent without being held.
struct FileRange {
  std::shared_ptr<const BlobFile> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// A body that is made while it is sent, for what would be too much to hold. On the connection's I/O
// thread.
class Producer {
 public:
  virtual ~Producer() = default;
  // The next piece; empty: that was all. After an error the answer breaks off, so that nobody takes
  // what came for all there is; an error of the first piece is answered as such.
  virtual net::awaitable<Result<std::string>> next() = 0;
};

struct Response {
  unsigned status = 200;
  std::vector<std::pair<std::string_view, std::string>> headers;  // names are literals
  std::variant<std::string, std::shared_ptr<const std::string>, FileRange,
               std::shared_ptr<Producer>>
      body;
  // HEAD answers carry the length of the GET without its bytes; sessions cut them, handlers need
  // not care. A handler that knows the length without the bytes sets it here (HEAD of a blob).
  std::optional<std::uint64_t> content_length;
  bool close = false;  // end the connection after this answer

  Response& add(std::string_view name, std::string value) {
    headers.emplace_back(name, std::move(value));
    return *this;
  }
};

Response text(unsigned status, std::string body);  // text/plain; charset=utf-8
Response json(unsigned status, std::string body);  // application/json
// About this moment only: no cache keeps it, and a 503 is worth asking again.
Response momentary(Response response);

// The same bytes once more, for a handler, after somebody had to read them off `source` before it.
// `source` goes on counting what is held, and stays where it is.
std::unique_ptr<Body> read_again(std::string bytes, Body& source);

// The whole body, at most `bytes_max` (Errc::too_large beyond, without reading on).
// Errc::overloaded when it may not be held.
net::awaitable<Result<std::string>> read_all(Body& body, std::size_t bytes_max);

}  // namespace varve::http
