// Prints a log for tests/golden/log: its checkpoint, its entries and the bodies they name, a line
// each. Random commands made it, and some that are not left to chance.
#include <cstdlib>
#include <iostream>

#include "core/base/bytes.h"
#include "core/codec.h"
#include "tests/support/random_commands.h"

namespace varve::test {
namespace {

void print(std::string_view what, std::string_view bytes) {
  std::cout << what << ' ' << base64_encode(bytes) << '\n';
}

// What comes and goes: the rows that the second leaves of the first.
std::vector<Intent> what_ends() {
  const PrincipalName who = must(PrincipalName::parse("last"));
  const CredentialId credential = must(CredentialId::parse("0000000000000000000000000Z"));
  const Resource where = must(Resource::parse("last/*"));
  const RepoName repo = must(RepoName::parse("last/app"));
  const AuthorKey author('l');
  const Digest blob = Digest::of("the last blob");
  return {trust::CreatePrincipal{who, trust::PrincipalKind::user},
          trust::AddCredential{who, credential, trust::CredentialKind::token, std::nullopt},
          trust::RevokeCredential{who, credential, "a reason"},
          trust::DisablePrincipal{who, "a reason"},
          trust::EnablePrincipal{who},
          trust::SetGrant{who, where, Rights::of_a_repository(), false},
          trust::RemoveGrant{who, where, false},
          trust::SetPolicy{where, true, false},
          trust::SetPolicy{where, true, true},
          trust::RemovePolicy{where},
          author.registration(who),
          trust::RevokeKey{who, author.id(), "a reason"},
          content::LinkBlob{repo, blob, 13},
          content::UnlinkBlob{repo, blob},
          content::PurgeBlob{blob},
          content::DeleteRepo{repo},
          pulp::CreateRepository{rpm_repo("last"), "the last", "noarch"}};
}

void end(LogRig& rig) {
  for (Intent& intent : what_ends()) must(rig.run(command_of(std::move(intent))));
  const auto details = std::make_shared<const std::string>("{}");
  must(rig.run(command_of(create_package(0xfffffff, "last"), {{Digest::of(*details), details}})));
  must(rig.run(command_of(pulp::AddPackages{rpm_repo("last"), {package_id(0xfffffff)}})));
  must(rig.run(command_of(pulp::RemovePackages{rpm_repo("last"), {package_id(0xfffffff)}})));
  const Actor holder{std::string(kOperator), Auth::local};
  const Signer next = Signer::generate(rig.event_key.verifier().name());
  must(rig.run(command_of(system::EnableDevMode{}, {}, holder)));
  must(rig.run(command_of(system::RotateEventKey{next.verifier().to_string()}, {}, holder)));
}

void make_log(std::uint64_t seed, int commands_wanted) {
  LogRig rig;
  rig.warg_key = std::make_shared<const warg::PrivateKey>(
      warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256));
  rig.open();
  RandomCommands commands(seed);
  for (int i = 0; i < commands_wanted; ++i) {
    rig.clock += 1'000;
    (void)rig.run(commands.next());
  }
  end(rig);
  rig.ledger->drain();
  const Reader reader = rig.reader();
  print("checkpoint", *reader.head().checkpoint);
  for (std::uint64_t i = 0; i < reader.head().size.value; ++i) {
    const std::string entry = must(reader.entry(EntryIndex{i}));
    print("entry", entry);
    const auto named = body_of(must(decode_entry_text(must(parse_note(entry)).text)).event);
    if (named) print("body", must(reader.body(named->digest)).value());
  }
}

}  // namespace
}  // namespace varve::test

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: varve_make_log SEED COMMANDS > tests/golden/log/log.txt\n";
    return 2;
  }
  varve::test::make_log(std::strtoull(argv[1], nullptr, 10), std::atoi(argv[2]));
  return 0;
}
