// The header Varve-Author-Signature of a request that puts something (core/trust/author.h says what
// is signed). I/O threads: a look-up and one verification.
#pragma once

#include <optional>

#include "api/http/message.h"
#include "api/services.h"
#include "core/trust/author.h"
#include "core/verified.h"

namespace varve::surface {

// Whether the request has the header at all, however often.
bool claims_author(const http::Request& request);

// What it claims, once the signature was found to be one of that key over this statement; nullopt
// without the header. Whether the key counts is decided where the event stands. Errors: invalid
// for a header that is malformed or there twice; denied for a key nobody ever registered, one that
// authors cannot sign with, and a signature that is not one.
Result<std::optional<Verified<trust::Author>>> author_of(const Services& services,
                                                         const http::Request& request,
                                                         const trust::AuthorStatement& statement);

}  // namespace varve::surface
