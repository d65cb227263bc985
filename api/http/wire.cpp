// The text of HTTP/1.1 as pure functions. Any thread.
#include "api/http/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <ctime>
#include <string>

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::http {

namespace {

constexpr std::size_t kRequestIdBytesMax = 128;
// Room in a request line for the longest method we know and " HTTP/1.1\r".
constexpr std::size_t kRequestLineRest = 32;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Control characters other than tab, CR and LF. Without branches, so that it vectorises.
bool has_controls(std::string_view text) {
  unsigned bad = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') |
           static_cast<unsigned>(byte == 0x7f);
  }
  return bad != 0;
}

HeadScan judge_complete(std::string_view head) {
  const auto crs = std::count(head.begin(), head.end(), '\r');
  const auto lfs = std::count(head.begin(), head.end(), '\n');
  if (crs != lfs) return {HeadScan::State::malformed};  // every LF had its CR: some CR stands alone
  if (head.size() > limits::kHeaderBytesMax) return {HeadScan::State::too_large};
  return {HeadScan::State::complete, head.size()};
}

HeadScan judge_incomplete(std::string_view received) {
  const bool in_first_line = received.find('\n') == std::string_view::npos;
  if (in_first_line && received.size() > limits::kTargetBytesMax + kRequestLineRest) {
    return {HeadScan::State::target_too_long};
  }
  if (received.size() > limits::kHeaderBytesMax) return {HeadScan::State::too_large};
  return {HeadScan::State::incomplete};
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

HeadScan scan_head(std::string_view received, std::size_t scanned) {
  // One byte back: whether a line is folded shows only in the byte after its LF.
  std::size_t at = scanned == 0 ? 0 : scanned - 1;
  for (;;) {
    const std::size_t lf = received.find('\n', at);
    // Only up to the line end: what follows the header section is body and may be anything.
    if (has_controls(received.substr(at, lf == std::string_view::npos ? lf : lf - at))) {
      return {HeadScan::State::malformed};
    }
    if (lf == std::string_view::npos) return judge_incomplete(received);
    if (lf == 0 || received[lf - 1] != '\r') return {HeadScan::State::malformed};
    if (lf >= 3 && received[lf - 2] == '\n') return judge_complete(received.substr(0, lf + 1));
    at = lf + 1;
    if (at < received.size() && (received[at] == ' ' || received[at] == '\t')) {
      return {HeadScan::State::malformed};
    }
  }
}

std::string_view guess_target(std::string_view received) {
  const std::size_t space = received.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string_view rest = received.substr(space + 1, limits::kTargetBytesMax);
  return rest.substr(0, rest.find_first_of(" \r\n"));
}

namespace {

std::expected<std::uint64_t, Refusal> content_length(std::string_view value) {
  std::uint64_t length = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, length);
  if (value.empty() || error != std::errc() || stop != end) {
    return std::unexpected(Refusal{400, "Content-Length is not one decimal number"});
  }
  return length;
}

bool fit_to_echo(std::string_view id) {
  return !id.empty() && id.size() <= kRequestIdBytesMax &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// The few fields that matter here, found in one pass.
struct Found {
  int hosts = 0;
  int lengths = 0;
  int encodings = 0;
  int expectations = 0;
  std::string_view length;
  std::string_view encoding;
  std::string_view expectation;
  std::string_view request_id;
};

void note(Found& found, std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (equal_ignoring_case(name, "Host")) ++found.hosts;
      return;
    case 6:
      if (!equal_ignoring_case(name, "Expect")) return;
      ++found.expectations;
      found.expectation = value;
      return;
    case 12:
      if (equal_ignoring_case(name, "X-Request-Id")) found.request_id = value;
      return;
    case 14:
      if (!equal_ignoring_case(name, "Content-Length")) return;
      ++found.lengths;
      found.length = value;
      return;
    case 17:
      if (!equal_ignoring_case(name, "Transfer-Encoding")) return;
      ++found.encodings;
      found.encoding = value;
      return;
    default:
      return;
  }
}

std::optional<Refusal> refuse(const Found& found, bool http11) {
  if (http11 && found.hosts != 1) return Refusal{400, "exactly one Host is needed"};
  if (found.hosts > 1) return Refusal{400, "more than one Host"};
  if (found.lengths > 1) return Refusal{400, "more than one Content-Length"};
  if (found.lengths > 0 && found.encodings > 0) {
    return Refusal{400, "Content-Length and Transfer-Encoding exclude each other"};
  }
  if (found.encodings == 0) return std::nullopt;
  if (!http11) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (found.encodings > 1) return Refusal{400, "more than one Transfer-Encoding"};
  if (!equal_ignoring_case(found.encoding, "chunked")) {
    return Refusal{501, "no Transfer-Encoding but chunked is understood"};
  }
  return std::nullopt;
}

}  // namespace

std::expected<Framing, Refusal> frame(Headers headers, bool http11) {
  Found found;
  for (const auto& [name, value] : headers) note(found, name, value);
  if (const auto refusal = refuse(found, http11)) return std::unexpected(*refusal);
  Framing framing;
  framing.chunked = found.encodings == 1;
  if (found.lengths == 1) {
    const auto length = content_length(found.length);
    if (!length) return std::unexpected(length.error());
    framing.length = *length;
  }
  if (found.expectations > 0 && http11) {  // RFC 9110 §10.1.1: HTTP/1.0's Expect is ignored
    if (found.expectations > 1 || !equal_ignoring_case(found.expectation, "100-continue")) {
      return std::unexpected(Refusal{417, "no Expect but 100-continue is understood"});
    }
    framing.expects_continue = true;
  }
  if (fit_to_echo(found.request_id)) framing.request_id = found.request_id;
  return framing;
}

std::string_view reason_phrase(unsigned status) {
  struct Phrase {
    unsigned status;
    std::string_view text;
  };
  static constexpr std::array kPhrases = {
      Phrase{200, "OK"},
      Phrase{201, "Created"},
      Phrase{202, "Accepted"},
      Phrase{204, "No Content"},
      Phrase{206, "Partial Content"},
      Phrase{301, "Moved Permanently"},
      Phrase{302, "Found"},
      Phrase{304, "Not Modified"},
      Phrase{307, "Temporary Redirect"},
      Phrase{308, "Permanent Redirect"},
      Phrase{400, "Bad Request"},
      Phrase{401, "Unauthorized"},
      Phrase{403, "Forbidden"},
      Phrase{404, "Not Found"},
      Phrase{405, "Method Not Allowed"},
      Phrase{406, "Not Acceptable"},
      Phrase{409, "Conflict"},
      Phrase{410, "Gone"},
      Phrase{412, "Precondition Failed"},
      Phrase{413, "Content Too Large"},
      Phrase{414, "URI Too Long"},
      Phrase{415, "Unsupported Media Type"},
      Phrase{416, "Range Not Satisfiable"},
      Phrase{417, "Expectation Failed"},
      Phrase{422, "Unprocessable Content"},
      Phrase{429, "Too Many Requests"},
      Phrase{431, "Request Header Fields Too Large"},
      Phrase{500, "Internal Server Error"},
      Phrase{501, "Not Implemented"},
      Phrase{503, "Service Unavailable"},
      Phrase{505, "HTTP Version Not Supported"},
  };
  const auto* at = std::find_if(kPhrases.begin(), kPhrases.end(),
                                [status](const Phrase& phrase) { return phrase.status == status; });
  return at == kPhrases.end() ? std::string_view() : at->text;
}

bool may_send(std::string_view name, std::string_view value) {
  const auto control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  };
  if (name.empty() || std::any_of(name.begin(), name.end(), control)) return false;
  if (std::any_of(value.begin(), value.end(), control)) return false;
  static constexpr std::array<std::string_view, 5> kOurs = {
      "Content-Length", "Connection", "Transfer-Encoding", "Date", "X-Request-Id"};
  return std::none_of(kOurs.begin(), kOurs.end(),
                      [name](std::string_view ours) { return equal_ignoring_case(ours, name); });
}

