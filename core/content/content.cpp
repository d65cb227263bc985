// The grammars of names, by hand: one pass, no regular expression engine that a hostile name could
// slow down. And the words for categories.
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

bool is_reserved(std::string_view first) {
  return first == "manage" || first.starts_with("asof.");
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
  if (is_reserved(text.substr(0, text.find('/'))))
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

// SWR's rule; it leaves out digits in front and runs of '-', which repositories may have.
Result<NamespaceName> NamespaceName::parse(std::string_view text) {
  const bool letter = !text.empty() && text.front() >= 'a' && text.front() <= 'z';
  if (letter && text.size() <= limits::kNamespaceBytesMax && valid_component(text) &&
      text.find("--") == std::string_view::npos && !is_reserved(text))
    return NamespaceName(std::string(text));
  return fail(Errc::invalid, About::name_space,
              "a namespace is 1 to " + std::to_string(limits::kNamespaceBytesMax) +
                  " lower-case letters and digits, joined by single . _ - or by __, starts with a "
                  "letter, and is neither manage nor asof.",
              std::string(text.substr(0, limits::kNamespaceBytesMax)));
}

namespace content {

std::string_view to_string(Category category) {
  switch (category) {
    case Category::other:
      return "other";
    case Category::app_server:
      return "app_server";
    case Category::linux_system:
      return "linux";
    case Category::framework_app:
      return "framework_app";
    case Category::database:
      return "database";
    case Category::lang:
      return "lang";
    case Category::windows:
      return "windows";
    case Category::arm:
      return "arm";
  }
  assertion_failed("a Category outside its enumeration", __FILE__, __LINE__);
}

std::optional<Category> parse_category(std::string_view word) {
  for (const Category category :
       {Category::other, Category::app_server, Category::linux_system, Category::framework_app,
        Category::database, Category::lang, Category::windows, Category::arm})
    if (to_string(category) == word) return category;
  return std::nullopt;
}

}  // namespace content

}  // namespace varve
