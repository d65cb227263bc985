// A server without sockets: one connection over a stream in memory, plain or TLS, with the clock in
// the test's hand. One thread, and a pool of one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/session.h"
#include "core/base/limits.h"

namespace varve {

// What test handlers share; it stands in for the real Services, which none of this code looks into.
struct Services {
  std::shared_ptr<const BlobFile> file;
  std::string received;  // what an upload handler read
  std::vector<std::size_t> windows;
  int calls = 0;
};

}  // namespace varve

namespace varve::http::test {

// A file whose content is `content`, without a descriptor. Reads past `readable` are short.
class MemoryFile final : public BlobFile {
 public:
  explicit MemoryFile(std::string content) : content_(std::move(content)) {}
  std::uint64_t size() const override { return content_.size(); }
  Result<void> read(std::uint64_t offset, std::size_t length, char* out) const override;
  int descriptor() const override { return -1; }
  void truncate_silently(std::size_t readable) { readable_ = readable; }

 private:
  std::string content_;
  std::size_t readable_ = std::string::npos;
};

struct Answer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string header(std::string_view name) const;  // empty when absent
  int count(std::string_view name) const;
};

// Splits a run of answers; a HEAD's answer is known by the next answer standing where its body
// would. Empty when the bytes are not a run of whole answers.
std::vector<Answer> parse_answers(std::string_view bytes);

Pool& pool();

enum class Transport : std::uint8_t {
  plain,
  tls,      // with the handshake done
  tls_raw,  // the client's bytes are whatever the test says
};

// The client's half of TLS, in memory.
class TlsClient;

class MemoryServer {
 public:
  explicit MemoryServer(std::span<const Surface> surfaces, Hooks hooks = {},
                        MemoryBudget& memory = process_memory(),
                        Transport transport = Transport::plain);
  ~MemoryServer();

  void send(std::string_view bytes);  // and lets the server work
  std::string take();                 // what it wrote since
  std::string exchange(std::string_view bytes) { return send(bytes), take(); }
  Answer ask(std::string_view bytes);    // exactly one answer, else status 0
  void hang_up();                        // the client's sending half ends
  bool ended() const { return ended_; }  // the server is done with the connection
  void advance(std::chrono::milliseconds by);
  // Over TLS: whether the server ended it in so many words, so that nothing can be missing.
  bool said_goodbye() const;
  Loop& loop() { return loop_; }
  Services& services() { return services_; }
  void settle();

 private:
  using Stream = boost::beast::test::stream;
  void start(Transport transport);
  void write(std::string_view bytes);  // as they are
  Loop loop_;
  net::io_context context_{1};
  Services services_;
  Environment environment_;
  Stream client_;
  std::unique_ptr<TlsClient> tls_;  // null: the connection is plain, or raw
  Time now_{std::chrono::hours(1)};
  bool ended_ = false;
};

// The routes most tests use; see memory_server.cpp.
std::span<const Surface> surfaces();

inline std::string get(std::string_view target, std::string_view more = {}) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
}

}  // namespace varve::http::test
