// varve warg info and varve warg download. The thread of main() only.
#include "api/cli/warg.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/cli/connect.h"
#include "api/cli/json_out.h"
#include "api/cli/warg_content.h"
#include "api/cli/warg_wish.h"
#include "api/cli/warg_words.h"

namespace varve::cli {
namespace {

Outcome<WargView> look_at(WargClient& client, const warg::PackageName& name,
                          const std::string& max_age) {
  VARVE_CLI_TRY(const auto age, age_in(max_age));
  VARVE_CLI_TRY(auto view, client.look(name, age));
  if (!view.package) return std::unexpected(no_such_package(view, name));
  return view;
}

std::string time_text(std::uint64_t seconds) {
  constexpr std::uint64_t kLast = 253'402'300'799;  // of the year 9999
  return Timestamp{static_cast<std::int64_t>(std::min(seconds, kLast)) * 1'000'000}.to_string();
}

// ---- info ----

struct Named {
  warg::Version version;
  warg::LogRelease release;
};

// Oldest first, as versions go; those of one precedence by their text.
std::vector<Named> releases_of(const WargLog& log) {
  std::vector<Named> releases;
  for (const auto& [text, release] : log.facts.state().releases) {
    auto version = warg::Version::parse(text);
    VARVE_ASSERT(version.has_value());  // the log's rules parsed it
    releases.push_back({*std::move(version), release});
  }
  std::ranges::sort(releases, [](const Named& a, const Named& b) {
    const auto order = warg::Version::by_precedence(a.version, b.version);
    return order != 0 ? order < 0 : a.version.text() < b.version.text();
  });
  return releases;
}

std::vector<std::string_view> names_of(warg::Permissions permissions) {
  std::vector<std::string_view> names;
  for (const auto permission : warg::kPackagePermissions)
    if (permissions.has(permission)) names.push_back(warg::to_string(permission));
  return names;
}

std::string json_releases(const WargLog& log) {
  JsonArray list;
  for (const Named& each : releases_of(log))
    list.raw(JsonObject()
                 .text("version", each.version.text())
                 .text("content", each.release.content.to_string())
                 .boolean("yanked", each.release.yanked)
                 .str());
  return list.str();
}

std::string json_keys(const WargLog& log) {
  JsonArray list;
  for (const auto& [id, key] : log.facts.state().keys) {
    JsonArray permissions;
    for (const auto name : names_of(key.permissions)) permissions.raw(cli::quoted(name));
    list.raw(JsonObject()
                 .text("key_id", id.to_string())
                 .text("public_key", key.text.text())
                 .raw("permissions", permissions.str())
                 .str());
  }
  return list.str();
}

void print_info_json(const warg::PackageName& name, const WargView& view, Console& console) {
  const WargLog& log = *view.package;
  console.out() << JsonObject()
                       .text("schema", "varve.warg.info/v1")
                       .text("package", name.text())
                       .text("log", warg::package_log_id(name).to_string())
                       .number("records", log.records.size())
                       .raw("head", JsonObject()
                                        .text("record", log.records.back().id.to_string())
                                        .number("registry_index", log.records.back().registry_index)
                                        .str())
                       .raw("releases", json_releases(log))
                       .raw("keys", json_keys(log))
                       .raw("checkpoint", write_checkpoint(view.checkpoint))
                       .text("operator_key", view.operator_key.text())
                       .str()
                << '\n';
}

void print_info(const warg::PackageName& name, const WargView& view, Console& console) {
  const WargLog& log = *view.package;
  std::ostream& out = console.out();
  out << name.text() << '\n';
  for (const Named& each : releases_of(log))
    out << "  release " << each.version.text() << ' ' << each.release.content.to_string()
        << (each.release.yanked ? " yanked" : "") << '\n';
  for (const auto& [id, key] : log.facts.state().keys) {
    out << "  key " << key.text.text() << ' ';
    const auto names = names_of(key.permissions);
    for (std::size_t i = 0; i < names.size(); ++i) out << (i == 0 ? "" : ",") << names[i];
    out << (names.empty() ? "nothing" : "") << '\n';
  }
  out << "  head " << log.records.back().id.to_string() << ", record "
      << log.records.back().registry_index << " of the registry\n";
  console.say(console.mark(Console::Mark::yes) + " " + std::to_string(log.records.size()) +
              " signed records, proven at length " +
              std::to_string(view.checkpoint.contents.log_length) + ", signed " +
              time_text(view.checkpoint.contents.timestamp));
}

// ---- download ----

struct Wanted {
  warg::PackageName name;
  std::optional<warg::Version> version;
};

Outcome<Wanted> wanted_in(const std::string& text) {
  const std::size_t at = text.find('@');
  VARVE_CLI_TRY(auto name, package_in(text.substr(0, at)));
  if (at == std::string::npos) return Wanted{std::move(name), std::nullopt};
  VARVE_CLI_TRY(auto version, version_in(text.substr(at + 1)));
  return Wanted{std::move(name), std::move(version)};
}

// A pre-release is nobody's wish who names no version, unless there is nothing else.
std::optional<Named> newest(const WargLog& log) {
  std::optional<Named> found;
  for (Named& each : releases_of(log)) {
    if (each.release.yanked) continue;
    if (found && each.version.is_pre_release() && !found->version.is_pre_release()) continue;
    found = std::move(each);
  }
  return found;
}

Outcome<Named> choose(const Wanted& wanted, const WargLog& log, bool yanked_too) {
  const char* next = "`varve warg info` lists the releases";
  if (!wanted.version) {
    auto found = newest(log);
    if (found) return *std::move(found);
    return refuse(ExitCode::absent, "there is no release of " + wanted.name.text(),
                  "nothing was released, or everything was yanked", next);
  }
  VARVE_CLI_TRY(const auto release, log.facts.release(*wanted.version));
  if (!release)
    return refuse(ExitCode::absent,
                  "there is no release " + wanted.version->text() + " of " + wanted.name.text(),
                  "the package's log, which is proven, has none", next);
  if (release->yanked && !yanked_too)
    return refuse(ExitCode::policy, "the release " + wanted.version->text() + " was yanked",
                  "whoever may has taken it back",
                  "take another one, or give --yanked if you need this one all the same");
  return Named{*wanted.version, *release};
}

void print_download(const WargDownloadOptions& options, const Wanted& wanted, const Named& chosen,
                    const WargView& view, Console& console) {
  if (console.json())
    console.out() << JsonObject()
                         .text("schema", "varve.warg.download/v1")
                         .text("package", wanted.name.text())
                         .text("version", chosen.version.text())
                         .text("content", chosen.release.content.to_string())
                         .boolean("yanked", chosen.release.yanked)
                         .text("file", options.out)
                         .raw("checkpoint", write_checkpoint(view.checkpoint))
                         .str()
                  << '\n';
  else
    console.out() << chosen.release.content.to_string() << '\n';
  console.say(console.mark(Console::Mark::yes) + " " + wanted.name.text() + " " +
              chosen.version.text() + ", proven at length " +
              std::to_string(view.checkpoint.contents.log_length) + "; written to " +
              clean(options.out));
}

}  // namespace

Outcome<ExitCode> run_warg_info(const WargInfoOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto name, package_in(options.package));
  VARVE_CLI_TRY(auto registry, connect_warg(options.server, console));
  VARVE_CLI_TRY(const auto view, look_at(registry.client, name, options.max_age));
  if (console.json())
    print_info_json(name, view, console);
  else
    print_info(name, view, console);
  return ExitCode::ok;
}

Outcome<ExitCode> run_warg_download(const WargDownloadOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto wanted, wanted_in(options.what));
  VARVE_CLI_TRY(auto registry, connect_warg(options.server, console));
  VARVE_CLI_TRY(const auto view, look_at(registry.client, wanted.name, options.max_age));
  VARVE_CLI_TRY(const auto chosen, choose(wanted, *view.package, options.yanked));
  VARVE_CLI_CHECK(ContentMover(registry.client).download(chosen.release.content, options.out));
  print_download(options, wanted, chosen, view, console);
  return ExitCode::ok;
}

}  // namespace varve::cli
