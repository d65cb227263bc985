// The blocking client behind transcripts. One thread.
#include "wire_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace varve::transcript {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::unexpected<std::string> failed(std::string_view what) {
  return std::unexpected(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

const std::string* Reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return &value;
  }
  return nullptr;
}

WireClient::WireClient(std::string host, std::uint16_t port, std::chrono::milliseconds patience)
    : host_(std::move(host)), port_(port), patience_(patience) {}

WireClient::~WireClient() {
  close();
}

void WireClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  server_closes_ = false;
  buffer_.clear();
}

void WireClient::reconnect() {
  close();
}

std::expected<void, std::string> WireClient::connect() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return failed("socket");
  timeval limit{};
  limit.tv_sec = patience_.count() / 1000;
  limit.tv_usec = (patience_.count() % 1000) * 1000;
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  if (inet_pton(AF_INET, host_.c_str(), &address.sin_addr) != 1) {
    return std::unexpected("not an IPv4 address: " + host_);
  }
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failed("connect");
  }
  return {};
}

// A server may answer and close before the whole request is out (413, 414): what it answered
// counts, so a broken pipe is no failure here.
std::expected<void, std::string> WireClient::send(std::string_view bytes) {
  if (server_closes_) close();
  if (socket_ < 0) {
    if (auto made = connect(); !made) return made;
  }
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return failed("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

std::expected<bool, std::string> WireClient::fill() {
  if (socket_ < 0) return std::unexpected("not connected");
  std::array<char, 65536> block;
  ssize_t got = -1;
  do {
    got = ::recv(socket_, block.data(), block.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == ECONNRESET) return false;
  if (got < 0 && errno == EAGAIN) return std::unexpected("the server did not answer in time");
  if (got < 0) return failed("receive");
  buffer_.append(block.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::expected<Reply, std::string> WireClient::receive_head() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    const auto more = fill();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::unexpected("the server closed the connection without an answer");
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  Reply reply;
  if (!head.starts_with("HTTP/1.1 ")) return std::unexpected("not an HTTP/1.1 answer: " + head);
  std::from_chars(head.data() + 9, head.data() + head.size(), reply.status);
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::string line = head.substr(at, line_end - at);
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) return std::unexpected("not a header field: " + line);
    reply.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    at = line_end + 2;
  }
  return reply;
}

std::expected<Reply, std::string> WireClient::receive(bool head) {
  auto reply = receive_head();
  while (reply && reply->status < 200) reply = receive_head();
  if (!reply) return reply;
  const std::string* connection = reply->header("Connection");
  server_closes_ = connection != nullptr && same_name(*connection, "close");
  if (head || reply->status == 204 || reply->status == 304) return reply;
  const std::string* text = reply->header("Content-Length");
  if (text == nullptr) return std::unexpected("an answer without Content-Length");
  std::size_t length = 0;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc() || *stop != '\0') return std::unexpected("bad Content-Length: " + *text);
  while (buffer_.size() < length) {
    const auto more = fill();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::unexpected("the server closed the connection inside a body");
  }
  reply->body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return reply;
}

bool WireClient::closed() {
  if (socket_ < 0) return true;
  const auto more = fill();
  return more && !*more && buffer_.empty();
}

}  // namespace varve::transcript
