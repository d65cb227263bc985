// Leave to fetch one file for a while, carried in its URL: for clients that show no credentials
// when they download. Any thread.
//
// The key dies with the process: after a restart the file is asked for again, and so is its URL.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/time.h"

namespace varve::surface {

class Tickets {
 public:
  static constexpr std::chrono::minutes kLifetime{60};

  Tickets();
  // Letters, digits, - and _: as a value in a query.
  std::string issue(const Digest& digest, Timestamp now) const;
  bool admits(std::string_view ticket, const Digest& digest, Timestamp now) const;

 private:
  std::string seal(const Digest& digest, std::string_view expiry) const;
  std::array<unsigned char, 32> key_{};
};

}  // namespace varve::surface
