// A small blocking HTTP/1.1 client: one connection, kept alive, with deadlines. The thread of
// main() only. Over TLS (https://) the server's certificate must be for the address that was asked
// and lead to a trusted root; nothing turns that off.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/cli/server.h"

namespace varve::cli {

// Where a server is: "http[s]://host[:port][/prefix]".
struct Address {
  bool secure = false;
  std::string host;  // without brackets
  std::string port;
  std::string prefix;  // "" or "/path", without a final slash
  std::string authority() const;
  std::string url() const;
};
Result<Address> parse_url(std::string_view url);

struct ClientDeadlines {
  std::uint32_t connect_ms = 5'000;
  // From sending a request to the last byte of its answer; of what goes or comes in pieces, for
  // each piece.
  std::uint32_t answer_ms = 30'000;
};

struct ClientOptions {
  ClientDeadlines deadlines = {};
  // PEM certificates that are trusted instead of the system's; they are read at the first request.
  std::optional<std::string> ca = std::nullopt;
};

class HttpClient final : public Server {
 public:
  static Result<std::unique_ptr<Server>> make(std::string_view url, ClientOptions options = {});
  HttpClient(Address address, ClientOptions options);
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
