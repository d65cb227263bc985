// varve user, varve grant, varve policy, varve tag, varve gc, as they are typed. The thread of
// main() only.
#include "api/cli/grammar_accounts.h"

#include "api/cli/accounts.h"
#include "api/cli/tag.h"

namespace varve::cli {
namespace {

class Accounts final : GrammarPart {
 public:
  using GrammarPart::GrammarPart;

  void add() {
    add_user();
    add_grant();
    add_policy();
    add_tag();
    add_gc();
  }

 private:
  static void add_name(CLI::App* sub, std::string& name) {
    sub->add_option("name", name, "the principal")->required()->type_name("NAME");
  }
  static void add_reason(CLI::App* sub, std::string& reason) {
    sub->add_option("--reason", reason, "one line, kept in the log for everybody to read")
        ->type_name("TEXT");
  }
  static void add_resource(CLI::App* sub, std::string& resource) {
    sub->add_option("resource", resource, "*, team/* or team/app")
        ->required()
        ->type_name("RESOURCE");
  }

  void add_user() {
    CLI::App* user =
        group(app_, "user",
              "Examples:\n"
              "  varve user add alice                     prints a password, once\n"
              "  varve user add ci --kind service         prints a token, once\n"
              "  varve user list\n"
              "\nPrincipals and their credentials. Each change is an event in the log; "
              "secrets are not.\n");
    add_user_accounts(*user);
    add_user_credentials(*user);
    add_user_access_keys(*user);
    add_user_certificates(*user);
    add_user_keys(*user);
    add_user_recover(*user);
  }

  void add_user_keys(CLI::App& user) {
    CLI::App* key = group(
        user, "key",
        "Examples:\n"
        "  varve user key add alice ed25519:<base64>\n"
        "  varve user key list alice\n"
        "  varve user key revoke alice sha256:<hex> --reason lost\n"
        "\nThe keys with which principals sign what they publish. What a key signs counts where\n"
        "its principal may push, whoever sends it.\n");
    auto& added = keep<UserKeyOptions>();
    CLI::App* sub =
        request(*key, "add",
                "Examples:\n"
                "  varve user key add alice ed25519:<base64>\n"
                "\nRegister a public key. It is one principal's until it is revoked, and\n"
                "nobody's after. Administrators do this: a stolen password must not be enough.\n",
                added, run_user_key_add);
    add_name(sub, added.name);
    sub->add_option("key", added.key, "the text of the public key")->required()->type_name("KEY");

    auto& listed = keep<UserKeyOptions>();
    sub = request(*key, "list",
                  "Examples:\n  varve user key list alice\n"
                  "\nPrint the keys of a principal that are not revoked: id and text.\n",
                  listed, run_user_key_list);
    add_name(sub, listed.name);

    auto& revoked = keep<UserKeyOptions>();
    sub = request(*key, "revoke",
                  "Examples:\n"
                  "  varve user key revoke alice sha256:<hex> --reason lost\n"
                  "\nEnd a key for good. What it signed before stays as it is. Administrators\n"
                  "do this, and whoever shows the principal's password.\n",
                  revoked, run_user_key_revoke);
    add_name(sub, revoked.name);
    sub->add_option("key", revoked.key, "its id, or its text")->required()->type_name("KEY");
    add_reason(sub, revoked.reason);
  }

  static void add_expires(CLI::App* sub, std::optional<std::string>& expires) {
    sub->add_option("--expires", expires, "when it stops working (RFC 3339)")->type_name("TIME");
  }

  void add_user_access_keys(CLI::App& user) {
    CLI::App* ak =
        group(user, "ak",
              "Examples:\n"
              "  varve user ak add ci\n"
              "  varve user revoke ci 01JD6F3A0000000000000000ZZ\n"
              "\nAccess keys: what Huawei's clients sign requests with. `varve user show`\n"
              "lists them, `varve user revoke` ends them.\n");
    auto& added = keep<CredentialOptions>();
    CLI::App* sub = request(
        *ak, "add",
        "Examples:\n"
        "  varve user ak add ci\n"
        "  varve user ak add ci --expires 2027-01-01T00:00:00Z\n"
        "\nMake an access key and a secret key, and print them, a line each. The secret key is\n"
        "printed once. docker logs in with them as well: the user is REGION@AK, of any region,\n"
        "and the password the hexadecimal HMAC-SHA256 of AK under the secret key.\n",
        added, run_user_ak_add);
    add_name(sub, added.name);
    add_expires(sub, added.expires);
  }

