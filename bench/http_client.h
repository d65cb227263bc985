// The load generator of the HTTP benches: one thread, many keep-alive connections, requests written
// by a function. It understands just enough HTTP to know where an answer ends. One thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report.h"

namespace varve::bench {

inline int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to the server under test");
  return fd;
}

inline void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error("the server under test hung up");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// An answer's header, and how many of its body's bytes follow.
struct AnswerHead {
  unsigned status = 0;
  std::size_t header_bytes = 0;
  std::uint64_t body_bytes = 0;
  std::string location;
};

inline bool parse_head(std::string_view text, AnswerHead& head) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  head.header_bytes = end + 4;
  std::from_chars(text.data() + 9, text.data() + 12, head.status);
  const auto value_of = [&](std::string_view name) {
    const auto at = text.substr(0, end).find(name);
    if (at == std::string_view::npos) return std::string_view();
    const auto begin = at + name.size();
    return text.substr(begin, text.find("\r\n", begin) - begin);
  };
  const std::string_view length = value_of("\r\nContent-Length: ");
  std::from_chars(length.data(), length.data() + length.size(), head.body_bytes);
  head.location = value_of("\r\nLocation: ");
  return true;
}

// One request on a blocking connection; the body is read and thrown away.
inline AnswerHead round_trip(int fd, std::string_view header, std::string_view body = {}) {
  send_all(fd, header);
  send_all(fd, body);
  static thread_local std::vector<char> buffer(1 << 20);
  std::string text;
  AnswerHead head;
  while (!parse_head(text, head)) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) throw std::runtime_error("the server under test hung up");
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  std::uint64_t got = text.size() - head.header_bytes;
  while (got < head.body_bytes) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) throw std::runtime_error("the server under test hung up");
    got += static_cast<std::uint64_t>(n);
  }
  return head;
}

struct LoadResult {
  double rate = 0;
  double p99_ms = 0;
  std::uint64_t failures = 0;  // answers other than the wanted status
};

// Keeps `connections` requests under way for `seconds`; `make(n)` writes the n-th request whole.
class Load {
 public:
  using Make = std::function<void(std::uint64_t n, std::string& out)>;

  static LoadResult run(std::uint16_t port, std::size_t connections, double seconds,
                        unsigned wanted, const Make& make) {
    Load load(wanted, make);
    for (std::size_t i = 0; i < connections; ++i) load.add(connect_to(port));
    load.loop(seconds);
    return load.result_;
  }

 private:
  struct Connection {
    int fd;
    std::string out, in;
    Clock::time_point sent;
  };

  Load(unsigned wanted, const Make& make)
      : wanted_(wanted), make_(make), epoll_(::epoll_create1(0)) {}
  ~Load() {
    for (const Connection& connection : connections_) ::close(connection.fd);
    ::close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void add(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = connections_.size();
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    connections_.push_back({fd, {}, {}, {}});
  }

  void send_next(Connection& connection) {
    connection.out.clear();
    make_(next_++, connection.out);
    connection.sent = Clock::now();
    send_all(connection.fd, connection.out);
  }

  void loop(double seconds) {
    const auto begin = Clock::now();
    for (Connection& connection : connections_) send_next(connection);
    std::vector<epoll_event> events(connections_.size());
    std::vector<double> latencies;
    while (seconds_since(begin) < seconds) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
      for (int i = 0; i < ready; ++i) {
        Connection& connection = connections_[events[static_cast<std::size_t>(i)].data.u64];
        if (!receive(connection)) continue;
        latencies.push_back(seconds_since(connection.sent) * 1e3);
        send_next(connection);
      }
    }
    result_.rate = static_cast<double>(latencies.size()) / seconds_since(begin);
    result_.p99_ms = quantile(std::move(latencies), 0.99);
  }

  // True when the answer is complete.
  bool receive(Connection& connection) {
    char buffer[64 << 10];
    const ssize_t n = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (n <= 0) throw std::runtime_error("the server under test hung up");
    connection.in.append(buffer, static_cast<std::size_t>(n));
    AnswerHead head;
    if (!parse_head(connection.in, head) ||
        connection.in.size() < head.header_bytes + head.body_bytes)
      return false;
    if (head.status != wanted_) ++result_.failures;
    connection.in.clear();
    return true;
  }

  unsigned wanted_;
  const Make& make_;
  int epoll_;
  std::vector<Connection> connections_;
  std::uint64_t next_ = 0;
  LoadResult result_;
};

}  // namespace varve::bench
