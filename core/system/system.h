// Facts about the log itself: its birth, its mode, its event key. Commands and events; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/trust/trust.h"

namespace varve::system {

// ---- commands ----
struct Initialise {
  std::string origin;
  std::string log_key;    // vkey
  std::string event_key;  // vkey
  std::optional<trust::Founding> accounts = std::nullopt;
};
struct EnableDevMode {};
// Signed by the old key; from the next entry on the new key signs. Verifiers follow the chain.
struct RotateEventKey {
  std::string new_event_key;  // vkey, same name as the old one
};

// ---- events ----
struct Genesis {
  static constexpr std::string_view kType = "log.genesis";
  static constexpr unsigned kVersion = 1;
  std::string event_key;
  std::string hash;  // "sha256"
  std::string log_key;
  std::string origin;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("event_key", e.event_key);
    v("hash", e.hash);
    v("log_key", e.log_key);
    v("origin", e.origin);
  }
  friend bool operator==(const Genesis&, const Genesis&) = default;
};

// From here on, this directory was served with every caller allowed to do everything.
struct DevModeEnabled {
  static constexpr std::string_view kType = "log.dev_mode.enabled";
  static constexpr unsigned kVersion = 1;
  template <class Self, class V>
  static void fields(Self&, V&) {}
  friend bool operator==(const DevModeEnabled&, const DevModeEnabled&) = default;
};

struct EventKeyRotated {
  static constexpr std::string_view kType = "log.event_key.rotated";
  static constexpr unsigned kVersion = 1;
  std::string new_key;
  std::string old_key;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("new_key", e.new_key);
    v("old_key", e.old_key);
  }
  friend bool operator==(const EventKeyRotated&, const EventKeyRotated&) = default;
};

}  // namespace varve::system
