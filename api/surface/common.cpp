// Shared parts of all surfaces. I/O threads.
#include "api/surface/common.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "api/auth/challenge.h"
#include "api/surface/ranges.h"
#include "core/base/bytes.h"
#include "core/trust/query.h"

namespace varve::surface {

void add_provenance(http::Response& response, std::optional<EntryIndex> index, TreeSize size) {
  if (index) response.add("Varve-Index", std::to_string(index->value));
  response.add(kTreeSize, std::to_string(size.value));
  if (index) response.add("Varve-Proof", "/log/proof/" + std::to_string(index->value));
}

std::string etag_of(const Digest& digest) {
  return '"' + digest.to_string() + '"';
}

bool if_none_match(const http::Request& request, const Digest& digest) {
  const std::string_view header = request.header("if-none-match");
  return !header.empty() && etag_matches(header, digest.to_string());
}

Result<bool> may_pull(const Services& services, const Actor& actor, const View& view,
                      const RepoName& repo) {
  const auto checked = trust::check(view, actor, Right::pull, repo, services.now());
  if (checked) return true;
  const Errc code = checked.error().code;
  if (code == Errc::unauthorized || code == Errc::denied) return false;
  return std::unexpected(checked.error());
}

Result<bool> may_pull(const Services& services, const http::Request& request, const View& view,
                      const RepoName& repo) {
  return may_pull(services, request.actor, view, repo);
}

Result<bool> may_find(const Services& services, const http::Request& request, const View& view,
                      const RepoName& repo) {
  Actor holder = request.actor;
  holder.limit.reset();
  return may_pull(services, holder, view, repo);
}

Result<std::size_t> page_size(const http::Request& request, std::size_t max) {
  const auto text = request.query.get("n");
  if (!text) return max;
  const auto n = parse_decimal(*text);
  if (!n)
    return fail(Errc::invalid, About::request, "n is a number in decimal",
                std::string(text->substr(0, 64)));
  return static_cast<std::size_t>(std::min<std::uint64_t>(*n, max));
}

namespace {

std::string own_address(const Config& config) {
  const bool v6 = config.listen_address.find(':') != std::string::npos;
  return (v6 ? "[" + config.listen_address + "]" : config.listen_address) + ":" +
         std::to_string(config.listen_port);
}

}  // namespace

std::string server_url(const Services& services, const http::Request& request) {
  return auth::base_url(services.config.external_url, request.secure, request.header("host"),
                        own_address(services.config));
}

void add_receipt(http::Response& response, const Services& services, const Receipt& receipt,
                 const FindIndex& find) {
  if (receipt.count > 0) {
    add_provenance(response, EntryIndex{receipt.first.value + receipt.count - 1}, receipt.size);
    return;
  }
  // As of the receipt's size, not at the head: somebody may have changed it again already.
  std::optional<EntryIndex> index;
  if (const auto view = services.reader().view_as_of(receipt.size)) {
    if (const auto found = find(**view)) index = *found;
  }
  add_provenance(response, index, receipt.size);
}

namespace {

// A 503 would cost the client all its bytes again, and the queue drains thousands of commands a
// second.
constexpr std::chrono::milliseconds kQueuePauses[] = {
    std::chrono::milliseconds(50), std::chrono::milliseconds(100), std::chrono::milliseconds(200),
    std::chrono::milliseconds(400)};

}  // namespace

http::net::awaitable<Result<Receipt>> submit_patiently(Services& services, Command command) {
  http::net::steady_timer timer(co_await http::net::this_coro::executor);
  constexpr auto kAsTuple = http::net::as_tuple(http::net::use_awaitable);
  for (const auto pause : kQueuePauses) {
    Command attempt = command;
    auto receipt = co_await submit(services, std::move(attempt));
    if (receipt || receipt.error().code != Errc::overloaded) co_return receipt;
    timer.expires_after(pause);
    co_await timer.async_wait(kAsTuple);
  }
  co_return co_await submit(services, std::move(command));
}

http::net::awaitable<Result<std::optional<Leases::Hold>>> hold_blob(Services& services,
                                                                    Digest digest) {
  using namespace std::chrono_literals;
  using Held = Result<std::optional<Leases::Hold>>;
  if (services.leases == nullptr) co_return Held(std::nullopt);
  http::net::steady_timer timer(co_await http::net::this_coro::executor);
  const auto end = std::chrono::steady_clock::now() + 10s;
  for (;;) {
    auto hold = services.leases->hold(digest);
    if (hold) co_return Held(std::move(hold));
    if (std::chrono::steady_clock::now() > end)
      co_return fail(Errc::unavailable, About::storage, "the blob is being purged; try again");
    timer.expires_after(5ms);
    co_await timer.async_wait(http::net::use_awaitable);
  }
}

}  // namespace varve::surface
