// A directory of a test's own, removed with it; and a console that keeps what was said.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "api/cli/console.h"

namespace varve::cli {

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "varve-cli-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string write(const std::string& name, std::string_view bytes) const {
    replace(path_ / name, bytes);
    return (path_ / name).string();
  }
  // Not truncated in place: ext4 then flushes on close, which made byte-by-byte tests 40 times
  // slower.
  static void replace(const std::filesystem::path& file, std::string_view bytes) {
    std::filesystem::remove(file);
    std::ofstream(file, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  static std::string read(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

struct Recorder {
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err, {}};
};

}  // namespace varve::cli
