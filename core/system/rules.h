// What may happen to the log itself, and what it means. Called by core/registry.cpp, which has
// checked that the holder of the directory asks.
#pragma once

#include <vector>

#include "core/event.h"
#include "core/view.h"

namespace varve::system {

Result<std::vector<Event>> decide(const Initialise& command, const View& view);
Result<std::vector<Event>> decide(const EnableDevMode& command, const View& view);
Result<std::vector<Event>> decide(const RotateEventKey& command, const View& view);

Result<void> project(const Genesis& event, const View& before, Changes& changes);
Result<void> project(const DevModeEnabled& event, const View& before, Changes& changes);
Result<void> project(const EventKeyRotated& event, const View& before, Changes& changes);

}  // namespace varve::system
