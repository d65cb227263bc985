// Reading entries that somebody may have tampered with, or that a newer version wrote.
#include "core/codec.h"

#include <gtest/gtest.h>

#include <chrono>

#include "core/base/bytes.h"
#include "tests/support/given.h"
#include "tests/support/warg_given.h"

namespace varve {
namespace {

using test::credential;
using test::digest;
using test::principal;
using test::repo;
using test::resource;
using test::tag;

const Event kEvent = oci::TagSet{digest("m"), std::nullopt, repo("a/b"), tag("t")};

Envelope envelope() {
  Envelope e;
  e.index = EntryIndex{7};
  e.at = Timestamp{1'795'281'611'123'456};
  e.actor = {"ci", Auth::dev};
  e.request = "01JD";
  e.surface = "oci";
  return e;
}

std::string text() {
  return encode_entry_text(envelope(), kEvent);
}

// The entry with one passage replaced, which must be there.
std::string with(std::string_view passage, std::string_view replacement) {
  std::string changed = text();
  const std::size_t at = changed.find(passage);
  EXPECT_NE(at, std::string::npos) << passage;
  return changed.replace(at, passage.size(), replacement);
}

void expect_corrupt(const std::string& changed) {
  const auto entry = decode_entry_text(changed);
  ASSERT_FALSE(entry.has_value()) << changed;
  EXPECT_EQ(entry.error().code, Errc::corrupt) << changed;
  EXPECT_EQ(entry.error().about, About::entry) << changed;
}

TEST(EntryText, IsOneCanonicalLine) {
  EXPECT_EQ(
      text(),
      R"({"actor":{"auth":"dev","id":"ci"},"at":"2026-11-21T17:20:11.123456Z","batch":[0,1],)"
      R"("data":{"digest":"sha256:62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a",)"
      R"("repo":"a/b","tag":"t"},"index":7,"request":"01JD","surface":"oci",)"
      R"("type":"oci.tag.set","v":1})"
      "\n");
}

TEST(EntryText, ComesBack) {
  const auto entry = decode_entry_text(text());
  ASSERT_TRUE(entry.has_value()) << entry.error().what;
  EXPECT_EQ(*entry, (Entry{envelope(), kEvent}));
}

TEST(EntryText, MembersThatWeDoNotKnowAreIgnored) {
  for (const std::string& newer : {with(R"("v":1)", R"("v":1,"w":{"x":[1,null]})"),
                                   with(R"("repo":)", R"("note":"x","repo":)"),
                                   with(R"("id":"ci")", R"("id":"ci","key":"k1")")}) {
    const auto entry = decode_entry_text(newer);
    ASSERT_TRUE(entry.has_value()) << newer << entry.error().what;
    EXPECT_EQ(entry->event, kEvent);
  }
}

TEST(EntryText, TypesVersionsAndAuthWeDoNotKnowAreUnsupportedNotCorrupt) {
  for (const std::string& newer :
       {with("oci.tag.set", "oci.tag.frozen"), with(R"("v":1)", R"("v":3)"),
        with(R"("v":1)", R"("v":0)"), with(R"("auth":"dev")", R"("auth":"oidc")")}) {
    const auto entry = decode_entry_text(newer);
    ASSERT_FALSE(entry.has_value()) << newer;
    EXPECT_EQ(entry.error().code, Errc::unsupported) << newer;
    EXPECT_EQ(entry.error().about, About::entry);
  }
}

TEST(EntryText, NamesTheCredentialThatWasShown) {
  Envelope shown = envelope();
  shown.actor = {"ci", Auth::bearer, credential('A')};
  const std::string line = encode_entry_text(shown, kEvent);
  EXPECT_TRUE(line.starts_with(
      R"({"actor":{"auth":"bearer","credential":"01JD7Q2V3W4X5Y6Z7A8B9C0D1A","id":"ci"},"at":)"))
      << line;
  const auto entry = decode_entry_text(line);
  ASSERT_TRUE(entry.has_value()) << entry.error().what;
  EXPECT_EQ(entry->envelope, shown);
  expect_corrupt(with(R"("auth":"dev")", R"("auth":"basic","credential":"../../passwd")"));
  expect_corrupt(with(R"("auth":"dev")", R"("auth":"basic","credential":7)"));
}

TEST(EntryText, SaysHowACallerShowedWhoTheyAre) {
  for (const auto& [auth, word] :
       {std::pair{Auth::signature, R"({"actor":{"auth":"signature",)"},
        std::pair{Auth::certificate, R"({"actor":{"auth":"certificate",)"}}) {
    Envelope shown = envelope();
    shown.actor = {"ci", auth, credential('A')};
    const std::string line = encode_entry_text(shown, kEvent);
    EXPECT_TRUE(line.starts_with(word)) << line;
    const auto entry = decode_entry_text(line);
    ASSERT_TRUE(entry.has_value()) << entry.error().what;
    EXPECT_EQ(entry->envelope, shown);
  }
}

TEST(EntryText, NamesEachKindOfCredential) {
  using enum trust::CredentialKind;
  for (const auto& [kind, word] : {std::pair{password, "password"}, std::pair{token, "token"},
                                   std::pair{x509, "x509"}, std::pair{aksk, "aksk"}}) {
    const Event added =
        trust::CredentialAdded{credential('A'), std::nullopt, kind, test::principal("ci")};
    const std::string line = encode_entry_text(envelope(), added);
    EXPECT_NE(line.find(R"("data":{"credential":"01JD7Q2V3W4X5Y6Z7A8B9C0D1A","kind":")" +
                        std::string(word) + R"(","principal":"ci"})"),
              std::string::npos)
        << line;
    const auto entry = decode_entry_text(line);
    ASSERT_TRUE(entry.has_value()) << entry.error().what;
    EXPECT_EQ(entry->event, added);
  }
}

TEST(EntryText, DoesNotHoldWhatATokenWasMadeFor) {
  Envelope limited = envelope();
  limited.actor.limit = {{Resource::everything(), Rights::all()}};
  EXPECT_EQ(encode_entry_text(limited, kEvent), text());
}

// An event about accounts, with its data replaced.
std::string account_text(std::string_view type, std::string_view data) {
  return R"({"actor":{"auth":"local","id":"root"},"at":"2026-11-21T17:20:11.123456Z",)"
         R"("batch":[0,1],"data":)" +
         std::string(data) + R"(,"index":7,"request":"01JD","surface":"local","type":")" +
         std::string(type) + "\",\"v\":1}\n";
}

