// A fresh directory for one test, removed with it. One thread.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/error.h"

namespace varve::test {

class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "varve-store-XXXXXX").string();
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
  std::filesystem::path path_;
};

}  // namespace varve::test
