// Secrets that this server must have again, because what they sign is checked with them: kept
// sealed, under a key in a file of its own. Whoever reads a backup of the credentials alone reads
// none.
//
// Sealing is quick and pure; loading the key blocks. Any thread.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/trust/names.h"

namespace varve {

// 40 letters and digits: as many as clients of such keys are used to, and 238 bits.
std::string random_secret_key();

class SealKey {
 public:
  static SealKey generate();
  // Errors: Errc::corrupt, About::key.
  static Result<SealKey> parse(std::string_view text);
  std::string to_string() const;
  SealKey(const SealKey&) = default;
  SealKey& operator=(const SealKey&) = default;
  ~SealKey();

  // The line for a credential's file (secrets.h). It opens under this credential's name only.
  std::string seal(const CredentialId& id, std::string_view secret) const;
  // Errors: Errc::corrupt, About::key for what this key did not seal for this credential.
  Result<std::string> open(const CredentialId& id, std::string_view line) const;

 private:
  SealKey() = default;
  std::array<unsigned char, 32> key_{};
};

// Made when it is not there: to lose it costs the holders of sealed secrets a new one each, nothing
// else.
Result<SealKey> load_or_make_seal_key(const std::filesystem::path& root);

}  // namespace varve
