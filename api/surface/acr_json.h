// The documents of /acr/v1: what is read from the rows, entries, bodies and configs of one state,
// and how it is written. They read several of each: on the pool. One thread at a time.
//
// Times are those of the entries: a tag was made by the event that set it first and updated by the
// one that moved it last; a manifest, which never changes, has one time; a repository was updated
// by the newest event about anything that is still in it. `registry` is the host the client spoke
// to, as it knows this registry; `signed`, which meant Docker's old signatures, is false: there are
// none here. Nothing is ever in quarantine, so nothing says so.
#pragma once

#include <string>
#include <string_view>

#include "api/services.h"
#include "api/surface/as_of.h"
#include "core/base/json.h"
#include "core/oci/listing.h"

namespace varve::surface {

// What all documents of one answer share.
struct AcrContext {
  const Services& services;
  const State& state;
  const RepoName& repo;
  std::string registry;
};

// The host and port the client used, or what the configuration says instead; the origin when it
// sent neither.
std::string registry_of(const Services& services, const http::Request& request);

// About one thing, and the event it rests on: the one that lastUpdateTime is of. Errors: not_found
// (repository, tag, manifest).
struct AcrDocument {
  std::string text;
  EntryIndex index;
};
Result<AcrDocument> acr_tag(const AcrContext& context, const oci::Tag& tag);
Result<AcrDocument> acr_manifest(const AcrContext& context, const Digest& digest);

// From an I/O thread: a repository is looked through in steps on the pool, so that others get their
// turn in between.
http::net::awaitable<Result<AcrDocument>> acr_repository(const AcrContext& context);
// Makes what reads a document on the pool out of what reads it.
template <class Read>
auto on_pool(Read read) {
  return [read](const AcrContext& context) -> http::net::awaitable<Result<AcrDocument>> {
    auto work = [&] { return read(context); };
    co_return co_await context.services.pool.run(work);
  };
}

Result<std::string> acr_tags(const AcrContext& context, const std::vector<oci::ListedTag>& tags);
// Of each manifest's tags, those that `listed` has.
Result<std::string> acr_manifests(const AcrContext& context, const oci::Listed& listed,
                                  const std::vector<oci::ListedManifest>& manifests);

}  // namespace varve::surface
