// The grammar of tags.
#include "core/oci/oci.h"

#include <algorithm>

#include "core/base/limits.h"

namespace varve::oci {
namespace {

bool word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool valid_tag(std::string_view text) {
  if (text.empty() || text.size() > limits::kTagBytesMax || !word(text.front())) return false;
  for (char c : text)
    if (!word(c) && c != '.' && c != '-') return false;
  return true;
}

}  // namespace

Result<Tag> Tag::parse(std::string_view text) {
  if (valid_tag(text)) return Tag(std::string(text));
  return fail(Errc::invalid, About::tag,
              "a tag is 1 to 128 letters, digits, _ . or -, and does not start with . or -",
              std::string(text.substr(0, limits::kTagBytesMax)));
}

bool Match::matches(const std::optional<Digest>& current) const {
  if (!current) return false;
  return anything || std::ranges::find(digests, *current) != digests.end();
}

Result<void> Preconditions::check(const std::optional<Digest>& current) const {
  const auto refuse = [&](std::string what) {
    return fail(Errc::precondition, About::manifest, std::move(what),
                current ? current->to_string() : "absent");
  };
  if (if_match && !if_match->matches(current)) return refuse("If-Match does not hold");
  if (if_none_match && if_none_match->matches(current))
    return refuse("If-None-Match does not hold");
  return {};
}

}  // namespace varve::oci
