// Counting. Any thread.
#include "api/auth/signed_bodies.h"

#include <utility>

namespace varve::auth {

SignedBodies::Place::Place(SignedBodies& places, std::string_view access_key, std::string_view peer)
    : places_(&places), access_key_(access_key), peer_(peer) {}

SignedBodies::Place::Place(Place&& other) noexcept
    : places_(std::exchange(other.places_, nullptr)),
      access_key_(std::move(other.access_key_)),
      peer_(std::move(other.peer_)) {}

SignedBodies::Place::~Place() {
  if (places_ != nullptr) places_->give_back(access_key_, peer_);
}

namespace {

// Ids of credentials have no spaces.
std::string pair_of(std::string_view access_key, std::string_view peer) {
  return std::string(access_key) + ' ' + std::string(peer);
}

}  // namespace

Result<SignedBodies::Place> SignedBodies::take(std::string_view access_key, std::string_view peer) {
  const std::lock_guard lock(mutex_);
  const std::string key(access_key);
  const std::string pair = pair_of(access_key, peer);
  const auto held = [this](const std::string& what) {
    const auto found = taken_.find(what);
    return found == taken_.end() ? 0 : found->second;
  };
  if (all_ >= limits_.all || held(key) >= limits_.of_a_key ||
      held(pair) >= limits_.of_a_key_from_a_peer)
    return fail(Errc::overloaded, About::request,
                "too many signed requests are being read; try again");
  ++all_;
  ++taken_[key];
  ++taken_[pair];
  return Place(*this, access_key, peer);
}

void SignedBodies::give_back(std::string_view access_key, std::string_view peer) {
  const std::lock_guard lock(mutex_);
  --all_;
  for (const std::string& what : {std::string(access_key), pair_of(access_key, peer)})
    if (const auto found = taken_.find(what); --found->second == 0) taken_.erase(found);
}

}  // namespace varve::auth
