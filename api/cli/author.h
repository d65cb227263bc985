// Who signs what is put, for every command that puts something. The thread of main() only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/cli/commands.h"
#include "core/trust/author.h"
#include "log/proof/warg_keys.h"

namespace varve::cli {

struct Author {
  warg::PrivateKey key;
  std::string origin;  // of the registry that is signed for

  std::string key_id() const;
  // The value of trust::kAuthorHeader for one PUT of bytes with this SHA-256.
  Result<std::string> header_for(std::string_view type, std::string_view resource,
                                 const Hash256& body) const;
};

// None without a key. Which registry one signs for is what this client knows about it, checked
// against its log: a signature made for one registry is none for another. Failures: 2 for a key
// that cannot be used, and what a session of the registry fails with.
Outcome<std::optional<Author>> author_for(const std::optional<std::string>& key_file,
                                          const ServerAddress& server, Console& console);

}  // namespace varve::cli
