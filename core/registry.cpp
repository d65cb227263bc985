// The switchboards. Overload resolution finds each family's rules; an alternative without rules
// does not compile.
#include "core/registry.h"

#include <concepts>

#include "core/content/rules.h"
#include "core/oci/rules.h"
#include "core/system/rules.h"

namespace varve {
namespace {

template <class Intent>
constexpr bool kAboutTheLog =
    std::same_as<Intent, system::Initialise> || std::same_as<Intent, system::EnableDevMode> ||
    std::same_as<Intent, system::RotateEventKey>;

// The log's own facts are for whoever holds the directory: even dev mode does not give away keys.
template <class Intent>
Result<void> authorise(const Actor& actor, const Intent&) {
  VARVE_CHECK(may_mutate(actor));
  if (kAboutTheLog<Intent> && actor.auth != Auth::local)
    return fail(Errc::denied, About::request, "only the holder of the data directory may do this");
  return {};
}

}  // namespace

Result<std::vector<Event>> decide(const Command& command, const View& view) {
  return std::visit(
      [&](const auto& intent) -> Result<std::vector<Event>> {
        VARVE_CHECK(authorise(command.actor, intent));
        return decide(intent, view);
      },
      command.intent);
}

Result<void> project(const Event& event, const View& before, Changes& changes) {
  return std::visit([&](const auto& e) { return project(e, before, changes); }, event);
}

std::optional<BodyName> body_of(const Event& event) {
  if (const auto* put = std::get_if<oci::ManifestPut>(&event))
    return BodyName{put->digest, put->size};
  return std::nullopt;
}

}  // namespace varve
