// Reading and writing scopes. Pure; any thread.
#include "api/auth/scope.h"

#include <algorithm>

namespace varve::auth {
namespace {

std::unexpected<Error> bad_scope(std::string_view why, std::string_view scope) {
  return fail(Errc::invalid, About::request, std::string(why), std::string(scope.substr(0, 256)));
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_type(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c); });
}

bool is_action(std::string_view text) {
  return text == "*" || (!text.empty() &&
                         std::ranges::all_of(text, [](char c) { return is_lower(c) || c == '_'; }));
}

// Printable, and nothing that would end a quoted string in a challenge: a name is echoed there.
bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != ',';
  });
}

Result<void> take_type(std::string_view text, std::string_view scope, Access& access) {
  const std::size_t open = text.find('(');
  if (open != text.npos) {
    if (!text.ends_with(')')) return bad_scope("a scope's class stands in parentheses", scope);
    const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
    if (!is_type(inside)) return bad_scope("a scope's class is lower-case letters", scope);
    access.type_class = inside;
    text = text.substr(0, open);
  }
  if (!is_type(text)) return bad_scope("a scope's type is lower-case letters and digits", scope);
  access.type = text;
  return {};
}

Result<void> take_actions(std::string_view text, std::string_view scope, Access& access) {
  while (!text.empty()) {
    const std::string_view action = text.substr(0, text.find(','));
    text.remove_prefix(std::min(action.size() + 1, text.size()));
    if (!is_action(action)) return bad_scope("a scope's actions are words, or *", scope);
    access.actions.emplace_back(action);
  }
  std::ranges::sort(access.actions);
  const auto repeated = std::ranges::unique(access.actions);
  access.actions.erase(repeated.begin(), repeated.end());
  return {};
}

void merge(std::vector<Access>& all, Access next) {
  const auto same = std::ranges::find_if(all, [&](const Access& access) {
    return access.type == next.type && access.type_class == next.type_class &&
           access.name == next.name;
  });
  if (same == all.end()) {
    all.push_back(std::move(next));
    return;
  }
  std::vector<std::string> together;
  std::ranges::set_union(same->actions, next.actions, std::back_inserter(together));
  same->actions = std::move(together);
}

}  // namespace

Result<Access> parse_scope(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  if (first == text.npos || first == last) return bad_scope("a scope is type:name:actions", text);
  Access access;
  VARVE_CHECK(take_type(text.substr(0, first), text, access));
  const std::string_view name = text.substr(first + 1, last - first - 1);
  if (!is_name(name)) return bad_scope("a scope's name is printable ASCII without quotes", text);
  access.name = name;
  VARVE_CHECK(take_actions(text.substr(last + 1), text, access));
  return access;
}

Result<std::vector<Access>> parse_scopes(std::span<const std::string_view> parameters) {
  std::vector<Access> all;
  std::size_t bytes = 0;
  for (std::string_view parameter : parameters) {
    bytes += parameter.size();
    if (bytes > kScopeBytesMax)
      return fail(Errc::too_large, About::request, "the scopes of one token are too long together");
    while (!parameter.empty()) {
      const std::string_view scope = parameter.substr(0, parameter.find(' '));
      parameter.remove_prefix(std::min(scope.size() + 1, parameter.size()));
      if (scope.empty()) continue;
      VARVE_TRY(auto access, parse_scope(scope));
      merge(all, std::move(access));
    }
  }
  if (all.size() > kScopesMax)
    return fail(Errc::too_large, About::request, "one token is about at most 64 things");
  return all;
}

std::string to_string(const Access& access) {
  std::string text = access.type;
  if (!access.type_class.empty()) text += '(' + access.type_class + ')';
  text += ':' + access.name + ':';
  for (std::size_t i = 0; i < access.actions.size(); ++i)
    text += (i == 0 ? "" : ",") + access.actions[i];
  return text;
}

std::string to_string(std::span<const Access> accesses) {
  std::string text;
  for (const Access& access : accesses) text += (text.empty() ? "" : " ") + to_string(access);
  return text;
}

}  // namespace varve::auth
