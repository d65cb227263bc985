// Real sockets for tests: a server that behaves as a test tells it, and a FakeLog behind HTTP.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/unit/api/cli/fake_log.h"

namespace varve::cli {

// Accepts connections one after another and hands each to `serve`, which owns the descriptor's
// talk.
class Loopback {
 public:
  explicit Loopback(std::function<void(int fd, int connection)> serve) : serve_(std::move(serve)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    ::listen(listener_, 8);
    thread_ = std::thread([this] { loop(); });
  }
  ~Loopback() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void loop() {
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      serve_(fd, connections_++);
      ::close(fd);
    }
  }
  std::function<void(int, int)> serve_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

// Reads one request header; empty at the end of the connection.
inline std::string read_request(int fd) {
  std::string request;
  char c = 0;
  while (!request.ends_with("\r\n\r\n") && ::read(fd, &c, 1) == 1) request += c;
  return request.ends_with("\r\n\r\n") ? request : std::string();
}

// False when nobody is there any more.
inline bool say(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// A log that whole commands can ask. The log is the test's own again once the command is over.
class ServedLog {
 public:
  explicit ServedLog(FakeLog& log) : server_([&log](int fd, int) { answer(log, fd); }) {}
  std::string url() const { return server_.url(); }

 private:
  static void answer(FakeLog& log, int fd) {
    for (std::string request; !(request = read_request(fd)).empty();) {
      const bool head = request.starts_with("HEAD ");
      const std::size_t start = request.find(' ') + 1;
      std::string target = request.substr(start, request.find(' ', start) - start);
      target = target.substr(0, target.find('?'));
      const auto answer = log.ask({.target = target, .bytes_max = 64 << 20, .head = head});
      if (!answer) return;
      std::string text = "HTTP/1.1 " + std::to_string(answer->status) +
                         " Said\r\nContent-Length: " + std::to_string(answer->body.size()) + "\r\n";
      for (const auto& [name, value] : answer->headers) text += name + ": " + value + "\r\n";
      text += "\r\n";
      if (!head) text += answer->body;
      if (!say(fd, text)) return;
    }
  }

  Loopback server_;
};

}  // namespace varve::cli
