// Runs a fuzzer's corpus without libFuzzer: every file as it is, cut short, and with bytes changed
// by a fixed generator, so that a failure repeats. Arguments: files or directories.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

constexpr int kDamagedCopies = 300;

void run(const std::string& input) {
  // A copy of exactly this size, so that AddressSanitizer sees one byte too far.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

void damage(std::string& input, std::mt19937& random) {
  const std::size_t at = random() % (input.size() + 1);
  const char byte = static_cast<char>(random());
  switch (random() % 4) {
    case 0:
      input.insert(at, 1, byte);
      break;
    case 1:
      input.erase(at, 1);
      break;
    case 2:
      input.resize(at);
      break;
    default:
      if (at < input.size()) input[at] = byte;
  }
}

void run_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string input{std::istreambuf_iterator<char>(in), {}};
  run(input);
  std::mt19937 random(1);
  for (int i = 0; i < kDamagedCopies; ++i) {
    std::string damaged = input;
    for (unsigned n = random() % 4 + 1; n > 0; --n) damage(damaged, random);
    run(damaged);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& file : std::filesystem::directory_iterator(argv[i]))
      files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // the last line names the culprit
    run_file(file);
  }
  return files.empty() ? 1 : 0;  // a corpus that was not found tests nothing
}
