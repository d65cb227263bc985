// The real binary under a tight limit of open files. One thread.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "core/base/digest.h"
#include "spawned_server.h"
#include "wire_client.h"

namespace varve::transcript {
namespace {

using namespace std::chrono_literals;

// Starts the binary with a limit of its own, which it cannot raise.
std::string limited_binary(int files) {
  const auto path = std::filesystem::path(testing::TempDir()) /
                    ("varve-" + std::to_string(getpid()) + "-" + std::to_string(files) + ".sh");
  std::ofstream(path) << "#!/bin/sh\nulimit -n " << files << "\nexec '" << VARVE_BINARY
                      << "' \"$@\"\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path.string();
}

class IdleConnection {
 public:
  explicit IdleConnection(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~IdleConnection() { ::close(socket_); }
  IdleConnection(const IdleConnection&) = delete;
  bool connected() const { return connected_; }
  std::string receive() const {
    char bytes[256];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

 private:
  int socket_;
  bool connected_ = false;
};

Reply ask(WireClient& client, const std::string& head, const std::string& body = {}) {
  const auto sent =
      client.send(head + "Host: localhost\r\nContent-Length: " + std::to_string(body.size()) +
                  "\r\n\r\n" + body);
  EXPECT_TRUE(sent.has_value());
  auto reply = client.receive(false);
  EXPECT_TRUE(reply.has_value()) << reply.error();
  return reply.value_or(Reply());
}

TEST(DescriptorLimit, AFloodOfIdleConnectionsLeavesTheLedgerItsFiles) {
  SpawnedServer server(limited_binary(1024));
  ASSERT_NE(server.port(), 0) << server.log();
  WireClient early("127.0.0.1", server.port(), 10s);
  EXPECT_EQ(ask(early, "GET /readyz HTTP/1.1\r\n").status, 200);
  std::vector<std::unique_ptr<IdleConnection>> flood;
  for (int i = 0; i < 1200; ++i) {
    flood.push_back(std::make_unique<IdleConnection>(server.port()));
    ASSERT_TRUE(flood.back()->connected());
  }
  EXPECT_TRUE(flood.back()->receive().starts_with("HTTP/1.1 503 "));
  const std::string target = "/v2/app/blobs/uploads/?digest=" + Digest::of("layer").to_string();
  EXPECT_EQ(ask(early, "POST " + target + " HTTP/1.1\r\n", "layer").status, 201) << server.log();
  EXPECT_EQ(ask(early, "GET /readyz HTTP/1.1\r\n").status, 200) << server.log();
  flood.clear();
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(DescriptorLimit, TooLowForAnythingIsRefusedAtTheStart) {
  SpawnedServer server(limited_binary(512));
  EXPECT_EQ(server.port(), 0);
  EXPECT_NE(server.log().find("may open 512 files; a registry needs at least"), std::string::npos)
      << server.log();
  EXPECT_NE(server.log().find("LimitNOFILE="), std::string::npos) << server.log();
}

}  // namespace
}  // namespace varve::transcript
