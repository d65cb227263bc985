// Versions of releases: SemVer 2.0.0, as strict as Rust's `semver` crate, whose readers must agree
// with us about every log. Pure; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace varve::warg {

// Build metadata is part of a release's identity: 1.0.0+a and 1.0.0+b are two.
class Version {
 public:
  // Errc::invalid, About::name. At most limits::kVersionBytesMax.
  static Result<Version> parse(std::string_view text);
  const std::string& text() const { return text_; }
  std::string_view pre_release() const;  // "rc.1", or empty
  bool is_pre_release() const { return !pre_release().empty(); }
  friend bool operator==(const Version& a, const Version& b) { return a.text_ == b.text_; }

  // Which one is newer: SemVer 2.0.0 §11, where build metadata says nothing.
  static std::strong_ordering by_precedence(const Version& a, const Version& b);

 private:
  explicit Version(std::string text) : text_(std::move(text)) {}
  std::string text_;
  std::uint64_t numbers_[3] = {};
  std::size_t pre_begin_ = 0;  // of the text; the same as its end where there is none
  std::size_t pre_end_ = 0;
};

}  // namespace varve::warg
