// What authors sign about manifests: the text, and what is decided with and without a signature.
#include "core/trust/author.h"

#include <gtest/gtest.h>

#include "core/oci/query.h"
#include "tests/support/author_given.h"
#include "tests/support/given.h"

namespace varve {
namespace {

using test::AuthorKey;
using test::credential;
using test::digest;
using test::given;
using test::kDeveloper;
using test::principal;
using test::repo;
using test::resource;
using test::Scenario;
using test::statement_of;
using test::tag;
using trust::AuthorStatement;

constexpr Timestamp kNow{1'795'000'000'000'000};
const AuthorKey kKey{'k'};
const AuthorKey kRevoked{'r'};
const AuthorKey kStranger{'s'};
const AuthorKey kUnknown{'u'};
const AuthorKey kColleague{'c'};

// ---- the text ----

TEST(AuthorStatement, IsTheTextThatIsSigned) {
  const AuthorStatement statement{"registry.example/main", "PUT", "a/b", "team/app:1.0",
                                  sha256("hello")};
  EXPECT_EQ(statement.text(),
            "varve-author-v1\n"
            "registry.example/main\n"
            "PUT a/b team/app:1.0\n"
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n");
  EXPECT_EQ(AuthorStatement::parse(statement.text()).value(), statement);
}

TEST(AuthorStatement, OfAnyOtherShapeIsNone) {
  const std::string good = AuthorStatement{"o", "PUT", "a/b", "r:t", sha256("x")}.text();
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(AuthorStatement::parse(good.substr(0, size))) << size;
  const std::string hash = good.substr(good.size() - 65);
  for (const std::string& bad :
       {good + "\n", "x" + good, "varve-author-v2" + good.substr(15),
        "varve-author-v1\n\nPUT a/b r:t\n" + hash, "varve-author-v1\no\nPUT  r:t\n" + hash,
        "varve-author-v1\no\nPUT a/b r:t x\n" + hash, "varve-author-v1\no\nPUT a/b r:t\n\n" + hash,
        "varve-author-v1\no\nPUT\na/b r:t\n" + hash,
        "varve-author-v1\no\nPUT a/b r:t\n" + hash.substr(1),
        "varve-author-v1\no\nPUT a/b r:t\nA" + hash.substr(1)}) {
    const auto parsed = AuthorStatement::parse(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, Errc::invalid);
    EXPECT_EQ(parsed.error().about, About::signature);
  }
}

TEST(AuthorStatement, IsAboutExactlyTheEventThatSaysTheSame) {
  const oci::ManifestPut put{digest("m"), "a/b", repo("team/app"), 1};
  const oci::TagSet set{digest("m"), std::nullopt, repo("team/app"), tag("1.0")};
  AuthorStatement by_tag{"o", "PUT", "a/b", "team/app:1.0", sha256("m")};
  EXPECT_TRUE(is_about(by_tag, "o", put));
  EXPECT_TRUE(is_about(by_tag, "o", set));
  AuthorStatement by_digest = by_tag;
  by_digest.resource = "team/app@" + digest("m").to_string();
  EXPECT_TRUE(is_about(by_digest, "o", put));
  EXPECT_FALSE(is_about(by_digest, "o", set));
  EXPECT_FALSE(is_about(by_tag, "other", put));
  EXPECT_FALSE(is_about(by_tag, "other", set));
  const auto with = [&](auto member, const std::string& value) {
    AuthorStatement other = by_tag;
    other.*member = value;
    return other;
  };
  EXPECT_FALSE(is_about(with(&AuthorStatement::method, "DELETE"), "o", put));
  EXPECT_FALSE(is_about(with(&AuthorStatement::method, "DELETE"), "o", set));
  EXPECT_FALSE(is_about(with(&AuthorStatement::type, "a/c"), "o", put));
  for (const std::string& elsewhere : {"team/ap:1.0", "team/app2:1.0", "team/app:", "team/app",
                                       "team/app:-x", "team/app:1.0:2", "team/app@sha256:1.0"}) {
    EXPECT_FALSE(is_about(with(&AuthorStatement::resource, elsewhere), "o", put)) << elsewhere;
    EXPECT_FALSE(is_about(with(&AuthorStatement::resource, elsewhere), "o", set)) << elsewhere;
  }
  // A manifest is not told from which tag; its tag's event is.
  EXPECT_TRUE(is_about(with(&AuthorStatement::resource, "team/app:2.0"), "o", put));
  EXPECT_FALSE(is_about(with(&AuthorStatement::resource, "team/app:2.0"), "o", set));
  by_tag.body = sha256("n");
  EXPECT_FALSE(is_about(by_tag, "o", put));
  EXPECT_FALSE(is_about(by_tag, "o", set));
}

TEST(AuthorStatement, AboutALongerDigestNamesItAndNoTag) {
  const Digest longer = Digest::of("m", DigestAlgorithm::sha512);
  const oci::ManifestPut put{longer, "a/b", repo("r"), 1};
  const AuthorStatement by_digest{"o", "PUT", "a/b", "r@" + longer.to_string(), sha256("m")};
  EXPECT_TRUE(is_about(by_digest, "o", put));
  EXPECT_FALSE(is_about({"o", "PUT", "a/b", "r:t", sha256("m")}, "o", put));
  EXPECT_FALSE(
      is_about({"o", "PUT", "a/b", "r@" + digest("m").to_string(), sha256("m")}, "o", put));
  const oci::TagSet set{longer, std::nullopt, repo("r"), tag("t")};
  EXPECT_FALSE(is_about({"o", "PUT", "a/b", "r:t", sha256("m")}, "o", set));
}

// ---- decisions ----

const Actor kPipeline{"ci", Auth::basic, credential('C')};

void add_account(std::vector<Event>& events, const char* name, char letter, const char* where) {
  events.emplace_back(trust::PrincipalCreated{trust::PrincipalKind::user, principal(name)});
  events.emplace_back(trust::CredentialAdded{credential(letter), std::nullopt,
                                             trust::CredentialKind::password, principal(name)});
  events.emplace_back(
      trust::GrantSet{principal(name), resource(where), {Right::pull, Right::push}});
}

// A pipeline and an author, who push below team/, and a stranger, who pushes elsewhere.
Scenario registry(bool policy, const std::vector<Event>& and_then = {}) {
  std::vector<Event> events{system::Genesis{"E", "sha256", "L", std::string(test::kAuthorsOrigin)}};
  add_account(events, "ci", 'C', "team/*");
  add_account(events, "author", 'A', "team/*");
  add_account(events, "colleague", 'D', "team/*");
  add_account(events, "stranger", 'S', "other/*");
  events.insert(
      events.end(),
      {kKey.registered(principal("author")), kRevoked.registered(principal("author")),
       kRevoked.revoked(principal("author")), kColleague.registered(principal("colleague")),
       kStranger.registered(principal("stranger")), content::RepoCreated{"oci", repo("team/app")}});
  if (policy) events.emplace_back(trust::PolicySet{false, resource("team/*"), true});
  return given(events).given(and_then);
}

oci::PutManifest put(std::string_view content = "m", std::vector<oci::Tag> tags = {tag("1.0")}) {
  return {repo("team/app"), std::move(tags), digest(content), content.size(), "a/b", {}, {}};
}
oci::PutManifest claiming(oci::PutManifest wish, const AuthorStatement& statement) {
  wish.author = kKey.sign(statement);
  return wish;
}

struct Wish {
  const char* what;
  oci::PutManifest put;
  std::optional<About> refused;  // nullopt: accepted
};
std::vector<Wish> wishes() {
  AuthorStatement elsewhere = statement_of(put());
  elsewhere.resource = "team/other:1.0";
  AuthorStatement another_tag = statement_of(put());
  another_tag.resource = "team/app:2.0";
  AuthorStatement by_digest = statement_of(put("m", {}));
  AuthorStatement another_method = statement_of(put());
  another_method.method = "POST";
  AuthorStatement another_type = statement_of(put());
  another_type.type = "a/c";
  return {
      {"an author", kKey.sign(put()), std::nullopt},
      {"an author, by digest", kKey.sign(put("m", {})), std::nullopt},
      // The signature is the author's claim; who sends it may be anybody who may push.
      {"somebody else who may push there", kColleague.sign(put()), std::nullopt},
      {"somebody who may not push there", kStranger.sign(put()), About::key},
      {"a revoked key", kRevoked.sign(put()), About::key},
      {"an unknown key", kUnknown.sign(put()), About::key},
      {"another repository", claiming(put(), elsewhere), About::signature},
      {"another tag", claiming(put(), another_tag), About::signature},
      {"a digest where a tag is set", claiming(put(), by_digest), About::signature},
      {"a tag where none is set", claiming(put("m", {}), statement_of(put())), About::signature},
      {"another body", claiming(put(), statement_of(put("n"))), About::signature},
      {"another registry", claiming(put(), statement_of(put(), "other.example")), About::signature},
      {"another method", claiming(put(), another_method), About::signature},
      {"another media type", claiming(put(), another_type), About::signature},
      {"one of two tags", claiming(put("m", {tag("1.0"), tag("2.0")}), statement_of(put())),
       About::signature}};
}

TEST(AuthorSignature, IsJudgedWhetherOrNotOneIsRequired) {
  for (const bool policy : {false, true})
    for (const Wish& wish : wishes()) {
      SCOPED_TRACE(std::string(wish.what) + (policy ? ", required" : ""));
      auto scenario = registry(policy);
      scenario.when(wish.put, kPipeline, kNow);
      if (wish.refused)
        scenario.then_refused(Errc::denied, *wish.refused);
      else
        EXPECT_TRUE(scenario.accepted());
    }
}

TEST(AuthorSignature, IsMissedOnlyWhereAPolicyWantsOne) {
  EXPECT_EQ(registry(false).when(put(), kPipeline, kNow).decided(), 2U);
  registry(true)
      .when(put(), kPipeline, kNow)
      .then_refused(Errc::denied, About::signature, "team/app");
  EXPECT_EQ(registry(true, {trust::PolicySet{false, resource("team/app")}})
                .when(put(), kPipeline, kNow)
                .decided(),
            2U);
}

TEST(AuthorSignature, BindsDevModeAndWhoeverHoldsTheDirectoryToo) {
  for (const Actor& actor : {kDeveloper, test::kHolder})
    registry(true).when(put(), actor).then_refused(Errc::denied, About::signature);
  EXPECT_EQ(registry(true).when(kKey.sign(put()), kDeveloper).decided(), 2U);
}

TEST(AuthorSignature, DoesNotReplaceTheRightToPush) {
  const Actor stranger{"stranger", Auth::basic, credential('S')};
  registry(false).when(kKey.sign(put()), stranger, kNow).then_refused(Errc::denied, About::request);
  registry(false)
      .when(kKey.sign(put()), Actor{}, kNow)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(AuthorSignature, StandsInEveryEventItIsAbout) {
  const auto signed_put = kKey.sign(put());
  const trust::Author author = **signed_put.author;
  registry(true)
      .when(signed_put, kPipeline, kNow)
      .then({oci::ManifestPut{digest("m"), "a/b", repo("team/app"), 1, author},
             oci::TagSet{digest("m"), std::nullopt, repo("team/app"), tag("1.0"), author}});
  const Event there = oci::ManifestPut{digest("m"), "a/b", repo("team/app"), 1};
  // The manifest is there already, put by whomever: the author's word is about the tag.
  registry(true, {there})
      .when(signed_put, kPipeline, kNow)
      .then({oci::TagSet{digest("m"), std::nullopt, repo("team/app"), tag("1.0"), author}});
  const auto by_digest = kKey.sign(put("m", {}));
  registry(true)
      .when(by_digest, kPipeline, kNow)
      .then({oci::ManifestPut{digest("m"), "a/b", repo("team/app"), 1, **by_digest.author}});
}

TEST(AuthorSignature, OfWhatIsSoAlreadyIsNoEvent) {
  const auto signed_put = kKey.sign(put());
  const std::vector<Event> there{
      oci::ManifestPut{digest("m"), "a/b", repo("team/app"), 1, **signed_put.author},
      oci::TagSet{digest("m"), std::nullopt, repo("team/app"), tag("1.0"), **signed_put.author}};
  for (const bool policy : {false, true})
    registry(policy, there).when(signed_put, kPipeline, kNow).then_nothing();
  registry(true, there).when(put(), kPipeline, kNow).then_refused(Errc::denied, About::signature);
}

// Otherwise whoever signs what a pipeline pushed would be told that all is well, and nothing would
// tell anybody else.
TEST(AuthorSignature, OfWhatIsThereUnsignedOrSignedByAnotherIsAnEvent) {
  const Event put_unsigned = oci::ManifestPut{digest("m"), "a/b", repo("team/app"), 1};
  const Event set_unsigned = oci::TagSet{digest("m"), std::nullopt, repo("team/app"), tag("1.0")};
  const auto signed_put = kKey.sign(put());
  const oci::TagSet set{digest("m"), digest("m"), repo("team/app"), tag("1.0"),
                        **signed_put.author};
  const auto colleagues = kColleague.sign(put());
  const oci::TagSet set_by_colleague{digest("m"), digest("m"), repo("team/app"), tag("1.0"),
                                     **colleagues.author};
  const std::vector<Event> there{put_unsigned, set_unsigned};
  const std::vector<Event> and_signed{put_unsigned, set_unsigned, set};
  registry(false, there).when(signed_put, kPipeline, kNow).then({set});
  registry(false, and_signed).when(colleagues, kPipeline, kNow).then({set_by_colleague});
  registry(false, and_signed).when(signed_put, kPipeline, kNow).then_nothing();
  registry(false, and_signed).when(put(), kPipeline, kNow).then_nothing();
  const auto by_digest = kKey.sign(put("m", {}));
  const oci::ManifestPut put_again{digest("m"), "a/b", repo("team/app"), 1, **by_digest.author};
  registry(false, there).when(by_digest, kPipeline, kNow).then({put_again});
  registry(false, {put_unsigned, set_unsigned, put_again})
      .when(by_digest, kPipeline, kNow)
      .then_nothing();
}

TEST(AuthorSignature, MovesNoTagThatMustNotMoveAndBreaksNoLock) {
  const std::vector<Event> there{
      oci::ManifestPut{digest("m"), "a/b", repo("team/app"), 1},
      oci::TagSet{digest("m"), std::nullopt, repo("team/app"), tag("1.0")},
      trust::PolicySet{true, resource("team/*"), true}};
  EXPECT_EQ(registry(false, there).when(kKey.sign(put()), kPipeline, kNow).decided(), 1U);
  registry(false, there)
      .when(kKey.sign(put("n")), kPipeline, kNow)
      .then_refused(Errc::denied, About::tag);
  const content::Attributes fixed{true, true, true, false};
  for (const Event& lock : {Event(oci::TagAttributesSet{fixed, repo("team/app"), tag("1.0")}),
                            Event(content::RepoAttributesSet{fixed, repo("team/app")})})
    EXPECT_FALSE(
        registry(false, there).given({lock}).when(kKey.sign(put()), kPipeline, kNow).accepted());
}

TEST(AuthorSignature, StandsInTheRowsUntilSomebodyElseMovesThem) {
  const auto signed_put = kKey.sign(put());
  const std::vector<Event> events{
      oci::ManifestPut{digest("m"), "a/b", repo("team/app"), 1, **signed_put.author},
      oci::TagSet{digest("n"), std::nullopt, repo("team/app"), tag("1.0")},
      oci::TagSet{digest("m"), digest("n"), repo("team/app"), tag("1.0"), **signed_put.author}};
  auto scenario = registry(false, events);
  const auto manifest = oci::find_manifest(scenario.rows(), repo("team/app"), digest("m")).value();
  EXPECT_EQ(manifest->author, kKey.id());
  EXPECT_EQ(manifest->media_type, "a/b");
  auto row = oci::find_tag(scenario.rows(), repo("team/app"), tag("1.0")).value();
  EXPECT_EQ(row->author, kKey.id());
  EXPECT_EQ(row->created.value + 1, row->index.value);
  scenario.given({oci::TagSet{digest("n"), digest("m"), repo("team/app"), tag("1.0")}});
  row = oci::find_tag(scenario.rows(), repo("team/app"), tag("1.0")).value();
  EXPECT_EQ(row->author, std::nullopt);
  EXPECT_EQ(row->created.value + 2, row->index.value);
}

TEST(AuthorSignature, RowsWithAnAuthorThatIsNoneAreReported) {
  auto scenario = registry(false);
  const std::string tag_key = std::string("r\0t\0", 4);
  const std::string held = std::string("r\0", 2) + digest("m").row();
  for (const std::size_t size : {1U, 7U, 9U, 31U, 33U, 39U, 41U}) {
    scenario.rows().put(Table::tag, tag_key, digest("m").row() + std::string(size, 'x'));
    EXPECT_EQ(oci::find_tag(scenario.rows(), repo("r"), tag("t")).error().code, Errc::corrupt)
        << size;
    scenario.rows().put(Table::manifest, held,
                        std::string(8, '\0') + "a/b" + '\0' + std::string(size, 'x'));
    EXPECT_EQ(oci::find_manifest(scenario.rows(), repo("r"), digest("m")).error().code,
              Errc::corrupt)
        << size;
  }
}

TEST(AuthorSignature, OfAKeyThatWasRevokedSinceItWasCheckedIsRefused) {
  const auto signed_put = kKey.sign(put());
  registry(false, {kKey.revoked(principal("author"))})
      .when(signed_put, kPipeline, kNow)
      .then_refused(Errc::denied, About::key, kKey.id().to_string());
}

// Otherwise a tag could be led where no author ever wanted it.
TEST(AuthorSignature, WhereItIsRequiredNoTagIsSetBackWithoutOne) {
  const std::vector<Event> there{oci::ManifestPut{digest("m"), "a/b", repo("team/app"), 1},
                                 oci::ManifestPut{digest("n"), "a/b", repo("team/app"), 1},
                                 oci::TagSet{digest("n"), digest("m"), repo("team/app"), tag("t")}};
  const oci::SetTag back{repo("team/app"), tag("t"), digest("m"), {}};
  EXPECT_EQ(registry(false, there).when(back, kPipeline, kNow).decided(), 1U);
  registry(true, there).when(back, kPipeline, kNow).then_refused(Errc::denied, About::signature);
  registry(true, there)
      .when(oci::SetTag{repo("team/app"), tag("t"), digest("n"), {}}, kPipeline, kNow)
      .then_nothing();
}

TEST(AuthorSignature, ThePolicyThatWantsItIsAnEventOfItsOwnVersion) {
  const Actor holder = test::kHolder;
  const trust::SetPolicy wish{resource("a/*"), false, true};
  const Event set = trust::PolicySet{false, resource("a/*"), true};
  given({}).when(wish, holder).then({set});
  EXPECT_EQ(version_of(set), 2U);
  given({set}).when(wish, holder).then_nothing();
  const Event without = trust::PolicySet{false, resource("a/*")};
  given({set}).when(trust::SetPolicy{resource("a/*"), false}, holder).then({without});
  EXPECT_EQ(version_of(without), 1U);
}

}  // namespace
}  // namespace varve
