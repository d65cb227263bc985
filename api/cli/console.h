// How the command line speaks: data on one stream, everything else on the other, errors in three
// parts (what happened, why, what to do next). The thread of main() only.
//
// Whatever came over the network passes clean() before it reaches a terminal: an actor or a server
// could otherwise move the cursor and rewrite the lines that say what was verified.
#pragma once

#include <cstdint>
#include <expected>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "api/cli/exit_code.h"
#include "core/base/error.h"

namespace varve::cli {

// Why a command ends without having done its work.
struct [[nodiscard]] Failure {
  ExitCode code = ExitCode::internal;
  std::string what;
  std::string why;
  std::string next;

  Failure(ExitCode c, std::string what_happened, std::string reason, std::string next_step)
      : code(c),
        what(std::move(what_happened)),
        why(std::move(reason)),
        next(std::move(next_step)) {}
  Failure(const Error& error);  // NOLINT: every Error is a Failure
};

template <class T = void>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> refuse(ExitCode code, std::string what, std::string why,
                                       std::string next) {
  return std::unexpected<Failure>(std::in_place, code, std::move(what), std::move(why),
                                  std::move(next));
}

// The error's sentence and the value it is about.
std::string describe(const Error& error);
// What one usually does about this; commands say it better when they can.
std::string usual_next_step(ExitCode code);

// The result, or a Failure that says what was being done when the error struck.
template <class T>
Outcome<T> doing(std::string what, Result<T> result, std::string next = {}) {
  if (result) {
    if constexpr (std::is_void_v<T>)
      return {};
    else
      return *std::move(result);
  }
  const ExitCode code = exit_code_of(result.error());
  if (next.empty()) next = usual_next_step(code);
  return refuse(code, std::move(what), describe(result.error()), std::move(next));
}

// Control characters, bytes that are not UTF-8 and bidirectional overrides, made visible.
std::string clean(std::string_view text);

enum class Format : std::uint8_t { text, json };

struct ConsoleOptions {
  Format format = Format::text;
  bool colour = false;    // escape sequences on `err` and `out`
  bool progress = false;  // `err` is a terminal that can rewrite a line
};

class Console {
 public:
  Console(std::ostream& out, std::ostream& err, ConsoleOptions options)
      : out_(out), err_(err), options_(options) {}

  Format format() const { return options_.format; }
  void set_format(Format format) { options_.format = format; }
  bool json() const { return options_.format == Format::json; }

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }
  void say(std::string_view message);   // one line on stderr
  void warn(std::string_view message);  // the same, marked
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total);
  void end_progress();
  void report(std::string_view command, const Failure& failure);

  // "✓", "✗", "–" or "?": the sign says it with or without colour.
  enum class Mark : std::uint8_t { yes, no, none, unknown };
  std::string mark(Mark mark) const;

 private:
  std::string paint(std::string_view text, const char* code) const;
  std::ostream& out_;
  std::ostream& err_;
  ConsoleOptions options_;
  bool progress_shown_ = false;
};

}  // namespace varve::cli

#define VARVE_CLI_TRY_(tmp, decl, expr)                                                           \
  auto tmp = (expr);                                                                              \
  if (!tmp) return std::unexpected<::varve::cli::Failure>(std::in_place, std::move(tmp).error()); \
  decl = *std::move(tmp)

// Like VARVE_TRY, in functions that return an Outcome; takes a Result or an Outcome.
#define VARVE_CLI_TRY(decl, ...) \
  VARVE_CLI_TRY_(VARVE_CONCAT(varve_try_, __COUNTER__), decl, (__VA_ARGS__))

#define VARVE_CLI_CHECK(...)                              \
  if (auto varve_checked = (__VA_ARGS__); !varve_checked) \
  return std::unexpected<::varve::cli::Failure>(std::in_place, std::move(varve_checked).error())
