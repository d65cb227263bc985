// Sealing places with XSalsa20-Poly1305. Any thread.
#include "api/surface/continuation.h"

#include <sodium.h>

#include "api/auth/jwt.h"
#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::surface {
namespace {

static_assert(crypto_secretbox_KEYBYTES == 32);

constexpr std::size_t kSizeBytes = 8;
// The size, the name, a 01, and zeros: every place is equally long.
constexpr std::size_t kPlainBytes = kSizeBytes + limits::kRepoNameBytesMax + 1;
constexpr std::size_t kSealedBytes =
    crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + kPlainBytes;

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::unexpected<Error> unknown_place() {
  return fail(Errc::invalid, About::request,
              "this listing cannot be continued here; begin it again");
}

}  // namespace

Continuations::Continuations() {
  VARVE_ASSERT(sodium_init() >= 0);
  crypto_secretbox_keygen(key_.data());
}

std::string Continuations::seal(std::string_view name, TreeSize size) const {
  VARVE_ASSERT(name.size() <= limits::kRepoNameBytesMax);
  std::string plain;
  append_be64(plain, size.value);
  plain += name;
  plain += '\x01';
  plain.resize(kPlainBytes);
  std::string sealed(kSealedBytes, '\0');
  unsigned char* nonce = bytes_of(sealed);
  randombytes_buf(nonce, crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(nonce + crypto_secretbox_NONCEBYTES, bytes_of(plain), plain.size(), nonce,
                        key_.data());
  return auth::base64url_encode(sealed);
}

Result<std::string> Continuations::open(std::string_view text, TreeSize size) const {
  const auto sealed = auth::base64url_decode(text);
  if (!sealed || sealed->size() != kSealedBytes) return unknown_place();
  const unsigned char* nonce = bytes_of(*sealed);
  std::string plain(kPlainBytes, '\0');
  if (crypto_secretbox_open_easy(bytes_of(plain), nonce + crypto_secretbox_NONCEBYTES,
                                 crypto_secretbox_MACBYTES + kPlainBytes, nonce,
                                 key_.data()) != 0 ||
      read_be64(plain) != size.value)
    return unknown_place();
  return plain.substr(kSizeBytes, plain.rfind('\x01') - kSizeBytes);
}

}  // namespace varve::surface
