// What may happen to the log itself.
#include <gtest/gtest.h>

#include "tests/support/given.h"

namespace varve::system {
namespace {

using test::given;
using test::kDeveloper;
using test::kHolder;
using test::kNobody;

const Initialise kInit{"registry.example", "log key", "event key"};
const Genesis kGenesis{"event key", "sha256", "log key", "registry.example"};

TEST(Initialise, IsTheFirstThingThatHappens) {
  given({}).when(kInit, kHolder).then({kGenesis});
}

TEST(Initialise, HappensOnce) {
  given({kGenesis}).when(kInit, kHolder).then_refused(Errc::conflict, About::storage);
}

TEST(Initialise, RefusesWhatAnEntryCouldNotCarry) {
  given({}).when(Initialise{"", "k", "k"}, kHolder).then_refused(Errc::invalid, About::name);
  given({}).when(Initialise{"o", "", "k"}, kHolder).then_refused(Errc::invalid, About::key);
  given({}).when(Initialise{"o", "k", "\xff"}, kHolder).then_refused(Errc::invalid, About::key);
  given({}).when(Initialise{"o\nx", "k", "k"}, kHolder).then_refused(Errc::invalid, About::name);
  given({})
      .when(Initialise{std::string(70'000, 'o'), "k", "k"}, kHolder)
      .then_refused(Errc::invalid, About::name);
}

TEST(SystemCommands, AreForTheHolderOfTheDirectoryAlone) {
  for (const Intent& intent :
       {Intent(kInit), Intent(EnableDevMode{}), Intent(RotateEventKey{"new"})}) {
    given({}).when(intent, kDeveloper).then_refused(Errc::denied, About::request);
    given({}).when(intent, kNobody).then_refused(Errc::unauthorized, About::request);
  }
}

TEST(EnableDevMode, IsRememberedOnce) {
  given({kGenesis}).when(EnableDevMode{}, kHolder).then({DevModeEnabled{}});
  given({kGenesis, DevModeEnabled{}}).when(EnableDevMode{}, kHolder).then_nothing();
}

TEST(RotateEventKey, NamesBothKeys) {
  given({kGenesis})
      .when(RotateEventKey{"second key"}, kHolder)
      .then({EventKeyRotated{"second key", "event key"}});
}

TEST(RotateEventKey, FollowsTheChain) {
  given({kGenesis, EventKeyRotated{"second key", "event key"}})
      .when(RotateEventKey{"third key"}, kHolder)
      .then({EventKeyRotated{"third key", "second key"}});
}

TEST(RotateEventKey, NeedsAnotherKey) {
  given({kGenesis})
      .when(RotateEventKey{"event key"}, kHolder)
      .then_refused(Errc::invalid, About::key);
  given({kGenesis}).when(RotateEventKey{""}, kHolder).then_refused(Errc::invalid, About::key);
}

TEST(RotateEventKey, NeedsALog) {
  given({}).when(RotateEventKey{"k"}, kHolder).then_refused(Errc::not_found, About::key);
}

}  // namespace
}  // namespace varve::system
