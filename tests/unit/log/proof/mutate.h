// One-byte changes that parsers fall for: flipped bits (next digit, other case, not ASCII), and the
// characters that separate, pad or end things in our formats. One thread.
#pragma once

#include <set>
#include <string>

namespace varve::testing {

// Calls `check(changed, position)` for each of about ten other values of every byte.
template <class Check>
void change_each_byte(const std::string& good, const Check& check) {
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::set<char> values = {'\n', ' ', 'A', '=', '0', '+', '\0'};
    for (const unsigned bit : {0u, 1u, 5u, 7u})
      values.insert(static_cast<char>(good[at] ^ (1 << bit)));
    values.erase(good[at]);
    for (const char value : values) {
      std::string bad = good;
      bad[at] = value;
      check(bad, at);
    }
  }
}

}  // namespace varve::testing
