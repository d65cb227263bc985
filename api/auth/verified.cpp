// The memory of right passwords. Any thread.
#include "api/auth/verified.h"

#include <sodium.h>

#include <cstring>

#include "core/base/bytes.h"
#include "core/base/error.h"

namespace varve::auth {
namespace {

void update(crypto_generichash_state& state, std::string_view bytes) {
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

}  // namespace

VerifiedCache::VerifiedCache() {
  VARVE_ASSERT(sodium_init() >= 0);
  randombytes_buf(secret_.data(), secret_.size());
}

// The hash is keyed and uniform already.
std::size_t VerifiedCache::KeyHash::operator()(const Key& key) const {
  std::size_t value = 0;
  std::memcpy(&value, key.data(), sizeof(value));
  return value;
}

// The user's length goes in first: "ab" + "c" is not "a" + "bc".
VerifiedCache::Key VerifiedCache::key_of(std::string_view user, std::string_view secret) const {
  crypto_generichash_state state;
  crypto_generichash_init(&state, secret_.data(), secret_.size(), sizeof(Key));
  std::string length;
  append_be64(length, user.size());
  update(state, length);
  update(state, user);
  update(state, secret);
  Key key{};
  crypto_generichash_final(&state, key.data(), key.size());
  return key;
}

std::optional<Verified> VerifiedCache::find(std::string_view user, std::string_view secret,
                                            Millis now) const {
  const Key key = key_of(user, secret);
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.until <= now) return std::nullopt;
  return found->second.verified;
}

// Only what was right gets in, so a full memory means thousands of callers at once.
void VerifiedCache::make_room(Millis now) {
  if (entries_.size() < kEntriesMax) return;
  std::erase_if(entries_, [now](const auto& item) { return item.second.until <= now; });
  if (entries_.size() >= kEntriesMax) entries_.clear();
}

void VerifiedCache::remember(std::string_view user, std::string_view secret, Verified verified,
                             Millis now) {
  const Key key = key_of(user, secret);
  const std::lock_guard lock(mutex_);
  make_room(now);
  entries_.insert_or_assign(key, Entry{std::move(verified), now + kKept});
}

void VerifiedCache::forget(std::string_view user, std::string_view secret) {
  const Key key = key_of(user, secret);
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
}

bool VerifiedCache::begin(std::string_view user, std::string_view secret) {
  const Key key = key_of(user, secret);
  const std::lock_guard lock(mutex_);
  return judging_.insert(key).second;
}

void VerifiedCache::end(std::string_view user, std::string_view secret) {
  const Key key = key_of(user, secret);
  const std::lock_guard lock(mutex_);
  judging_.erase(key);
}

std::size_t VerifiedCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace varve::auth
