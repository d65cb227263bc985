// A request's body as it comes off a stream: the part of session_impl.h that reads. One I/O thread.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "api/http/loop.h"
#include "api/http/message.h"
#include "api/http/wire.h"
#include "core/base/limits.h"

namespace varve::http {

namespace beast = boost::beast;

using Parser = beast::http::request_parser<beast::http::buffer_body>;

// How a body reaches the connection under it.
class Wire {
 public:
  virtual ~Wire() = default;
  // Reads some bytes into `out`; 0 when the stream ended or failed.
  virtual net::awaitable<std::size_t> receive(net::mutable_buffer out) = 0;
  // Answers "100 Continue"; false when the stream failed.
  virtual net::awaitable<bool> send_continue() = 0;
};

class Incoming final : public Body {
 public:
  Incoming(Wire& wire, beast::flat_buffer& buffer, Loop& loop)
      : wire_(wire), buffer_(buffer), loop_(loop) {}
  ~Incoming() override { release(); }

  // Begins a message whose header has left `buffer`. `parser` goes on with chunks.
  void begin(const Framing& framing, Parser* parser) {
    parser_ = framing.chunked ? parser : nullptr;
    if (parser_ != nullptr) parser_->eager(true);
    length_ = framing.length;
    left_ = framing.length;
    lent_ = 0;
    ended_ = !framing.has_body();
    broken_ = false;
    starved_ = false;
    awaits_continue_ = framing.expects_continue && framing.has_body();
  }

  // Nothing points into the window any more.
  void end() {
    buffer_.consume(std::exchange(lent_, 0));
    release();
    parser_ = nullptr;
  }

  net::awaitable<Result<std::string_view>> read() override {
    buffer_.consume(std::exchange(lent_, 0));
    if (broken_) co_return fail(Errc::invalid, About::body, "the body broke off earlier");
    if (ended_) co_return std::string_view();
    if (!co_await invite()) co_return breaks("the client left before it sent the body");
    if (parser_ != nullptr) {
      const Window& window = next_window();
      co_return co_await read_chunked(window.data(), window.size(), window.size());
    }
    co_return co_await read_sized();
  }

  // Reads some bytes of the body away, without waiting for more than one piece.
  net::awaitable<Result<std::size_t>> skip(net::mutable_buffer scratch) {
    buffer_.consume(std::exchange(lent_, 0));
    drop_windows();
    if (parser_ != nullptr) {
      const auto window =
          co_await read_chunked(static_cast<char*>(scratch.data()), scratch.size(), 1);
      if (!window) co_return std::unexpected<Error>(window.error());
      co_return window->size();
    }
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, scratch.size()));
    std::size_t got = std::min(want, received().size());
    buffer_.consume(got);
    if (got == 0) got = co_await wire_.receive(net::buffer(scratch, want));
    if (got == 0) co_return breaks("the connection ended inside the body");
    left_ -= got;
    ended_ = left_ == 0;
    co_return got;
  }

  bool hold(std::size_t bytes) override {
    starved_ = starved_ || !loop_.memory().take(bytes);
    if (!starved_) held_ += bytes;
    return !starved_;
  }

  std::optional<std::uint64_t> length() const override {
    return parser_ != nullptr ? std::nullopt : std::optional<std::uint64_t>(length_);
  }

  bool ended() const { return ended_; }
  bool broken() const { return broken_; }
  bool starved() const { return starved_; }  // hold() said no
  // The client may or may not send its body now (RFC 9110 §10.1.1): the framing is lost.
  bool awaits_continue() const { return awaits_continue_; }
  // How much is still to come when that is known.
  std::uint64_t left() const { return parser_ != nullptr || ended_ ? 0 : left_; }

 private:
  void drop_windows() {
    window_.reset();
    before_.reset();
  }

  void release() {
    drop_windows();
    loop_.memory().give(std::exchange(held_, 0));
  }

  std::unexpected<Error> breaks(std::string why) {
    broken_ = true;
    return fail(Errc::invalid, About::body, std::move(why));
  }

  // Says "100 Continue" only now that somebody wants the body: a refused upload is never sent.
  net::awaitable<bool> invite() {
    const bool must = std::exchange(awaits_continue_, false) && buffer_.size() == 0;
    if (!must) co_return true;
    co_return co_await wire_.send_continue();
  }

  // What the last read() gave stays where it is.
  const Window& next_window() {
    std::swap(window_, before_);
    if (!window_) window_ = loop_.take_window();
    return window_;
  }

  std::string_view received() const {
    const auto data = buffer_.data();
    return {static_cast<const char*>(data.data()), data.size()};
  }

  net::awaitable<Result<std::string_view>> read_sized() {
    auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, limits::kBodyWindowBytes));
    if (received().size() >= want) {  // small bodies come with their header: lend them in place
      left_ -= want;
      ended_ = left_ == 0;
      lent_ = want;
      co_return received().substr(0, want);
    }
    char* out = next_window().data();
    want = std::min(want, window_.size());
    std::size_t filled = received().copy(out, want);
    buffer_.consume(filled);
    while (filled < want) {
      const std::size_t got = co_await wire_.receive(net::buffer(out + filled, want - filled));
      if (got == 0) co_return breaks("the connection ended inside the body");
      filled += got;
    }
    left_ -= want;
    ended_ = left_ == 0;
    co_return std::string_view(out, want);
  }

  // Until `enough` of the `size` bytes at `out` are there, or the body ends.
  net::awaitable<Result<std::string_view>> read_chunked(char* out, std::size_t size,
                                                        std::size_t enough) {
    auto& body = parser_->get().body();
    body.data = out;
    body.size = size;
    body.more = true;
    while (size - body.size < enough && !parser_->is_done()) {
      if (!decode()) co_return breaks("the chunked body is malformed");
      if (size - body.size >= enough || parser_->is_done()) break;
      // What is left undecoded is the start of a chunk's header or of the trailer.
      if (buffer_.size() > limits::kHeaderBytesMax) co_return breaks("a chunk header is too long");
      constexpr std::size_t kReadBytes = 64 << 10;
      const std::size_t got = co_await wire_.receive(buffer_.prepare(kReadBytes));
      buffer_.commit(got);
      if (got == 0) co_return breaks("the connection ended inside the body");
    }
    ended_ = parser_->is_done();
    co_return std::string_view(out, size - body.size);
  }

  // Moves what it can from the buffer into the window.
  bool decode() {
    if (buffer_.size() == 0) return true;
    beast::error_code error;
    buffer_.consume(parser_->put(buffer_.data(), error));
    return !error || error == beast::http::error::need_more ||
           error == beast::http::error::need_buffer;
  }

  Wire& wire_;
  beast::flat_buffer& buffer_;
  Loop& loop_;
  Parser* parser_ = nullptr;
  Window window_;
  Window before_;  // the last but one
  std::size_t held_ = 0;
  std::uint64_t length_ = 0;
  std::uint64_t left_ = 0;
  std::size_t lent_ = 0;  // bytes of buffer_ that the last answer of read() points at
  bool ended_ = true;
  bool broken_ = false;
  bool starved_ = false;
  bool awaits_continue_ = false;
};

}  // namespace varve::http
