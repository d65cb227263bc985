// Rules about the log itself. Pure; any thread, as the View allows.
#include "core/base/bytes.h"
#include "core/system/rows.h"
#include "core/system/rules.h"
#include "core/trust/rules.h"

namespace varve::system {
namespace {

// The form of keys and origins is checked where they are made (log/proof/note); here only what an
// entry could not carry is refused.
Result<void> check_text(std::string_view text, About about, std::string_view what) {
  constexpr std::size_t kBytesMax = 1'024;
  if (!text.empty() && text.size() <= kBytesMax && is_valid_utf8(text) &&
      text.find_first_of("\n\r") == std::string_view::npos)
    return {};
  return fail(Errc::invalid, about,
              "the " + std::string(what) + " must be one line of 1 to 1024 bytes of UTF-8");
}

}  // namespace

Result<std::vector<Event>> decide(const Initialise& command, const View& view) {
  VARVE_TRY(const auto origin, view.get(Table::system, fact_key(kOrigin)));
  if (origin)
    return fail(Errc::conflict, About::storage, "this log is initialised already", origin->value);
  VARVE_CHECK(check_text(command.origin, About::name, "origin"));
  VARVE_CHECK(check_text(command.log_key, About::key, "log key"));
  VARVE_CHECK(check_text(command.event_key, About::key, "event key"));
  std::vector<Event> events{Genesis{command.event_key, "sha256", command.log_key, command.origin}};
  if (command.accounts) trust::found(*command.accounts, events);
  return events;
}

Result<std::vector<Event>> decide(const EnableDevMode&, const View& view) {
  VARVE_TRY(const auto mode, view.get(Table::system, fact_key(kDevMode)));
  if (mode) return std::vector<Event>{};
  return std::vector<Event>{DevModeEnabled{}};
}

Result<std::vector<Event>> decide(const RotateEventKey& command, const View& view) {
  VARVE_TRY(const auto current, view.get(Table::system, fact_key(kEventKey)));
  if (!current) return fail(Errc::not_found, About::key, "this log has no event key to rotate");
  VARVE_CHECK(check_text(command.new_event_key, About::key, "event key"));
  if (command.new_event_key == current->value)
    return fail(Errc::invalid, About::key, "the new event key is the current one");
  return std::vector<Event>{EventKeyRotated{command.new_event_key, current->value}};
}

}  // namespace varve::system
