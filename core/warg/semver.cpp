// The grammar of SemVer 2.0.0, by hand:
// https://semver.org/#backusnaur-form-grammar-for-valid-semver-versions
#include "core/warg/semver.h"

#include <algorithm>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::warg {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool identifier_char(char c) {
  return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}
bool numeric(std::string_view identifier) {
  return std::ranges::all_of(identifier, digit);
}

// What stands before the next separator; `text` goes on behind it. Nothing after the last one.
std::optional<std::string_view> next_part(std::optional<std::string_view>& text, char separator) {
  if (!text) return std::nullopt;
  const std::size_t end = std::min(text->find(separator), text->size());
  const std::string_view part = text->substr(0, end);
  if (end == text->size())
    text.reset();
  else
    text = text->substr(end + 1);
  return part;
}

// Identifiers joined by dots. Numbers have no leading zeros, except in build metadata.
bool valid_identifiers(std::string_view text, bool leading_zeros) {
  std::optional rest = text;
  while (const auto part = next_part(rest, '.')) {
    if (part->empty() || !std::ranges::all_of(*part, identifier_char)) return false;
    if (!leading_zeros && part->size() > 1 && part->front() == '0' && numeric(*part)) return false;
  }
  return true;
}

// Numbers come before words, a longer number after a shorter one: they have no leading zeros.
std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool a_is_number = numeric(a);
  if (a_is_number != numeric(b)) return numeric(b) <=> a_is_number;
  if (a_is_number && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::strong_ordering compare_pre_releases(std::string_view a, std::string_view b) {
  // A release comes after what led to it.
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();
  std::optional left = a;
  std::optional right = b;
  for (;;) {
    const auto x = next_part(left, '.');
    const auto y = next_part(right, '.');
    if (!x || !y) return x.has_value() <=> y.has_value();
    if (const auto order = compare_identifiers(*x, *y); order != 0) return order;
  }
}

std::unexpected<Error> bad_version(std::string_view text) {
  return fail(Errc::invalid, About::name,
              "a version is major.minor.patch, as Semantic Versioning 2.0.0 has it, of at most " +
                  std::to_string(limits::kVersionBytesMax) + " bytes",
              std::string(text.substr(0, limits::kVersionBytesMax)));
}

}  // namespace

Result<Version> Version::parse(std::string_view text) {
  if (text.size() > limits::kVersionBytesMax) return bad_version(text);
  const std::size_t build = std::min(text.find('+'), text.size());
  const std::size_t pre = std::min(text.substr(0, build).find('-'), build);
  Version version{std::string(text)};
  std::optional rest = text.substr(0, pre);
  for (std::uint64_t& number : version.numbers_) {
    const auto part = next_part(rest, '.');
    const auto value = parse_decimal(part.value_or(""));
    if (!value) return bad_version(text);
    number = *value;
  }
  if (rest) return bad_version(text);
  if (build < text.size() && !valid_identifiers(text.substr(build + 1), true))
    return bad_version(text);
  if (pre < build && !valid_identifiers(text.substr(pre + 1, build - pre - 1), false))
    return bad_version(text);
  version.pre_begin_ = std::min(pre + 1, build);
  version.pre_end_ = build;
  return version;
}

std::string_view Version::pre_release() const {
  return std::string_view(text_).substr(pre_begin_, pre_end_ - pre_begin_);
}

std::strong_ordering Version::by_precedence(const Version& a, const Version& b) {
  for (std::size_t i = 0; i < std::size(a.numbers_); ++i)
    if (const auto order = a.numbers_[i] <=> b.numbers_[i]; order != 0) return order;
  return compare_pre_releases(a.pre_release(), b.pre_release());
}

}  // namespace varve::warg
