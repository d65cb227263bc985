// A client's bytes on their way into the blob store, whatever dialect they came in. I/O threads;
// every step that touches the upload's file runs on the pool, one window at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "api/services.h"

namespace varve::surface {

using UploadPtr = std::unique_ptr<Upload>;

http::net::awaitable<Result<UploadPtr>> open_new_upload(Services& services);

// Streams the body to the end of the upload, one window going to the disk while the next one comes.
// With `exactly`, a byte too many is refused before its window is stored; so it is beyond
// `at_most`. Errors: range for a body of another length than `exactly`, too_large beyond `at_most`,
// unavailable when the disk is nearly full, and those of the body and the store.
http::net::awaitable<Result<void>> append_body(Services& services, http::Body& body, Upload& upload,
                                               std::optional<std::uint64_t> exactly,
                                               std::uint64_t at_most = UINT64_MAX);
std::unexpected<Error> out_of_order(std::string what);  // that error

// Bytes that turn out wrong, those behind `before`, are taken back: what a client sends in their
// place belongs where they stood.
http::net::awaitable<Result<void>> finish_as_blob(Services& services, Upload& upload,
                                                  const Digest& digest, std::uint64_t before);

http::net::awaitable<Result<void>> remove_upload(Services& services, UploadId id);

// For an upload of one request, whose id nobody knows: it becomes the blob, and the purger keeps
// off it while the hold lasts; or it is removed at once. `received` says how its body went.
http::net::awaitable<Result<std::optional<Leases::Hold>>> finish_or_remove(Services& services,
                                                                           UploadPtr upload,
                                                                           Result<void> received,
                                                                           Digest digest);

}  // namespace varve::surface
