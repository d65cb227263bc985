// libsodium's secretbox around secrets. Any thread.
#include "log/seal.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "core/base/bytes.h"
#include "log/file_io.h"
#include "log/secrets.h"

namespace varve {
namespace {

constexpr std::string_view kKeyStart = "varve-seal-v1:";
constexpr std::string_view kLineStart = "sealed:";
constexpr std::size_t kSecretKeyBytes = 40;

static_assert(crypto_secretbox_KEYBYTES == 32);

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  VARVE_ASSERT(ready);
}

std::unexpected<Error> corrupt(std::string what) {
  return fail(Errc::corrupt, About::key, std::move(what));
}

// The credential's name goes in first: a file that was moved to another one's name opens nothing.
std::string named(const CredentialId& id, std::string_view secret) {
  return id.text() + ':' + std::string(secret);
}

}  // namespace

std::string random_secret_key() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  need_sodium();
  std::string text(kSecretKeyBytes, '\0');
  for (char& c : text)
    c = kAlphabet[randombytes_uniform(static_cast<std::uint32_t>(kAlphabet.size()))];
  return text;
}

SealKey SealKey::generate() {
  need_sodium();
  SealKey made;
  crypto_secretbox_keygen(made.key_.data());
  return made;
}

SealKey::~SealKey() {
  sodium_memzero(key_.data(), key_.size());
}

Result<SealKey> SealKey::parse(std::string_view text) {
  need_sodium();
  if (!text.starts_with(kKeyStart)) return corrupt("this is no key that seals secrets");
  auto bytes = base64_decode(text.substr(kKeyStart.size()));
  SealKey key;
  if (!bytes || bytes->size() != key.key_.size())
    return corrupt("the key that seals secrets is damaged");
  std::copy(bytes->begin(), bytes->end(), key.key_.begin());
  sodium_memzero(bytes->data(), bytes->size());
  return key;
}

std::string SealKey::to_string() const {
  return std::string(kKeyStart) +
         base64_encode({reinterpret_cast<const char*>(key_.data()), key_.size()});
}

std::string SealKey::seal(const CredentialId& id, std::string_view secret) const {
  std::string plain = named(id, secret);
  std::string box(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size(), '\0');
  unsigned char* nonce = bytes_of(box);
  randombytes_buf(nonce, crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(nonce + crypto_secretbox_NONCEBYTES, bytes_of(plain), plain.size(), nonce,
                        key_.data());
  sodium_memzero(plain.data(), plain.size());
  return std::string(kLineStart) + base64_encode(box);
}

Result<std::string> SealKey::open(const CredentialId& id, std::string_view line) const {
  constexpr std::size_t kAround = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  const auto cannot = [&] {
    return fail(Errc::corrupt, About::key,
                "a sealed secret cannot be opened: damaged, or sealed with another key than "
                "secrets/keys/seal",
                id.text());
  };
  if (!line.starts_with(kLineStart)) return cannot();
  const auto box = base64_decode(line.substr(kLineStart.size()));
  if (!box || box->size() <= kAround) return cannot();
  const unsigned char* nonce = bytes_of(std::string_view(*box));
  std::string plain(box->size() - kAround, '\0');
  if (crypto_secretbox_open_easy(bytes_of(plain), nonce + crypto_secretbox_NONCEBYTES,
                                 box->size() - crypto_secretbox_NONCEBYTES, nonce,
                                 key_.data()) != 0)
    return cannot();
  const std::string start = named(id, {});
  if (!plain.starts_with(start)) return cannot();
  std::string secret = plain.substr(start.size());
  sodium_memzero(plain.data(), plain.size());
  return secret;
}

Result<SealKey> load_or_make_seal_key(const std::filesystem::path& root) {
  const std::filesystem::path file = root / "secrets" / "keys" / "seal";
  VARVE_TRY(const auto text, read_key_file(file));
  if (text) return SealKey::parse(*text);
  VARVE_CHECK(make_directories(file.parent_path()));
  SealKey made = SealKey::generate();
  VARVE_CHECK(write_key_file(file, made.to_string()));
  return made;
}

}  // namespace varve
