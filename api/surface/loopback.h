// Whether a request was meant for this machine: what keeps web pages out of dev mode. Pure; any
// thread.
#pragma once

#include <string_view>

#include "api/http/message.h"

namespace varve::surface {

// `authority` is a host with or without a port: 127.x.y.z, [::1] or localhost. Names that merely
// begin like one are not.
bool names_loopback(std::string_view authority);

// Dev mode lets everybody on the machine do everything, but a browser on it also runs the pages of
// strangers. They can send here: across sites, which a browser admits in Origin, or by a name of
// theirs that resolves to 127.0.0.1, which then stands in Host. Requests without either are no
// browser's.
bool sent_by_a_stranger(const http::Request& request);

}  // namespace varve::surface