  void add_user_certificates(CLI::App& user) {
    CLI::App* cert =
        group(user, "cert",
              "Examples:\n"
              "  varve user cert allow edge-7\n"
              "  varve user revoke edge-7 01JD6F3A0000000000000000ZZ\n"
              "\nClient certificates, of a server that knows who issues them\n"
              "(http.tls_client_ca). `varve user show` tells whether they are allowed.\n");
    auto& allowed = keep<CredentialOptions>();
    CLI::App* sub = request(
        *cert, "allow",
        "Examples:\n"
        "  varve user cert allow edge-7\n"
        "\nBelieve client certificates that name the principal: the common name of the subject,\n"
        "up to a colon. One credential stands for all of them, and is printed: to revoke it ends\n"
        "them all.\n",
        allowed, run_user_cert_allow);
    add_name(sub, allowed.name);
    add_expires(sub, allowed.expires);
  }

  void add_user_recover(CLI::App& user) {
    auto& options = keep<RecoverOptions>();
    CLI::App* sub = tools_.command(
        user, "recover",
        "Examples:\n"
        "  varve user recover --data /srv/varve\n"
        "  varve user recover alice --data /srv/varve -o json\n"
        "\nMake a principal an administrator with a new password, printed once: for a registry\n"
        "that nobody is serving and nobody can administer. The log says that the holder of the\n"
        "directory did it.\n",
        [&options](Console& console) { return run_user_recover(options, console); });
    sub->add_option("name", options.name, "the principal (default admin)")->type_name("NAME");
    sub->add_option("--data", options.data, "the registry's directory")
        ->required()
        ->type_name("DIR");
    sub->add_option("--anchor", options.anchor,
                    "where the newest checkpoint is kept (DATA/head.anchor)")
        ->type_name("FILE");
    tools_.output(sub);
  }

  void add_user_accounts(CLI::App& user) {
    auto& added = keep<UserAddOptions>();
    CLI::App* sub =
        request(user, "add",
                "Examples:\n"
                "  varve user add alice\n"
                "  varve user add ci --kind service\n"
                "\nMake a principal and its first credential: a password for a user, a\n"
                "token for a service or a consumer, which only reads, whatever it is\n"
                "granted. The secret is printed once.\n",
                added, run_user_add);
    add_name(sub, added.name);
    sub->add_option("--kind", added.kind, "user, service or consumer (default user)")
        ->check(CLI::IsMember({"user", "service", "consumer"}))
        ->type_name("KIND");
    sub->add_flag("--without-credential", added.without_credential, "make no credential yet");

    auto& listed = keep<UserOptions>();
    request(user, "list",
            "Examples:\n  varve user list\n  varve user list -o json\n"
            "\nPrint every principal.\n",
            listed, run_user_list);

    auto& shown = keep<UserOptions>();
    sub = request(user, "show",
                  "Examples:\n  varve user show alice\n"
                  "\nPrint a principal and its credentials, which are named and never shown.\n",
                  shown, run_user_show);
    add_name(sub, shown.name);

    auto& disabled = keep<UserOptions>();
    sub = request(user, "disable",
                  "Examples:\n  varve user disable alice --reason \"left the team\"\n"
                  "\nLet none of its credentials open anything. What it did stays in the log.\n",
                  disabled, run_user_disable);
    add_name(sub, disabled.name);
    add_reason(sub, disabled.reason);

    auto& enabled = keep<UserOptions>();
    sub = request(user, "enable",
                  "Examples:\n  varve user enable alice\n"
                  "\nLet the credentials of a disabled principal work again.\n",
                  enabled, run_user_enable);
    add_name(sub, enabled.name);
  }

  void add_user_credentials(CLI::App& user) {
    auto& password = keep<CredentialOptions>();
    CLI::App* sub =
        request(user, "password",
                "Examples:\n"
                "  varve user password alice                a random one, printed once\n"
                "  varve user password alice --stdin < new-password\n"
                "\nSet a password. The one before no longer opens anything.\n",
                password, run_user_password);
    add_name(sub, password.name);
    sub->add_flag("--stdin", password.from_stdin, "read it from a line of standard input");

    auto& token = keep<CredentialOptions>();
    sub = request(user, "token",
                  "Examples:\n"
                  "  varve user token ci\n"
                  "  varve user token ci --expires 2027-01-01T00:00:00Z\n"
                  "\nMake a token for a machine: VARVE_TOKEN, a Bearer token, or the password of\n"
                  "`docker login`. It is printed once.\n",
                  token, run_user_token);
    add_name(sub, token.name);
    add_expires(sub, token.expires);

    auto& revoked = keep<CredentialOptions>();
    sub = request(user, "revoke",
                  "Examples:\n"
                  "  varve user show ci\n"
                  "  varve user revoke ci 01JD6F3A0000000000000000ZZ --reason leaked\n"
                  "\nEnd one credential at once, and every token made with it.\n",
                  revoked, run_user_revoke);
    add_name(sub, revoked.name);
    sub->add_option("credential", revoked.credential, "its id")->required()->type_name("ID");
    add_reason(sub, revoked.reason);
  }

