// What every bench prints: our figure beside the limit or engine it was measured against in the
// same run, and whether the ratio holds. Absolute times on shared machines mean little; ratios
// hold.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace varve::bench {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The p-quantile (0..1) of unsorted samples.
inline double quantile(std::vector<double> samples, double p) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const auto rank = static_cast<std::size_t>(p * static_cast<double>(samples.size() - 1) + 0.5);
  return samples[rank];
}

// One line of the table, and whether the target was met.
class Report {
 public:
  explicit Report(std::string_view question) { fmt::print("\n{}\n", question); }
  void part(std::string_view name) { fmt::print(" {}\n", name); }
  void figure(std::string_view name, double value, std::string_view unit) {
    fmt::print("  {:<58} {:>14.2f} {}\n", name, value, unit);
  }
  void at_least(std::string_view name, double value, double target, std::string_view unit) {
    verdict(name, value, target, unit, value >= target, ">=");
  }
  void at_most(std::string_view name, double value, double target, std::string_view unit) {
    verdict(name, value, target, unit, value <= target, "<=");
  }
  // 0 when every target was met, else 1: what main() returns.
  int exit_code() const { return missed_ == 0 ? 0 : 1; }

 private:
  void verdict(std::string_view name, double value, double target, std::string_view unit, bool met,
               std::string_view relation) {
    fmt::print("  {:<58} {:>14.2f} {:<8} {} {:.2f}  {}\n", name, value, unit, relation, target,
               met ? "met" : "MISSED");
    if (!met) ++missed_;
  }
  int missed_ = 0;
};

// A directory on the disk under test (BENCH_DIR, else the temporary directory), removed at the end.
class BenchDirectory {
 public:
  BenchDirectory() {
    const char* base = std::getenv("BENCH_DIR");
    std::string pattern =
        ((base != nullptr ? std::filesystem::path(base) : std::filesystem::temp_directory_path()) /
         "varve-bench-XXXXXX")
            .string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~BenchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  BenchDirectory(const BenchDirectory&) = delete;
  BenchDirectory& operator=(const BenchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace varve::bench
