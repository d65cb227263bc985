// Makes a test of every transcript below VARVE_TRANSCRIPTS. One thread.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "spawned_server.h"
#include "transcript.h"

namespace varve::transcript {
namespace {

std::string environment_or(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

// "http://127.0.0.1:5000": the port of a server that already runs; 0 when none is named.
std::uint16_t running_port() {
  const std::string url = environment_or("VARVE_BASE_URL", "");
  std::uint16_t port = 0;
  const std::size_t colon = url.rfind(':');
  if (colon != std::string::npos) {
    std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
  }
  return port;
}

class Transcript : public testing::Test {
 public:
  explicit Transcript(std::filesystem::path file) : file_(std::move(file)) {}

  void TestBody() override {
    Options options;
    options.directory = file_.parent_path();
    options.port = running_port();
    options.variables["ADMIN_PASSWORD"] = environment_or("VARVE_ADMIN_PASSWORD", "");
    if (options.port != 0) return judge(options);
    const bool accounts = file_.parent_path().filename() == "accounts";
    SpawnedServer server(environment_or("VARVE_BINARY", VARVE_BINARY), {},
                         accounts ? SpawnedServer::Kind::with_accounts : SpawnedServer::Kind::dev);
    options.port = server.port();
    if (accounts) options.variables["ADMIN_PASSWORD"] = server.admin_password();
    ASSERT_NE(options.port, 0) << "the server did not start:\n" << server.log();
    judge(options);
    EXPECT_EQ(server.stop(), 0) << "the server's exit code\n" << server.log();
  }

 private:
  void judge(const Options& options) {
    const auto text = read_file(file_);
    ASSERT_TRUE(text) << text.error();
    const auto trouble = play(*text, options);
    if (trouble) {
      ADD_FAILURE_AT(file_.c_str(), trouble->line) << trouble->what;
    }
  }

  std::filesystem::path file_;
};

std::string name_of(const std::filesystem::path& file) {
  std::string name =
      std::filesystem::relative(file, VARVE_TRANSCRIPTS).replace_extension().string();
  std::replace_if(name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

void register_all() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VARVE_TRANSCRIPTS)) {
    if (entry.path().extension() == ".http") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    testing::RegisterTest("Transcript", name_of(file).c_str(), nullptr, nullptr, file.c_str(), 1,
                          [file]() -> Transcript* { return new Transcript(file); });
  }
}

}  // namespace
}  // namespace varve::transcript

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  varve::transcript::register_all();
  return RUN_ALL_TESTS();
}
