// varve publish: one record a command. The thread of main() only.
#include <string>
#include <utility>

#include "api/cli/connect.h"
#include "api/cli/files.h"
#include "api/cli/json_out.h"
#include "api/cli/warg.h"
#include "api/cli/warg_publish.h"
#include "api/cli/warg_words.h"

namespace varve::cli {
namespace {

void print_json(const RecordWish& wish, const warg::PublicKey& key, const Receipt& receipt,
                Console& console) {
  JsonObject report;
  report.text("schema", "varve.publish/v1")
      .text("package", wish.name.text())
      .text("log", warg::package_log_id(wish.name).to_string())
      .text("record", receipt.record.to_string())
      .text("key_id", key.id().to_string())
      .boolean("init", receipt.began_log)
      .number("uploads", receipt.uploads)
      .boolean("published", receipt.published.has_value());
  if (receipt.published)
    report.number("registry_index", receipt.published->registry_index)
        .number("log_length", receipt.published->log_length);
  console.out() << report.str() << '\n';
}

void print_report(const RecordWish& wish, const warg::PublicKey& key, const Receipt& receipt,
                  Console& console) {
  if (console.json()) {
    print_json(wish, key, receipt, console);
    return;
  }
  console.out() << receipt.record.to_string() << '\n';
  if (receipt.began_log)
    console.say("the log of " + wish.name.text() + " begins with it, and with your key");
  if (receipt.published)
    console.say("published as record " + std::to_string(receipt.published->registry_index) +
                " of the registry; proven at length " +
                std::to_string(receipt.published->log_length));
  else
    console.say("handed in; `varve warg info " + wish.name.text() + "` shows when it is there");
}

Outcome<ExitCode> run_publish(const PublishOptions& options, const RecordWish& wish,
                              const warg::PrivateKey& key, Console& console) {
  VARVE_CLI_TRY(const auto max_age, age_in(options.max_age));
  VARVE_CLI_TRY(auto registry, connect_warg(options.server, console));
  VARVE_CLI_TRY(const auto receipt, publish(registry.client, wish, key, options.wait, max_age));
  print_report(wish, key.public_key(), receipt, console);
  return ExitCode::ok;
}

Outcome<ExitCode> run_entry(const PublishOptions& options, warg::PackageEntry entry,
                            Console& console) {
  VARVE_CLI_TRY(auto name, package_in(options.package));
  VARVE_CLI_TRY(const auto key, load_signing_key(options.key));
  return run_publish(options, {std::move(name), {std::move(entry)}, RecordWish::Init::never, {}},
                     key, console);
}

}  // namespace

Outcome<ExitCode> run_publish_init(const PublishOptions& options, Console& console) {
  VARVE_CLI_TRY(auto name, package_in(options.package));
  VARVE_CLI_TRY(const auto key, load_signing_key(options.key));
  return run_publish(options, {std::move(name), {}, RecordWish::Init::only, {}}, key, console);
}

Outcome<ExitCode> run_publish_release(const PublishReleaseOptions& options, Console& console) {
  VARVE_CLI_TRY(auto name, package_in(options.package));
  RecordWish wish{std::move(name),
                  {},
                  options.init ? RecordWish::Init::if_needed : RecordWish::Init::never,
                  {}};
  if (options.releases.empty() || options.releases.size() % 2 != 0)
    return refuse(ExitCode::usage, "it is not clear what is released",
                  "a version without its file is named",
                  "give VERSION FILE, once or several times");
  for (std::size_t i = 0; i < options.releases.size(); i += 2) {
    const std::string& file = options.releases[i + 1];
    VARVE_CLI_TRY(auto version, version_in(options.releases[i]));
    const auto digests = digest_file(file);
    if (!digests)
      return refuse(ExitCode::usage, "the file to release cannot be read",
                    describe(digests.error()), "check the path and its permissions");
    wish.entries.emplace_back(warg::Release{std::move(version), digests->sha256});
    wish.content.emplace(digests->sha256, file);
  }
  VARVE_CLI_TRY(const auto key, load_signing_key(options.key));
  return run_publish(options, wish, key, console);
}

Outcome<ExitCode> run_publish_grant(const PublishPermissionOptions& options, Console& console) {
  VARVE_CLI_TRY(auto to, public_key_in(options.to));
  VARVE_CLI_TRY(auto permissions, permissions_in(options.permissions));
  return run_entry(options,
                   warg::Grant<warg::PackagePermission>{std::move(to), std::move(permissions)},
                   console);
}

Outcome<ExitCode> run_publish_revoke(const PublishPermissionOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto from, key_id_in(options.to));
  VARVE_CLI_TRY(auto permissions, permissions_in(options.permissions));
  return run_entry(options, warg::Revoke<warg::PackagePermission>{from, std::move(permissions)},
                   console);
}

Outcome<ExitCode> run_publish_yank(const PublishYankOptions& options, Console& console) {
  VARVE_CLI_TRY(auto version, version_in(options.version));
  return run_entry(options, warg::Yank{std::move(version)}, console);
}

}  // namespace varve::cli
