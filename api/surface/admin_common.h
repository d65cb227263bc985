// What the handlers of /admin/v1 share: their documents, their changes, and who may look at an
// account. I/O threads, and the pool.
#pragma once

#include <string>
#include <string_view>

#include "api/http/message.h"
#include "api/services.h"
#include "core/base/json.h"
#include "core/trust/query.h"

namespace varve::surface::admin {

// Rows a page of a listing has at most; `?last=` is where the next one begins.
inline constexpr std::size_t kPageMax = 1'000;

http::Response refused(const Error& error);
// JSON with the end of a line, kept by no cache.
http::Response document(unsigned status, std::string json);
http::Response shown(Result<std::string> json);

// What happened: the last event's index, absent when everything was so already.
void write_receipt(json::Writer& writer, const Receipt& receipt);
http::net::awaitable<Result<Receipt>> wish(Services& services, const http::Request& request,
                                           Intent intent);
// The same, with its answer.
http::net::awaitable<http::Response> done(Services& services, const http::Request& request,
                                          Result<Intent> intent);

// May this caller look at the accounts, or at this one? A token that was made for something else
// does not show its principal's credentials and grants.
Result<void> may_look(const Services& services, const http::Request& request, const View& view,
                      std::string_view principal);

}  // namespace varve::surface::admin
