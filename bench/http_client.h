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
#include <random>
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

inline std::string request(std::string_view method, std::string_view path, std::size_t length,
                           std::string_view more = "") {
  return fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}Content-Length: {}\r\n\r\n", method,
                     path, more, length);
}

// Bytes that neither compress nor repeat.
inline std::string random_blob(std::size_t size, std::uint64_t seed) {
  std::string blob(size, '\0');
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i + 8 <= blob.size(); i += 8) {
    const std::uint64_t word = random();
    std::memcpy(blob.data() + i, &word, 8);
  }
  return blob;
}

// A relative Location is the path to go on with; an absolute one carries it behind the host.
inline std::string path_of(const std::string& location) {
  const auto scheme = location.find("://");
  if (scheme == std::string::npos) return location;
  return location.substr(location.find('/', scheme + 3));
}

// POST, then PUT with the bytes, on a connection that is open already.
inline void upload_on(int fd, std::string_view repo, std::string_view blob,
                      std::string_view digest) {
  const auto started =
      round_trip(fd, request("POST", fmt::format("/v2/{}/blobs/uploads/", repo), 0));
  const std::string path = path_of(started.location);
  const char join = path.find('?') == std::string::npos ? '?' : '&';
  const auto done = round_trip(fd,
                               request("PUT", fmt::format("{}{}digest={}", path, join, digest),
                                       blob.size(), "Content-Type: application/octet-stream\r\n"),
                               blob);
  if (done.status != 201)
    throw std::runtime_error(fmt::format("an upload was answered with {}", done.status));
}

inline void download_on(int fd, std::string_view repo, std::string_view digest, std::size_t size) {
  const auto head = round_trip(fd, request("GET", fmt::format("/v2/{}/blobs/{}", repo, digest), 0));
  if (head.status != 200 || head.body_bytes != size) throw std::runtime_error("a download failed");
}

// Seconds, on a connection of its own.
inline double upload(std::uint16_t port, std::string_view repo, std::string_view blob,
                     std::string_view digest) {
  const int fd = connect_to(port);
  const auto begin = Clock::now();
  upload_on(fd, repo, blob, digest);
  const double seconds = seconds_since(begin);
  ::close(fd);
  return seconds;
}

inline double download(std::uint16_t port, std::string_view repo, std::string_view digest,
                       std::size_t size) {
  const int fd = connect_to(port);
  const auto begin = Clock::now();
  download_on(fd, repo, digest, size);
  const double seconds = seconds_since(begin);
  ::close(fd);
  return seconds;
}

// An answer to HEAD states the length of a body that does not come.
enum class AnswerBody { sent, left_out };

struct LoadResult {
  double rate = 0;
  double p99_ms = 0;
  std::uint64_t failures = 0;  // answers other than the wanted status
};

// Keeps `connections` requests under way for `seconds`, or until `answers_max` have come; `make(n)`
// writes the n-th request whole.
class Load {
 public:
  using Make = std::function<void(std::uint64_t n, std::string& out)>;

  static LoadResult run(std::uint16_t port, std::size_t connections, double seconds,
                        unsigned wanted, const Make& make, AnswerBody body = AnswerBody::sent,
                        std::uint64_t answers_max = UINT64_MAX) {
    Load load(wanted, make, body);
    for (std::size_t i = 0; i < connections; ++i) load.add(connect_to(port));
    load.loop(seconds, answers_max);
    return load.result_;
  }

 private:
  struct Connection {
    int fd;
    std::string out, in;
    Clock::time_point sent;
  };

  Load(unsigned wanted, const Make& make, AnswerBody body)
      : wanted_(wanted), make_(make), body_(body), epoll_(::epoll_create1(0)) {}
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

  void loop(double seconds, std::uint64_t answers_max) {
    const auto begin = Clock::now();
    for (Connection& connection : connections_) send_next(connection);
    std::vector<epoll_event> events(connections_.size());
    std::vector<double> latencies;
    while (seconds_since(begin) < seconds && latencies.size() < answers_max) {
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
        (body_ == AnswerBody::sent && connection.in.size() < head.header_bytes + head.body_bytes))
      return false;
    if (head.status != wanted_) ++result_.failures;
    connection.in.clear();
    return true;
  }

  unsigned wanted_;
  const Make& make_;
  AnswerBody body_;
  int epoll_;
  std::vector<Connection> connections_;
  std::uint64_t next_ = 0;
  LoadResult result_;
};

}  // namespace varve::bench
