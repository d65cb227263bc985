// Checkpoints: fetched, verified, compared. The thread of main() only.
#include "api/cli/session.h"

namespace varve::cli {
namespace {

constexpr std::size_t kVkeyBytesMax = 4 << 10;

std::string size_text(const Checkpoint& checkpoint) {
  return "size " + std::to_string(checkpoint.size.value);
}

Outcome<std::string> fetch_checkpoint(Server& server) {
  return doing("the checkpoint of " + server.url() + " cannot be fetched",
               fetch(server, "/log/checkpoint", kNoteBytesMax),
               "check that a varve server runs there (`varve serve`) and that --server names it");
}

Outcome<Checkpoint> verified(std::string_view note, const VerifierKey& key, const Server& server) {
  auto checkpoint = open_checkpoint(note, key);
  if (checkpoint) return *std::move(checkpoint);
  return refuse(ExitCode::proven_false,
                "the checkpoint of " + server.url() + " is not signed by the key trusted for it",
                describe(checkpoint.error()),
                "if this registry was made anew on purpose, give its new keys with --key; otherwise "
                "do not use it");
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
                                       fetch(server, "/log/vkey", kVkeyBytesMax)));
  auto keys = parse_trusted_keys(text);
  if (!keys)
    return refuse(ExitCode::proven_false, "the keys that " + server.url() + " serves cannot be used",
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
                  TrustedLog{*std::move(trusted), std::move(checkpoint), std::move(note)}, true);
  VARVE_CLI_CHECK(session.save());
  return session;
}

Outcome<Session> Session::open(Server& server, TrustStore store,
                               const std::optional<TrustedKeys>& keys, Console& console) {
  VARVE_CLI_TRY(std::string note, fetch_checkpoint(server));
  std::string origin;
  if (keys) {
    origin = keys->log.name();
  } else {
    VARVE_CLI_TRY(origin, claimed_origin(note, server));
  }
  VARVE_CLI_TRY(auto remembered, store.load(origin));
  if (!remembered) return first_use(server, std::move(store), keys, std::move(note), console);
  if (keys && keys->log != remembered->keys.log) {
    console.warn("--key names another log key than the one remembered for " + clean(origin) +
                 "; it is used for this command and what is remembered stays as it is");
    VARVE_CLI_TRY(auto checkpoint, verified(note, keys->log, server));
    return Session(server, std::move(store), TrustedLog{*keys, std::move(checkpoint), note}, false);
  }
  if (keys) remembered->keys = *keys;
  Session session(server, std::move(store), *std::move(remembered), true);
  VARVE_CLI_TRY(const auto first, verified(note, session.log_.keys.log, server));
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
                        "it serves " + size_text(checkpoint) + " after " + size_text(log_.checkpoint) +
                            " had been verified here");
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

Outcome<void> Session::remember_event_key(VerifierKey key) {
  if (key == log_.keys.event) return {};
  log_.keys.event = std::move(key);
  return save();
}

Outcome<void> Session::save() const {
  if (!remember_) return {};
  return store_.save(log_);
}

}  // namespace varve::cli
