// varve fsck: everything a log claims, recomputed and compared.
#include "log/fsck.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <system_error>
#include <vector>

#include "api/cli/connect.h"
#include "api/cli/fsck_verdict.h"
#include "api/cli/json_out.h"
#include "api/cli/remote_source.h"
#include "api/cli/tables_out.h"
#include "log/reader.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

FsckProgress progress_on(Console& console) {
  return [&console](std::string_view step, std::uint64_t done, std::uint64_t total) {
    console.progress(step, done, total);
  };
}

// Inside the directory: the replay made there is as large as the tables it is compared with, and
// the temporary directory of a machine is often memory.
fs::path scratch_in(const fs::path& data) {
  return data / ("fsck." + std::to_string(::getpid()));
}

// The findings name the anchor; only asking it again tells missing from contradicted. Nothing when
// the log itself cannot be read, which is a finding already.
std::optional<ExitCode> ask_anchor(const DataDirectory& directory, const Anchor& anchor) {
  const auto asked = [&]() -> Result<ExitCode> {
    VARVE_TRY(const auto head, directory.load_head());
    VARVE_TRY(const auto keys, named_keys(*Reader(head).view()));
    const auto anchored = check_anchor(anchor, *head, keys.log);
    return anchored ? ExitCode::ok : exit_code_of(anchored.error());
  }();
  return asked ? std::optional(*asked) : std::nullopt;
}

ExitCode judge(const FsckReport& report, const DataDirectory& directory, const Anchor& anchor) {
  const bool anchored = std::ranges::any_of(report.findings, is_about_anchor);
  return verdict_of(report.findings, anchored ? ask_anchor(directory, anchor) : std::nullopt);
}

struct Judged {
  FsckReport report;
  ExitCode code;
};

// Only what is missing is written: an anchor that contradicts the store is the evidence of a lost
// tail, and replacing it would let the log sign a second history.
Outcome<void> write_anchor(const Head& head, Anchor& anchor, FsckReport& report, Console& console) {
  const auto there = anchor.read();
  std::vector<FsckFinding> others;
  std::ranges::copy_if(report.findings, std::back_inserter(others), std::not_fn(is_about_anchor));
  if (!others.empty())
    return refuse(verdict_of(others, std::nullopt), "the anchor is not written",
                  "the store has other faults, listed above", "repair or restore the store first");
  if (!there || *there || !head.checkpoint)
    return refuse(ExitCode::usage, "the anchor is not written",
                  !there             ? describe(there.error())
                  : !head.checkpoint ? "no checkpoint was ever published"
                                     : "there is one already, and it is never replaced",
                  "when its fault is understood, move the anchor away and run this again");
  VARVE_CLI_CHECK(doing("the anchor cannot be written", anchor.write(*head.checkpoint)));
  std::erase_if(report.findings, is_about_anchor);
  console.say("the anchor now holds the newest published checkpoint, of size " +
              std::to_string(head.published.value));
  return {};
}

void print_findings(const FsckReport& report, Console& console) {
  for (const FsckFinding& finding : report.findings)
    console.out() << console.mark(finding.unchecked ? Console::Mark::unknown : Console::Mark::no)
                  << ' ' << finding.what << (finding.unchecked ? ", not checked: " : ": ")
                  << clean(finding.detail) << '\n';
}

Outcome<Judged> check_directory(const FsckOptions& options, Console& console) {
  const fs::path data = *options.log.data;
  // A directory being served can be read beside its server; the anchor is written with the lock
  // held.
  const Access access = options.write_anchor ? Access::exclusive : Access::read_only;
  VARVE_CLI_TRY(auto directory,
                doing("the data directory cannot be opened", DataDirectory::open(data, access)));
  VARVE_CLI_TRY(auto blobs,
                doing("the blobs cannot be opened", open_file_blob_store_read_only(data)));
  FileAnchor anchor(options.anchor ? fs::path(*options.anchor) : default_anchor(data));
  const fs::path scratch = scratch_in(data);
  auto report = fsck_directory(directory, *blobs, anchor, scratch, progress_on(console));
  console.end_progress();
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  VARVE_CLI_TRY(auto checked, doing("the directory cannot be checked", std::move(report),
                                    "mend that, then run this again"));
  const ExitCode code = judge(checked, directory, anchor);
  if (!options.write_anchor || checked.findings.empty()) return Judged{std::move(checked), code};
  VARVE_CLI_TRY(const auto head, doing("the log cannot be read", directory.load_head()));
  if (auto written = write_anchor(*head, anchor, checked, console); !written) {
    if (!console.json()) print_findings(checked, console);
    return std::unexpected(written.error());
  }
  return Judged{std::move(checked), ExitCode::ok};
}

