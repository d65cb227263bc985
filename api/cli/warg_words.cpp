// Names, versions, permissions, keys and ages, as they are typed. Any thread.
#include "api/cli/warg_words.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "log/proof/warg_keys.h"

namespace varve::cli {

Outcome<warg::PackageName> package_in(const std::string& text) {
  return doing("this names no package", warg::PackageName::parse(text),
               "give NAMESPACE:NAME in lower case, as in wasi:http");
}

Outcome<warg::Version> version_in(const std::string& text) {
  return doing("this is no version", warg::Version::parse(text), "give one such as 1.2.3");
}

Outcome<std::vector<warg::PackagePermission>> permissions_in(
    const std::vector<std::string>& words) {
  std::vector<warg::PackagePermission> permissions;
  for (const std::string& word : words) {
    const auto* const found = std::ranges::find(warg::kPackagePermissions, word,
                                                [](auto each) { return warg::to_string(each); });
    if (found == std::end(warg::kPackagePermissions))
      return refuse(ExitCode::usage, "this is no permission", word, "there are release and yank");
    if (std::ranges::find(permissions, *found) == permissions.end()) permissions.push_back(*found);
  }
  return permissions;
}

Outcome<warg::PublicKeyText> public_key_in(const std::string& text) {
  VARVE_CLI_TRY(const auto key,
                doing("this is no public key", warg::PublicKey::parse(text),
                      "give what `varve warg key show` prints, such as ecdsa-p256:A1Of…"));
  return key.text();
}

Outcome<warg::KeyId> key_id_in(const std::string& text) {
  if (const auto id = warg::KeyId::parse(text)) return *id;
  VARVE_CLI_TRY(const auto key, public_key_in(text));
  return warg::key_id(key);
}

Outcome<std::chrono::seconds> age_in(const std::string& text) {
  constexpr std::pair<char, std::uint64_t> kUnits[] = {
      {'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}};
  constexpr std::uint64_t kDaysMax = 36'500;
  const auto* const unit = std::ranges::find(kUnits, text.empty() ? '\0' : text.back(),
                                             &std::pair<char, std::uint64_t>::first);
  if (unit != std::end(kUnits)) {
    const auto count = parse_decimal(std::string_view(text).substr(0, text.size() - 1));
    if (count && *count <= kDaysMax * 86'400 / unit->second)
      return std::chrono::seconds(*count * unit->second);
  }
  return refuse(ExitCode::usage, "this is no age", text, "give a number and s, m, h or d: 24h");
}

}  // namespace varve::cli
