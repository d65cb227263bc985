// What the handlers of SWR's surface share: its errors, the things its paths name, its documents
// in and out, the state that answers, and the way a wish goes to the ledger. I/O threads, and the
// pool.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/http/problem.h"
#include "api/services.h"
#include "api/surface/as_of.h"
#include "api/surface/common.h"
#include "api/surface/swr_filter.h"
#include "core/base/json.h"
#include "core/registry.h"

namespace varve::surface {

inline constexpr std::string_view kSwrSurface = "swr";

http::Dialect swr_dialect(const Services& services);
http::Response swr_problem(const Services& services, const Error& error);
http::Response swr_problem(const Services& services, const SwrFault& fault);
SwrRules swr_rules(const Services& services);

// ---- what a path names ----

// "a$b" is "a/b": what SWR's clients make of a slash.
std::string with_slashes(std::string_view text);
// From {namespace} and {repository...}, the first two parameters of a route. "_" is no namespace.
// Errors: invalid, About::name_space or About::name.
Result<RepoName> swr_repo(const http::Request& request);
// Of a path or a document. Names of SWR are shorter than OCI's; `fresh`: so must a new one be.
Result<RepoName> swr_repo_named(std::string_view name_space, std::string_view repository,
                                bool fresh);

// ---- what a body says ----

// One of the eight words, or "arms": what SWR's own SDKs send for "arm" (swr_filter.cpp).
std::optional<content::Category> swr_category(std::string_view word);

// A JSON object; what it has besides is not ours to judge. Faults carry SWR's own codes.
// A member that may be a string; null is as good as nothing.
SwrResult<std::optional<std::string>> swr_text(
    const simdjson::simdjson_result<simdjson::dom::element>& member, std::string_view name);

class SwrDocument {
 public:
  static SwrResult<SwrDocument> parse(std::string_view text);
  SwrResult<std::string> needed_text(std::string_view name) const;
  SwrResult<std::optional<std::string>> text(std::string_view name) const;
  SwrResult<std::optional<bool>> flag(std::string_view name, std::string_view code) const;

 private:
  std::shared_ptr<simdjson::dom::parser> parser_;  // owns what object_ points into
  simdjson::dom::object object_;
};
http::net::awaitable<SwrResult<std::string>> read_swr_body(http::Request& request);
http::net::awaitable<SwrResult<SwrDocument>> read_swr_document(http::Request& request);

// ---- answers ----

// What all documents of one answer share.
struct SwrContext {
  const Services& services;
  const State& state;
  std::string registry;  // hosts
  std::string internal;
  std::string domain;
};
SwrContext swr_context(const Services& services, const http::Request& request, const State& state);

// When an entry was made.
Result<std::string> swr_time(const Reader& reader, EntryIndex index);
// By whom, for those who may read the entry itself (log_access.h): who did what is the log's to
// tell. Empty for others.
Result<std::string> swr_creator(const Services& services, const http::Request& request,
                                const Reader& reader, EntryIndex index);

// What a namespace that is there is known by (content::namespace_id).
Result<std::optional<EntryIndex>> swr_namespace_made(const View& view, std::string_view name);

// The state that a read means, by ?as_of=.
http::net::awaitable<Result<State>> swr_state(const Services& services,
                                              const http::Request& request);

// A listing of an earlier state while it is made, of repositories or of namespaces. Each makes a
// table of its own, of all repositories there were: only a few at a time.
class PastListing {
 public:
  explicit PastListing(Services& services);
  ~PastListing();
  PastListing(const PastListing&) = delete;
  PastListing& operator=(const PastListing&) = delete;
  // Errors: overloaded.
  Result<void> fits() const;

 private:
  std::atomic<unsigned>& running_;
  const unsigned now_;
};

// Who lists: whatever their token was made for, they see what they may pull; so it must have been
// made for listing. Errors: unauthorized.
Result<Actor> swr_lister(const http::Request& request);

// <offset>-<count of this page>/<total>: not as HTTP has it.
void add_content_range(http::Response& response, const std::optional<SwrPage>& page,
                       std::size_t count, std::uint64_t total);

// Commits, and answers with this status and body.
http::net::awaitable<http::Response> swr_commit(Services& services, const http::Request& request,
                                                Result<Intent> intent, unsigned status);

// 7 manages, 3 edits, 1 reads, 0 none of them.
unsigned swr_auth_of(Rights rights);
std::optional<Rights> rights_of_swr_auth(std::uint64_t auth);
// What whoever asks may do there now. 7 is for whom the rule that is asked when something changes
// (trust::check_manages) says so: a lesser grant on a part of a namespace takes the whole away.
struct SwrStanding {
  unsigned auth = 0;
  Result<void> manages;
};
Result<SwrStanding> swr_standing(const Services& services, const http::Request& request,
                                 const View& newest, const Resource& resource);

// Lists hold what the caller may see. Whoever shows no credential, where nothing is for everybody,
// is asked to log in. Errors: unauthorized. Reads grants: not for I/O threads.
Result<void> swr_may_list(const Services& services, const http::Request& request);

}  // namespace varve::surface
