// From findings to an exit code. Any thread.
#include "api/cli/fsck_verdict.h"

#include <algorithm>

namespace varve::cli {

bool is_about_anchor(const FsckFinding& finding) {
  return finding.what == "anchor";
}
bool is_proven(const FsckFinding& finding) {
  return !finding.unchecked;
}

ExitCode verdict_of(std::span<const FsckFinding> findings, std::optional<ExitCode> anchor) {
  if (findings.empty()) return ExitCode::ok;
  const bool anchored = std::ranges::any_of(findings, is_about_anchor);
  if (anchored && anchor == ExitCode::equivocation) return ExitCode::equivocation;
  const bool false_elsewhere = std::ranges::any_of(findings, [](const FsckFinding& finding) {
    return !is_about_anchor(finding) && is_proven(finding);
  });
  if (false_elsewhere) return ExitCode::proven_false;
  if (anchored && anchor && *anchor != ExitCode::ok) return *anchor;
  return std::ranges::any_of(findings, is_proven) ? ExitCode::proven_false : ExitCode::cannot_tell;
}

}  // namespace varve::cli
