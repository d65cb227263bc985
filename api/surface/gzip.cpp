// zlib's stream. Memory is all that can fail, and without it nothing here goes on.
#include "api/surface/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/error.h"

namespace varve::surface {
namespace {

constexpr int kLevel = 6;
constexpr int kWindowBits = 15 + 16;  // 16: gzip's header and trailer rather than zlib's own
constexpr int kMemoryLevel = 8;
constexpr int kUnknownSystem = 255;  // RFC 1952, 2.3.1
constexpr std::size_t kPieceBytes = 16 << 10;

}  // namespace

struct Gzip::State {
  z_stream stream{};
  gz_header header{};
  std::string out;

  State() {
    header.os = kUnknownSystem;
    VARVE_ASSERT(deflateInit2(&stream, kLevel, Z_DEFLATED, kWindowBits, kMemoryLevel,
                              Z_DEFAULT_STRATEGY) == Z_OK);
    VARVE_ASSERT(deflateSetHeader(&stream, &header) == Z_OK);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { deflateEnd(&stream); }

  // Takes all of the stream's input. True when it is at its end.
  bool run(int flush) {
    std::array<Bytef, kPieceBytes> piece{};
    int status = Z_OK;
    do {
      stream.next_out = piece.data();
      stream.avail_out = kPieceBytes;
      status = deflate(&stream, flush);
      VARVE_ASSERT(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR);
      out.append(reinterpret_cast<const char*>(piece.data()), kPieceBytes - stream.avail_out);
    } while (stream.avail_out == 0);
    return status == Z_STREAM_END;
  }
};

Gzip::Gzip() : state_(std::make_unique<State>()) {}
Gzip::~Gzip() = default;
Gzip::Gzip(Gzip&&) noexcept = default;
Gzip& Gzip::operator=(Gzip&&) noexcept = default;

void Gzip::write(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(text.size(), std::numeric_limits<int>::max());
    // zlib reads it only; its interface is older than const.
    state_->stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    state_->stream.avail_in = static_cast<uInt>(size);
    state_->run(Z_NO_FLUSH);
    text.remove_prefix(size);
  }
}

std::string Gzip::finish() {
  state_->stream.avail_in = 0;
  VARVE_ASSERT(state_->run(Z_FINISH));
  return std::move(state_->out);
}

}  // namespace varve::surface
