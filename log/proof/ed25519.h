// Ed25519 by libsodium, for every text form of key there is here. Any thread.
//
// One rule everywhere: a key of small order or off the main subgroup, a second spelling of a point
// and a second spelling of S are refused, since under them one signature fits many messages, or one
// key has many names.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace varve {

using Ed25519Public = std::array<std::uint8_t, 32>;
using Ed25519Seed = std::array<std::uint8_t, 32>;
using Ed25519Secret = std::array<std::uint8_t, 64>;  // libsodium's seed ‖ public key
using Ed25519Signature = std::array<std::uint8_t, 64>;

// Is it a key that honest key generation can yield?
bool ed25519_key_is_sound(const Ed25519Public& key);
// RFC 8032, by libsodium's strict rules; whether the key is sound was asked before.
bool ed25519_verify(const Ed25519Public& key, std::string_view message, std::string_view signature);

// Whoever holds a secret wipes it.
void ed25519_generate(Ed25519Public& key, Ed25519Secret& secret);
void ed25519_from_seed(const Ed25519Seed& seed, Ed25519Public& key, Ed25519Secret& secret);
void ed25519_sign(const Ed25519Secret& secret, std::string_view message,
                  std::uint8_t* signature);  // 64 bytes
void wipe(void* bytes, std::size_t size);

}  // namespace varve
