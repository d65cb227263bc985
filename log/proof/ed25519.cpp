// Ed25519 by libsodium. Any thread.
#include "log/proof/ed25519.h"

#include <sodium.h>

#include "core/base/error.h"

namespace varve {
namespace {

// libsodium picks its code for this processor here; a function's static makes that happen once,
// whichever thread comes first.
void init_sodium() {
  static const bool ready = sodium_init() >= 0;
  VARVE_ASSERT(ready);
}

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool ed25519_key_is_sound(const Ed25519Public& key) {
  init_sodium();
  return crypto_core_ed25519_is_valid_point(key.data()) == 1;
}

bool ed25519_verify(const Ed25519Public& key, std::string_view message,
                    std::string_view signature) {
  if (signature.size() != crypto_sign_BYTES) return false;
  init_sodium();
  return crypto_sign_verify_detached(as_bytes(signature), as_bytes(message), message.size(),
                                     key.data()) == 0;
}

void ed25519_generate(Ed25519Public& key, Ed25519Secret& secret) {
  init_sodium();
  VARVE_ASSERT(crypto_sign_keypair(key.data(), secret.data()) == 0);
}

void ed25519_from_seed(const Ed25519Seed& seed, Ed25519Public& key, Ed25519Secret& secret) {
  init_sodium();
  VARVE_ASSERT(crypto_sign_seed_keypair(key.data(), secret.data(), seed.data()) == 0);
}

void ed25519_sign(const Ed25519Secret& secret, std::string_view message, std::uint8_t* signature) {
  VARVE_ASSERT(crypto_sign_detached(signature, nullptr, as_bytes(message), message.size(),
                                    secret.data()) == 0);
}

void wipe(void* bytes, std::size_t size) {
  sodium_memzero(bytes, size);
}

}  // namespace varve
