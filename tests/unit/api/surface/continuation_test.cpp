// Places of a listing that tell nothing.
#include "api/surface/continuation.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/limits.h"

namespace varve::surface {
namespace {

constexpr TreeSize kSize{7};

TEST(Continuations, ComeBackAsTheyWere) {
  const Continuations places;
  const std::string longest(limits::kRepoNameBytesMax, 'x');
  for (const std::string& name : {std::string("a"), std::string("secret/app"), longest}) {
    const auto opened = places.open(places.seal(name, kSize), kSize);
    ASSERT_TRUE(opened.has_value()) << name;
    EXPECT_EQ(*opened, name);
  }
}

TEST(Continuations, ShowNeitherTheNameNorItsLengthNorThatItIsTheSameOne) {
  const Continuations places;
  std::set<std::string> seen;
  std::set<std::size_t> lengths;
  for (const std::string name : {"a", "secret/app", "secret/app"}) {
    const std::string sealed = places.seal(name, kSize);
    EXPECT_EQ(sealed.find("secret"), std::string::npos);
    EXPECT_EQ(sealed.find_first_of("+/=&?"), std::string::npos) << "it stands in a query";
    seen.insert(sealed);
    lengths.insert(sealed.size());
  }
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_EQ(lengths.size(), 1U);
}

TEST(Continuations, AreOpenedOnlyAsTheyWereSealed) {
  const Continuations places;
  const std::string sealed = places.seal("secret/app", kSize);
  EXPECT_FALSE(places.open(sealed, TreeSize{8}).has_value()) << "of another state";
  EXPECT_FALSE(Continuations().open(sealed, kSize).has_value()) << "of another process";
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(places.open(changed, kSize).has_value()) << i;
  }
  for (const std::string& bad : {std::string(), std::string("a"), sealed + "A", sealed.substr(1)})
    EXPECT_FALSE(places.open(bad, kSize).has_value()) << bad;
}

}  // namespace
}  // namespace varve::surface
