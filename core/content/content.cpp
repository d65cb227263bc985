// The grammar of repository names, by hand: one pass, no regular expression engine that a hostile
// name could slow down.
#include "core/content/content.h"

#include <algorithm>

#include "core/base/limits.h"

namespace varve {
namespace {

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// distribution-spec: [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool valid_component(std::string_view part) {
  if (part.empty() || !alphanumeric(part.front()) || !alphanumeric(part.back())) return false;
  for (std::size_t i = 0; i < part.size();) {
    if (alphanumeric(part[i])) {
      ++i;
      continue;
    }
    const char separator = part[i];
    std::size_t run = 1;
    while (part[i + run] == separator) ++run;  // ends: the last byte is alphanumeric
    const std::size_t run_max = separator == '.'   ? 1
                                : separator == '_' ? 2
                                : separator == '-' ? run
                                                   : 0;
    if (run > run_max || !alphanumeric(part[i + run])) return false;
    i += run;
  }
  return true;
}

std::unexpected<Error> bad_name(std::string what, std::string_view text) {
  return fail(Errc::invalid, About::name, std::move(what),
              std::string(text.substr(0, limits::kRepoNameBytesMax)));
}

}  // namespace

Result<RepoName> RepoName::parse(std::string_view text) {
  if (text.size() > limits::kRepoNameBytesMax)
    return bad_name(
        "a repository name has at most " + std::to_string(limits::kRepoNameBytesMax) + " bytes",
        text);
  const std::string_view first = text.substr(0, text.find('/'));
  if (first == "manage" || first.starts_with("asof."))
    return bad_name("repository names starting with manage/ or asof. are reserved", text);
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    if (!valid_component(text.substr(start, end - start)))
      return bad_name(
          "a repository name is lower-case letters and digits, joined by single . _ __ or any "
          "number of -, in components separated by /",
          text);
    start = end + 1;
  }
  return RepoName(std::string(text));
}

}  // namespace varve
