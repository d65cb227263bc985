// A stored file as an answer: whole, or the range that was asked for. I/O threads; the store is
// asked on the pool, and the bytes go from the file to the socket without being held.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "api/services.h"
#include "api/surface/ranges.h"

namespace varve::surface {

http::net::awaitable<Result<std::unique_ptr<BlobFile>>> open_blob(Services& services,
                                                                  const Digest& digest);

RangeAnswer wanted_range(const http::Request& request, const Digest& digest, std::uint64_t size);

// 200 or 206, with the digest as entity tag. `wanted` can be satisfied: how to say that it cannot
// is the dialect's business.
http::Response file_answer(std::shared_ptr<const BlobFile> file, const RangeAnswer& wanted,
                           const Digest& digest);

}  // namespace varve::surface
