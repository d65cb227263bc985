// Timestamps as text, by the calendar types of <chrono>: no locale, no time zone database. Any
// thread.
#include "core/base/time.h"

#include <chrono>
#include <optional>

namespace varve {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
// 9999-12-31T23:59:59.999999Z: the last instant that RFC 3339 can write.
constexpr std::int64_t kMicrosMax = 253'402'300'799 * kMicrosPerSecond + (kMicrosPerSecond - 1);

std::unexpected<Error> malformed(std::string_view text) {
  return fail(Errc::invalid, About::request,
              "a time is written like 2026-11-21T17:20:11.123456Z, in the years 1970 to 9999",
              std::string(text.substr(0, 64)));
}

// Walks over fixed-width fields; `ok` turns false at the first surprise and stays false.
struct Reader {
  std::string_view rest;
  bool ok = true;

  unsigned number(std::size_t width) {
    unsigned value = 0;
    if (rest.size() < width) ok = false;
    for (std::size_t i = 0; ok && i < width; ++i) {
      if (rest[i] < '0' || rest[i] > '9')
        ok = false;
      else
        value = value * 10 + static_cast<unsigned>(rest[i] - '0');
    }
    if (ok) rest.remove_prefix(width);
    return value;
  }
  bool accept(char a, char b) {
    if (!ok || rest.empty() || (rest.front() != a && rest.front() != b)) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char a, char b) {
    if (!accept(a, b)) ok = false;
  }
};

struct Fields {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

// Leap seconds are refused: a count of microseconds since 1970 has no place for them.
std::optional<std::int64_t> seconds_of(const Fields& f) {
  using namespace std::chrono;
  const year_month_day date{year{static_cast<int>(f.year)}, month{f.month}, day{f.day}};
  if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 59) return std::nullopt;
  return static_cast<std::int64_t>(sys_days{date}.time_since_epoch().count()) * 86'400 +
         f.hour * 3'600 + f.minute * 60 + f.second;
}

// RFC 3339 allows any number of fractional digits; what is finer than a microsecond is dropped.
std::int64_t read_fraction(Reader& in) {
  if (!in.accept('.', '.')) return 0;
  std::int64_t micros = 0;
  std::int64_t unit = kMicrosPerSecond / 10;
  do {
    micros += static_cast<std::int64_t>(in.number(1)) * unit;
    unit /= 10;
  } while (in.ok && !in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9');
  return micros;
}

std::int64_t read_offset_seconds(Reader& in) {
  if (in.accept('Z', 'z')) return 0;
  const bool negative = in.accept('-', '-');
  if (!negative) in.expect('+', '+');
  const unsigned hours = in.number(2);
  in.expect(':', ':');
  const unsigned minutes = in.number(2);
  if (hours > 23 || minutes > 59) in.ok = false;
  const auto seconds = static_cast<std::int64_t>(hours * 3'600 + minutes * 60);
  return negative ? -seconds : seconds;
}

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  const std::size_t start = out.size();
  out.resize(start + width);
  for (std::size_t i = width; i-- > 0; value /= 10)
    out[start + i] = static_cast<char>('0' + value % 10);
}

}  // namespace

Result<Timestamp> Timestamp::parse(std::string_view text) {
  Reader in{text};
  Fields f;
  f.year = in.number(4);
  in.expect('-', '-');
  f.month = in.number(2);
  in.expect('-', '-');
  f.day = in.number(2);
  in.expect('T', 't');
  f.hour = in.number(2);
  in.expect(':', ':');
  f.minute = in.number(2);
  in.expect(':', ':');
  f.second = in.number(2);
  const std::int64_t fraction = read_fraction(in);
  const std::int64_t offset = read_offset_seconds(in);
  const auto seconds = seconds_of(f);
  if (!in.ok || !in.rest.empty() || !seconds) return malformed(text);
  const std::int64_t micros = (*seconds - offset) * kMicrosPerSecond + fraction;
  if (micros < 0 || micros > kMicrosMax) return malformed(text);
  return Timestamp{micros};
}

Result<Timestamp> Timestamp::parse_compact(std::string_view text) {
  Reader in{text};
  Fields f;
  f.year = in.number(4);
  f.month = in.number(2);
  f.day = in.number(2);
  in.expect('t', 't');
  f.hour = in.number(2);
  f.minute = in.number(2);
  f.second = in.number(2);
  in.expect('z', 'z');
  const auto seconds = seconds_of(f);
  if (!in.ok || !in.rest.empty() || !seconds || *seconds < 0) return malformed(text);
  return Timestamp{*seconds * kMicrosPerSecond};
}

std::string Timestamp::to_string() const {
  using namespace std::chrono;
  VARVE_ASSERT(micros >= 0 && micros <= kMicrosMax);
  const std::int64_t total = micros / kMicrosPerSecond;
  const year_month_day date{sys_days{days{static_cast<int>(total / 86'400)}}};
  std::string out;
  out.reserve(27);
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, total / 3'600 % 24, 2);
  out += ':';
  append_padded(out, total / 60 % 60, 2);
  out += ':';
  append_padded(out, total % 60, 2);
  out += '.';
  append_padded(out, micros % kMicrosPerSecond, 6);
  out += 'Z';
  return out;
}

}  // namespace varve
