// Checkpoints: fetched, verified, compared. The thread of main() only.
#include "api/cli/session.h"

namespace varve::cli {
namespace {

constexpr int kSavesMax = 8;

std::string size_text(const Checkpoint& checkpoint) {
  return "size " + std::to_string(checkpoint.size.value);
}

Outcome<std::string> fetch_checkpoint(Server& server) {
  return doing("the checkpoint of " + server.url() + " cannot be fetched",
               fetch(server, "/log/checkpoint", kNoteBytesMax),
               "check that a varve server runs there (`varve serve`) and that --server names it");
}

// For a registry that was made anew on purpose, as dev registries are. The address is the person's
// own words and safe to paste; an origin is not.
std::string ways_out(const Server& server, const TrustStore& store, std::string_view origin,
                     bool bound) {
  const std::string forget = bound ? "run `varve key forget --server " + server.url() + "`"
                                   : "remove " + store.file(origin).string();
  return "if this registry was made anew on purpose (a dev registry in a new directory is): " +
         forget + ", or give its keys with --key. Otherwise it was replaced: do not use it";
}

Outcome<Checkpoint> verified(std::string_view note, const VerifierKey& key, const Server& server,
                             std::string next =
                                 "do not use this registry; check that --server and --key "
                                 "belong together") {
  auto checkpoint = open_checkpoint(note, key);
  if (checkpoint) return *std::move(checkpoint);
  return refuse(ExitCode::proven_false,
                "the checkpoint of " + server.url() + " is not signed by the key trusted for it",
                describe(checkpoint.error()), std::move(next));
}

// A new name would be a first use like any other, and every later check would begin from nothing.
std::unexpected<Failure> renamed(const Server& server, const TrustStore& store,
                                 const std::string& known, const std::string& origin,
                                 std::string_view note) {
  std::string why = server.url() + " was " + known + " and now says it is " + origin;
  const auto remembered = store.load(known);
  if (remembered && *remembered) {
    why += "; " + size_text((*remembered)->checkpoint) + " had been verified here";
    if (const auto evidence = store.save_evidence(known, (*remembered)->note, note))
      why += ", and both checkpoints are kept in " + evidence->remembered.string() + " and " +
             evidence->served.string();
  }
  why += "; remembered in " + store.url_file(server.url()).string();
  return refuse(ExitCode::equivocation, "there is another registry at this address than before",
                std::move(why), ways_out(server, store, known, true));
}

// Only a claim until its signature is checked: it says whose keys to look for.
Outcome<std::string> claimed_origin(std::string_view note, const Server& server) {
  const auto checkpoint = [&]() -> Result<Checkpoint> {
    VARVE_TRY(const Note parsed, parse_note(note));
    return parse_checkpoint(parsed.text);
  }();
  if (!checkpoint)
    return refuse(ExitCode::proven_false, server.url() + " serves something that is no checkpoint",
                  describe(checkpoint.error()), "check that --server names a varve server");
  return checkpoint->origin;
}

Outcome<TrustedKeys> fetch_keys(Server& server) {
  VARVE_CLI_TRY(const auto text, doing("the keys of " + server.url() + " cannot be fetched",
                                       fetch(server, "/log/vkey", kKeyFileBytesMax)));
  auto keys = parse_trusted_keys(text);
  if (!keys)
    return refuse(ExitCode::proven_false,
                  "the keys that " + server.url() + " serves cannot be used",
                  describe(keys.error()), "get the keys over a channel you trust and give --key");
  return *std::move(keys);
}

}  // namespace

Outcome<Session> Session::first_use(Server& server, TrustStore store,
                                    const std::optional<TrustedKeys>& keys, std::string note,
                                    Console& console) {
  std::optional<TrustedKeys> trusted = keys;
  if (!trusted) {
    VARVE_CLI_TRY(trusted, fetch_keys(server));
    console.say("first use of " + clean(trusted->log.name()) + " at " + server.url() +
                ": trusting the keys it serves from now on");
    console.say("  " + clean(trusted->log.to_string()));
    console.say("  " + clean(trusted->event.to_string()));
  }
  VARVE_CLI_TRY(auto checkpoint, verified(note, trusted->log, server));
  Session session(server, std::move(store),
                  TrustedLog{*std::move(trusted), std::move(checkpoint), std::move(note)}, "",
                  true);
  VARVE_CLI_CHECK(session.remember_address(keys.has_value()));
  VARVE_CLI_CHECK(session.save());
  return session;
}

Outcome<Session> Session::open(Server& server, TrustStore store,
                               const std::optional<TrustedKeys>& keys, Console& console) {
  VARVE_CLI_TRY(std::string note, fetch_checkpoint(server));
  VARVE_CLI_TRY(const auto known, store.origin_at(server.url()));
  std::string origin;
  if (keys) {
    origin = keys->log.name();
  } else {
    VARVE_CLI_TRY(origin, claimed_origin(note, server));
    if (known && *known != origin) return renamed(server, store, *known, origin, note);
  }
  VARVE_CLI_TRY(auto remembered, store.load(origin));
  if (!remembered) return first_use(server, std::move(store), keys, std::move(note), console);
  if (keys && keys->log != remembered->keys.log) {
    console.warn("--key names another log key than the one remembered for " + clean(origin) +
                 "; it is used for this command and what is remembered stays as it is");
    VARVE_CLI_TRY(auto checkpoint, verified(note, keys->log, server));
    return Session(server, std::move(store), TrustedLog{*keys, std::move(checkpoint), note}, "",
                   false);
  }
  if (keys) remembered->keys = *keys;
  VARVE_CLI_TRY(const auto first, verified(note, remembered->keys.log, server,
                                           ways_out(server, store, origin, known == origin)));
  std::string base_note = remembered->note;
  Session session(server, std::move(store), *std::move(remembered), std::move(base_note), true);
  if (known != origin) VARVE_CLI_CHECK(session.remember_address(keys.has_value()));
  // Another command may have remembered a newer checkpoint after ours was fetched: then only one
  // fetched now can be a rollback.
  if (first.size < session.size()) {
    VARVE_CLI_CHECK(session.refresh());
  } else {
    VARVE_CLI_CHECK(session.advance(first, note));
  }
  return session;
}

Outcome<void> Session::refresh() {
  VARVE_CLI_TRY(const std::string note, fetch_checkpoint(*server_));
  VARVE_CLI_TRY(const auto checkpoint, verified(note, log_.keys.log, *server_));
  return advance(checkpoint, note);
}

Outcome<void> Session::advance(const Checkpoint& checkpoint, std::string_view note) {
  if (checkpoint.size < size())
    return equivocation(store_, seen(), {checkpoint, note},
                        "the registry went back to an earlier state: rollback",
                        "it serves " + size_text(checkpoint) + " after " +
                            size_text(log_.checkpoint) + " had been verified here");
  VARVE_CLI_CHECK(must_be_one_history(*server_, store_, seen(), {checkpoint, note}));
  if (checkpoint.size == size()) return {};
  log_.checkpoint = checkpoint;
  log_.note = note;
  return save();
}

Outcome<void> Session::accept(std::string_view note) {
  VARVE_CLI_TRY(const auto checkpoint, verified(note, log_.keys.log, *server_));
  if (checkpoint.size >= size()) return advance(checkpoint, note);
  return must_be_one_history(*server_, store_, seen(), {checkpoint, note});
}

Outcome<void> Session::remember_event_keys(std::span<const VerifierKey> chain) {
  TrustedKeys keys = log_.keys;
  for (const VerifierKey& key : chain) keys.rotate_to(key);
  const std::string file = format_trusted_keys(keys);
  if (file == format_trusted_keys(log_.keys)) return {};
  // A log that rotates without end must not make a state that cannot be read back.
  if (file.size() > kKeyFileBytesMax) keys.earlier.clear();
  log_.keys = std::move(keys);
  return save();
}

Outcome<void> Session::save() {
  if (!remember_) return {};
  for (int attempt = 0; attempt < kSavesMax; ++attempt) {
    VARVE_CLI_TRY(const auto saved, store_.save(log_, base_note_));
    if (saved == TrustStore::Saved::yes) {
      base_note_ = log_.note;
      return {};
    }
    VARVE_CLI_CHECK(join_stored());
  }
  return refuse(
      ExitCode::conflict, "what is remembered about this registry keeps changing",
      "other commands replaced it " + std::to_string(kSavesMax) + " times while this one ran",
      "try again when they are done");
}

// Another command verified something meanwhile. Each of the two views continues what both began
// from; a server that showed them two histories is found out by comparing them.
Outcome<void> Session::join_stored() {
  VARVE_CLI_TRY(const auto stored, store_.load(log_.checkpoint.origin));
  base_note_ = stored ? stored->note : std::string();
  if (!stored) return {};
  const SeenCheckpoint theirs{stored->checkpoint, stored->note};
  if (stored->keys.log != log_.keys.log)
    return equivocation(
        store_, theirs, seen(), "the registry shows two log keys under one name",
        "another command has just verified it with " + stored->keys.log.to_string());
  VARVE_CLI_CHECK(must_be_one_history(*server_, store_, theirs, seen()));
  if (stored->checkpoint.size < size()) return {};
  log_.checkpoint = stored->checkpoint;
  log_.note = stored->note;
  return {};
}

Outcome<void> Session::remember_address(bool replace) {
  const std::string& origin = log_.keys.log.name();
  VARVE_CLI_TRY(const auto bound, store_.remember_origin(server_->url(), origin, replace));
  if (bound == origin) return {};
  return renamed(*server_, store_, bound, origin, log_.note);  // another command was first
}

}  // namespace varve::cli
