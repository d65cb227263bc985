// varve prove: a proof file for one entry, verified before anybody gets to see it.
#include <algorithm>

#include "api/cli/connect.h"
#include "api/cli/entries.h"
#include "api/cli/files.h"
#include "api/cli/json_out.h"
#include "api/cli/reference.h"
#include "api/cli/verify.h"
#include "core/base/bytes.h"
#include "log/proof/bundle.h"

namespace varve::cli {
namespace {

constexpr int kWaitsMax = 3;  // of 10 s each, for servers that publish rarely

// What is to be proven: an index, and what its entry must then be about.
struct Target {
  EntryIndex index;
  std::optional<Ref> ref;
  std::optional<Digest> digest;  // what the tag points to, says the server
};

bool is_number(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Outcome<Target> ask_registry(const Ref& ref, Server& server) {
  const std::string target = "/v2/" + ref.repo.text() + "/manifests/" + ref.manifest_reference();
  VARVE_CLI_TRY(const auto answer, server.ask({.target = target, .bytes_max = 0, .head = true}));
  if (answer.status != 200) {
    const Error error = refusal(server, target, answer);
    const ExitCode code = exit_code_of(error);
    return refuse(code,
                  code == ExitCode::absent ? "there is no " + ref.to_string() + " in this registry"
                                           : ref.to_string() + " cannot be looked up",
                  describe(error), usual_next_step(code));
  }
  const auto index = parse_decimal(answer.header("Varve-Index"));
  if (!index)
    return refuse(ExitCode::cannot_tell,
                  "the server does not say which event set " + ref.to_string(),
                  "its answer has no Varve-Index", "check that --server names a varve server");
  auto digest = Digest::parse(answer.header("Docker-Content-Digest"));
  if (!digest)
    return refuse(ExitCode::cannot_tell, "the server does not say what " + ref.to_string() + " is",
                  describe(digest.error()), "check that --server names a varve server");
  return Target{{*index}, ref, *digest};
}

Outcome<Target> resolve(const std::string& what, Server& server) {
  if (!what.empty() && is_number(what)) {
    const auto index = parse_decimal(what);
    if (!index)
      return refuse(ExitCode::usage, "this is no index", what,
                    "give a number without leading zeros");
    return Target{{*index}, std::nullopt, std::nullopt};
  }
  VARVE_CLI_TRY(const auto ref, doing("the reference cannot be used", parse_ref(what),
                                      "give an index, repository:tag or repository@sha256:…"));
  if (ref.manifest_reference().empty())
    return refuse(
        ExitCode::usage, "a repository is not one event", ref.repo.text(),
        "add a tag or a digest, or take an index from `varve log " + ref.repo.text() + "`");
  return ask_registry(ref, server);
}

// "No such entry" about one below the signed size, or one the server named itself, is a
// contradiction of its own words: nothing is proven absent by it.
bool must_exist(const Target& target, const Session& session) {
  return target.ref.has_value() || target.index.value < session.size().value;
}

Outcome<std::string> fetch_proof(const Target& wanted, Session& session, Console& console) {
  const EntryIndex index = wanted.index;
  Server& server = session.server();
  const std::string target = "/log/proof/" + std::to_string(index.value) + "?wait=10";
  for (int wait = 0;; ++wait) {
    VARVE_CLI_TRY(
        auto answer,
        server.ask(
            {.target = target, .bytes_max = kProofFileBytesMax, .head = false, .patient = false}));
    if (answer.status == 200) return std::move(answer.body);
    if (answer.status == 503 && wait + 1 < kWaitsMax) {
      console.say("entry " + std::to_string(index.value) +
                  " is committed but not yet published; waiting for its checkpoint");
      continue;
    }
    Error error = refusal(server, target, answer);
    const bool absent = error.code == Errc::not_found || error.code == Errc::gone;
    if (absent && must_exist(wanted, session)) error.code = Errc::unavailable;
    return doing(absent && error.code != Errc::unavailable
                     ? "there is no entry " + std::to_string(index.value) + " in this log"
                     : "the proof cannot be had",
                 Result<std::string>(std::unexpected(error)));
  }
}

// The keys of the entry's time: after a rotation the trusted event key is not the one that signed.
Outcome<TrustedKeys> keys_for(const ProofBundle& bundle, Session& session) {
  TrustedKeys keys = session.log().keys;
  const auto note = parse_note(bundle.entry);
  const bool current = !note || std::ranges::any_of(note->signatures, [&](const NoteSignature& s) {
    return s.name == keys.event.name() && s.id == keys.event.id();
  });
  if (current || bundle.index.value >= session.size().value) return keys;
  keys.earlier.clear();
  VARVE_CLI_TRY(keys.event, doing("the event key of that time cannot be learnt",
                                  EntryReader(session).event_key_at(bundle.index)));
  return keys;
}

Outcome<void> must_be_about(const Entry& entry, const Target& target) {
  if (!target.ref) return {};
  if (concerns(entry.event, *target.ref) && subject_digest(entry.event) == target.digest) return {};
  return refuse(ExitCode::proven_false,
                "the server names an event that is not about " + target.ref->to_string(),
                "entry " + std::to_string(target.index.value) + " is " +
                    std::string(type_of(entry.event)) + " " + summary(entry.event),
                usual_next_step(ExitCode::proven_false));
}

struct Proof {
  std::string file;
  Verdict verdict;
  TreeSize size;
};

// The key of the entry's time is known here: a signature of any other is false, where a key file
// alone could not tell.
bool cannot_tell(const Verdict& verdict) {
  return !verdict.disproven() && std::ranges::none_of(verdict.checks, [](const Check& check) {
    return check.outcome == Check::Outcome::unknown && check.name == kEventSignatureCheck;
  });
}

Outcome<Proof> verified_proof(const Target& target, Session& session, Console& console) {
  VARVE_CLI_TRY(auto file, fetch_proof(target, session, console));
  VARVE_CLI_TRY(const auto bundle, doing("the server's proof is none", parse_bundle(file)));
  if (bundle.index != target.index)
    return refuse(ExitCode::proven_false, "the server's proof is for another entry",
                  std::to_string(bundle.index.value), usual_next_step(ExitCode::proven_false));
  // Its checkpoint must be one of the history this client knows, or everything else proves little.
  VARVE_CLI_CHECK(session.accept(bundle.checkpoint));
  VARVE_CLI_TRY(const auto keys, keys_for(bundle, session));
  Verdict verdict = verify_bundle(bundle, keys, std::nullopt, std::nullopt);
  if (!verdict.proven() || !verdict.entry) {
    print_checks(verdict, console, console.err());
    if (cannot_tell(verdict))
      return refuse(ExitCode::cannot_tell, "whether the server's proof holds cannot be told",
                    "a check above could not be made", "ask with a newer version of varve");
    return refuse(ExitCode::proven_false, "the server's proof does not hold",
                  "a check above failed", usual_next_step(ExitCode::proven_false));
  }
  VARVE_CLI_CHECK(must_be_about(*verdict.entry, target));
  VARVE_CLI_TRY(const auto note, parse_note(bundle.checkpoint));
  VARVE_CLI_TRY(const auto checkpoint, parse_checkpoint(note.text));
  return Proof{std::move(file), std::move(verdict), checkpoint.size};
}

void print_report(const ProveOptions& options, const Target& target, const Proof& proof,
                  Console& console) {
  const Entry& entry = *proof.verdict.entry;
  if (console.json()) {
    JsonObject report;
    report.text("schema", "varve.prove/v1")
        .number("index", target.index.value)
        .number("size", proof.size.value)
        .text("type", type_of(entry.event))
        .raw("data", data_json(entry.event));
    if (options.out)
      report.text("file", *options.out);
    else
      report.text("proof", proof.file);
    console.out() << report.str() << '\n';
  } else if (!options.out) {
    console.out() << proof.file;
  }
  print_checks(proof.verdict, console, console.err());
  console.say("entry " + std::to_string(target.index.value) + ": " +
              std::string(type_of(entry.event)) + " " + clean(summary(entry.event)));
  if (options.out) console.say("written to " + clean(*options.out));
}

}  // namespace

Outcome<ExitCode> run_prove(const ProveOptions& options, Console& console) {
  VARVE_CLI_TRY(auto connection, connect(options.server, console));
  VARVE_CLI_TRY(const auto target, resolve(options.what, *connection.server));
  VARVE_CLI_TRY(const auto proof, verified_proof(target, connection.session, console));
  if (options.out)
    VARVE_CLI_CHECK(doing("the proof cannot be written", write_file(*options.out, proof.file, 0644),
                          "give --out a place that can be written"));
  print_report(options, target, proof, console);
  return ExitCode::ok;
}

}  // namespace varve::cli
