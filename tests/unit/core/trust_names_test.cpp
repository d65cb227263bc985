// The grammars of principals, credentials, rights and resources.
#include "core/trust/names.h"

#include <gmock/gmock.h>

#include "tests/support/given.h"

namespace varve {
namespace {

using test::repo;
using test::resource;
using testing::ElementsAre;

TEST(PrincipalName, FollowsItsGrammar) {
  for (std::string_view good : {"a", "0", "ci-prod", "a.b_c-d", "9lives"}) {
    EXPECT_TRUE(valid_principal_name(good)) << good;
    EXPECT_EQ(PrincipalName::parse(good)->text(), good);
  }
  EXPECT_TRUE(valid_principal_name(std::string(63, 'a')));
  for (std::string_view bad : {"", "-a", ".a", "_a", "A", "a b", "a/b", "a@b", "ä", "a\n"}) {
    EXPECT_FALSE(valid_principal_name(bad)) << bad;
    const auto refused = PrincipalName::parse(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_EQ(refused.error().about, About::name);
  }
  EXPECT_FALSE(valid_principal_name(std::string(64, 'a')));
  EXPECT_FALSE(valid_principal_name(std::string_view("a\0b", 3)));
}

TEST(CredentialId, IsAUlidAndNothingThatCouldBeAPath) {
  EXPECT_TRUE(CredentialId::parse("01JD7Q2V3W4X5Y6Z7A8B9C0D1E"));
  EXPECT_TRUE(CredentialId::parse("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  for (std::string_view bad :
       {"", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01jd7q2v3w4x5y6z7a8b9c0d1e", "01JD7Q2V3W4X5Y6Z7A8B9C0D1",
        "01JD7Q2V3W4X5Y6Z7A8B9C0D1EE", "01JD7Q2V3W4X5Y6Z7A8B9C0D1I", "01JD7Q2V3W4X5Y6Z7A8B9C0D1/",
        "../../../../../../etc/pass"}) {
    const auto refused = CredentialId::parse(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, Errc::invalid);
  }
}

TEST(Rights, AreASetWithSortedWords) {
  const Rights rights{Right::push, Right::del, Right::pull};
  EXPECT_THAT(rights.words(), ElementsAre("delete", "pull", "push"));
  EXPECT_EQ(rights, Rights::of_a_repository());
  EXPECT_THAT(Rights::all().words(),
              ElementsAre("administer", "delete", "pull", "push", "read_log"));
  EXPECT_TRUE(rights.has(Right::del));
  EXPECT_FALSE(rights.has(Right::administer));
  EXPECT_EQ((rights - Rights{Right::del}), (Rights{Right::pull, Right::push}));
  EXPECT_EQ((rights & Rights{Right::del, Right::read_log}), (Rights{Right::del}));
  EXPECT_TRUE(Rights{}.empty());
  EXPECT_TRUE(Rights{}.words().empty());
}

TEST(Rights, ComeBackFromTheirWordsAndTheirBits) {
  for (int bits = 0; bits < 32; ++bits) {
    const auto rights = Rights::from_bits(static_cast<std::uint8_t>(bits));
    ASSERT_TRUE(rights.has_value());
    EXPECT_EQ(Rights::parse(rights->words()), *rights);
    EXPECT_EQ(rights->bits(), bits);
  }
  for (int bits = 32; bits < 256; ++bits)
    EXPECT_FALSE(Rights::from_bits(static_cast<std::uint8_t>(bits)).has_value()) << bits;
}

TEST(Rights, RefuseWordsNobodyKnowsAndWordsSaidTwice) {
  EXPECT_EQ(Rights::parse({"pull", "fly"}).error().code, Errc::unsupported);
  EXPECT_EQ(Rights::parse({"Pull"}).error().code, Errc::unsupported);
  EXPECT_EQ(Rights::parse({""}).error().code, Errc::unsupported);
  EXPECT_EQ(Rights::parse({"pull", "pull"}).error().code, Errc::invalid);
}

TEST(Resource, IsEverythingOrWhatLiesBelowANameOrOneRepository) {
  for (std::string_view good : {"*", "a", "a/b", "a/*", "team/app/*", "my-team/*"})
    EXPECT_EQ(Resource::parse(good)->text(), good);
  for (std::string_view bad : {"", "/", "/*", "a/", "*/a", "a*", "a/*/b", "**", "a/**", "A", "a//*",
                               "../*", "manage/*", "asof.1/*", "a/* "}) {
    const auto refused = Resource::parse(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, Errc::invalid) << bad;
  }
}

TEST(Resource, CoversWholeComponentsOnly) {
  EXPECT_TRUE(resource("*").covers(repo("a/b")));
  EXPECT_TRUE(resource("a/*").covers(repo("a/b")));
  EXPECT_TRUE(resource("a/*").covers(repo("a/b/c")));
  EXPECT_FALSE(resource("a/*").covers(repo("a")));
  EXPECT_FALSE(resource("a/*").covers(repo("ab/c")));
  EXPECT_TRUE(resource("a/b").covers(repo("a/b")));
  EXPECT_FALSE(resource("a/b").covers(repo("a/b/c")));
  EXPECT_FALSE(resource("a/b").covers(repo("a")));
}

TEST(Resource, NamesWhatIsWiderTheMostSpecificFirst) {
  EXPECT_THAT(Resource(repo("a/b/c")).and_wider(), ElementsAre("a/b/c", "a/b/*", "a/*", "*"));
  EXPECT_THAT(Resource(repo("a")).and_wider(), ElementsAre("a", "*"));
  EXPECT_THAT(resource("a/b/*").and_wider(), ElementsAre("a/b/*", "a/*", "*"));
  EXPECT_THAT(resource("*").and_wider(), ElementsAre("*"));
}

}  // namespace
}  // namespace varve
