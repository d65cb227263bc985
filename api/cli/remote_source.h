// A server's log as a source of entries for replay and fsck, which check every byte themselves. The
// thread of main() only.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/cli/session.h"
#include "log/replay.h"

namespace varve::cli {

// Stands still at the session's checkpoint, however the server grows meanwhile.
class RemoteSource final : public EntrySource {
 public:
  explicit RemoteSource(const Session& session) : session_(session) {}
  Result<std::optional<std::string>> checkpoint() override { return session_.log().note; }
  Result<TreeSize> size() override { return session_.size(); }
  Result<void> entries(EntryIndex from, EntryIndex to,
                       const std::function<void(EntryIndex, std::string_view)>& visit) override;
  Result<std::string> body(const BodyName& name) override;
  Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width) override;

 private:
  const Session& session_;
};

}  // namespace varve::cli