TEST(EntryText, WordsOfANewerVersionAreUnsupportedNotCorrupt) {
  for (const std::string& newer :
       {account_text("principal.created", R"({"kind":"robot","principal":"a"})"),
        account_text("grant.set", R"({"principal":"a","resource":"*","rights":["pull","sign"]})"),
        account_text("credential.added", R"({"credential":"01JD7Q2V3W4X5Y6Z7A8B9C0D1A",)"
                                         R"("kind":"certificate","principal":"a"})")}) {
    const auto entry = decode_entry_text(newer);
    ASSERT_FALSE(entry.has_value()) << newer;
    EXPECT_EQ(entry.error().code, Errc::unsupported) << newer;
  }
}

TEST(EntryText, RightsTimesAndFlagsHaveOneText) {
  for (const std::string_view rights :
       {R"("pull")", R"(["push","pull"])", R"(["pull","pull"])", R"([1])", R"({})", R"(null)"})
    expect_corrupt(account_text(
        "grant.set", R"({"principal":"a","resource":"*","rights":)" + std::string(rights) + "}"));
  for (const std::string_view flag : {R"("true")", "1", "null"})
    expect_corrupt(account_text(
        "policy.set", R"({"immutable_tags":)" + std::string(flag) + R"(,"resource":"*"})"));
  for (const std::string_view time : {R"("2027-01-01T00:00:00Z")", R"("never")", "0", "null"})
    expect_corrupt(account_text("credential.added",
                                R"({"credential":"01JD7Q2V3W4X5Y6Z7A8B9C0D1A","expires":)" +
                                    std::string(time) + R"(,"kind":"token","principal":"a"})"));
  for (const std::string_view resource : {"", "/*", "a/", "a/*/b", "**", "A/*", "a*"})
    expect_corrupt(
        account_text("policy.removed", R"({"resource":")" + std::string(resource) + R"("})"));
}

TEST(EntryText, EveryMemberIsRequired) {
  for (std::string_view member : {"actor", "auth", "id", "at", "batch", "data", "digest", "repo",
                                  "tag", "index", "request", "surface", "type", "v"}) {
    const std::string name = "\"" + std::string(member) + "\":";
    expect_corrupt(with(name, "\"_" + std::string(member) + "\":"));
  }
}

TEST(EntryText, EveryMemberHasItsType) {
  for (const std::string& changed :
       {with(R"({"auth":"dev","id":"ci"})", R"("dev")"), with(R"("auth":"dev")", R"("auth":1)"),
        with(R"("id":"ci")", R"("id":null)"), with(R"("2026-11-21T17:20:11.123456Z")", "7"),
        with("[0,1]", "{}"), with("[0,1]", R"(["0","1"])"), with("\"index\":7", "\"index\":\"7\""),
        with("\"index\":7", "\"index\":7.0"), with("\"index\":7", "\"index\":-7"),
        with(R"("01JD")", "[]"), with(R"("oci.tag.set")", "{}"), with(R"("v":1)", R"("v":"1")"),
        with(R"("repo":"a/b")", R"("repo":["a/b"])"), with(R"("tag":"t")", R"("tag":null)"),
        with(R"("repo":)", R"("previous":null,"repo":)"),
        with(R"("repo":)", R"("previous":"x","repo":)")})
    expect_corrupt(changed);
}

