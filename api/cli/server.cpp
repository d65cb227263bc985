// What answers mean. The thread of main() only.
#include "api/cli/server.h"

#include <algorithm>

namespace varve::cli {
namespace {

constexpr std::size_t kQuoteMax = 200;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

Errc code_of(unsigned status) {
  switch (status) {
    case 400:
    case 413:
      return Errc::invalid;
    case 401:
      return Errc::unauthorized;
    case 403:
      return Errc::denied;
    case 404:
      return Errc::not_found;
    case 405:
      return Errc::unsupported;
    case 409:
      return Errc::conflict;
    case 410:
      return Errc::gone;
    case 429:
      return Errc::throttled;
    default:
      return Errc::unavailable;
  }
}

// One status for what nobody may do here and for what somebody locked: the word tells.
bool is_lock(const Answer& answer) {
  return answer.status == 405 &&
         answer.body.find("\"REGISTRY_DISALLOWED_OPERATION\"") != std::string::npos;
}

}  // namespace

std::string_view Answer::header(std::string_view name) const {
  const auto found =
      std::ranges::find_if(headers, [&](const auto& h) { return same_name(h.first, name); });
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

Error refusal(const Server& server, std::string_view target, const Answer& answer) {
  const std::string said = answer.body.substr(0, answer.body.find('\n')).substr(0, kQuoteMax);
  return Error(is_lock(answer) ? Errc::locked : code_of(answer.status), About::request,
               server.url() + std::string(target) + " answers " + std::to_string(answer.status) +
                   (said.empty() ? "" : ": " + said));
}

Result<std::string> fetch(Server& server, std::string target, std::size_t bytes_max) {
  VARVE_TRY(auto answer, server.ask({.target = target, .bytes_max = bytes_max}));
  if (answer.status == 200) return std::move(answer.body);
  Error error = refusal(server, target, answer);
  // Whoever signed a tree has its tiles: "no such thing" is not knowledge about the log here, and
  // must not let a server pass off what it hides as something proven absent. Only a credential can
  // help.
  if (error.code != Errc::unauthorized && error.code != Errc::denied)
    error.code = Errc::unavailable;
  return std::unexpected(std::move(error));
}

}  // namespace varve::cli
