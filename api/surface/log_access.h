// Who may read which entry: one rule for the log's own surface and for whoever projects it into
// another shape. I/O threads, and the pool.
#pragma once

#include <optional>
#include <string_view>

#include "api/http/message.h"
#include "api/services.h"
#include "core/event.h"

namespace varve::surface {

class PulpSight;

// Entries tell of every repository: whoever reads them all needs read_log.
Result<void> may_read_log(const Services& services, const View& view, const http::Request& request);

// May the caller see what an event is about? With pull on it, or, of a package, on a repository
// that has it.
// `sight` remembers between questions; it is the caller's.
Result<bool> sees(const Services& services, const View& view, const http::Request& request,
                  PulpSight& sight, const RepoName& about);

// `about` may be what an answer is about: then to see it is enough. Whoever may not read it gets
// the refusal of a caller who named nothing: another one would tell which repository an entry is
// about, or that there is one.
Result<void> may_read_entry(const Services& services, const View& view,
                            const http::Request& request, const std::optional<RepoName>& about);

// The repository, or the package, that the event names last; none for what is about accounts or
// about the log.
std::optional<RepoName> what_event_is_about(const Event& event);
// An entry of a type that a newer version wrote is about nothing that this one knows.
std::optional<RepoName> what_entry_is_about(std::string_view entry);

}  // namespace varve::surface