TEST(EntryText, ValuesFollowTheirGrammar) {
  for (const std::string& changed :
       {with("a/b", "a/../b"),
        with("a/b", "A"),
        with(R"("tag":"t")", R"("tag":".t")"),
        with("sha256:", "sha257:"),
        with("sha256:6", "sha256:G"),
        with(R"("id":"ci")", R"("id":"")"),
        with(R"("id":"ci")", R"("id":"C I")"),
        with("2026-11-21T17:20:11.123456Z", "2026-11-21T17:20:11.123Z"),
        with("2026-11-21T17:20:11.123456Z", "2026-11-21T17:20:11.123456+00:00"),
        with("2026-11-21T17:20:11.123456Z", "yesterday"),
        with("01JD", ""),
        with("01JD", "01 JD"),
        with("01JD", "01JDé"),
        with("01JD", std::string(65, 'x')),
        with(R"("surface":"oci")", R"("surface":"")"),
        with("[0,1]", "[1,1]"),
        with("[0,1]", "[0,0]"),
        with("[0,1]", "[0]"),
        with("[0,1]", "[0,1,2]"),
        with("[0,1]", "[0,4294967296]"),
        with("\"index\":7", "\"index\":9007199254740992")})
    expect_corrupt(changed);
  EXPECT_TRUE(decode_entry_text(with("\"index\":7", "\"index\":9007199254740991")).has_value());
  EXPECT_TRUE(decode_entry_text(with("01JD", std::string(64, 'x'))).has_value());
  EXPECT_TRUE(decode_entry_text(with("[0,1]", "[255,256]")).has_value());
}

TEST(EntryText, IsExactlyOneLine) {
  const std::string line = text();
  expect_corrupt("");
  expect_corrupt("\n");
  expect_corrupt(line.substr(0, line.size() - 1));
  expect_corrupt(line + "\n");
  expect_corrupt("\n" + line);
  expect_corrupt(line + line);
  expect_corrupt(with(",\"data\"", ",\n\"data\""));
}

TEST(EntryText, IsNotReadWhenTwoReadersCouldSeeTwoThings) {
  expect_corrupt(with(R"("tag":"t")", R"("tag":"t","tag":"u")"));
  expect_corrupt(with(R"("tag":"t")", R"("tag":"t","\u0074ag":"u")"));
  expect_corrupt(with(R"("v":1)", R"("v":1,"v":1)"));
  expect_corrupt(with(R"("v":1)", R"("v":1,"x":{"y":1,"y":2})"));
}

TEST(EntryText, IsNeitherEndlessNorBottomless) {
  expect_corrupt(with(R"("v":1)", R"("v":1,"x":")" + std::string(70'000, 'x') + "\""));
  expect_corrupt(
      with(R"("v":1)", R"("v":1,"x":)" + std::string(1'000, '[') + std::string(1'000, ']')));
}

TEST(EntryText, EveryTruncationIsNoticed) {
  const std::string line = text();
  for (std::size_t n = 0; n < line.size(); ++n) expect_corrupt(line.substr(0, n));
}

TEST(EntryTextDeathTest, WhatWeCouldNotReadBackIsNeverWritten) {
  Envelope bad = envelope();
  bad.batch_position = 1;
  EXPECT_DEATH((void)encode_entry_text(bad, kEvent), "broken invariant");
  bad = envelope();
  bad.actor.id = "Not A Name";
  EXPECT_DEATH((void)encode_entry_text(bad, kEvent), "broken invariant");
}

// Readers of two versions must never read two things out of one entry.
TEST(Codec, RefusesAVersionThatSaysLessOrMoreThanTheEntry) {
  const auto change = [](std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << text;
    return text.replace(at, from.size(), to);
  };
  const auto refused = [](const std::string& text, Errc code) {
    const auto entry = decode_entry_text(text);
    ASSERT_FALSE(entry.has_value()) << text;
    EXPECT_EQ(entry.error().code, code) << text;
  };
  const std::string plain = encode_entry_text(envelope(), trust::PolicySet{true, resource("*")});
  const std::string strict =
      encode_entry_text(envelope(), trust::PolicySet{true, resource("*"), true});
  refused(change(plain, "\"v\":1", "\"v\":2"), Errc::corrupt);
  refused(change(strict, "\"v\":2", "\"v\":1"), Errc::corrupt);
  refused(change(strict, "\"v\":2", "\"v\":3"), Errc::unsupported);
  refused(change(plain, "\"v\":1", "\"v\":0"), Errc::unsupported);
  refused(change(strict, "\"require_author_sig\":true", "\"require_author_sig\":1"), Errc::corrupt);
}

