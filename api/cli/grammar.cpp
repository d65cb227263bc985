// How a person spells every command. No logic of its own: each subcommand fills its options and
// calls its function. Every --help opens with examples that work as they stand.
#include "api/cli/grammar.h"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "api/cli/commands.h"
#include "api/cli/grammar_accounts.h"
#include "api/cli/grammar_rpm.h"
#include "api/cli/grammar_warg.h"
#include "api/cli/push.h"
#include "api/cli/verify.h"
#include "api/cli/version.h"

namespace varve::cli {
namespace {

using Action = std::function<Outcome<ExitCode>(Console&)>;

// What a parse leaves behind: which command was meant, and how to run it.
struct Choice {
  std::string command;
  Action action;
  std::string format = "text";
};

// The first sentence after a command's examples.
std::string brief(const std::string& help) {
  const std::size_t start = help.find("\n\n");
  if (start == std::string::npos) return help;
  std::string sentence = help.substr(start + 2, help.find('.', start) - start - 2);
  std::ranges::replace(sentence, '\n', ' ');
  return sentence;
}

// Lists commands by their first sentence instead of by their whole help.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_subcommand(const CLI::App* sub) const override {
    std::string line = "  " + sub->get_name();
    line.append(line.size() < 12 ? 12 - line.size() : 1, ' ');
    return line + brief(sub->get_description()) + "\n";
  }
};

class Grammar {
 public:
  Grammar() : app_(kOverview, "varve") {
    app_.formatter(std::make_shared<HelpFormatter>());  // before the subcommands, which inherit it
    app_.require_subcommand(1);
    app_.footer("Exit codes: `varve help exit-codes`. Data goes to stdout, messages to stderr.");
    app_.set_version_flag("--version", version_line());
    add_init();
    add_serve();
    add_log();
    add_push();
    add_prove();
    add_verify();
    add_replay();
    add_fsck();
    add_key();
    add_others();
    add_config();
    add_version();
    add_help();
  }

  CLI::App& app() { return app_; }
  const Choice& choice() const { return choice_; }

 private:
  static constexpr const char* kOverview =
      "Examples:\n"
      "  varve serve --dev                              a registry on 127.0.0.1:5000, to try "
      "things\n"
      "  varve log library/app                          what happened to a repository\n"
      "  varve prove library/app:1.0 --out app.tlog-proof\n"
      "  varve verify --proof app.tlog-proof --key registry.vkeys\n"
      "\n"
      "varve is a package registry in which every change is a signed event in one Merkle log, and "
      "the\n"
      "client that checks it.\n";

  CLI::App* command(const std::string& name, const std::string& help, Action action) {
    return command_of(app_, name, help, std::move(action));
  }

  CLI::App* command_of(CLI::App& parent, const std::string& name, const std::string& help,
                       Action action) {
    CLI::App* sub = parent.add_subcommand(name, help);
    std::string words = name;
    for (const CLI::App* group = &parent; group != &app_; group = group->get_parent())
      words = group->get_name() + " " + words;
    sub->final_callback([this, words, action = std::move(action)] {
      choice_.command = words;
      choice_.action = action;
    });
    return sub;
  }

