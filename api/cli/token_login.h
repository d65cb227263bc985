// A login that docker keeps as a refresh token: it opens nothing by itself, so tokens are bought
// with it as answers ask for them. The thread of main() only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/client.h"

namespace varve::cli {

// Is this Authorization value such a login: Basic, with the null user's name?
bool is_token_login(std::string_view authorization);

class TokenLogin final : public Server {
 public:
  TokenLogin(std::unique_ptr<HttpClient> client, std::string login)
      : client_(std::move(client)), login_(std::move(login)) {}

  // A 401 that asks for a token is answered with one, and what was asked is asked once more:
  // whatever got a 401 changed nothing. The login is shown to this server's own token service and
  // nobody else, whatever a challenge names.
  Result<Answer> ask(const Ask& ask) override;
  std::string url() const override { return client_->url(); }

 private:
  std::optional<std::string> buy(std::string_view challenge);
  std::unique_ptr<HttpClient> client_;
  const std::string login_;
  // What was asked for so far, the newest last: a proof is shown to who may pull what it is about,
  // which an earlier answer asked for.
  std::vector<std::string> scopes_;
};

}  // namespace varve::cli
