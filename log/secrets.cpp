// Secrets as words, as hashes, and as files.
#include "log/secrets.h"

#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/limits.h"
#include "log/file_io.h"

namespace varve {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTokenStart = "varve_";
constexpr std::size_t kIdBytes = 26;
constexpr std::size_t kTokenRandomBytes = 32;
constexpr std::size_t kPasswordRandomBytes = 16;
constexpr std::string_view kTokenHashStart = "sha256:";
constexpr const char* kTokenKeySuffix = "/tokens";

void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  VARVE_ASSERT(ready);
}

std::string random_base64url(std::size_t count) {
  need_sodium();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  std::string text(sodium_base64_encoded_len(count, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                   '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();  // the terminating 00
  sodium_memzero(bytes.data(), bytes.size());
  return text;
}

bool is_base64url(std::string_view text) {
  for (const char c : text)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
          c == '_'))
      return false;
  return true;
}

bool password_fits(std::string_view hash, std::string_view password) {
  // libsodium reads up to a 00, and wants a buffer of its own size.
  if (hash.size() >= crypto_pwhash_STRBYTES || hash.find('\0') != std::string_view::npos)
    return false;
  char line[crypto_pwhash_STRBYTES] = {};
  std::memcpy(line, hash.data(), hash.size());
  return crypto_pwhash_str_verify(line, password.data(), password.size()) == 0;
}

std::unexpected<Error> file_error(std::string what, const fs::path& file) {
  return fail(Errc::unavailable, About::storage, std::move(what), file.filename().string());
}

}  // namespace

std::string random_password() {
  return random_base64url(kPasswordRandomBytes);
}

std::string make_machine_token(const CredentialId& id) {
  return std::string(kTokenStart) + id.text() + '_' + random_base64url(kTokenRandomBytes);
}

std::optional<CredentialId> credential_in_token(std::string_view token) {
  constexpr std::size_t kSecretBytes = 43;  // of 32 bytes, without padding
  if (!token.starts_with(kTokenStart)) return std::nullopt;
  token.remove_prefix(kTokenStart.size());
  if (token.size() != kIdBytes + 1 + kSecretBytes || token[kIdBytes] != '_') return std::nullopt;
  if (!is_base64url(token.substr(kIdBytes + 1))) return std::nullopt;
  const auto id = CredentialId::parse(token.substr(0, kIdBytes));
  return id ? std::optional(*id) : std::nullopt;
}

Result<std::string> hash_password(std::string_view password) {
  need_sodium();
  if (password.empty() || password.size() > limits::kPasswordBytesMax)
    return fail(
        Errc::invalid, About::request,
        "a password has 1 to " + std::to_string(limits::kPasswordBytesMax) + " bytes of UTF-8");
  if (!is_valid_utf8(password)) return fail(Errc::invalid, About::request, "a password is UTF-8");
  for (const char c : password)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return fail(Errc::invalid, About::request, "a password holds no control characters");
  char line[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str(line, password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
    return fail(Errc::unavailable, About::request, "there is no memory to hash a password; retry");
  return std::string(line);
}

std::string hash_machine_token(std::string_view token) {
  return std::string(kTokenHashStart) + hex_encode(as_view(sha256("varve-token-v1\n", token)));
}

bool secret_fits(std::string_view hash, std::string_view secret) {
  need_sodium();
  if (!hash.starts_with(kTokenHashStart)) return password_fits(hash, secret);
  const std::string expected = hash_machine_token(secret);
  return expected.size() == hash.size() &&
         sodium_memcmp(expected.data(), hash.data(), hash.size()) == 0;
}

const std::string& hash_of_nobody() {
  static const std::string hash = [] {
    auto made = hash_password(random_password());
    // Without the memory for it a password costs no time either.
    return made ? *std::move(made) : std::string("$argon2id$");
  }();
  return hash;
}

SecretStore::SecretStore(const fs::path& root) : directory_(root / "secrets" / "credentials") {}

Result<void> SecretStore::write(const CredentialId& id, std::string_view line) const {
  VARVE_CHECK(make_directories(directory_));
  return replace_file(directory_ / id.text(), std::string(line) + '\n', 0600, About::storage);
}

Result<std::optional<std::string>> SecretStore::read(const CredentialId& id) const {
  VARVE_TRY(auto line, read_whole_file(directory_ / id.text(), About::storage));
  if (line && line->ends_with('\n')) line->pop_back();
  return line;
}

Result<void> SecretStore::remove(const CredentialId& id) const {
  const fs::path file = directory_ / id.text();
  if (::unlink(file.c_str()) != 0 && errno != ENOENT)
    return file_error(std::string("a secret cannot be removed: ") + std::strerror(errno), file);
  return {};
}

Result<std::size_t> SecretStore::sweep(const Wanted& wanted) const {
  std::error_code error;
  if (!fs::exists(directory_, error)) return 0;
  std::vector<fs::path> files;
  for (auto at = fs::directory_iterator(directory_, error); !error && at != fs::end(at);
       at.increment(error))
    files.push_back(at->path());
  if (error) return file_error("the secrets cannot be listed: " + error.message(), directory_);
  std::size_t removed = 0;
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    const bool half = name.ends_with(".new");
    const auto id = CredentialId::parse(half ? name.substr(0, name.size() - 4) : name);
    if (!id) continue;  // nothing of ours
    if (!half) {
      VARVE_TRY(const bool keep, wanted(*id));
      if (keep) continue;
    }
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
      return file_error(std::string("a secret cannot be removed: ") + std::strerror(errno), file);
    ++removed;
  }
  return removed;
}

Result<std::optional<std::string>> read_key_file(const fs::path& file) {
  VARVE_TRY(auto text, read_whole_file(file, About::key));
  if (text && text->ends_with('\n')) text->pop_back();
  return text;
}

Result<void> write_key_file(const fs::path& file, const std::string& text) {
  return replace_file(file, text + '\n', 0600, About::key);
}

Result<Signer> load_or_make_token_key(const fs::path& root, const std::string& origin) {
  const fs::path file = root / "secrets" / "keys" / "token";
  VARVE_TRY(const auto text, read_key_file(file));
  if (text) return Signer::parse(*text);
  VARVE_CHECK(make_directories(file.parent_path()));
  Signer made = Signer::generate(origin + kTokenKeySuffix);
  VARVE_CHECK(write_key_file(file, made.to_string()));
  return made;
}

}  // namespace varve
