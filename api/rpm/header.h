// One header of an RPM, behind librpm. Headers may be used on any thread, one thread at a time
// each: librpm promises nothing about threads, so calls into it take turns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace varve::rpm {

using Tag = std::int32_t;

class Header {
 public:
  // A header from its counts on (Frame). Errors: invalid/About::body.
  static Result<Header> import(std::string_view blob);
  ~Header();
  Header(Header&&) noexcept;
  Header& operator=(Header&&) noexcept;

  bool has(Tag tag) const;
  // A tag of another type than the one asked for is as good as absent.
  std::optional<std::string> text(Tag tag) const;      // the C locale's; bytes in any encoding
  std::vector<std::string> texts(Tag tag) const;       // empty when absent
  std::vector<std::uint64_t> numbers(Tag tag) const;   // empty when absent
  std::optional<std::uint64_t> number(Tag tag) const;  // the first
  std::optional<std::string> binary(Tag tag) const;

 private:
  struct State;
  explicit Header(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace varve::rpm
