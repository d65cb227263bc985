// The text of HTTP/1.1 as pure functions: what may stand in a header section before the parser sees
// it, what frames a body, and how the head of an answer is written. Any thread.
//
// Why the raw bytes are judged before Beast's parser: it accepts obsolete line folding and repeated
// Content-Length, and every such tolerance is one half of a request-smuggling pair with some proxy.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "api/http/message.h"

namespace varve::http {

bool equal_ignoring_case(std::string_view a, std::string_view b);

// --- in ------------------------------------------------------------------------------------------

struct HeadScan {
  enum class State : std::uint8_t { incomplete, complete, malformed, target_too_long, too_large };
  State state = State::incomplete;
  std::size_t length = 0;  // of the header section with its empty line, when complete
};

// Looks for the end of the header section in `received`, of which the first `scanned` bytes went
// through an earlier call that answered incomplete. Refuses bare LF or CR, folded lines, NUL and
// other control characters (RFC 9112 §2.2, §5.2).
HeadScan scan_head(std::string_view received, std::size_t scanned);

// The target in a request line that may be cut off or malformed: only good for choosing the shape
// of an error.
std::string_view guess_target(std::string_view received);

using Headers = std::span<const std::pair<std::string_view, std::string_view>>;

// What the header fields say about the message around them.
struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;  // when not chunked
  bool expects_continue = false;
  std::string_view request_id;  // the client's X-Request-Id when it is fit to be echoed
  bool has_body() const { return chunked || length > 0; }
};

struct Refusal {
  unsigned status = 400;
  std::string_view why;
};

// RFC 9112 §6.3 with every "may" read strictly: one Content-Length of digits or one
// Transfer-Encoding "chunked", never both; exactly one Host in HTTP/1.1; no Expect but
// 100-continue.
std::expected<Framing, Refusal> frame(Headers headers, bool http11);

// --- out -----------------------------------------------------------------------------------------

std::string_view reason_phrase(unsigned status);

// Whether a handler's header field may be sent: no CR, LF, NUL or other control characters (answer
// splitting), and none of the fields that the session writes itself.
bool may_send(std::string_view name, std::string_view value);

struct HeadParts {
  unsigned status = 200;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;         // instead of a length
  std::string_view connection;  // "close", "keep-alive", or empty: the version's default
  std::string_view request_id;
  std::string_view date;           // a complete line
  std::string_view dialect_lines;  // complete lines
};

// Appends status line, fields and empty line. Fields that may_send() refuses must be gone by now.
void append_head(std::string& out, const HeadParts& parts,
                 std::span<const std::pair<std::string_view, std::string>> headers);

// The line before a chunk of so many bytes; behind it comes "\r\n". RFC 9112 §7.1.
std::string chunk_line(std::size_t size);

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
std::string date_line(std::int64_t unix_seconds);

}  // namespace varve::http
