// One internal Error, rendered in each dialect's own shape from one table. Pure; any thread.
#pragma once

#include "api/http/message.h"
#include "core/base/error.h"

namespace varve::http {

enum class Dialect : std::uint8_t {
  oci,   // {"errors":[{"code":…,"message":…,"detail":…}]}: distribution-spec "Error Codes"
  acr,   // the same shape, with TAG_UNKNOWN for a tag that is not there
  warg,  // {"status":…,"message":…} or {"status":…,"type":…,"id":…}: its reference server's
  swr,   // SWR's errors in every shape that its clients were seen to read, in one object
  swr_documented,  // its array, as its documents have it and hardly any client reads
  pulp,            // a JSON string, the sentence alone; the code word is in Varve-Error-Code
  plain,           // one line of text: the log's read surface and operations
};

// What stands on every answer of a dialect, complete header lines; may be empty.
std::string_view dialect_header_lines(Dialect dialect);

// The same in every dialect but for what its clients know no other way: what was erased is 404 in
// OCI's, and Warg's has statuses of its own (problem.cpp).
unsigned status_of(const Error& error);
// The detail of an Errc::unauthorized is the scope that was missing ("repository:lib/app:pull") or
// nothing; the shape of OCI spells it out.
Response problem(const Error& error, Dialect dialect);

// In SWR's dialects, with its own code word for this very case ("4001035") instead of the one that
// goes with the error.
Response swr_problem(const Error& error, std::string_view code, Dialect dialect);

}  // namespace varve::http
