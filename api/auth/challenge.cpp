// Rendering challenges. Pure; any thread.
#include "api/auth/challenge.h"

#include <algorithm>

namespace varve::auth {
namespace {

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_authority(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return plain(c) || std::string_view(".-_:[]").find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace

// The parts hold neither quotes nor backslashes, each by the grammar it passed.
std::string render(const Challenge& challenge) {
  std::string text =
      "Bearer realm=\"" + challenge.realm + "\",service=\"" + challenge.service + '"';
  if (!challenge.scope.empty()) text += ",scope=\"" + challenge.scope + '"';
  if (!challenge.error.empty()) text += ",error=\"" + std::string(challenge.error) + '"';
  return text;
}

std::string base_url(std::string_view external_url, bool secure, std::string_view host,
                     std::string_view fallback) {
  if (!external_url.empty()) return std::string(external_url);
  return (secure ? "https://" : "http://") + std::string(is_authority(host) ? host : fallback);
}

bool valid_service_name(std::string_view name) {
  const bool safe = !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
    return plain(c) || std::string_view(".-_:/").find(c) != std::string_view::npos;
  });
  const std::string folded = lower(name);
  return safe && folded.find("basic") == folded.npos && folded.find("bearer") == folded.npos;
}

}  // namespace varve::auth
