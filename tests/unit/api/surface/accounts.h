// Accounts of a TestServer that is not in dev mode, and requests in their names: a reader and a
// writer of lib/*, a writer of other/* alone, an administrator, and a writer whose credential is
// revoked. Whoever shows none may do nothing. How credentials are shown is tested elsewhere: here
// requests come as if they had been. One thread.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <string>

#include "api/surface/all.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {

class Accounts {
 public:
  explicit Accounts(TestServer& server) : server_(server) {
    run(trust::SetGrant{PrincipalName::anonymous(), Resource::everything(), {}});
    add("reader", {Right::pull}, "lib/*");
    add("writer", {Right::pull, Right::push}, "lib/*");
    add("stranger", {Right::pull, Right::push}, "other/*");
    add("root", Rights::all(), "*");
    add("gone", {Right::pull, Right::push}, "lib/*");
    run(trust::RevokeCredential{name_of("gone"), credential_of("gone"), "leaked"});
  }

  // As whoever holds the directory.
  void run(Intent intent) {
    const auto receipt =
        submit({Actor{"operator", Auth::local}, "r", "local", std::move(intent), {}});
    EXPECT_TRUE(receipt.has_value()) << receipt.error().what;
  }
  // Puts an index without children under a tag, in somebody's name; the event that set the tag.
  EntryIndex push(const std::string& who, const std::string& repo, const std::string& tag,
                  const std::string& bytes) {
    const Digest digest = Digest::of(bytes);
    oci::PutManifest put{RepoName::parse(repo).value(),
                         {oci::Tag::parse(tag).value()},
                         digest,
                         bytes.size(),
                         std::string(kIndexType),
                         {},
                         {}};
    const auto receipt = submit({actor(who),
                                 "r",
                                 "oci",
                                 std::move(put),
                                 {{digest, std::make_shared<const std::string>(bytes)}}});
    EXPECT_TRUE(receipt.has_value()) << receipt.error().what;
    return EntryIndex{receipt->first.value + receipt->count - 1};
  }

  // Gate and handler, as a session calls them once it knows who asks.
  http::Response ask(const std::string& who, http::Method method, const std::string& target) {
    http::Request request;
    request.method = method;
    request.target = target;
    request.id = server_.services().ulid();
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = http::percent_decode(std::string_view(target).substr(0, mark)).value();
    if (mark < target.size())
      request.query = http::Query::parse(std::string_view(target).substr(mark + 1)).value();
    NoBody body;
    request.body = &body;
    const http::Match match = server_.router().match(method, request.path);
    VARVE_ASSERT(match.route != nullptr);
    request.params = match.params;
    request.actor = actor(who);
    if (const auto open = surface::gate(server_.services(), request, *match.route); !open)
      return http::problem(open.error(), match.surface->dialect);
    boost::asio::io_context io;
    http::Response response;
    boost::asio::co_spawn(io, match.route->handler(server_.services(), request),
                          [&](std::exception_ptr thrown, http::Response made) {
                            EXPECT_EQ(thrown, nullptr);
                            response = std::move(made);
                          });
    io.run();
    return response;
  }

 private:
  class NoBody final : public http::Body {
   public:
    http::net::awaitable<Result<std::string_view>> read() override { co_return std::string_view(); }
    std::optional<std::uint64_t> length() const override { return 0; }
  };

  static PrincipalName name_of(const std::string& who) { return PrincipalName::parse(who).value(); }
  CredentialId credential_of(const std::string& who) const {
    const auto id = CredentialId::parse("01JD000000000000000000000" + std::string(1, ids_.at(who)));
    return id.value();
  }
  Actor actor(const std::string& who) const {
    if (who == "nobody") return {};
    return {who, Auth::basic, credential_of(who)};
  }
  void add(const std::string& who, Rights rights, std::string_view where) {
    ids_[who] = static_cast<char>('A' + ids_.size());
    run(trust::CreatePrincipal{name_of(who), trust::PrincipalKind::user});
    run(trust::AddCredential{name_of(who), credential_of(who), trust::CredentialKind::token,
                             std::nullopt});
    run(trust::SetGrant{name_of(who), Resource::parse(where).value(), rights});
  }
  Result<Receipt> submit(Command command) {
    return server_.services().ledger->run(std::move(command));
  }

  TestServer& server_;
  std::map<std::string, char> ids_;
};

}  // namespace varve::test
