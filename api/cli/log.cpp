// varve log: events, oldest first, each one checked before it is printed.
#include <algorithm>

#include "api/cli/connect.h"
#include "api/cli/entries.h"
#include "api/cli/json_out.h"
#include "api/cli/reference.h"
#include "log/proof/bundle.h"

namespace varve::cli {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// Entries that are acknowledged but in no published checkpoint cannot be checked yet. The proof
// route tells (503: there, not covered; 404: no such entry), and holds the answer for us.
Outcome<void> wait_for_unpublished(Session& session, Console& console) {
  const std::string target = "/log/proof/" + std::to_string(session.size().value);
  const auto asked = session.server().ask(
      {.target = target, .bytes_max = kProofFileBytesMax, .head = false, .patient = false});
  if (!asked || asked->status == 404) return {};
  if (asked->status == 503) {
    console.say("entries from " + std::to_string(session.size().value) +
                " on are committed but not yet published; waiting for their checkpoint");
    const auto waited = session.server().ask({.target = target + "?wait=2",
                                              .bytes_max = kProofFileBytesMax,
                                              .head = false,
                                              .patient = false});
    if (waited && waited->status == 503)
      console.say("they are still not published; printing what is");
  }
  return session.refresh();
}

struct Range {
  EntryIndex from;
  TreeSize to;
};

Outcome<Range> range_of(const LogOptions& options, TreeSize size) {
  const Range range{{options.from.value_or(0)}, {options.to.value_or(size.value)}};
  if (options.to && range.from.value > range.to.value)
    return refuse(ExitCode::usage, "the range is empty backwards",
                  "--from " + std::to_string(range.from.value) + " is beyond --to " +
                      std::to_string(range.to.value),
                  "entries [from, to) are printed: give --from less than --to");
  const std::uint64_t wanted = std::max(range.from.value, range.to.value);
  if (wanted > size.value)
    return refuse(ExitCode::absent, "the log does not reach that far",
                  "it has " + std::to_string(size.value) + " published entries, not " +
                      std::to_string(wanted),
                  "give a smaller number, or wait until more is published");
  return range;
}

// Whose signature an event carries, if authors sign events of its kind at all.
std::string author_mark(const Event& event, Console& console) {
  if (const trust::Author* author = author_of(event))
    return "  " + console.mark(Console::Mark::yes) + ' ' + author->key_id.to_string();
  const bool can_be_signed = std::holds_alternative<oci::ManifestPut>(event) ||
                             std::holds_alternative<oci::TagSet>(event) ||
                             std::holds_alternative<pulp::PackageCreated>(event);
  return can_be_signed ? "  " + console.mark(Console::Mark::none) + " no author" : "";
}

void print_line(const CheckedEntry& checked, Console& console) {
  const Envelope& envelope = checked.entry.envelope;
  console.out() << padded(std::to_string(envelope.index.value), 6) << "  "
                << envelope.at.to_string() << "  " << padded(clean(envelope.actor.id), 10) << "  "
                << padded(std::string(type_of(checked.entry.event)), 20) << "  "
                << clean(summary(checked.entry.event)) << author_mark(checked.entry.event, console)
                << '\n';
}

// The signed text is JSON already, printed as it is: what was signed is what is seen.
void print_json(const CheckedEntry& checked, bool first, Console& console) {
  std::string_view text = checked.text;
  while (text.ends_with('\n')) text.remove_suffix(1);
  console.out() << (first ? "\n" : ",\n") << text;
}

}  // namespace

Outcome<ExitCode> run_log(const LogOptions& options, Console& console) {
  std::optional<Ref> ref;
  if (options.ref) {
    VARVE_CLI_TRY(ref, doing("the reference cannot be used", parse_ref(*options.ref),
                             "name a repository, repository:tag or repository@sha256:…"));
  }
  VARVE_CLI_TRY(auto connection, connect(options.server, console));
  Session& session = connection.session;
  if (!options.to || *options.to > session.size().value)
    VARVE_CLI_CHECK(wait_for_unpublished(session, console));
  VARVE_CLI_TRY(const auto range, range_of(options, session.size()));

  if (console.json())
    console.out() << "{\"schema\":\"varve.log/v1\",\"origin\":"
                  << quoted(session.log().checkpoint.origin) << ",\"size\":" << session.size().value
                  << ",\"events\":[";
  std::uint64_t printed = 0;
  EntryReader reader(session);
  const auto visited = reader.visit(range.from, range.to, [&](const CheckedEntry& checked) {
    if (ref && !concerns(checked.entry.event, *ref)) return true;
    if (console.json())
      print_json(checked, printed == 0, console);
    else
      print_line(checked, console);
    ++printed;
    return console.out().good();
  });
  VARVE_CLI_CHECK(doing("the log cannot be shown further", visited));
  if (console.json()) console.out() << (printed == 0 ? "]}\n" : "\n]}\n");
  if (!reader.chain().empty() && range.to == session.size()) {
    if (!reader.met_trusted_key())
      return refuse(
          ExitCode::proven_false, "the trusted event key never belonged to this log",
          session.log().keys.event.to_string(),
          "check the keys: the log names its event keys itself, in its first entry and in "
          "log.event_key.rotated");
    VARVE_CLI_CHECK(session.remember_event_keys(reader.chain()));
  }
  console.say(std::to_string(printed) + " of " + std::to_string(range.to.value - range.from.value) +
              " events shown, all checked against the checkpoint of size " +
              std::to_string(session.size().value));
  return ExitCode::ok;
}

}  // namespace varve::cli
