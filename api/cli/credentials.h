// Which credentials a networked command shows: VARVE_USER and VARVE_PASSWORD, or VARVE_TOKEN, or
// what `podman login` and `docker login` wrote down for this server. The thread of main() only.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace varve::cli {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment_lookup();

// Where clients write logins, in the order they are asked.
std::vector<std::filesystem::path> auth_files(const Environment& environment);

// What such a file says about a server, as the value of an Authorization header. Errors: invalid
// for a file that is not what it should be; it never repeats what stands in there.
Result<std::optional<std::string>> authorization_in(std::string_view file_text,
                                                    std::string_view authority);

// The value of the Authorization header; nullopt: none. Errors: invalid for half a login (a user
// without a password), or a damaged file.
Result<std::optional<std::string>> authorization_for(std::string_view authority,
                                                     const Environment& environment);

}  // namespace varve::cli
