// What a header says, and that it is refused where it contradicts itself.
#include "api/rpm/facts.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/rpm_bytes.h"

namespace varve::rpm {
namespace {

using pulp::Comparison;
using test::HeaderBytes;
using test::small_header;

struct Facts {
  Nevra nevra;
  pulp::Details details;
};

Result<Facts> facts_of(const HeaderBytes& bytes) {
  const std::string file = test::rpm_of(bytes);
  VARVE_TRY(const Frame frame, read_frame(MemorySource(file)));
  VARVE_TRY(const Header signature, Header::import(frame.signature));
  VARVE_TRY(const Header header, Header::import(frame.header));
  VARVE_TRY(Nevra nevra, read_nevra(header));
  VARVE_TRY(pulp::Details details, read_details(frame, signature, header));
  return Facts{std::move(nevra), std::move(details)};
}

Errc refused(const HeaderBytes& bytes) {
  const auto facts = facts_of(bytes);
  EXPECT_FALSE(facts);
  if (facts) return Errc::internal;
  EXPECT_EQ(facts.error().about, About::body) << facts.error().what;
  return facts.error().code;
}

TEST(RpmFacts, OfASmallPackage) {
  const auto facts = facts_of(small_header());
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ(facts->nevra, (Nevra{"small", "0", "1.0", "1", "noarch"}));
  EXPECT_EQ(facts->details.license, "MIT");
  EXPECT_EQ(facts->details.vendor, std::nullopt);
  ASSERT_EQ(facts->details.requires_.size(), 1U);
  EXPECT_EQ(facts->details.requires_[0].name, "/bin/sh");
  EXPECT_TRUE(facts->details.requires_[0].pre);
  ASSERT_TRUE(facts->details.rpm);
  EXPECT_EQ(facts->details.rpm->summary, "Small");
  EXPECT_EQ(facts->details.rpm->directories, std::vector<std::string>{"/usr/bin/"});
}

TEST(RpmFacts, NameEachPartThatIsMissing) {
  for (const auto& [tag, what] : {std::pair<std::uint32_t, const char*>{1000, "name"},
                                  {1001, "version"},
                                  {1002, "release"},
                                  {1022, "architecture"}}) {
    auto facts = facts_of(small_header().without(tag));
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().what, std::string("the RPM has no ") + what);
    facts = facts_of(small_header().text(tag, ""));
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().what, std::string("the RPM has no ") + what);
  }
}

TEST(RpmFacts, OfATagOfAnotherTypeAreAsGoodAsNone) {
  EXPECT_EQ(refused(small_header().numbers(1000, {7})), Errc::invalid);
  EXPECT_EQ(refused(small_header().texts(1048, {"7"})), Errc::invalid);
  EXPECT_EQ(refused(small_header().numbers(1049, {7})), Errc::invalid);
}

TEST(RpmFacts, CallASourcePackageSrcWhateverItWasBuiltOn) {
  EXPECT_EQ(facts_of(small_header().numbers(1106, {1}))->nevra.arch, "src");
  EXPECT_EQ(facts_of(small_header().without(1044))->nevra.arch, "src");
}

TEST(RpmFacts, ReadTextThatIsNotUtf8AsLatin1) {
  const auto facts = facts_of(small_header().text(1004, "caf\xe9").text(1005, "na\xc3\xafve"));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->details.rpm->summary, "café");
  EXPECT_EQ(facts->details.description, "naïve");
}

TEST(RpmFacts, AreInTheCLocaleWhateverTheEnvironmentAsksFor) {
  ASSERT_EQ(::setenv("LANGUAGE", "de", 1), 0);
  const auto facts =
      facts_of(small_header().texts(100, {"C", "de"}).texts(1004, {"cheese", "Käse"}, 9));
  ASSERT_EQ(::unsetenv("LANGUAGE"), 0);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->details.rpm->summary, "cheese");
}

