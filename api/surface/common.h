// What handlers of every dialect share: which event an answer rests on, what the caller may see,
// and the ways to the ledger. Called on I/O threads; nothing here blocks beyond a look-up in the
// store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.h"
#include "api/services.h"
#include "core/registry.h"

namespace varve::surface {

inline constexpr std::string_view kTreeSize = "Varve-Tree-Size";

// Varve-Index, Varve-Tree-Size and Varve-Proof: which event this answer rests on.
void add_provenance(http::Response& response, std::optional<EntryIndex> index, TreeSize size);

std::string etag_of(const Digest& digest);
bool if_none_match(const http::Request& request, const Digest& digest);

// May this caller pull from the repository? What a mount, a listing of repositories, and a search
// for a blob may tell rests on it.
Result<bool> may_pull(const Services& services, const http::Request& request, const View& view,
                      const RepoName& repo);
Result<bool> may_pull(const Services& services, const Actor& actor, const View& view,
                      const RepoName& repo);
// Is the repository in a list that the caller asked for? The gate saw that a token was made for
// listing; oras and the Azure SDKs have it made for nothing else, so what its holder may pull
// counts.
Result<bool> may_find(const Services& services, const http::Request& request, const View& view,
                      const RepoName& repo);

// The parameter n: how many items a page may hold. Nothing asked means as many as we ever send.
Result<std::size_t> page_size(const http::Request& request, std::size_t max);

// "https://registry.example": where the caller reached this server, or what the configuration says.
std::string server_url(const Services& services, const http::Request& request);

// Where the outcome of a committed command stands: its last event, or, when nothing had to happen,
// the event that made it so before. `find` looks that one up in the state the receipt names.
using FindIndex = std::function<Result<std::optional<EntryIndex>>(const View&)>;
void add_receipt(http::Response& response, const Services& services, const Receipt& receipt,
                 const FindIndex& find);

// For a command behind which a client's bytes are gone: a full queue is asked a few times more.
http::net::awaitable<Result<Receipt>> submit_patiently(Services& services, Command command);

// Keeps the purger off a blob until it is linked. While it is being purged, which takes a batch,
// this waits. Nothing on a server that purges nothing. Errors: unavailable when it takes too long.
http::net::awaitable<Result<std::optional<Leases::Hold>>> hold_blob(Services& services,
                                                                    Digest digest);

}  // namespace varve::surface
