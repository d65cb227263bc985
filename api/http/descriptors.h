// How many connections the process can afford. A descriptor that a client's connection takes is one
// that the store, the anchor or an upload may miss; the ledger without one stops for good. The
// thread of main(), before anything is served.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/error.h"

namespace varve::http {

// Raises what a process may open to what its administrator allows, and returns that. The usual soft
// limit, 1,024, is there for programs that use select(): none of this one does.
Result<std::uint64_t> raise_descriptor_limit();

// What is left of `descriptors` for connections, at two each: its socket, and the blob or upload
// behind its request. At most limits::kConnectionsMax; Errc::unavailable about the request when it
// would be less than limits::kConnectionsMin.
Result<std::size_t> connections_within(std::uint64_t descriptors);

}  // namespace varve::http
