// Several clients at once, and clients that vanish, against the real binary. One thread a client.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <thread>

#include "core/base/digest.h"
#include "spawned_server.h"
#include "wire_client.h"

namespace varve::transcript {
namespace {

using namespace std::chrono_literals;

constexpr int kClients = 8;
constexpr auto kPatience = 20s;

Reply ask(WireClient& client, const std::string& method, const std::string& target,
          const std::string& headers = {}, const std::string& body = {}) {
  const auto sent =
      client.send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_TRUE(sent.has_value());
  auto reply = client.receive(method == "HEAD");
  EXPECT_TRUE(reply.has_value()) << reply.error();
  return reply.value_or(Reply());
}

std::string header_of(const Reply& reply, std::string_view name) {
  const std::string* value = reply.header(name);
  return value == nullptr ? "" : *value;
}

// What each client makes of its connection, all of them set off together.
template <class Work>
std::vector<int> together(const SpawnedServer& server, const Work& work) {
  std::vector<int> statuses(kClients);
  std::latch ready(kClients);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kClients; ++i)
      threads.emplace_back([&, i] {
        WireClient client("127.0.0.1", server.port(), kPatience);
        statuses[static_cast<std::size_t>(i)] = work(client, i, ready);
      });
  }
  return statuses;
}

std::uint64_t log_size(WireClient& client) {
  return std::stoull(header_of(ask(client, "GET", "/v2/_catalog"), "Varve-Tree-Size"));
}

TEST(Races, UploadsThatFinishTheSameBlobAtOnceAllSucceedAndAreOneBlob) {
  SpawnedServer server(VARVE_BINARY);
  ASSERT_NE(server.port(), 0) << server.log();
  WireClient early("127.0.0.1", server.port(), kPatience);
  const std::uint64_t before = log_size(early);
  const std::string bytes(300'000, 'b');
  const std::string digest = Digest::of(bytes).to_string();
  const auto statuses = together(server, [&](WireClient& client, int, std::latch& ready) {
    const std::string upload = header_of(ask(client, "POST", "/v2/app/blobs/uploads/"), "Location");
    EXPECT_EQ(ask(client, "PATCH", upload, {}, bytes).status, 202);
    ready.arrive_and_wait();
    return ask(client, "PUT", upload + "?digest=" + digest).status;
  });
  EXPECT_EQ(statuses, std::vector<int>(kClients, 201)) << server.log();
  EXPECT_EQ(log_size(early), before + 3) << "the repository, the blob, its link: each once";
  EXPECT_EQ(ask(early, "GET", "/v2/app/blobs/" + digest).body, bytes);
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Races, OneOfManyWhoWantATagToBeNewGetsIt) {
  SpawnedServer server(VARVE_BINARY);
  ASSERT_NE(server.port(), 0) << server.log();
  const auto body_of = [](int i) {
    return R"({"schemaVersion":2,"manifests":[],"annotations":{"n":")" + std::to_string(i) + "\"}}";
  };
  const auto statuses = together(server, [&](WireClient& client, int i, std::latch& ready) {
    ready.arrive_and_wait();
    return ask(client, "PUT", "/v2/app/manifests/v1",
               "If-None-Match: *\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\n",
               body_of(i))
        .status;
  });
  EXPECT_EQ(std::ranges::count(statuses, 201), 1);
  EXPECT_EQ(std::ranges::count(statuses, 412), kClients - 1);
  const auto winner = static_cast<int>(std::ranges::find(statuses, 201) - statuses.begin());
  WireClient late("127.0.0.1", server.port(), kPatience);
  EXPECT_EQ(ask(late, "GET", "/v2/app/manifests/v1").body, body_of(winner));
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Races, AClientThatVanishesInTheMiddleOfAChunkGoesOnWhereItsBytesEnd) {
  SpawnedServer server(VARVE_BINARY);
  ASSERT_NE(server.port(), 0) << server.log();
  WireClient client("127.0.0.1", server.port(), kPatience);
  const std::string upload = header_of(ask(client, "POST", "/v2/app/blobs/uploads/"), "Location");
  const std::string bytes = "0123456789abcdef";
  {
    WireClient vanishing("127.0.0.1", server.port(), kPatience);
    EXPECT_TRUE(vanishing
                    .send("PATCH " + upload +
                          " HTTP/1.1\r\nHost: localhost\r\nContent-Range: 0-15\r\n"
                          "Content-Length: 16\r\n\r\n" +
                          bytes.substr(0, 10))
                    .has_value());
  }
  // As a client recovers: it asks where the upload stands, and sends from there. Until the server
  // has noticed who is gone, the upload is in use (409) or about to grow (416).
  int status = 0;
  for (int i = 0; i < 100 && status != 202; ++i) {
    const std::string range = header_of(ask(client, "GET", upload), "Range");
    ASSERT_TRUE(range == "0-9" || range == "0-0") << range;
    const std::size_t at = range == "0-9" ? 10 : 0;
    status = ask(client, "PATCH", upload, "Content-Range: " + std::to_string(at) + "-15\r\n",
                 bytes.substr(at))
                 .status;
    ASSERT_TRUE(status == 202 || status == 409 || status == 416) << status;
    if (status != 202) std::this_thread::sleep_for(50ms);
  }
  ASSERT_EQ(status, 202);
  const std::string digest = Digest::of(bytes).to_string();
  EXPECT_EQ(ask(client, "PUT", upload + "?digest=" + digest).status, 201);
  EXPECT_EQ(ask(client, "GET", "/v2/app/blobs/" + digest).body, bytes);
  EXPECT_EQ(server.stop(), 0) << server.log();
}

