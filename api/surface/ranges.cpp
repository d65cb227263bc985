// Hand-written, because each grammar is three characters long and its corner cases are the point.
#include "api/surface/ranges.h"

#include <algorithm>
#include <limits>

namespace varve::surface {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// 1*DIGIT of any length: a position past 2^64 is past every blob, so it saturates.
std::optional<std::uint64_t> digits(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (kMax - digit) / 10 ? kMax : value * 10 + digit;
  }
  return value;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char l, char t) {
           return l == (t >= 'A' && t <= 'Z' ? t + ('a' - 'A') : t);
         });
}

RangeAnswer part(std::uint64_t offset, std::uint64_t length) {
  return {RangeAnswer::Kind::part, {offset, length}};
}

constexpr RangeAnswer kUnsatisfiable{RangeAnswer::Kind::unsatisfiable, {}};

RangeAnswer suffix_range(std::string_view text, std::uint64_t size) {
  const auto wanted = digits(text);
  if (!wanted) return {};
  const std::uint64_t length = std::min(*wanted, size);
  return length == 0 ? kUnsatisfiable : part(size - length, length);
}

}  // namespace

RangeAnswer parse_range(std::string_view header, std::uint64_t size) {
  header = trim(header);
  if (!starts_with_ignoring_case(header, "bytes=")) return {};
  const std::string_view spec = trim(header.substr(6));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  if (dash == 0) return suffix_range(spec.substr(1), size);
  const auto first = digits(spec.substr(0, dash));
  if (!first) return {};
  const std::string_view end = spec.substr(dash + 1);
  const auto last = end.empty() ? std::optional(kMax) : digits(end);
  if (!last) return {};
  if (*last < *first || *first >= size) return kUnsatisfiable;
  return part(*first, std::min(*last, size - 1) - *first + 1);
}

std::optional<Chunk> parse_content_range(std::string_view header) {
  header = trim(header);
  if (starts_with_ignoring_case(header, "bytes")) {
    header.remove_prefix(5);
    if (header.empty() || (header.front() != ' ' && header.front() != '=')) return std::nullopt;
    header = trim(header.substr(1));
  }
  if (const std::size_t slash = header.find('/'); slash != std::string_view::npos) {
    const std::string_view total = header.substr(slash + 1);
    if (total != "*" && !digits(total)) return std::nullopt;
    header = header.substr(0, slash);
  }
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = digits(header.substr(0, dash));
  const auto last = digits(header.substr(dash + 1));
  // kMax would make the length overflow; no file system stores that much.
  if (!first || !last || *last < *first || *last == kMax) return std::nullopt;
  return Chunk{*first, *last};
}

std::vector<EntityTag> entity_tags(std::string_view list) {
  std::vector<EntityTag> tags;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view item = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    const bool weak = item.starts_with("W/");
    if (weak) item.remove_prefix(2);
    if (item.size() >= 2 && item.front() == '"' && item.back() == '"')
      item = item.substr(1, item.size() - 2);
    if (!item.empty()) tags.push_back({item, weak});
  }
  return tags;
}

bool etag_matches(std::string_view if_none_match, std::string_view tag) {
  const auto matches = [tag](const EntityTag& item) {
    return item.text == "*" || item.text == tag;
  };
  return std::ranges::any_of(entity_tags(if_none_match), matches);
}

}  // namespace varve::surface