  void add_output(CLI::App* sub) {
    sub->add_option("-o,--output", choice_.format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->type_name("FORMAT");
  }

  static void add_address(CLI::App* sub, ServerAddress& address) {
    sub->add_option("--server", address.url, "the registry to ask (default " + address.url + ")")
        ->envname("VARVE_SERVER")
        ->type_name("URL");
    add_ca(sub, address.ca);
  }

  static void add_server(CLI::App* sub, ServerChoice& server) {
    add_address(sub, server.address);
    sub->add_option("--key", server.key,
                    "trust these vkeys (a file or the text) instead of remembered ones")
        ->type_name("VKEYS");
  }

  static void add_ca(CLI::App* sub, std::optional<std::string>& ca) {
    sub->add_option("--ca", ca, "trust these PEM certificates for https:// instead of the system's")
        ->envname("VARVE_CA")
        ->type_name("FILE");
  }

  static void add_log_choice(CLI::App* sub, LogChoice& log) {
    sub->add_option("--data", log.data, "a directory of this machine")->type_name("DIR");
    sub->add_option("--url", log.url, "a server")->type_name("URL");
    sub->add_option("--key", log.key, "its vkeys, a file or the text")->type_name("VKEYS");
    add_ca(sub, log.ca);
  }

  // Commands live as long as the grammar; options point into them.
  template <class T>
  T& keep() {
    auto kept = std::make_shared<T>();
    kept_.push_back(kept);
    return *kept;
  }

  void add_init() {
    auto& options = keep<InitOptions>();
    CLI::App* sub =
        command("init",
                "Examples:\n"
                "  varve init --data /srv/varve --origin registry.example/main\n"
                "  varve init --data ./data --origin registry.example/test -o json\n"
                "\nMake a new registry: keys, the first event of its log, its first checkpoint.\n"
                "The origin names the log for ever; use the address it will be served at.\n",
                [&options](Console& console) { return run_init(options, console); });
    sub->add_option("--data", options.data, "a missing or empty directory")
        ->required()
        ->type_name("DIR");
    sub->add_option("--origin", options.origin, "the log's name")->required()->type_name("NAME");
    sub->add_option("--anchor", options.anchor,
                    "where the newest checkpoint is kept (DATA/head.anchor)")
        ->type_name("FILE");
    add_output(sub);
  }

  struct ConfigFlags {
    std::map<std::string, std::string> texts;
    std::map<std::string, bool> switches;
    std::optional<std::string> file;
    bool explain = false;

    ConfigInputs inputs() const {
      ConfigInputs inputs;
      for (const auto& [name, text] : texts)
        if (given.contains(name) && given.at(name)->count() > 0) inputs.flags[name] = text;
      for (const auto& [name, on] : switches)
        if (given.at(name)->count() > 0) inputs.flags[name] = on ? "true" : "false";
      inputs.environment = process_environment();
      if (file) inputs.file = *file;
      return inputs;
    }
    std::map<std::string, CLI::Option*> given;
  };

  // The table of fields makes the flags, so that none can be forgotten.
  static void add_config_flags(CLI::App* sub, ConfigFlags& flags) {
    sub->add_option("--config", flags.file, "a TOML file (variable VARVE_CONFIG)")
        ->type_name("FILE");
    for (const ConfigField& field : config_fields()) {
      const std::string name(field.name);
      const std::string reason(field.reason);
      if (field.is_switch())
        flags.given[name] = sub->add_flag(field.flag(), flags.switches[name], reason);
      else
        flags.given[name] = sub->add_option(field.flag(), flags.texts[name], reason)
                                ->type_name(std::string(field.form));
    }
  }

  void add_serve() {
    auto& flags = keep<ConfigFlags>();
    CLI::App* sub =
        command("serve",
                "Examples:\n"
                "  varve serve --dev                                  try it, on loopback\n"
                "  varve serve --data /srv/varve --listen 127.0.0.1:5000\n"
                "  varve serve --read-only --data ./replayed --blobs /srv/varve\n"
                "\nServe a registry until SIGTERM or SIGINT: running requests finish, a second\n"
                "signal ends at once.\n",
                [&flags](Console& console) { return run_serve(flags.inputs(), console); });
    add_config_flags(sub, flags);
  }

  void add_config() {
    auto& flags = keep<ConfigFlags>();
    CLI::App* sub = command(
        "config",
        "Examples:\n"
        "  varve config --explain                   every field, its default and why\n"
        "  varve config --config varve.toml -o json\n"
        "\nPrint the configuration a server would use, and where each value comes from:\n"
        "flag, VARVE_* variable, TOML file, default.\n",
        [&flags](Console& console) { return run_config(flags.inputs(), flags.explain, console); });
    sub->add_flag("--explain", flags.explain, "with flag, variable, TOML key, default and reason");
    add_config_flags(sub, flags);
    add_output(sub);
  }

  void add_log() {
    auto& options = keep<LogOptions>();
    CLI::App* sub =
        command("log",
                "Examples:\n"
                "  varve log                              everything, oldest first\n"
                "  varve log library/app:1.0              what happened to one tag\n"
                "  varve log --from 100 --to 200 -o json  the entries [100, 200)\n"
                "\nPrint events. Each is in the tree of a signed checkpoint and signed by the\n"
                "event key of its time, or the command fails.\n",
                [&options](Console& console) { return run_log(options, console); });
    sub->add_option("ref", options.ref, "repository, repository:tag or repository@digest")
        ->type_name("REF");
    sub->add_option("--from", options.from, "first index")->type_name("N");
    sub->add_option("--to", options.to, "size to stop at")->type_name("N");
    add_server(sub, options.server);
    add_output(sub);
  }

  void add_push() {
    auto& options = keep<PushOptions>();
    CLI::App* sub = command(
        "push",
        "Examples:\n"
        "  varve push team/app:1.0 --from ./layout\n"
        "  varve push team/app:1.0 --from ./layout --key author.key\n"
        "\nPush an image out of an OCI image layout: what is missing of it, then its\n"
        "manifest. With --key the author signs what is put: the entry carries it, and\n"
        "`varve verify --require-author` checks it. `varve warg key new --algorithm ed25519`\n"
        "makes a key; whose it is, is registered with `varve user key add`.\n",
        [&options](Console& console) { return run_push(options, console); });
    sub->add_option("ref", options.ref, "repository:tag or repository@digest")
        ->required()
        ->type_name("REF");
    sub->add_option("--from", options.from, "the layout's directory")->required()->type_name("DIR");
    sub->add_option("--image", options.image,
                    "the image's name in the layout, where it has several (default: the tag)")
        ->type_name("NAME");
    sub->add_option("--key", options.key, "the author's private key")->type_name("FILE");
    add_address(sub, options.server);
    add_output(sub);
  }

  void add_prove() {
    auto& options = keep<ProveOptions>();
    CLI::App* sub =
        command("prove",
                "Examples:\n"
                "  varve prove 12 --out 12.tlog-proof\n"
                "  varve prove library/app:1.0 --out app.tlog-proof\n"
                "  varve prove library/app@sha256:<hex> > app.tlog-proof\n"
                "\nGet a proof that anybody can verify offline: that this event is in the log. It\n"
                "is verified before it is written. Waits until a published checkpoint covers it.\n",
                [&options](Console& console) { return run_prove(options, console); });
    sub->add_option("what", options.what, "an index, repository:tag or repository@digest")
        ->required()
        ->type_name("INDEX|REF");
    sub->add_option("--out", options.out, "the proof file; stdout without it")->type_name("FILE");
    add_server(sub, options.server);
    add_output(sub);
  }

  void add_verify() {
    auto& options = keep<VerifyOptions>();
    CLI::App* sub = command(
        "verify",
        "Examples:\n"
        "  varve verify --proof app.tlog-proof --key registry.vkeys\n"
        "  varve verify manifest.json --proof app.tlog-proof --key registry.vkeys\n"
        "  varve verify --proof app.tlog-proof --policy my.policy --key event.vkey\n"
        "\nVerify a proof file without any network. With FILE, its hash must be the\n"
        "digest the event names. Prints a line for every check.\n"
        "\nVKEYS are two vkeys or more: the log's (its name is the registry's origin), which\n"
        "signs checkpoints, and an event key's (its name ends in /events), which signs entries.\n"
        "After `varve key rotate` a proof needs the event key that signed its entry, the older\n"
        "one for an older entry: `varve key show` prints every one there was. With --policy\n"
        "the policy names the log's key, and --key the event keys.\n",
        [&options](Console& console) { return run_verify(options, console); });
    sub->add_option("file", options.file, "must be what the event names")->type_name("FILE");
    sub->add_option("--proof", options.proof, "the proof file")->required()->type_name("FILE");
    sub->add_option("--key", options.key, "the registry's vkeys, a file or the text")
        ->type_name("VKEYS");
    sub->add_option("--policy", options.policy, "a C2SP tlog-policy file; the event key is --key's")
        ->type_name("FILE");
    sub->add_option("--require-author", options.required_author,
                    "the publisher's key, its id or text, that must have signed")
        ->type_name("KEY");
    add_output(sub);
  }

  void add_replay() {
    auto& options = keep<ReplayCommand>();
    CLI::App* sub =
        command("replay",
                "Examples:\n"
                "  varve replay --data /srv/varve --out ./replayed\n"
                "  varve replay --url http://127.0.0.1:5000 --key registry.vkeys --out ./copy\n"
                "  varve replay --data /srv/varve --to 1000 --out ./then    the state as of 1000\n"
                "\nMake every table again from the log alone and print one digest a table. The\n"
                "result holds no keys and can be served read-only.\n",
                [&options](Console& console) { return run_replay(options, console); });
    add_log_choice(sub, options.log);
    sub->add_option("--to", options.to, "how many entries (default: all)")->type_name("N");
    sub->add_option("--out", options.out, "a missing or empty directory")
        ->required()
        ->type_name("DIR");
    sub->add_flag("--skip-signatures", options.skip_signatures,
                  "do not check event signatures: faster, and proves nothing about who signed");
    add_output(sub);
  }

  void add_fsck() {
    auto& options = keep<FsckOptions>();
    CLI::App* sub =
        command("fsck",
                "Examples:\n"
                "  varve fsck --data /srv/varve\n"
                "  varve fsck --url http://127.0.0.1:5000 --key registry.vkeys\n"
                "  varve fsck --data /srv/varve --write-anchor      after the anchor was lost\n"
                "\nRecompute every hash, signature, tile and checkpoint; with --data also every\n"
                "blob and every table.\n",
                [&options](Console& console) { return run_fsck(options, console); });
    add_log_choice(sub, options.log);
    sub->add_option("--anchor", options.anchor,
                    "where the newest checkpoint is kept (DATA/head.anchor)")
        ->type_name("FILE");
    sub->add_flag("--write-anchor", options.write_anchor,
                  "write a missing anchor when everything else holds");
    add_output(sub);
  }

  void add_key() {
    CLI::App* key = app_.add_subcommand("key",
                                        "Examples:\n"
                                        "  varve key show > registry.vkeys\n"
                                        "  varve key show --data /srv/varve\n"
                                        "  varve key rotate --data /srv/varve\n"
                                        "  varve key forget --server http://127.0.0.1:5000\n"
                                        "\nThe public keys of a registry, and a new event key.\n");
    key->require_subcommand(1);
    auto& show = keep<KeyShowOptions>();
    CLI::App* sub =
        command_of(*key, "show",
                   "Examples:\n"
                   "  varve key show > registry.vkeys        what this client trusts\n"
                   "  varve key show --data /srv/varve       what the log itself names\n"
                   "\nPrint the log's and the event key's verifier keys, one a line.\n",
                   [&show](Console& console) { return run_key_show(show, console); });
    sub->add_option("--data", show.data,
                    "a directory of this machine; without it the server is asked")
        ->type_name("DIR");
    add_server(sub, show.server);
    add_output(sub);
    auto& rotate = keep<KeyRotateOptions>();
    sub = command_of(
        *key, "rotate",
        "Examples:\n"
        "  varve key rotate --data /srv/varve\n"
        "  varve key rotate --data /srv/varve --warg\n"
        "\nReplace the event key of a registry nobody is serving: an event signed by the\n"
        "old key names the new one. With --warg the key that signs Warg's checkpoints: a\n"
        "record of Warg's operator log, signed by the old key, names the new one.\n",
        [&rotate](Console& console) { return run_key_rotate(rotate, console); });
    sub->add_option("--data", rotate.data, "the registry's directory")
        ->required()
        ->type_name("DIR");
    sub->add_option("--anchor", rotate.anchor,
                    "where the newest checkpoint is kept (DATA/head.anchor)")
        ->type_name("FILE");
    sub->add_flag("--warg", rotate.warg, "the key of Warg's checkpoints, not the event key");
    add_output(sub);
    auto& forget = keep<KeyForgetOptions>();
    sub = command_of(
        *key, "forget",
        "Examples:\n"
        "  varve key forget --server http://127.0.0.1:5000\n"
        "  varve key forget                       the default server\n"
        "\nForget the keys and the checkpoint remembered for a server, when it was made anew\n"
        "on purpose: the next command trusts what it serves then, as the first one did.\n",
        [&forget](Console& console) { return run_key_forget(forget, console); });
    sub->add_option("--server", forget.url, "the registry to forget (default " + forget.url + ")")
        ->envname("VARVE_SERVER")
        ->type_name("URL");
    add_output(sub);
  }

  // Those that files of their own spell.
  void add_others() {
    GrammarTools tools;
    tools.command = [this](CLI::App& parent, const std::string& name, const std::string& help,
                           Action action) {
      return command_of(parent, name, help, std::move(action));
    };
    tools.address = add_address;
    tools.output = [this](CLI::App* sub) { add_output(sub); };
    tools.keep = [this](std::shared_ptr<void> kept) { kept_.push_back(std::move(kept)); };
    add_account_commands(app_, tools);
    add_warg_commands(app_, tools);
    add_rpm_commands(app_, tools);
  }

  void add_version() {
    CLI::App* sub = command("version",
                            "Examples:\n"
                            "  varve version\n"
                            "  varve version -o json\n"
                            "\nPrint the version.\n",
                            [](Console& console) { return run_version(console); });
    add_output(sub);
  }

  void add_help() {
    auto& topic = keep<std::string>();
    CLI::App* sub = command("help",
                            "Examples:\n"
                            "  varve help\n"
                            "  varve help exit-codes\n"
                            "  varve help verify\n"
                            "\nExplain a command, or the exit codes.\n",
                            [this, &topic](Console& console) { return run_help(topic, console); });
    sub->add_option("topic", topic, "a command, or exit-codes")->type_name("TOPIC");
    add_output(sub);
  }

  Outcome<ExitCode> run_help(const std::string& topic, Console& console) {
    if (topic == "exit-codes") return print_exit_codes(console);
    if (topic.empty()) {
      // app_.help() would be that of the subcommand parsed last: of `help` itself.
      console.out() << app_.get_formatter()->make_help(&app_, app_.get_name(),
                                                       CLI::AppFormatMode::Normal);
      return ExitCode::ok;
    }
    for (const CLI::App* sub : app_.get_subcommands([](const CLI::App*) { return true; })) {
      if (sub->get_name() != topic) continue;
      console.out() << sub->help("varve");
      return ExitCode::ok;
    }
    return refuse(ExitCode::usage, "there is no help about this", topic,
                  "`varve help` lists the commands; `varve help exit-codes` the exit codes");
  }

  CLI::App app_;
  Choice choice_;
  std::vector<std::shared_ptr<void>> kept_;
};

// CLI11 reports by exceptions; they end here.
std::optional<ExitCode> parse(Grammar& grammar, std::span<const std::string> words,
                              Console& console) {
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    grammar.app().parse(std::move(reversed));
    return std::nullopt;
  } catch (const CLI::CallForVersion& version) {
    console.out() << version.what() << '\n';
    return ExitCode::ok;
  } catch (const CLI::CallForHelp&) {
    console.out() << grammar.app().help();
    return ExitCode::ok;
  } catch (const CLI::CallForAllHelp&) {
    console.out() << grammar.app().help("", CLI::AppFormatMode::All);
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    const std::string command = words.empty() ? "" : words.front();
    console.report(command,
                   Failure(ExitCode::usage, "the command line is not understood", error.what(),
                           words.empty() ? "`varve help` lists the commands"
                                         : "`varve help` lists the commands; --help after one of "
                                           "them shows examples"));
    return ExitCode::usage;
  }
}

