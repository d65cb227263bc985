// A small blocking HTTP/1.1 client: one connection, kept alive, with deadlines. The thread of
// main() only. Plain TCP; an https:// address is refused rather than spoken to without encryption.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "api/cli/server.h"

namespace varve::cli {

// Where a server is: "http://host[:port][/prefix]".
struct Address {
  std::string host;  // without brackets
  std::string port = "80";
  std::string prefix;  // "" or "/path", without a final slash
  std::string authority() const;
};
Result<Address> parse_url(std::string_view url);

struct ClientDeadlines {
  std::uint32_t connect_ms = 5'000;
  std::uint32_t answer_ms = 30'000;  // from sending a request to the last byte of its answer
};

class HttpClient final : public Server {
 public:
  static Result<std::unique_ptr<Server>> make(std::string_view url, ClientDeadlines deadlines = {});
  HttpClient(Address address, ClientDeadlines deadlines);
  ~HttpClient() override;

  Result<Answer> ask(const Ask& ask) override;
  std::string url() const override;
  // The value of the Authorization header of every request from now on.
  void show(std::string authorization) { authorization_ = std::move(authorization); }

 private:
  class Connection;
  Result<Answer> ask_once(const Ask& ask);
  Address address_;
  std::string authorization_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace varve::cli