TEST(RpmFacts, AreRefusedWhereListsDoNotMatch) {
  EXPECT_EQ(refused(small_header().numbers(1048, {0, 0})), Errc::invalid);
  EXPECT_EQ(refused(small_header().without(1050)), Errc::invalid);
  EXPECT_EQ(refused(small_header().texts(1117, {"small", "more"})), Errc::invalid);
  EXPECT_EQ(refused(small_header().without(1030)), Errc::invalid);
  EXPECT_EQ(refused(small_header().numbers(1080, {1})), Errc::invalid);
}

TEST(RpmFacts, AreRefusedWhereAFilesDirectoryIsNotThere) {
  EXPECT_EQ(refused(small_header().numbers(1116, {1})), Errc::invalid);
  EXPECT_EQ(refused(small_header().numbers(1116, {0xffff'ffff})), Errc::invalid);
  EXPECT_EQ(refused(small_header().without(1118)), Errc::invalid);
}

TEST(RpmFacts, AreRefusedWhereADirectoryLeavesTheRoot) {
  for (const char* bad : {"usr/bin/", "/usr/bin", "/../bin/", "/usr/./bin/", "/usr//bin/", "//"})
    EXPECT_EQ(refused(small_header().texts(1118, {bad})), Errc::invalid) << bad;
  for (const char* bad : {"../x", "a/b", ".", ".."})
    EXPECT_EQ(refused(small_header().texts(1117, {bad})), Errc::invalid) << bad;
}

TEST(RpmFacts, AreRefusedWithMoreDependenciesThanAnyPackageHas) {
  const auto with = [](std::size_t count) {
    return small_header()
        .texts(1047, std::vector<std::string>(count, "p"))
        .numbers(1112, std::vector<std::uint32_t>(count, 0))
        .texts(1113, std::vector<std::string>(count, ""));
  };
  EXPECT_EQ(refused(with(kDependenciesMax + 1)), Errc::too_large);
  const auto facts = facts_of(with(kDependenciesMax));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->details.provides.size(), kDependenciesMax);
}

TEST(RpmFacts, KeepTheTenNewestChangesOldestFirst) {
  std::vector<std::uint32_t> times;
  for (std::uint32_t i = 0; i < 12; ++i) times.push_back(1'000 - i);
  const auto facts = facts_of(small_header()
                                  .numbers(1080, times)
                                  .texts(1081, std::vector<std::string>(12, "jo"))
                                  .texts(1082, std::vector<std::string>(12, "- did")));
  ASSERT_TRUE(facts);
  const auto& changes = facts->details.rpm->changelogs;
  ASSERT_EQ(changes.size(), 10U);
  EXPECT_EQ(changes.front().time, 991U);
  EXPECT_EQ(changes.back().time, 1'000U);
}

TEST(RpmFacts, OfAHeaderWhoseIndexPointsOutsideItAreRefused) {
  std::string file = test::rpm_of(small_header());
  const std::size_t header = read_frame(MemorySource(file))->header_start;
  // The offset of each entry in turn.
  for (std::size_t entry = 0; entry < 10; ++entry) {
    std::string damaged = file;
    damaged.replace(header + 16 + entry * 16 + 8, 4, std::string("\x7f\xff\xff\xff", 4));
    const auto frame = read_frame(MemorySource(damaged));
    ASSERT_TRUE(frame);
    EXPECT_FALSE(Header::import(frame->header)) << entry;
  }
}

TEST(RpmVersions, AreSplitAsRepodataHasThem) {
  const auto parts = [](std::string_view text) {
    pulp::Dependency d;
    split_evr(text, d);
    return d.epoch + "|" + d.version + "|" + d.release;
  };
  EXPECT_EQ(parts(""), "||");
  EXPECT_EQ(parts("1.0"), "0|1.0|");
  EXPECT_EQ(parts("1.0-2"), "0|1.0|2");
  EXPECT_EQ(parts("3:1.0-2"), "3|1.0|2");
  EXPECT_EQ(parts(":1.0"), "0|1.0|");
  EXPECT_EQ(parts("x:1.0-2"), "|1.0|2");
  EXPECT_EQ(parts("1-2-3"), "0|1|2-3");
}

}  // namespace
}  // namespace varve::rpm