std::size_t files_in(const std::filesystem::path& directory) {
  std::size_t count = 0;
  std::error_code error;
  for (auto file = std::filesystem::directory_iterator(directory, error);
       !error && file != std::filesystem::directory_iterator(); file.increment(error))
    ++count;
  return count;
}

TEST(Uploads, ThatNobodyContinuesEndWithTheirBytes) {
  SpawnedServer server(VARVE_BINARY, {"--upload-lifetime", "2s"});
  ASSERT_NE(server.port(), 0) << server.log();
  WireClient client("127.0.0.1", server.port(), kPatience);
  const auto uploads = server.data() / "uploads";
  const std::string upload = header_of(ask(client, "POST", "/v2/app/blobs/uploads/"), "Location");
  const std::string other = header_of(ask(client, "POST", "/v2/app/blobs/uploads/"), "Location");
  EXPECT_EQ(ask(client, "PATCH", upload, {}, "abandoned").status, 202);
  EXPECT_EQ(files_in(uploads), 2U);
  // One of the two is continued again and again, and lives on.
  std::string sent;
  int status = 204;
  for (int i = 0; i < 200 && status == 204; ++i) {
    EXPECT_EQ(ask(client, "PATCH", other, {}, "x").status, 202);
    sent += 'x';
    std::this_thread::sleep_for(100ms);
    status = ask(client, "GET", upload).status;
  }
  EXPECT_EQ(status, 404);
  EXPECT_EQ(files_in(uploads), 1U);
  const std::string digest = Digest::of("abandoned").to_string();
  for (const auto& [method, target] : {std::pair<std::string, std::string>{"GET", upload},
                                       {"PATCH", upload},
                                       {"PUT", upload + "?digest=" + digest},
                                       {"DELETE", upload}}) {
    const Reply reply = ask(client, method, target);
    EXPECT_EQ(reply.status, 404) << method;
    EXPECT_NE(reply.body.find("BLOB_UPLOAD_UNKNOWN"), std::string::npos) << reply.body;
  }
  EXPECT_EQ(ask(client, "PUT", other + "?digest=" + Digest::of(sent).to_string()).status, 201);
  EXPECT_EQ(server.stop(), 0) << server.log();
}

// Resident memory of a process, in bytes.
std::size_t resident(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/statm");
  std::size_t all = 0, pages = 0;
  status >> all >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Starts uploads, sends the beginning of a large chunk to each, and is gone.
std::vector<std::string> vanish(const SpawnedServer& server, WireClient& client, int times) {
  const std::string part(600'000, 'p');
  std::vector<std::string> uploads;
  for (int i = 0; i < times; ++i) {
    uploads.push_back(header_of(ask(client, "POST", "/v2/app/blobs/uploads/"), "Location"));
    WireClient vanishing("127.0.0.1", server.port(), kPatience);
    EXPECT_TRUE(vanishing
                    .send("PATCH " + uploads.back() +
                          " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000000\r\n\r\n" + part)
                    .has_value());
  }
  return uploads;
}

// Until the server has noticed who is gone, the upload is in use (409).
int cancel(WireClient& client, const std::string& upload) {
  int status = 409;
  for (int i = 0; i < 200 && status == 409; ++i) {
    status = ask(client, "DELETE", upload).status;
    if (status == 409) std::this_thread::sleep_for(25ms);
  }
  return status;
}

TEST(Uploads, OfClientsThatVanishSurviveAndTheirMemoryDoesNot) {
  // Freed memory that AddressSanitizer keeps back would look like ours.
  const char* before = std::getenv("ASAN_OPTIONS");
  const std::string options = before == nullptr ? "" : std::string(before) + ":";
  ::setenv("ASAN_OPTIONS", (options + "quarantine_size_mb=1").c_str(), 1);
  SpawnedServer server(VARVE_BINARY);
  if (before != nullptr) ::setenv("ASAN_OPTIONS", options.c_str(), 1);
  ASSERT_NE(server.port(), 0) << server.log();
  WireClient client("127.0.0.1", server.port(), kPatience);
  for (const std::string& upload : vanish(server, client, 60))
    EXPECT_EQ(cancel(client, upload), 204);
  const std::size_t warm = resident(server.pid());
  ASSERT_GT(warm, 0U);
  for (const std::string& upload : vanish(server, client, 240))
    EXPECT_EQ(cancel(client, upload), 204) << "it survived, and nobody holds it";
  const std::size_t after = resident(server.pid());
  EXPECT_LT(after, warm + (48U << 20)) << "240 windows of 512 KiB would be 120 MiB";
  EXPECT_EQ(ask(client, "GET", "/v2/").status, 200);
  EXPECT_EQ(server.stop(), 0) << server.log();
}

}  // namespace
}  // namespace varve::transcript
