// One internal Error, rendered in each dialect's own shape from one table. Pure; any thread.
#pragma once

#include "api/http/message.h"
#include "core/base/error.h"

namespace varve::http {

enum class Dialect : std::uint8_t {
  oci,    // {"errors":[{"code":…,"message":…,"detail":…}]}: distribution-spec "Error Codes"
  plain,  // one line of text: the log's read surface and operations
};

unsigned status_of(const Error& error);
Response problem(const Error& error, Dialect dialect);

}  // namespace varve::http
