// Looking at a Warg registry: fetch, verify, compare, remember, in this order. The thread of main()
// only.
#include "api/cli/warg_client.h"

#include <algorithm>
#include <span>
#include <thread>

#include "api/cli/client.h"
#include "api/cli/machine.h"
#include "api/cli/warg_history.h"
#include "api/cli/warg_logs.h"
#include "core/base/limits.h"

namespace varve::cli {
namespace {

constexpr int kSavesMax = 8;
constexpr std::size_t kCheckpointBytesMax = 64 << 10;
constexpr std::size_t kProofAnswerBytesMax = 1 << 20;
constexpr std::int64_t kMicrosInSecond = 1'000'000;

std::unexpected<Failure> distrust(const Server& server, std::string why) {
  return refuse(ExitCode::proven_false,
                "the checkpoint of " + server.url() + " is not one that its operator signed",
                std::move(why), "do not use this registry, and tell its operator");
}

// With a key that the operator's log lets sign checkpoints, at its newest record: a key that was
// replaced because somebody stole it counts no more.
Outcome<void> check_signature(const Server& server, const WargView& view) {
  const auto& named = view.checkpoint.key;
  VARVE_CLI_TRY(const auto key, view.of_operator.facts.key(named));
  if (!key)
    return distrust(server, "its key " + named.to_string() + " is not in the operator's log");
  if (!key->permissions.has(warg::OperatorPermission::commit))
    return distrust(server,
                    "its key " + named.to_string() + " may not sign checkpoints, or not any more");
  VARVE_CLI_TRY(const auto sound, warg::PublicKey::parse(key->text.text()));
  const auto verified = warg::verify_checkpoint(view.checkpoint, sound);
  if (!verified) return distrust(server, describe(verified.error()));
  return {};
}

std::string shown_age(std::int64_t seconds) {
  if (seconds < 7'200) return std::to_string(seconds) + " s";
  return std::to_string(seconds / 3'600) + " h";
}

// A registry that hides what came later shows an old checkpoint, signed as it should be.
Outcome<void> check_age(const WargView& view, Timestamp now,
                        std::optional<std::chrono::seconds> max_age) {
  if (!max_age) return {};
  const auto signed_at = static_cast<std::int64_t>(
      std::min<std::uint64_t>(view.checkpoint.contents.timestamp, INT64_MAX / kMicrosInSecond));
  const std::int64_t age = now.micros / kMicrosInSecond - signed_at;
  constexpr std::chrono::seconds kAhead = limits::kWargClockAheadMax;
  if (age < -kAhead.count())
    return refuse(ExitCode::cannot_tell, "the registry's checkpoint is from the future",
                  "it was signed " + shown_age(-age) + " ahead of this machine's clock",
                  "set the clock that is wrong, this machine's or the registry's");
  if (age <= max_age->count()) return {};
  return refuse(ExitCode::cannot_tell, "the registry's checkpoint is too old",
                "it was signed " + shown_age(age) + " ago, and " + shown_age(max_age->count()) +
                    " is the limit: what came later would not show",
                "ask again later, or allow a higher --max-age if the registry is known to rest");
}

WargMemory newer_memory(const std::optional<WargMemory>& before, const WargView& view,
                        const warg::PackageName& name) {
  // One that was only signed again says nothing new.
  const bool longer =
      !before || before->checkpoint.contents.log_length != view.checkpoint.contents.log_length;
  WargMemory memory{longer ? view.checkpoint : before->checkpoint,
                    view.operator_key,
                    view.of_operator.mark(),
                    {}};
  if (before) memory.packages = before->packages;
  if (view.package) memory.packages.insert_or_assign(name.text(), view.package->mark());
  return memory;
}

}  // namespace

Surroundings real_surroundings(std::optional<std::string> ca) {
  return {machine_now, [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); },
          [ca](const std::string& url) -> Outcome<std::unique_ptr<Server>> {
            return doing("the address that the registry names cannot be used",
                         HttpClient::make(url, {.ca = ca}));
          }};
}

Error warg_refusal(const Server& server, std::string_view target, const Answer& answer) {
  Error error = refusal(server, target, answer);
  const Refused refused = read_refusal(answer.body);
  if (!refused.message.empty()) {
    error.what = server.url() + " answers " + std::to_string(answer.status);
    error.detail = refused.message;
  }
  return error;
}

Outcome<void> must_be_an_answer(const Server& server, std::string_view target, const Answer& answer,
                                const std::string& what) {
  if (answer.status == 200) return {};
  Error error = warg_refusal(server, target, answer);
  if (error.code != Errc::unauthorized && error.code != Errc::denied)
    error.code = Errc::unavailable;
  return doing(what, Result<void>(std::unexpected(std::move(error))));
}

Outcome<std::string> WargClient::ask(std::string target, std::optional<std::string> body,
                                     std::size_t bytes_max, std::string what) const {
  Ask question{.target = target, .bytes_max = bytes_max};
  if (body) {
    question.method = "POST";
    question.body = *std::move(body);
    question.question = true;
  }
  VARVE_CLI_TRY(auto answer, doing(what, server_->ask(question)));
  VARVE_CLI_CHECK(must_be_an_answer(*server_, target, answer, what));
  return std::move(answer.body);
}

// ---- looking ----

Outcome<WargView> WargClient::look(const warg::PackageName& name,
                                   std::optional<std::chrono::seconds> max_age) {
  for (int attempt = 0; attempt < kSavesMax; ++attempt) {
    // Read before anything is fetched: what another command verifies meanwhile may be newer than
    // what this one is shown, and would look like a rollback.
    VARVE_CLI_TRY(const auto memory, store_.load(server_->url()));
    VARVE_CLI_TRY(auto view, look_once(name, max_age, memory));
    VARVE_CLI_TRY(const auto saved,
                  store_.save(server_->url(), newer_memory(memory, view, name), memory));
    if (saved == WargStore::Saved::changed) continue;
    if (!memory) {
      console_->say("first use of the Warg registry at " + server_->url() +
                    ": trusting the operator's key it shows from now on");
      console_->say("  " + clean(view.operator_key.text()));
    }
    return view;
  }
  return refuse(
      ExitCode::conflict, "what is remembered about this registry keeps changing",
      "other commands replaced it " + std::to_string(kSavesMax) + " times while this one ran",
      "try again when they are done");
}

Outcome<WargView> WargClient::look_once(const warg::PackageName& name,
                                        std::optional<std::chrono::seconds> max_age,
                                        const std::optional<WargMemory>& memory) const {
  const warg::LogId log = warg::package_log_id(name);
  VARVE_CLI_TRY(const auto checkpoint, fetch_checkpoint());
  VARVE_CLI_TRY(const auto fetched, fetch_logs(*this, checkpoint.contents.log_length, log));
  if (fetched.of_operator.empty() || (fetched.of_package && fetched.of_package->empty()))
    return refuse(ExitCode::cannot_tell, server_->url() + " shows a log without records",
                  "it neither shows what it has nor says that there is nothing",
                  usual_next_step(ExitCode::cannot_tell));
  VARVE_CLI_TRY(auto of_operator, check_operator_log(fetched.of_operator));
  VARVE_CLI_TRY(auto operator_key, first_key(fetched.of_operator));
  WargView view{checkpoint, std::move(operator_key), std::move(of_operator), {}, {}};
  VARVE_CLI_CHECK(check_signature(*server_, view));
  if (fetched.of_package) {
    VARVE_CLI_TRY(view.package, check_package_log(*fetched.of_package, name));
  }
  VARVE_CLI_CHECK(prove_heads(view, name));
  if (!view.package) {
    VARVE_CLI_TRY(view.absence_unproven, why_absence_is_unproven(view, log));
  }
  if (memory) VARVE_CLI_CHECK(must_continue(*this, store_, *memory, view, name));
  // Last: an old checkpoint that is shown after a newer one is more than old.
  VARVE_CLI_CHECK(check_age(view, around_.now(), max_age));
  return view;
}

Outcome<warg::SignedCheckpoint> WargClient::fetch_checkpoint() const {
  const std::string what = "the checkpoint of " + server_->url() + " cannot be fetched";
  VARVE_CLI_TRY(const auto body,
                ask("/v1/fetch/checkpoint", std::nullopt, kCheckpointBytesMax, what));
  return doing(what, read_checkpoint(body),
               "check that a Warg registry runs there and that --server names it");
}

Outcome<void> WargClient::prove_heads(const WargView& view, const warg::PackageName& name) const {
  std::vector<std::uint64_t> indexes;
  std::vector<warg::LogLeaf> leaves;
  std::vector<warg::MapEntry> entries;
  const auto add = [&](const warg::LogId& log, const RecordSeen& head) {
    indexes.push_back(head.registry_index);
    leaves.push_back({head.registry_index, warg::log_leaf_hash(log, head.id)});
    entries.push_back({warg::map_key(log), warg::map_leaf_hash(head.id)});
  };
  add(warg::operator_log_id(), view.of_operator.records.back());
  if (view.package) add(warg::package_log_id(name), view.package->records.back());
  const warg::Checkpoint& at = view.checkpoint.contents;
  const std::string what = "that the registry's checkpoint holds these logs is not proven";
  VARVE_CLI_TRY(const auto body,
                ask("/v1/proof/inclusion", write_inclusion_question(at.log_length, indexes),
                    kProofAnswerBytesMax, what));
  VARVE_CLI_TRY(const auto proof, doing(what, read_inclusion(body)));
  VARVE_CLI_CHECK(
      doing(what, warg::verify_inclusion(proof.log, at.log_length, leaves, at.log_root)));
  return doing(what, warg::verify_inclusion(proof.map, entries, at.map_root));
}

Outcome<std::optional<std::string>> WargClient::why_absence_is_unproven(
    const WargView& view, const warg::LogId& log) const {
  const warg::Checkpoint& at = view.checkpoint.contents;
  const auto body = ask("/v1/proof/absence", write_absence_question(at.log_length, log),
                        kProofAnswerBytesMax, "absence is not proven");
  if (!body) {
    if (body.error().code == ExitCode::authentication) return std::unexpected(body.error());
    return body.error().why;
  }
  const auto bundle = read_absence(*body);
  if (!bundle) return describe(bundle.error());
  const Hash256 key = warg::map_key(log);
  const auto verified = warg::verify_absence(*bundle, std::span(&key, 1), at.map_root);
  if (!verified) return describe(verified.error());
  return std::nullopt;
}

Outcome<void> WargClient::prove_record(const WargView& view, const warg::PackageName& name,
                                       const RecordSeen& record) const {
  if (record.id == view.package->records.back().id) return {};  // proven with the view
  const warg::Checkpoint& at = view.checkpoint.contents;
  const std::string what = "that the record is in the registry's log is not proven";
  const std::vector<std::uint64_t> indexes = {record.registry_index};
  const std::vector<warg::LogLeaf> leaves = {
      {record.registry_index, warg::log_leaf_hash(warg::package_log_id(name), record.id)}};
  VARVE_CLI_TRY(const auto body,
                ask("/v1/proof/record", write_inclusion_question(at.log_length, indexes),
                    kProofAnswerBytesMax, what));
  VARVE_CLI_TRY(const auto bundle, doing(what, read_record_inclusion(body)));
  return doing(what, warg::verify_inclusion(bundle, at.log_length, leaves, at.log_root));
}

}  // namespace varve::cli
