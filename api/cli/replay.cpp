// varve replay: the read models made again from nothing but the log.
#include "log/replay.h"

#include <filesystem>
#include <system_error>
#include <thread>

#include "api/cli/connect.h"
#include "api/cli/json_out.h"
#include "api/cli/remote_source.h"
#include "api/cli/tables_out.h"
#include "core/base/bytes.h"
#include "log/directory.h"
#include "log/store/open.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

Outcome<void> must_be_vacant(const fs::path& out) {
  std::error_code error;
  if (!fs::exists(out, error) || (fs::is_directory(out, error) && fs::is_empty(out, error)))
    return {};
  return refuse(ExitCode::usage, "the replay needs an empty directory",
                out.string() + " is not empty", "give --out a directory that does not exist yet");
}

ReplayOptions replay_options(const ReplayCommand& options, Console& console) {
  ReplayOptions replay_options;
  if (options.to) replay_options.to = TreeSize{*options.to};
  replay_options.verify_signatures = !options.skip_signatures;
  replay_options.keep_checkpoints = true;
  replay_options.threads = std::max(1u, std::thread::hardware_concurrency());
  replay_options.progress = [&console](TreeSize done, TreeSize total) {
    console.progress("replaying entry", done.value, total.value);
  };
  return replay_options;
}

Outcome<ReplayReport> replay_into(EntrySource& source, const ReplayCommand& options,
                                  const std::optional<VerifierKey>& log_key, Console& console) {
  if (options.to) {
    VARVE_CLI_TRY(const auto size, doing("the log cannot be read", source.size()));
    if (*options.to > size.value)
      return refuse(
          ExitCode::absent, "the log does not reach that far",
          "it has " + std::to_string(size.value) + " entries, not " + std::to_string(*options.to),
          "give a smaller --to");
  }
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error)
    return refuse(ExitCode::usage, "the output directory cannot be made",
                  options.out + ": " + error.message(), "give --out a place that can be written");
  VARVE_CLI_TRY(auto store, doing("the output store cannot be made",
                                  open_store(fs::path(options.out) / "store", StoreUse::fill)));
  auto report = replay(source, *store, replay_options(options, console), log_key);
  console.end_progress();
  if (report)
    if (auto flushed = store->flush(); !flushed) report = std::unexpected(flushed.error());
  return doing("the log cannot be replayed", std::move(report),
               "run `varve fsck` on the log; what was written to --out is not complete");
}

Outcome<ReplayReport> replay_from(const ReplayCommand& options, Console& console) {
  if (options.log.data) {
    VARVE_CLI_TRY(auto directory,
                  doing("the data directory cannot be opened",
                        DataDirectory::open(*options.log.data, Access::read_only),
                        "give --data a directory made by `varve init` or `varve replay`"));
    VARVE_CLI_TRY(auto head,
                  doing("the log cannot be read", directory.load_head(Rows::of_any_format)));
    StoreSource source(std::move(head));
    return replay_into(source, options, std::nullopt, console);
  }
  VARVE_CLI_TRY(auto connection,
                connect({{*options.log.url, options.log.ca}, options.log.key}, console));
  RemoteSource source(connection.session);
  return replay_into(source, options, connection.session.log().keys.log, console);
}

void print_report(const ReplayCommand& options, const ReplayReport& report, Console& console) {
  if (console.json()) {
    console.out() << JsonObject()
                         .text("schema", "varve.replay/v1")
                         .number("size", report.size.value)
                         .text("root", base64_encode(as_view(report.root)))
                         .boolean("signatures_checked", !options.skip_signatures)
                         .number("signatures", report.signatures)
                         .raw("tables", tables_json(report.tables))
                         .str()
                  << '\n';
  } else {
    print_tables(report.tables, console);
  }
  console.say("replayed " + std::to_string(report.size.value) + " entries into " +
              clean(options.out) + ", root " + base64_encode(as_view(report.root)) + ", " +
              std::to_string(report.signatures) + " signatures checked");
  console.say("serve it with: varve serve --read-only --data " + clean(options.out));
}

}  // namespace

Outcome<ExitCode> run_replay(const ReplayCommand& options, Console& console) {
  VARVE_CLI_CHECK(one_log(options.log));
  VARVE_CLI_CHECK(must_be_vacant(options.out));
  if (options.skip_signatures)
    console.warn(
        "EVENT SIGNATURES ARE NOT CHECKED: this replay shows what the log says, not who said it");
  VARVE_CLI_TRY(const auto report, replay_from(options, console));
  print_report(options, report, console);
  if (options.skip_signatures) console.warn("EVENT SIGNATURES WERE NOT CHECKED");
  return ExitCode::ok;
}

}  // namespace varve::cli
