// A fresh directory for one test, removed with it. One thread.
//
// In memory where the system has such a place: what a sync means is modelled by the tests that ask,
// and thousands of real ones would only make them slow.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/error.h"

namespace varve::test {

class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (base() / "varve-store-XXXXXX").string();
    VARVE_ASSERT(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  static std::filesystem::path base() {
    const char* memory = "/dev/shm";
    return ::access(memory, W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }
  std::filesystem::path path_;
};

}  // namespace varve::test
