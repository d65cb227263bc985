// What proves credentials: hashes on this machine's disk, never in the log. And the words they are
// hashes of: passwords and machine tokens.
//
//   DATA/secrets/credentials/<id>   one line, 0600: what kind of hash, and the hash; of a secret
//   that
//                                   must be had again (seal.h) the sealed secret
//   DATA/secrets/keys/token         the key that signs access tokens
//   DATA/secrets/keys/seal          the key that seals
//
// Such a line is on disk (synced) before the event that adds its credential is submitted: a crash
// in between leaves a file that opens nothing, because the credential does not exist, and that
// sweep() removes at the next start. The other way round somebody would have been told a password
// that can never work.
//
// Files: block; one thread at a time per id. Hashing a password takes 64 MiB and a tenth of a
// second, on purpose: never on an I/O thread. The rest is quick and pure.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/trust/names.h"
#include "log/proof/note.h"

namespace varve {

// ---- words ----

// Random and printable, 128 bits: for a password that somebody is told once.
std::string random_password();

// "varve_<credential id>_<43 characters of base64url>": 32 random bytes, and whose they are, so
// that to check a token is to read one file.
std::string make_machine_token(const CredentialId& id);
// Whose token this would be; nullopt for what is no machine token.
std::optional<CredentialId> credential_in_token(std::string_view token);

// ---- hashes ----

// Argon2id, libsodium's interactive limits. Errors: unavailable (no memory), invalid (empty, longer
// than limits::kPasswordBytesMax, or with control characters, which no client can send).
Result<std::string> hash_password(std::string_view password);
// One SHA-256: 256 random bits cannot be guessed, so nothing needs to be slow.
std::string hash_machine_token(std::string_view token);
// Does `secret` fit this line of ours? In the time that its kind takes, whatever the answer.
bool secret_fits(std::string_view hash, std::string_view secret);
// Fits nothing, and takes as long to say so as a password's: for principals that do not exist, so
// that the time of an answer does not tell who does.
const std::string& hash_of_nobody();

// ---- files ----

class SecretStore {
 public:
  explicit SecretStore(const std::filesystem::path& root);  // the data directory

  Result<void> write(const CredentialId& id, std::string_view line) const;
  Result<std::optional<std::string>> read(const CredentialId& id) const;
  Result<void> remove(const CredentialId& id) const;  // what is not there is no error
  // Removes the files of credentials that `wanted` does not know, and what crashes left of half
  // written ones. Only at start, before anybody adds one. How many.
  using Wanted = std::function<Result<bool>(const CredentialId&)>;
  Result<std::size_t> sweep(const Wanted& wanted) const;

 private:
  std::filesystem::path directory_;
};

// The text in a private key's file, without the end of its line; nothing when there is no file.
Result<std::optional<std::string>> read_key_file(const std::filesystem::path& file);
// For its owner's eyes alone, and durable when this returns.
Result<void> write_key_file(const std::filesystem::path& file, const std::string& text);

// The key that signs access tokens, made when it is not there: to lose it costs its holders a new
// login, nothing else.
Result<Signer> load_or_make_token_key(const std::filesystem::path& root, const std::string& origin);

}  // namespace varve
