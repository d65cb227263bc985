// The one mapping from errors to exit codes. Any thread.
#include "api/cli/exit_code.h"

namespace varve::cli {
namespace {

constexpr ExitCodeMeaning kMeanings[] = {
    {ExitCode::ok, "verified, or done"},
    {ExitCode::internal, "internal error, a corrupt state file among them"},
    {ExitCode::usage, "usage: a flag, a name, a key or a file that cannot be used"},
    {ExitCode::proven_false, "proven false: a bad signature, proof or digest"},
    {ExitCode::absent, "not there: proven absent, or the server knows no such thing"},
    {ExitCode::policy, "policy not met: a required publisher or witness quorum is missing"},
    {ExitCode::cannot_tell,
     "cannot tell: network, timeout, server error, unknown outcome, or an "
     "entry that needs a newer varve or another event key"},
    {ExitCode::equivocation, "equivocation or rollback detected; the evidence is saved"},
    {ExitCode::authentication, "authentication or authorisation failed"},
    {ExitCode::conflict, "conflict: somebody else holds or changed it"},
    {ExitCode::interrupted, "interrupted"},
};

// Things that carry their own evidence: when one of them is malformed, it is not the caller who
// mistyped something, it is the thing that failed its check.
bool is_evidence(About about) {
  return about == About::checkpoint || about == About::proof || about == About::signature ||
         about == About::entry || about == About::body;
}

ExitCode for_input(About about) {
  return is_evidence(about) ? ExitCode::proven_false : ExitCode::usage;
}

}  // namespace

std::span<const ExitCodeMeaning> exit_code_meanings() {
  return kMeanings;
}

ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case Errc::unsupported:
      // What another version of varve wrote, an entry or a store, is neither true nor false here.
      return error.about == About::entry || error.about == About::storage ? ExitCode::cannot_tell
                                                                          : for_input(error.about);
    case Errc::invalid:
    case Errc::too_large:
    case Errc::range:
      return for_input(error.about);
    case Errc::unauthorized:
    case Errc::denied:
      return ExitCode::authentication;
    case Errc::not_found:
    case Errc::gone:
      return ExitCode::absent;
    case Errc::conflict:
      // A store that contradicts its anchor, or two checkpoints that contradict each other.
      return error.about == About::checkpoint ? ExitCode::equivocation : ExitCode::conflict;
    case Errc::precondition:
      return ExitCode::conflict;
    case Errc::locked:
      return ExitCode::policy;
    case Errc::throttled:
    case Errc::overloaded:
    case Errc::unavailable:
    case Errc::unknown:
      return ExitCode::cannot_tell;
    case Errc::corrupt:
      return ExitCode::proven_false;
    case Errc::internal:
      return ExitCode::internal;
  }
  return ExitCode::internal;
}

}  // namespace varve::cli