  void add_grant() {
    CLI::App* grant =
        group(app_, "grant",
              "Examples:\n"
              "  varve grant set ci \"team/*\" writer\n"
              "  varve grant list ci\n"
              "  varve grant remove ci \"team/*\"\n"
              "\nWho may do what. Of a principal's grants the most specific one counts.\n");
    auto& set = keep<GrantOptions>();
    CLI::App* sub =
        request(*grant, "set",
                "Examples:\n"
                "  varve grant set ci \"team/*\" writer\n"
                "  varve grant set auditor \"*\" pull,read_log\n"
                "  varve grant set anonymous \"secret/*\" none\n"
                "\nRoles: reader (pull), writer (and push), maintainer (and delete), admin\n"
                "(everything), none (a denial). Or rights: pull,push,delete,read_log,administer.\n",
                set, run_grant_set);
    add_name(sub, set.name);
    add_resource(sub, set.resource);
    sub->add_option("role", set.role, "a role, or rights separated by commas")
        ->required()
        ->type_name("ROLE");
    sub->add_flag("--keep-read-log", set.keep_read_log,
                  "leave the whole log readable for everybody, though not every repository is");

    auto& removed = keep<GrantOptions>();
    sub = request(*grant, "remove",
                  "Examples:\n  varve grant remove ci \"team/*\"\n"
                  "\nRemove the grant on exactly this; a wider one counts then.\n",
                  removed, run_grant_remove);
    add_name(sub, removed.name);
    add_resource(sub, removed.resource);
    sub->add_flag("--keep-read-log", removed.keep_read_log,
                  "leave the whole log readable for everybody, though not every repository is");

    auto& listed = keep<GrantOptions>();
    sub = request(*grant, "list",
                  "Examples:\n  varve grant list ci\n  varve grant list anonymous\n"
                  "\nPrint what a principal is granted.\n",
                  listed, run_grant_list);
    add_name(sub, listed.name);
  }

  void add_policy() {
    CLI::App* policy =
        group(app_, "policy",
              "Examples:\n"
              "  varve policy set \"release/*\"\n"
              "  varve policy list\n"
              "\nRules for what is put into repositories. The most specific one counts.\n");
    auto& set = keep<PolicyOptions>();
    CLI::App* sub = request(
        *policy, "set",
        "Examples:\n"
        "  varve policy set \"release/*\"\n"
        "  varve policy set release/nightly --mutable-tags\n"
        "  varve policy set \"release/*\" --require-author-sig\n"
        "\nMake tags immutable: set once, they are neither moved nor deleted. And want the\n"
        "signature of an author on every manifest and tag: `varve push --key` sends it.\n",
        set, run_policy_set);
    add_resource(sub, set.resource);
    sub->add_flag("--mutable-tags", set.mutable_tags, "an exception: tags there may be moved");
    sub->add_flag("--require-author-sig", set.require_author_sig,
                  "nothing is put there that no author signed");

    auto& removed = keep<PolicyOptions>();
    sub = request(*policy, "remove",
                  "Examples:\n  varve policy remove \"release/*\"\n"
                  "\nRemove the policy on exactly this; a wider one counts then.\n",
                  removed, run_policy_remove);
    add_resource(sub, removed.resource);

    auto& listed = keep<PolicyOptions>();
    request(*policy, "list", "Examples:\n  varve policy list\n\nPrint every policy.\n", listed,
            run_policy_list);
  }

  void add_tag() {
    CLI::App* tag = group(app_, "tag",
                          "Examples:\n"
                          "  varve tag restore library/app:1.0 --to 184466\n"
                          "\nTags and where they pointed: `varve log library/app:1.0` shows it.\n");
    auto& restored = keep<TagRestoreOptions>();
    CLI::App* sub =
        request(*tag, "restore",
                "Examples:\n"
                "  varve tag restore library/app:1.0 --to 184466\n"
                "\nSet a tag back to what it was right after that event. Its manifest must still\n"
                "be in the repository.\n",
                restored, run_tag_restore);
    sub->add_option("ref", restored.ref, "repository:tag")->required()->type_name("REF");
    sub->add_option("--to", restored.to, "the index of an event")->required()->type_name("INDEX");
  }

  void add_gc() {
    auto& options = keep<GcOptions>();
    CLI::App* sub =
        request(app_, "gc",
                "Examples:\n  varve gc --dry-run\n  varve gc -o json\n"
                "\nPurge blobs that nobody can reach any more. The server does it by itself every\n"
                "gc.interval; either way only what was found unreachable for gc.grace goes, and\n"
                "nothing that a client was told is here in that time. `waiting`: not yet.\n",
                options, run_gc);
    sub->add_flag("--dry-run", options.dry_run, "say what would go now; change nothing");
  }
};

}  // namespace

void add_account_commands(CLI::App& app, const GrammarTools& tools) {
  Accounts(app, tools).add();
}

}  // namespace varve::cli