TEST(Codec, RefusesAnAuthorWhoseKeyIsWrittenInAnotherWay) {
  const Event event = oci::ManifestPut{
      digest("m"), "a/b", repo("a"), 1,
      trust::Author{test::warg_key('k').id, test::warg_key('k').text, test::warg_signature(), ""}};
  std::string text = encode_entry_text(envelope(), event);
  EXPECT_TRUE(decode_entry_text(text).has_value());
  const std::string key = test::warg_key('k').text.text();
  // An uncompressed point has the id of the compressed one, and two texts would be one key.
  const std::string longer = "ecdsa-p256:" + base64_encode('\4' + std::string(64, 'k'));
  ASSERT_TRUE(warg::PublicKeyText::parse(longer).has_value());
  std::string other = text;
  other.replace(other.find(key), key.size(), longer);
  EXPECT_EQ(decode_entry_text(other).error().code, Errc::corrupt);
  text.replace(text.find("\"author\":{"), 10, "\"author\":[");
  EXPECT_FALSE(decode_entry_text(text).has_value());
}

TEST(Event, KnowsWhichDigestsItNames) {
  const Event event = oci::TagSet{digest("new"), digest("old"), repo("a"), tag("t")};
  EXPECT_TRUE(mentions_digest(event, digest("new")));
  EXPECT_TRUE(mentions_digest(event, digest("old")));
  EXPECT_FALSE(mentions_digest(event, digest("other")));
  EXPECT_FALSE(mentions_digest(event, Digest::of("new", DigestAlgorithm::sha512)));
  EXPECT_FALSE(mentions_digest(kEvent, digest("old")));
  EXPECT_FALSE(mentions_digest(content::RepoCreated{"oci", repo("a")}, digest("new")));
}

TEST(Event, VouchesForWhatItPutsOrPointsToAndForNothingElse) {
  const auto a = repo("a");
  const Event vouching[] = {content::BlobCommitted{digest("new"), 1},
                            content::BlobLinked{digest("new"), a, 1},
                            oci::ManifestPut{digest("new"), "m/t", a, 1},
                            oci::TagSet{digest("new"), digest("old"), a, tag("t")}};
  for (const Event& event : vouching) EXPECT_EQ(subject_digest(event), digest("new"));
  const Event others[] = {
      system::Genesis{"E", "sha256", "L", "O"}, system::DevModeEnabled{},
      system::EventKeyRotated{"F", "E"},        content::RepoCreated{"oci", a},
      oci::ManifestDeleted{digest("old"), a},   oci::TagDeleted{digest("old"), a, tag("t")},
      trust::PrincipalEnabled{principal("a")},  trust::PolicySet{true, resource("*")}};
  for (const Event& event : others)
    EXPECT_EQ(subject_digest(event), std::nullopt) << type_of(event);
}

TEST(Event, TellsWhatItRemoves) {
  const auto a = repo("a");
  const Event removing[] = {oci::TagSet{digest("new"), digest("old"), a, tag("t")},
                            oci::ManifestDeleted{digest("old"), a},
                            oci::TagDeleted{digest("old"), a, tag("t")}};
  for (const Event& event : removing) EXPECT_EQ(removed_digest(event), digest("old"));
  EXPECT_EQ(removed_digest(oci::TagSet{digest("new"), std::nullopt, a, tag("t")}), std::nullopt);
  // Signed where it is.
  EXPECT_EQ(removed_digest(oci::TagSet{digest("new"), digest("new"), a, tag("t")}), std::nullopt);
  EXPECT_EQ(removed_digest(oci::ManifestPut{digest("new"), "m/t", a, 1}), std::nullopt);
}

TEST(Event, ItsDataIsOneLineOfJson) {
  EXPECT_EQ(data_json(content::RepoCreated{"oci", repo("a/b")}),
            R"({"format":"oci","repo":"a/b"})");
  EXPECT_EQ(data_json(system::DevModeEnabled{}), "{}");
}

TEST(Event, OnlyAManifestNamesABody) {
  const auto body = body_of(oci::ManifestPut{digest("m"), "a/b", repo("a"), 1});
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->digest, digest("m"));
  EXPECT_EQ(body->size, 1U);
  EXPECT_FALSE(body_of(kEvent).has_value());
}

}  // namespace
}  // namespace varve
