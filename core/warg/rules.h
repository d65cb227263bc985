// What may happen to Warg packages, and what it means. Called by core/registry.cpp.
#pragma once

#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/trust/rules.h"
#include "core/view.h"

namespace varve::warg {

Result<std::vector<Event>> decide(const AppendOperatorRecord& command, const trust::Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const SubmitRecord& command, const trust::Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const ReceiveContent& command, const trust::Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const RenewCheckpoint& command, const View& view);

// `body`: the record's bytes.
Result<void> project(const OperatorRecordAppended& event, std::string_view body, const View& before,
                     Changes& changes);
Result<void> project(const RecordSubmitted& event, std::string_view body, const View& before,
                     Changes& changes);
Result<void> project(const RecordPublished& event, std::string_view body, const View& before,
                     Changes& changes);
Result<void> project(const RecordRejected& event, const View& before, Changes& changes);
Result<void> project(const ContentReceived& event, const View& before, Changes& changes);
// Errors, beside unreadable rows: corrupt when the roots are not those of the records before it.
Result<void> project(const CheckpointSigned& event, const View& before, Changes& changes);

}  // namespace varve::warg