namespace {

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void append_head(std::string& out, const HeadParts& parts,
                 std::span<const std::pair<std::string_view, std::string>> headers) {
  out.append("HTTP/1.1 ");
  append_number(out, parts.status);
  out.append(" ").append(reason_phrase(parts.status)).append("\r\n");
  for (const auto& [name, value] : headers) append_line(out, name, value);
  if (parts.content_length) {
    out.append("Content-Length: ");
    append_number(out, *parts.content_length);
    out.append("\r\n");
  }
  if (parts.chunked) append_line(out, "Transfer-Encoding", "chunked");
  if (!parts.connection.empty()) append_line(out, "Connection", parts.connection);
  out.append(parts.dialect_lines);
  if (!parts.request_id.empty()) append_line(out, "X-Request-Id", parts.request_id);
  out.append(parts.date).append("\r\n");
}

std::string chunk_line(std::size_t size) {
  return fmt::format("{:x}\r\n", size);
}

std::string date_line(std::int64_t unix_seconds) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = unix_seconds;
  std::tm when{};
  if (gmtime_r(&seconds, &when) == nullptr) return {};
  return fmt::format("Date: {}, {:02} {} {:04} {:02}:{:02}:{:02} GMT\r\n",
                     kDays.at(static_cast<std::size_t>(when.tm_wday)), when.tm_mday,
                     kMonths.at(static_cast<std::size_t>(when.tm_mon)), when.tm_year + 1900,
                     when.tm_hour, when.tm_min, when.tm_sec);
}

}  // namespace varve::http
