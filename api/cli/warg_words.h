// Words of a person's as Warg's values, for every command about Warg packages. Failures: 2. Any
// thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/cli/console.h"
#include "core/warg/record.h"

namespace varve::cli {

Outcome<warg::PackageName> package_in(const std::string& text);
Outcome<warg::Version> version_in(const std::string& text);
Outcome<std::vector<warg::PackagePermission>> permissions_in(const std::vector<std::string>& words);
// A sound public key; and a key's id, for which its text stands too.
Outcome<warg::PublicKeyText> public_key_in(const std::string& text);
Outcome<warg::KeyId> key_id_in(const std::string& text);
// "90s", "30m", "24h", "7d".
Outcome<std::chrono::seconds> age_in(const std::string& text);

}  // namespace varve::cli
