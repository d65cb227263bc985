// Everything that can be configured, with its default and its reason. Flags, VARVE_* variables and a
// TOML file make a RawConfig; validate() makes this, which never changes afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/limits.h"

namespace varve {

struct Config {
  std::filesystem::path data;                 // the directory that holds everything
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 5000;
  bool dev = false;                           // opens everything; loopback only
  bool read_only = false;                     // serve a replayed store: no keys, no writes
  std::string blobs;                          // read-only: a blob directory, or empty
  std::filesystem::path anchor;               // empty: DATA/head.anchor
  std::chrono::milliseconds publish_interval{1000};
  std::uint64_t disk_low_water_bytes = limits::kDiskLowWaterDefault;
  unsigned io_threads = 2;
  unsigned pool_threads = 4;
  std::string log_level = "info";
};

}  // namespace varve
