// Plays a transcript against a server and says where it first differs. One thread per play.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "script.h"

namespace varve::transcript {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::filesystem::path directory;             // where body-file and file: look
  std::chrono::milliseconds patience{10'000};  // for any one wait
  Variables variables;
};

// nullopt: everything was as the transcript says.
std::optional<Trouble> play(std::string_view text, const Options& options);

}  // namespace varve::transcript
