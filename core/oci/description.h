// What a stored manifest says of itself, for people who look at a registry: sizes, platforms. Never
// what a decision rests on. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/oci/oci.h"

namespace varve::oci {

struct Platform {
  std::string architecture;
  std::string os;
  friend bool operator==(const Platform&, const Platform&) = default;
};

struct Child {
  std::string digest;
  Platform platform;  // its parts are empty where the index states none
};

struct Description {
  // What its descriptors state: config and layers of an image, the manifests of an index; the
  // manifest's own size when it has none of them.
  std::uint64_t image_size = 0;
  std::string config_media_type;    // empty: it has no config
  std::optional<Reference> config;  // where an image's platform stands
  std::vector<Child> children;      // of an index
};
// Total: of bytes that are no such manifest it says what can be said.
Description describe(std::string_view body);

// From the bytes of a config; empty where they state nothing that can be read.
Platform platform_of(std::string_view config);

}  // namespace varve::oci
