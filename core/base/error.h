// Errors as values: what every function that can fail returns, on every thread.
//
// An Error says what kind of failure it is (Errc, which decides the HTTP status and the exit code),
// what it is about (About, which together with the Errc decides the code word of each REST dialect,
// see api/http/problem.cpp), and one sentence for a person. Nobody parses the sentence; it never
// holds a secret. Exceptions do not cross a folder boundary.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <expected>
#include <string>
#include <utility>

namespace varve {

enum class Errc : std::uint8_t {
  invalid,       // the input is malformed or breaks a rule; the same input will fail again
  unauthorized,  // nobody we know asked; credentials may help
  denied,        // we know who asked, and they may not
  not_found,     // there is no such thing
  unsupported,   // the thing exists but this operation is not offered on it
  conflict,      // the state changed underneath, or a name is taken
  gone,          // it was here; the log says when it went
  precondition,  // an If-Match or If-None-Match condition is false
  locked,        // somebody locked the thing against this, whoever asks
  too_large,     // over a documented limit
  range,         // a byte range that cannot be satisfied, or a chunk out of order
  throttled,     // this caller asks too often
  overloaded,    // the queue is full; nothing was done; retry soon
  unavailable,   // not now: low disk, draining, clock behind, ledger stopped
  unknown,       // the outcome is unknown: a commit may or may not be durable
  corrupt,       // stored bytes fail their check
  internal,      // a defect of ours
};

enum class About : std::uint8_t {
  request,
  name,
  tag,
  digest,
  size,
  upload,
  blob,
  manifest,
  manifest_blob,  // something a manifest refers to
  repository,
  entry,
  body,
  checkpoint,
  proof,
  signature,
  key,
  record,       // of a Warg log
  package_log,  // a package's, by its id
  name_space,   // of Warg packages
  fetch_token,  // the record after which a Warg log is read on
  package,      // of Pulp
  storage,
};

struct [[nodiscard]] Error {
  Errc code = Errc::internal;
  About about = About::request;
  std::string what;    // one sentence for a person
  std::string detail;  // the value it is about (a digest, a name), or empty

  Error(Errc c, About a, std::string w, std::string d = {})
      : code(c), about(a), what(std::move(w)), detail(std::move(d)) {}
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, About about, std::string what,
                                   std::string detail = {}) {
  return std::unexpected<Error>(std::in_place, code, about, std::move(what), std::move(detail));
}

// Aborts, in release builds too: a broken invariant must not sign anything.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace varve

#define VARVE_ASSERT(cond) \
  ((cond) ? static_cast<void>(0) : ::varve::assertion_failed(#cond, __FILE__, __LINE__))

#define VARVE_CONCAT_(a, b) a##b
#define VARVE_CONCAT(a, b) VARVE_CONCAT_(a, b)
#define VARVE_TRY_(tmp, decl, expr)                                         \
  auto tmp = (expr);                                                        \
  if (!tmp) return std::unexpected<::varve::Error>(std::move(tmp).error()); \
  decl = *std::move(tmp)

// VARVE_TRY(auto x, f()): x is f's value, or the function returns f's error.
#define VARVE_TRY(decl, ...) VARVE_TRY_(VARVE_CONCAT(varve_try_, __COUNTER__), decl, (__VA_ARGS__))

// VARVE_CHECK(f()): the function returns f's error, if it has one.
#define VARVE_CHECK(...)                                  \
  if (auto varve_checked = (__VA_ARGS__); !varve_checked) \
  return std::unexpected<::varve::Error>(std::move(varve_checked).error())
