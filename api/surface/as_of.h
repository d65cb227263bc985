// Which moment of the log a read asks for, and the rows of that moment. Every surface that answers
// about state uses it. Any thread; state_of() in coroutines of I/O threads.
//
// N is always a size: the state after entries [0, N). Two ways to ask, never both in one request:
//   ?as_of=<size or RFC 3339 time>              on any read
//   /v2/asof.<size or yyyymmddthhmmssz>/<name>  for clients that cannot add a parameter (skopeo)
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "api/http/message.h"
#include "api/http/pool.h"
#include "core/base/error.h"
#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/view.h"
#include "log/reader.h"

namespace varve::surface {

struct Present {
  friend bool operator==(const Present&, const Present&) = default;
};
using Moment = std::variant<Present, TreeSize, Timestamp>;

// The value of ?as_of=. Errors: Errc::invalid/About::request.
Result<Moment> parse_moment(std::string_view text);

// A name as it stands in a path, split into the moment its first component asks for and the rest.
// A name that does not start with "asof." is Present and itself. Errors: Errc::invalid/About::name.
struct NameAt {
  Moment moment;
  std::string_view name;
};
Result<NameAt> split_name(std::string_view path_name);

// What path and query ask for together. Errors: both ask (Errc::invalid/About::request).
Result<Moment> one_moment(const Moment& from_path, std::optional<std::string_view> as_of);

// One state of the log. The view may outlive the reader's Head being replaced.
struct State {
  Reader reader;
  std::unique_ptr<View> view;
  TreeSize size;
  bool present = true;
};
// Errors: not_found/About::size beyond the committed size; Errc::invalid for a time later than the
// newest entry, whose answer could still change.
Result<State> state_at(Reader reader, const Moment& moment);

// The same for a coroutine. A time is found by bisection over entries, each of them a read and a
// parse: too long for an I/O thread, so the pool does it.
http::net::awaitable<Result<State>> state_of(http::Pool& pool, Reader reader, Moment moment);

}  // namespace varve::surface
