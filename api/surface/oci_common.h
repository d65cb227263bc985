// What the handlers of the OCI surface share: how a repository is addressed for reading and for
// writing, the headers every answer carries, and the way a wish goes to the ledger. Called on I/O
// threads; nothing here blocks beyond a look-up in the store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.h"
#include "api/services.h"
#include "api/surface/as_of.h"
#include "api/surface/common.h"
#include "core/oci/query.h"
#include "core/registry.h"

namespace varve::surface {

inline constexpr std::string_view kOciSurface = "oci";
inline constexpr std::string_view kContentDigest = "Docker-Content-Digest";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
// The beginning of an index that we write ourselves; descriptors and "]}" follow.
inline constexpr std::string_view kIndexOpening =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)";

// An empty answer of this status.
http::Response oci_answer(unsigned status);
http::Response oci_problem(const Error& error);
// A read that failed still says which state it failed in.
http::Response oci_problem(const Error& error, TreeSize size);

http::Response not_modified(const Digest& digest, std::optional<EntryIndex> index, TreeSize size);

// A repository as a read addresses it, and the state that answers.
struct ReadScope {
  RepoName repo;
  std::string asked;  // the name as it stood in the path, asof. included
  bool moment_in_path = false;
  State state;
};
// From the route's first parameter and ?as_of=. The error is the finished answer.
using ReadScopeOr = std::expected<ReadScope, http::Response>;
http::net::awaitable<ReadScopeOr> read_scope(const Services& services,
                                             const http::Request& request);

// The rows that locks are judged by: the newest state's, whatever moment is read. The scope must
// outlive it.
class Newest {
 public:
  Newest(const Services& services, const ReadScope& scope)
      : own_(scope.state.present ? nullptr : services.reader().view()),
        view_(own_ ? own_.get() : scope.state.view.get()) {}
  const View& view() const { return *view_; }

 private:
  std::unique_ptr<View> own_;
  const View* view_;
};

// The state right before the event that took this manifest or blob (Table::manifest, Table::link)
// from the repository, for a read of the past; null when it is there still, or the read is of the
// present. What was locked against reading when it went stays so.
Result<std::unique_ptr<View>> view_before_it_went(const Services& services, const ReadScope& scope,
                                                  Table table, const Digest& digest);

// The repository a mutation addresses. The past cannot be changed: Errc::unsupported for asof.
// names and for ?as_of=, rather than a change of the present that the caller did not mean.
Result<RepoName> writable_repo(const http::Request& request);

// If-Match and If-None-Match of a request that changes something.
oci::Preconditions preconditions(const http::Request& request);

// The rest of a query whose next page must be of the same state. rel="next" is the only Link varve
// ever sends: clients follow any Link without reading rel. Every part must be URL-safe.
std::string next_link(const ReadScope& scope, std::string target);

// A tag or a digest: a reference is a digest exactly if it holds a colon, which no tag can.
struct Reference {
  std::optional<oci::Tag> tag;
  std::optional<Digest> digest;
};
Result<Reference> parse_reference(std::string_view text);

Command make_command(const http::Request& request, Intent intent, std::vector<Body> bodies = {});

// 202: what was deleted is gone already.
http::Response deleted(const Services& services, const Receipt& receipt);

// Makes a placed blob reachable through the repository and answers 201.
http::net::awaitable<http::Response> link_blob(Services& services, const http::Request& request,
                                               content::LinkBlob link);

}  // namespace varve::surface
