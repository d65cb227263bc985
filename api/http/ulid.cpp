// Names for requests. Any thread: each has its own generator, seeded from the kernel.
#include "api/http/ulid.h"

#include <sys/random.h>

#include <array>
#include <bit>
#include <ctime>

#include "core/base/error.h"

namespace varve::http {

namespace {

// xoshiro256** (Blackman and Vigna, public domain): ids need spread, not secrecy, and a system call
// for each would cost more than the rest of a small request.
class Generator {
 public:
  Generator() {
    const auto got = getrandom(state_.data(), sizeof state_, 0);
    VARVE_ASSERT(got == static_cast<ssize_t>(sizeof state_));
    state_[0] |= 1;  // the all-zero state would stay zero
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

struct Last {
  Generator generator;
  std::uint64_t millis = 0;
  std::uint16_t high = 0;
  std::uint64_t low = 0;
};

std::uint64_t now_millis() {
  std::timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace

void format_ulid(std::string& out, std::uint64_t millis, std::uint16_t high, std::uint64_t low) {
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  out.resize(26);
  for (std::size_t i = 10; i-- > 0; millis >>= 5) out[i] = kAlphabet[millis & 31];
  // The 80 bits as two halves of 40: each is eight characters.
  std::uint64_t first = (static_cast<std::uint64_t>(high) << 24) | (low >> 40);
  std::uint64_t second = low & ((std::uint64_t{1} << 40) - 1);
  for (std::size_t i = 18; i-- > 10; first >>= 5) out[i] = kAlphabet[first & 31];
  for (std::size_t i = 26; i-- > 18; second >>= 5) out[i] = kAlphabet[second & 31];
}

void assign_ulid(std::string& out) {
  thread_local Last last;
  const std::uint64_t millis = now_millis();
  if (millis > last.millis) {
    last.millis = millis;
    last.high = static_cast<std::uint16_t>(last.generator.next() >> 49);  // 15 bits: room to count
    last.low = last.generator.next();
  } else if (++last.low == 0) {
    ++last.high;
  }
  format_ulid(out, last.millis, last.high, last.low);
}

std::string ulid() {
  std::string out;
  assign_ulid(out);
  return out;
}

}  // namespace varve::http
