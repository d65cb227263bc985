// One blocking HTTP/1.1 client connection for tests: no cleverness, every wait has an end.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::transcript {

struct Reply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // nullptr when absent
  const std::string* header(std::string_view name) const;
};

class WireClient {
 public:
  WireClient(std::string host, std::uint16_t port, std::chrono::milliseconds patience);
  ~WireClient();
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;

  void reconnect();  // at the next send
  std::expected<void, std::string> send(std::string_view bytes);
  // The next final answer; interim ones (1xx) are passed over. `head`: no body follows.
  std::expected<Reply, std::string> receive(bool head);
  // Whether the server has ended the connection; waits for it.
  bool closed();

 private:
  std::expected<void, std::string> connect();
  std::expected<bool, std::string> fill();  // false at the end of the stream
  std::expected<Reply, std::string> receive_head();
  void close();

  const std::string host_;
  const std::uint16_t port_;
  const std::chrono::milliseconds patience_;
  int socket_ = -1;
  bool server_closes_ = false;
  std::string buffer_;
};

}  // namespace varve::transcript