ExitCode execute(const Choice& choice, Console& console) {
  console.set_format(choice.format == "json" ? Format::json : Format::text);
  auto outcome = choice.action(console);
  console.end_progress();
  if (!outcome) console.report(choice.command, outcome.error());
  console.out().flush();
  // Whoever reads our answer must not take a cut one for all of it.
  if (!console.out().good()) {
    console.report(choice.command, Failure(ExitCode::internal, "the output cannot be written", "",
                                           "check the disk or the program that reads it"));
    return outcome ? ExitCode::internal : outcome.error().code;
  }
  if (outcome) return *outcome;
  // No failure may ever look like success.
  return outcome.error().code == ExitCode::ok ? ExitCode::internal : outcome.error().code;
}

}  // namespace

ExitCode run(std::span<const std::string> words, Console& console) {
  try {
    Grammar grammar;
    if (const auto done = parse(grammar, words, console)) return *done;
    return execute(grammar.choice(), console);
  } catch (const std::exception& error) {
    console.report(words.empty() ? "" : words.front(),
                   Failure(ExitCode::internal, "something unexpected happened", error.what(),
                           usual_next_step(ExitCode::internal)));
    return ExitCode::internal;
  }
}

ConsoleOptions console_options_for_process() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  ConsoleOptions options;
  options.progress = ::isatty(STDERR_FILENO) == 1 && !dumb;
  options.colour = ::isatty(STDOUT_FILENO) == 1 && options.progress &&
                   (no_color == nullptr || no_color[0] == '\0');
  return options;
}

}  // namespace varve::cli
