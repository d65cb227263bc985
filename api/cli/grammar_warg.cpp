// varve publish and varve warg, as they are typed. The thread of main() only.
#include "api/cli/grammar_warg.h"

#include <utility>

#include "api/cli/accounts.h"
#include "api/cli/warg.h"

namespace varve::cli {
namespace {

class Warg final : GrammarPart {
 public:
  using GrammarPart::GrammarPart;

  void add() {
    add_publish();
    add_warg();
  }

 private:
  static void add_package(CLI::App* sub, std::string& package) {
    sub->add_option("package", package, "namespace:name")->required()->type_name("NAME");
  }
  static void add_max_age(CLI::App* sub, std::string& max_age) {
    sub->add_option("--max-age", max_age,
                    "how old the registry's checkpoint may be (default " + max_age + ")")
        ->type_name("AGE");
  }

  // ---- publish ----

  // What every record takes: a package, a key, a registry, and whether to wait.
  template <class Options, class Run>
  CLI::App* record(CLI::App& parent, const std::string& name, const std::string& help,
                   Options& options, Run run) {
    CLI::App* sub = request(parent, name, help, options, run);
    add_package(sub, options.package);
    sub->add_option("--key", options.key, "the file of the key that signs (`varve warg key new`)")
        ->required()
        ->type_name("FILE");
    sub->add_flag("--wait,!--no-wait", options.wait,
                  "wait until the record is published and proven (default), or do not");
    add_max_age(sub, options.max_age);
    return sub;
  }

  void add_publish() {
    CLI::App* publish =
        group(app_, "publish",
              "Examples:\n"
              "  varve publish release team:tool 1.0.0 tool.wasm --key team.key\n"
              "  varve publish grant team:tool ecdsa-p256:A1Of... --key team.key\n"
              "  varve publish yank team:tool 1.0.0 --key team.key\n"
              "\nPublish to a Warg package: each command is one signed record. The package's log\n"
              "is verified first, so that a mistake is found before anything is sent, and the\n"
              "record is proven to be in the registry's log in the end.\n");
    add_init(*publish);
    add_release(*publish);
    add_permissions(*publish);
    add_yank(*publish);
  }

  void add_init(CLI::App& publish) {
    auto& options = keep<PublishOptions>();
    record(publish, "init",
           "Examples:\n  varve publish init team:tool --key team.key\n"
           "\nBegin a package. The key that signs may do everything to it.\n",
           options, run_publish_init);
  }

  void add_release(CLI::App& publish) {
    auto& options = keep<PublishReleaseOptions>();
    CLI::App* sub = record(
        publish, "release",
        "Examples:\n"
        "  varve publish release team:tool 1.0.0 tool.wasm --key team.key\n"
        "  varve publish release team:tool 1.0.1 a.wasm 1.1.0 b.wasm --key team.key\n"
        "\nRelease versions, all in one record. A package that has no log yet is begun by it.\n",
        options, run_publish_release);
    sub->add_option("releases", options.releases, "a version and its file, once or several times")
        ->required()
        ->type_name("VERSION FILE");
    sub->add_flag("--init,!--no-init", options.init,
                  "begin the package if it has no log yet (default), or do not");
  }

  void add_permissions(CLI::App& publish) {
    auto& granted = keep<PublishPermissionOptions>();
    CLI::App* sub = record(publish, "grant",
                           "Examples:\n"
                           "  varve publish grant team:tool ecdsa-p256:A1Of... --key team.key\n"
                           "  varve publish grant team:tool \"$(varve warg key show ci.key | head "
                           "-n 1)\" --permission release --key team.key\n"
                           "\nLet another key release and yank, or one of the two. A package with\n"
                           "an ed25519 key can be read by varve, and not by other Warg clients.\n",
                           granted, run_publish_grant);
    sub->add_option("to", granted.to, "a public key")->required()->type_name("KEY");
    add_permission(sub, granted);

    auto& revoked = keep<PublishPermissionOptions>();
    sub =
        record(publish, "revoke",
               "Examples:\n"
               "  varve publish revoke team:tool sha256:3f1c... --key team.key\n"
               "  varve publish revoke team:tool sha256:3f1c... --permission yank --key team.key\n"
               "\nTake back what a key may do. What it signed before stays.\n",
               revoked, run_publish_revoke);
    sub->add_option("from", revoked.to, "a key's id, or a public key")
        ->required()
        ->type_name("KEY");
    add_permission(sub, revoked);
  }

  static void add_permission(CLI::App* sub, PublishPermissionOptions& options) {
    sub->add_option("--permission", options.permissions, "release, yank, or both (default)")
        ->delimiter(',')
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("WHAT");
  }

  void add_yank(CLI::App& publish) {
    auto& options = keep<PublishYankOptions>();
    CLI::App* sub = record(publish, "yank",
                           "Examples:\n  varve publish yank team:tool 1.0.0 --key team.key\n"
                           "\nTake back a release, for ever. Its bytes stay for who names them.\n",
                           options, run_publish_yank);
    sub->add_option("version", options.version, "what was released")
        ->required()
        ->type_name("VERSION");
  }

