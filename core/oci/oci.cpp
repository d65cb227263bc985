// The grammar of tags.
#include "core/oci/oci.h"

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

}  // namespace varve::oci
