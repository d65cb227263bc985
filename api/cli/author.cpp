// Statements and the header they travel in. The thread of main() only.
#include "api/cli/author.h"

#include <utility>

#include "api/cli/connect.h"
#include "api/cli/warg.h"

namespace varve::cli {
namespace {

Outcome<warg::PrivateKey> author_key(const std::string& file) {
  VARVE_CLI_TRY(auto key, load_signing_key(file));
  if (key.public_key().algorithm() == warg::KeyAlgorithm::ed25519) return key;
  return refuse(ExitCode::usage, "the author's key cannot be used",
                file + " holds an ecdsa-p256 key; authors sign with Ed25519",
                "make one with `varve warg key new --algorithm ed25519`");
}

}  // namespace

std::string Author::key_id() const {
  return key.public_key().id().to_string();
}

Result<std::string> Author::header_for(std::string_view type, std::string_view resource,
                                       const Hash256& body) const {
  const trust::AuthorStatement statement{origin, std::string(trust::kPut), std::string(type),
                                         std::string(resource), body};
  VARVE_TRY(const auto signature, key.sign_statement(statement.text()));
  const std::string_view text = signature.text();
  return key_id() + ' ' + std::string(text.substr(text.find(':') + 1));
}

Outcome<std::optional<Author>> author_for(const std::optional<std::string>& key_file,
                                          const ServerAddress& server, Console& console) {
  if (!key_file) return std::nullopt;
  VARVE_CLI_TRY(auto key, author_key(*key_file));
  VARVE_CLI_TRY(const auto connection, connect({.address = server}, console));
  return Author{std::move(key), connection.session.log().checkpoint.origin};
}

}  // namespace varve::cli