  // ---- warg ----

  void add_warg() {
    CLI::App* warg = group(
        app_, "warg",
        "Examples:\n"
        "  varve warg key new --out team.key\n"
        "  varve warg info team:tool\n"
        "  varve warg download team:tool --out tool.wasm\n"
        "\nWarg packages, verified: every record's signature, the registry's checkpoint by a\n"
        "key that may sign it now, and that nothing was taken back since the last time.\n");
    add_key(*warg);
    add_info(*warg);
    add_download(*warg);
    add_namespace(*warg);
  }

  // What only an administrator may do.
  void add_namespace(CLI::App& warg) {
    CLI::App* ns =
        group(warg, "namespace",
              "Examples:\n"
              "  varve warg namespace define my-team\n"
              "  varve warg namespace import wasi --registry wasi.example\n"
              "  varve warg namespace list\n"
              "\nWhere packages of a namespace are published. Each is a record of the\n"
              "registry's operator log, and for ever: Warg knows no way to redefine one.\n");
    auto& defined = keep<NamespaceOptions>();
    CLI::App* sub = request(*ns, "define",
                            "Examples:\n  varve warg namespace define my-team\n"
                            "\nPackages of this namespace are published here.\n",
                            defined, run_namespace_define);
    add_namespace_name(sub, defined);

    auto& imported = keep<NamespaceOptions>();
    sub = request(*ns, "import",
                  "Examples:\n  varve warg namespace import wasi --registry wasi.example\n"
                  "\nPackages of this namespace are published at another registry.\n",
                  imported, run_namespace_import);
    add_namespace_name(sub, imported);
    sub->add_option("--registry", imported.registry, "the other registry's name")
        ->required()
        ->type_name("HOST");

    auto& listed = keep<NamespaceOptions>();
    request(*ns, "list",
            "Examples:\n  varve warg namespace list\n"
            "\nPrint every namespace, and where its packages are published.\n",
            listed, run_namespace_list);
  }
  static void add_namespace_name(CLI::App* sub, NamespaceOptions& options) {
    sub->add_option("name", options.name, "lower-case words with - between them")
        ->required()
        ->type_name("NAMESPACE");
  }

  void add_key(CLI::App& warg) {
    CLI::App* key = group(warg, "key",
                          "Examples:\n"
                          "  varve warg key new --out team.key\n"
                          "  varve warg key show team.key\n"
                          "\nKeys that sign records. A registry sees their public half only.\n");
    auto& made = keep<WargKeyNewOptions>();
    CLI::App* sub =
        command(*key, "new",
                "Examples:\n"
                "  varve warg key new --out team.key\n"
                "  varve warg key new --algorithm ed25519 --out team.key\n"
                "\nMake a key, and print its public half and its id. A package with an ed25519 "
                "key\ncan be read by varve, and not by other Warg clients.\n",
                made, run_warg_key_new);
    sub->add_option("--algorithm", made.algorithm, "ecdsa-p256 (default) or ed25519")
        ->check(CLI::IsMember({"ecdsa-p256", "ed25519"}))
        ->type_name("NAME");
    sub->add_option("--out", made.out, "a file that is not there yet")
        ->required()
        ->type_name("FILE");

    auto& shown = keep<WargKeyShowOptions>();
    sub = command(*key, "show",
                  "Examples:\n  varve warg key show team.key\n"
                  "\nPrint the public half of a key, and its id.\n",
                  shown, run_warg_key_show);
    sub->add_option("file", shown.file, "what `varve warg key new` made")
        ->required()
        ->type_name("FILE");
  }

  void add_info(CLI::App& warg) {
    auto& options = keep<WargInfoOptions>();
    CLI::App* sub = request(warg, "info",
                            "Examples:\n"
                            "  varve warg info team:tool\n"
                            "  varve warg info team:tool -o json\n"
                            "\nPrint a package's releases and keys, proven by the registry's\n"
                            "checkpoint.\n",
                            options, run_warg_info);
    add_package(sub, options.package);
    add_max_age(sub, options.max_age);
  }

  void add_download(CLI::App& warg) {
    auto& options = keep<WargDownloadOptions>();
    CLI::App* sub = request(
        warg, "download",
        "Examples:\n"
        "  varve warg download team:tool --out tool.wasm          the newest\n"
        "  varve warg download team:tool@1.0.0 --out tool.wasm\n"
        "\nGet a release. The file appears only when the package's log is proven and every\n"
        "byte is what was released. Without a version: the newest that was not yanked, a\n"
        "pre-release only if there is nothing else.\n",
        options, run_warg_download);
    sub->add_option("what", options.what, "namespace:name, or namespace:name@version")
        ->required()
        ->type_name("NAME[@VERSION]");
    sub->add_option("--out", options.out, "the file to write")->required()->type_name("FILE");
    add_max_age(sub, options.max_age);
    sub->add_flag("--yanked", options.yanked, "a version that was yanked, too");
  }
};

}  // namespace

void add_warg_commands(CLI::App& app, const GrammarTools& tools) {
  Warg(app, tools).add();
}

}  // namespace varve::cli
