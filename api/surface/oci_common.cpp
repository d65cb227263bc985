// Shared parts of the OCI surface. I/O threads.
#include "api/surface/oci_common.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "api/http/problem.h"
#include "api/http/wire.h"
#include "api/surface/ranges.h"
#include "core/base/bytes.h"
#include "core/content/query.h"
#include "core/trust/query.h"

namespace varve::surface {

http::Response oci_answer(unsigned status) {
  http::Response response;
  response.status = status;
  return response;
}

http::Response oci_problem(const Error& error) {
  return http::problem(error, http::Dialect::oci);
}

http::Response oci_problem(const Error& error, TreeSize size) {
  http::Response response = oci_problem(error);
  response.add(kTreeSize, std::to_string(size.value));
  return response;
}

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

http::Response not_modified(const Digest& digest, std::optional<EntryIndex> index, TreeSize size) {
  http::Response response = oci_answer(304);
  response.add("ETag", etag_of(digest)).add(kContentDigest, digest.to_string());
  add_provenance(response, index, size);
  return response;
}

namespace {

struct Address {
  RepoName repo;
  Moment moment;
  bool moment_in_path;
};

Result<Address> parse_address(std::string_view asked, std::optional<std::string_view> as_of) {
  VARVE_TRY(const auto name, split_name(asked));
  VARVE_TRY(auto moment, one_moment(name.moment, as_of));
  VARVE_TRY(auto repo, RepoName::parse(name.name));
  return Address{std::move(repo), moment, !std::holds_alternative<Present>(name.moment)};
}

}  // namespace

http::net::awaitable<ReadScopeOr> read_scope(const Services& services,
                                             const http::Request& request) {
  Reader reader = services.reader();
  const TreeSize committed = reader.head().size;
  const std::string_view asked = request.params.front();
  auto address = parse_address(asked, request.query.get("as_of"));
  if (!address) co_return std::unexpected(oci_problem(address.error(), committed));
  auto state = co_await state_of(services.pool, std::move(reader), address->moment);
  if (!state) co_return std::unexpected(oci_problem(state.error(), committed));
  co_return ReadScope{std::move(address->repo), std::string(asked), address->moment_in_path,
                      *std::move(state)};
}

Result<std::unique_ptr<View>> view_before_it_went(const Services& services, const ReadScope& scope,
                                                  Table table, const Digest& digest) {
  if (scope.state.present) return nullptr;
  const Reader reader = services.reader();
  VARVE_TRY(const auto history, reader.history(reader.head().size));
  VARVE_TRY(const auto gone, content::gone_at(*history, table, scope.repo, digest));
  if (!gone) return nullptr;
  return reader.view_as_of(TreeSize{gone->value});
}

Result<RepoName> writable_repo(const http::Request& request) {
  const std::string_view asked = request.params.front();
  if (asked.starts_with("asof.") || request.query.get("as_of"))
    return fail(Errc::unsupported, About::repository, "an earlier state can be read, not changed",
                std::string(asked));
  return RepoName::parse(asked);
}

namespace {

Result<bool> pulls(const Services& services, const Actor& actor, const View& view,
                   const RepoName& repo) {
  const auto checked = trust::check(view, actor, Right::pull, repo, services.now());
  if (checked) return true;
  const Errc code = checked.error().code;
  if (code == Errc::unauthorized || code == Errc::denied) return false;
  return std::unexpected(checked.error());
}

}  // namespace

Result<bool> may_pull(const Services& services, const http::Request& request, const View& view,
                      const RepoName& repo) {
  return pulls(services, request.actor, view, repo);
}

Result<bool> may_find(const Services& services, const http::Request& request, const View& view,
                      const RepoName& repo) {
  Actor holder = request.actor;
  holder.limit.reset();
  return pulls(services, holder, view, repo);
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

// A weak entity tag never matches strongly (RFC 9110 §8.8.3.2), and what is no digest never matches
// at all: it is none of ours.
void add_entity_tags(std::string_view list, bool weak_too, oci::Match& match) {
  for (const EntityTag& tag : entity_tags(list)) {
    if (tag.text == "*") match.anything = true;
    const auto digest = Digest::parse(tag.text);
    if (digest && (weak_too || !tag.weak)) match.digests.push_back(*digest);
  }
}

}  // namespace

oci::Preconditions preconditions(const http::Request& request) {
  oci::Preconditions conditions;
  for (const auto& [name, value] : request.headers) {
    if (http::equal_ignoring_case(name, "if-match")) {
      if (!conditions.if_match) conditions.if_match.emplace();
      add_entity_tags(value, false, *conditions.if_match);
    } else if (http::equal_ignoring_case(name, "if-none-match")) {
      if (!conditions.if_none_match) conditions.if_none_match.emplace();
      add_entity_tags(value, true, *conditions.if_none_match);
    }
  }
  return conditions;
}

// A name that carries its moment says it already.
std::string next_link(const ReadScope& scope, std::string target) {
  if (!scope.moment_in_path) target += "&as_of=" + std::to_string(scope.state.size.value);
  return '<' + std::move(target) + ">; rel=\"next\"";
}

Result<Reference> parse_reference(std::string_view text) {
  Reference reference;
  if (text.find(':') != std::string_view::npos) {
    VARVE_TRY(reference.digest, Digest::parse(text));
  } else {
    VARVE_TRY(reference.tag, oci::Tag::parse(text));
  }
  return reference;
}

Command make_command(const http::Request& request, Intent intent, std::vector<Body> bodies) {
  return Command{request.actor, request.id, std::string(kOciSurface), std::move(intent),
                 std::move(bodies)};
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

http::Response deleted(const Services& services, const Receipt& receipt) {
  http::Response response = oci_answer(202);
  add_receipt(response, services, receipt,
              [](const View&) -> Result<std::optional<EntryIndex>> { return std::nullopt; });
  return response;
}

namespace {

// The upload behind a link is gone: a 503 would cost the client all its bytes again, so a full
// queue is asked a few times more. It drains thousands of commands a second.
constexpr std::chrono::milliseconds kQueuePauses[] = {
    std::chrono::milliseconds(50), std::chrono::milliseconds(100), std::chrono::milliseconds(200),
    std::chrono::milliseconds(400)};

http::net::awaitable<Result<Receipt>> submit_patiently(Services& services,
                                                       const http::Request& request,
                                                       const content::LinkBlob& link) {
  http::net::steady_timer timer(co_await http::net::this_coro::executor);
  constexpr auto kAsTuple = http::net::as_tuple(http::net::use_awaitable);
  for (const auto pause : kQueuePauses) {
    Command command = make_command(request, link);
    auto receipt = co_await submit(services, std::move(command));
    if (receipt || receipt.error().code != Errc::overloaded) co_return receipt;
    timer.expires_after(pause);
    co_await timer.async_wait(kAsTuple);
  }
  Command command = make_command(request, link);
  co_return co_await submit(services, std::move(command));
}

}  // namespace

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

http::net::awaitable<http::Response> link_blob(Services& services, const http::Request& request,
                                               content::LinkBlob link) {
  const RepoName repo = link.repo;
  const Digest digest = link.digest;
  const auto receipt = co_await submit_patiently(services, request, link);
  if (!receipt) co_return oci_problem(receipt.error());
  http::Response response = oci_answer(201);
  response.add("Location", "/v2/" + repo.text() + "/blobs/" + digest.to_string())
      .add(kContentDigest, digest.to_string());
  add_receipt(response, services, *receipt,
              [&](const View& view) -> Result<std::optional<EntryIndex>> {
                VARVE_TRY(const auto row, oci::find_blob(view, repo, digest));
                return row ? std::optional(row->index) : std::nullopt;
              });
  co_return response;
}

}  // namespace varve::surface
