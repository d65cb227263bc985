// Shared parts of the OCI surface. I/O threads.
#include "api/surface/oci_common.h"

#include <utility>

#include "api/http/problem.h"
#include "api/http/wire.h"
#include "api/surface/ranges.h"
#include "core/content/query.h"

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

http::Response deleted(const Services& services, const Receipt& receipt) {
  http::Response response = oci_answer(202);
  add_receipt(response, services, receipt,
              [](const View&) -> Result<std::optional<EntryIndex>> { return std::nullopt; });
  return response;
}

http::net::awaitable<http::Response> link_blob(Services& services, const http::Request& request,
                                               content::LinkBlob link) {
  const RepoName repo = link.repo;
  const Digest digest = link.digest;
  const auto receipt = co_await submit_patiently(services, make_command(request, std::move(link)));
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
