// varve verify. Reads files, checks, prints; opens no socket.
#include "api/cli/verify.h"

#include <algorithm>
#include <vector>

#include "api/cli/files.h"
#include "api/cli/json_out.h"
#include "api/cli/keys.h"
#include "api/cli/policy.h"
#include "api/cli/reference.h"

namespace varve::cli {
namespace {

constexpr std::size_t kPolicyBytesMax = 1 << 20;
constexpr std::string_view kQuorumCheck = "witness quorum";

Outcome<std::string> read_for(const std::string& what, const std::string& path,
                              std::size_t bytes_max) {
  auto bytes = read_file(path, bytes_max);
  if (bytes) return *std::move(bytes);
  return refuse(ExitCode::usage, what + " cannot be read", describe(bytes.error()),
                "check the path and its permissions");
}

Outcome<ProofBundle> read_proof(const std::string& path) {
  // One byte more than any proof has, so that a longer file is judged and not just unreadable.
  VARVE_CLI_TRY(const std::string bytes, read_for("the proof", path, 16 * kProofFileBytesMax));
  auto bundle = parse_bundle(bytes);
  if (!bundle)
    return refuse(ExitCode::proven_false, "this is not a proof", describe(bundle.error()),
                  "get it again with `varve prove`");
  return *std::move(bundle);
}

struct Trust {
  TrustedKeys keys;
  bool needs_witnesses = false;
  std::string quorum;
};

std::string claimed_origin(const ProofBundle& bundle) {
  return bundle.checkpoint.substr(0, bundle.checkpoint.find('\n'));
}

constexpr const char* kEventKeysNext =
    "give the registry's /log/vkey with --key, or its event keys alone: all lines but the first";

// The policy says which log key counts; event keys are not a policy's business and come from --key.
Outcome<TrustedKeys> with_event_keys(const VerifierKey& log, const std::string& given) {
  VARVE_CLI_TRY(const std::string text, key_text(given));
  auto keys = parse_key_lines(text);
  if (keys) {
    std::erase(*keys, log);
    const auto stranger = std::ranges::find(*keys, log.name(), &VerifierKey::name);
    if (stranger != keys->end())
      return refuse(ExitCode::usage, "--key names a key that the policy contradicts",
                    stranger->to_string(),
                    "give the event keys with --key, and the log key in the policy");
    keys->insert(keys->begin(), log);
  }
  auto trusted = keys ? trusted_keys(*std::move(keys)) : std::unexpected(keys.error());
  if (trusted) return *std::move(trusted);
  return refuse(ExitCode::usage, "the event keys of " + log.name() + " cannot be used",
                describe(trusted.error()), kEventKeysNext);
}

Outcome<Trust> trust_from_policy(const VerifyOptions& options, const ProofBundle& bundle) {
  VARVE_CLI_TRY(const std::string text, read_for("the policy", *options.policy, kPolicyBytesMax));
  auto policy = parse_policy(text);
  if (!policy)
    return refuse(ExitCode::usage, "the policy cannot be used", describe(policy.error()),
                  "correct that line; the format is C2SP tlog-policy");
  const std::string origin = claimed_origin(bundle);
  const auto log = std::ranges::find(policy->logs, origin, &VerifierKey::name);
  if (log == policy->logs.end())
    return refuse(ExitCode::policy, "the policy does not name the log of this proof", origin,
                  "add a line `log <vkey>` for it, if you trust it");
  if (!options.key)
    return refuse(ExitCode::usage, "the event key is missing",
                  "a policy names log keys only; the registry's event keys are needed too",
                  kEventKeysNext);
  VARVE_CLI_TRY(auto keys, with_event_keys(*log, *options.key));
  return Trust{std::move(keys), policy->needs_witnesses(), policy->quorum};
}

Outcome<Trust> find_trust(const VerifyOptions& options, const ProofBundle& bundle) {
  if (options.policy) return trust_from_policy(options, bundle);
  if (!options.key)
    return refuse(ExitCode::usage, "there is no key to verify with",
                  "a proof says nothing without keys you trust",
                  "give --key FILE with all lines of the registry's /log/vkey, or --policy FILE");
  VARVE_CLI_TRY(auto keys, load_keys(*options.key));
  return Trust{std::move(keys), false, "none"};
}

// The entry decides which algorithm it names the file by. It is not proven yet: choosing by it can
// only pick the digest that verify_bundle() then demands.
Outcome<std::optional<Digest>> digest_for(const VerifyOptions& options, const ProofBundle& bundle) {
  if (!options.file) return std::nullopt;
  auto digests = digest_file(*options.file);
  if (!digests)
    return refuse(ExitCode::usage, "the file cannot be read", describe(digests.error()),
                  "check the path and its permissions");
  const auto note = parse_note(bundle.entry);
  if (!note) return digests->sha256;
  const auto entry = decode_entry_text(note->text);
  if (!entry) return digests->sha256;
  auto named = subject_digest(entry->event);
  if (!named) named = removed_digest(entry->event);
  return named && named->algorithm() == DigestAlgorithm::sha512 ? digests->sha512 : digests->sha256;
}

Outcome<std::optional<warg::KeyId>> required_author(const VerifyOptions& options) {
  if (!options.required_author) return std::nullopt;
  if (const auto key = warg::PublicKeyText::parse(*options.required_author))
    return warg::key_id(*key);
  if (const auto id = warg::KeyId::parse(*options.required_author)) return *id;
  return refuse(ExitCode::usage, "--require-author names no key", *options.required_author,
                "give a key's id, sha256: and 64 hex digits, or the public key, ed25519:…");
}

void judge_quorum(const Trust& trust, Verdict& verdict) {
  if (!trust.needs_witnesses) return;
  verdict.checks.push_back({.name = std::string(kQuorumCheck),
                            .outcome = Check::Outcome::failed,
                            .detail = "the policy wants " + trust.quorum +
                                      "; this version verifies no witness cosignatures"});
}

// What is false outweighs what cannot be told, and a policy is about entries that are proven.
ExitCode code_for(const Verdict& verdict) {
  bool policy = false;
  bool unknown = false;
  for (const Check& check : verdict.checks) {
    unknown = unknown || check.outcome == Check::Outcome::unknown;
    if (check.outcome != Check::Outcome::failed) continue;
    if (check.name != kRequiredPublisherCheck && check.name != kQuorumCheck)
      return ExitCode::proven_false;
    policy = true;
  }
  if (unknown) return ExitCode::cannot_tell;
  if (!verdict.entry) return ExitCode::proven_false;
  if (policy) return ExitCode::policy;
  return verdict.proven() ? ExitCode::ok : ExitCode::proven_false;
}

std::string_view outcome_word(Check::Outcome outcome) {
  switch (outcome) {
    case Check::Outcome::passed:
      return "passed";
    case Check::Outcome::failed:
      return "failed";
    case Check::Outcome::unknown:
      return "unknown";
    case Check::Outcome::absent:
      break;
  }
  return "absent";
}

void print_json(const VerifyResult& result, Console& console) {
  JsonArray checks;
  for (const Check& check : result.verdict.checks)
    checks.raw(JsonObject()
                   .text("name", check.name)
                   .text("outcome", outcome_word(check.outcome))
                   .text("detail", check.detail)
                   .str());
  JsonObject report;
  report.text("schema", "varve.verify/v1")
      .boolean("verified", result.code == ExitCode::ok)
      .number("exit", static_cast<std::uint64_t>(result.code))
      .raw("checks", checks.str());
  if (!result.entry_text.empty()) report.raw("entry", result.entry_text);
  console.out() << report.str() << '\n';
}

void print_text(const VerifyResult& result, Console& console) {
  print_checks(result.verdict, console, console.out());
  if (result.code != ExitCode::ok) return;
  const Entry& entry = *result.verdict.entry;
  console.out() << "verified: " << type_of(entry.event) << " " << clean(summary(entry.event))
                << "\n  by " << clean(entry.envelope.actor.id) << " at "
                << entry.envelope.at.to_string() << ", entry " << entry.envelope.index.value
                << '\n';
}

std::string checks_that(Check::Outcome outcome, const Verdict& verdict) {
  std::string names;
  for (const Check& check : verdict.checks)
    if (check.outcome == outcome)
      names += (names.empty() ? "" : "; ") + check.name + ": " + check.detail;
  return names;
}

// What an unknown check asks for: more keys, or a varve that knows more.
std::string next_step(const Verdict& verdict) {
  const bool key = std::ranges::any_of(verdict.checks, [](const Check& check) {
    return check.outcome == Check::Outcome::unknown && check.name == kEventSignatureCheck;
  });
  return key ? "get every event key of the registry over a channel you trust: all lines of its "
               "/log/vkey, "
               "or of `varve key show`"
             : "verify it with a newer version of varve";
}

}  // namespace

void print_checks(const Verdict& verdict, Console& console, std::ostream& out) {
  for (const Check& check : verdict.checks) {
    const auto mark = check.outcome == Check::Outcome::passed    ? Console::Mark::yes
                      : check.outcome == Check::Outcome::failed  ? Console::Mark::no
                      : check.outcome == Check::Outcome::unknown ? Console::Mark::unknown
                                                                 : Console::Mark::none;
    out << console.mark(mark) << ' ' << check.name << ": " << clean(check.detail) << '\n';
  }
}

Outcome<VerifyResult> verify_files(const VerifyOptions& options) {
  VARVE_CLI_TRY(const auto bundle, read_proof(options.proof));
  VARVE_CLI_TRY(const auto trust, find_trust(options, bundle));
  VARVE_CLI_TRY(const auto digest, digest_for(options, bundle));
  VARVE_CLI_TRY(const auto author, required_author(options));
  VerifyResult result{verify_bundle(bundle, trust.keys, digest, author), ExitCode::internal, {}};
  judge_quorum(trust, result.verdict);
  result.code = code_for(result.verdict);
  if (result.code != ExitCode::ok) return result;
  result.entry_text = parse_note(bundle.entry)->text;
  while (result.entry_text.ends_with('\n')) result.entry_text.pop_back();
  return result;
}

Outcome<ExitCode> run_verify(const VerifyOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto result, verify_files(options));
  if (console.json())
    print_json(result, console);
  else
    print_text(result, console);
  if (result.code == ExitCode::ok) return ExitCode::ok;
  if (result.code == ExitCode::cannot_tell)
    return refuse(result.code, "this proof can be neither believed nor refused here",
                  checks_that(Check::Outcome::unknown, result.verdict), next_step(result.verdict));
  return refuse(result.code,
                result.code == ExitCode::policy ? "the entry is proven, but the policy is not met"
                                                : "verification failed",
                checks_that(Check::Outcome::failed, result.verdict), usual_next_step(result.code));
}

}  // namespace varve::cli
