// Requests and responses as plain values. Pure but for read_all, which runs where its Body lives.
#include "api/http/message.h"

#include <array>

#include "api/http/wire.h"
#include "core/base/limits.h"

namespace varve::http {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      return "OTHER";
  }
  return "OTHER";
}

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kPlain = "-._~:/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (text[i] == '\0') return std::nullopt;
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) {
      return fail(Errc::invalid, About::request, "the query is not percent-encoded correctly");
    }
    query.pairs_.emplace_back(*std::move(name), *std::move(value));
  }
  return query;
}

std::optional<std::string_view> Query::get(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : pairs_) {
    if (key == name) values.emplace_back(value);
  }
  return values;
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

namespace {

Response with_type(unsigned status, std::string_view type, std::string body) {
  Response response;
  response.status = status;
  response.add("Content-Type", std::string(type));
  response.body = std::move(body);
  return response;
}

}  // namespace

Response text(unsigned status, std::string body) {
  return with_type(status, "text/plain; charset=utf-8", std::move(body));
}

// No charset parameter: clients compare the type literally (oci.md, "Common to every answer").
Response json(unsigned status, std::string body) {
  return with_type(status, "application/json", std::move(body));
}

Response momentary(Response response) {
  response.add("Cache-Control", "no-store");
  if (response.status == 503) response.add("Retry-After", "1");
  return response;
}

namespace {

class Again final : public Body {
 public:
  Again(std::string bytes, Body& source) : bytes_(std::move(bytes)), source_(source) {}

  net::awaitable<Result<std::string_view>> read() override {
    const auto window = std::string_view(bytes_).substr(offset_, limits::kBodyWindowBytes);
    offset_ += window.size();
    co_return window;
  }
  std::optional<std::uint64_t> length() const override { return bytes_.size(); }
  bool hold(std::size_t bytes) override { return source_.hold(bytes); }

 private:
  const std::string bytes_;
  Body& source_;
  std::size_t offset_ = 0;
};

}  // namespace

std::unique_ptr<Body> read_again(std::string bytes, Body& source) {
  return std::make_unique<Again>(std::move(bytes), source);
}

net::awaitable<Result<std::string>> read_all(Body& body, std::size_t bytes_max) {
  const std::uint64_t announced = body.length().value_or(0);
  std::string all;
  bool fits = announced <= bytes_max;
  if (fits) all.reserve(static_cast<std::size_t>(announced));
  while (fits) {
    Result<std::string_view> window = co_await body.read();
    if (!window) co_return std::unexpected<Error>(std::move(window).error());
    if (window->empty()) co_return all;
    fits = window->size() <= bytes_max - all.size();
    if (fits && !body.hold(window->size()))
      co_return fail(Errc::overloaded, About::body, "too many bodies are held; try again");
    if (fits) all.append(*window);
  }
  co_return fail(Errc::too_large, About::body, "the body is over the limit",
                 std::to_string(bytes_max) + " bytes");
}

}  // namespace varve::http