Outcome<Judged> check_server(const FsckOptions& options, Console& console) {
  if (options.write_anchor)
    return refuse(ExitCode::usage, "an anchor belongs to a directory",
                  "--url and --write-anchor are given",
                  "run fsck --data DIR --write-anchor where the registry is");
  VARVE_CLI_TRY(auto connection,
                connect({{*options.log.url, options.log.ca}, options.log.key}, console));
  RemoteSource source(connection.session);
  auto report = fsck_remote(source, connection.session.log().keys, progress_on(console));
  console.end_progress();
  VARVE_CLI_TRY(auto checked, doing("the log cannot be checked", std::move(report)));
  const ExitCode code = verdict_of(checked.findings, std::nullopt);
  return Judged{std::move(checked), code};
}

void print_report(const FsckReport& report, Console& console) {
  if (console.json()) {
    JsonArray findings;
    for (const FsckFinding& finding : report.findings)
      findings.raw(JsonObject()
                       .text("what", finding.what)
                       .text("detail", finding.detail)
                       .boolean("unchecked", finding.unchecked)
                       .str());
    console.out() << JsonObject()
                         .text("schema", "varve.fsck/v1")
                         .boolean("ok", report.findings.empty())
                         .number("size", report.size.value)
                         .number("entries", report.entries)
                         .number("signatures", report.signatures)
                         .number("tiles", report.tiles)
                         .number("checkpoints", report.checkpoints)
                         .number("bodies", report.bodies)
                         .number("blobs", report.blobs)
                         .number("warg_records", report.warg_records)
                         .number("warg_checkpoints", report.warg_checkpoints)
                         .raw("tables", tables_json(report.tables))
                         .raw("findings", findings.str())
                         .str()
                  << '\n';
    return;
  }
  const auto line = [&](std::uint64_t count, const char* what) {
    console.out() << "  " << count << ' ' << what << '\n';
  };
  console.out() << "checked, at size " << report.size.value << ":\n";
  line(report.entries, "entries");
  line(report.signatures, "event signatures");
  line(report.tiles, "tiles");
  line(report.checkpoints, "checkpoints");
  line(report.bodies, "bodies");
  line(report.blobs, "blobs");
  if (report.warg_records > 0) {
    line(report.warg_records, "Warg records");
    line(report.warg_checkpoints, "Warg checkpoints");
  }
  print_tables(report.tables, console);
  print_findings(report, console);
  if (report.findings.empty())
    console.out() << console.mark(Console::Mark::yes) << " everything holds\n";
}

std::unexpected<Failure> failure_of(const Judged& judged) {
  const auto& findings = judged.report.findings;
  const bool unread = judged.code == ExitCode::cannot_tell;
  // What decided the code is named first.
  const auto named =
      std::ranges::find_if(findings, [&](const FsckFinding& f) { return f.unchecked == unread; });
  const FsckFinding& first = named == findings.end() ? findings.front() : *named;
  std::string why =
      std::to_string(findings.size()) + " findings, the first: " + first.what + ": " + first.detail;
  if (!unread)
    return refuse(judged.code, "the log does not hold", std::move(why),
                  "keep the directory as it is, restore a good copy elsewhere, and compare");
  if (std::ranges::any_of(findings, is_about_anchor))
    return refuse(
        judged.code, "whether the log lost entries cannot be told", std::move(why),
        "when you know that this is the newest copy, run fsck --data with --write-anchor");
  return refuse(judged.code, "whether the log holds cannot be told: parts of it could not be read",
                std::move(why), "nothing is proven false; run fsck again when they can be read");
}

}  // namespace

Outcome<ExitCode> run_fsck(const FsckOptions& options, Console& console) {
  VARVE_CLI_CHECK(one_log(options.log));
  if (options.log.url && !options.log.key)
    return refuse(ExitCode::usage, "there are no keys to check the log with",
                  "fsck of a server trusts nothing the server says about itself",
                  "give --key FILE with all lines of the registry's /log/vkey");
  VARVE_CLI_TRY(const auto judged, options.log.data ? check_directory(options, console)
                                                    : check_server(options, console));
  print_report(judged.report, console);
  if (judged.code == ExitCode::ok) return ExitCode::ok;
  return failure_of(judged);
}

}  // namespace varve::cli
