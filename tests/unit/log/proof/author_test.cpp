// An author's claim in an event: true, or false in one of every way there is.
#include "log/proof/author.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/support/author_given.h"

namespace varve {
namespace {

using test::AuthorKey;
using trust::AuthorStatement;

constexpr std::string_view kOrigin = "registry.example";
const AuthorKey kKey{'k'};
const AuthorKey kOther{'o'};
const RepoName kRepo = RepoName::parse("team/app").value();
const oci::Tag kTag = oci::Tag::parse("1.0").value();
const Digest kDigest = Digest::of("manifest");

AuthorStatement statement() {
  return {std::string(kOrigin), "PUT", "a/b", "team/app:1.0", sha256("manifest")};
}
oci::ManifestPut put(trust::Author author) {
  return {kDigest, "a/b", kRepo, 8, std::move(author)};
}
oci::TagSet set(trust::Author author) {
  return {kDigest, std::nullopt, kRepo, kTag, std::move(author)};
}
std::vector<Event> both(const trust::Author& author) {
  return {put(author), set(author)};
}

TEST(VerifyAuthor, TakesWhatTheAuthorSigned) {
  for (const Event& event : both(kKey.claim(statement())))
    EXPECT_TRUE(verify_author(event, kOrigin).has_value()) << type_of(event);
}

TEST(VerifyAuthor, AnEventWithoutAnAuthorClaimsNothing) {
  EXPECT_TRUE(verify_author(oci::ManifestPut{kDigest, "a/b", kRepo, 8}, kOrigin).has_value());
  EXPECT_TRUE(verify_author(content::BlobCommitted{kDigest, 8}, kOrigin).has_value());
}

TEST(VerifyAuthor, RefusesWhatIsNotWhatTheAuthorSigned) {
  const auto changed = [](const std::function<void(trust::Author&)>& change) {
    trust::Author author = kKey.claim(statement());
    change(author);
    return author;
  };
  const auto signing = [](const std::function<void(AuthorStatement&)>& change) {
    AuthorStatement other = statement();
    change(other);
    return kKey.claim(other);
  };
  const std::vector<std::pair<const char*, trust::Author>> table = {
      {"another key's id", changed([](auto& a) { a.key_id = kOther.id(); })},
      {"another key", changed([](auto& a) { a.public_key = kOther.text(); })},
      {"another key with its id", changed([](auto& a) {
         a.public_key = kOther.text();
         a.key_id = kOther.id();
       })},
      {"a key of small order", changed([](auto& a) {
         a.public_key =
             warg::PublicKeyText::parse("ed25519:" + base64_encode(std::string(32, '\0'))).value();
         a.key_id = warg::key_id(a.public_key);
       })},
      {"another's signature",
       changed([](auto& a) { a.signature = kOther.signature(statement().text()); })},
      {"a changed statement", changed([](auto& a) { a.statement += '\n'; })},
      {"another registry", signing([](auto& s) { s.origin = "other.example"; })},
      {"another method", signing([](auto& s) { s.method = "DELETE"; })},
      {"another repository", signing([](auto& s) { s.resource = "team/other:1.0"; })},
      {"another body", signing([](auto& s) { s.body = sha256("another"); })}};
  for (const auto& [what, author] : table)
    for (const Event& event : both(author)) {
      const auto outcome = verify_author(event, kOrigin);
      ASSERT_FALSE(outcome.has_value()) << what << " in " << type_of(event);
      EXPECT_EQ(outcome.error().code, Errc::invalid);
      EXPECT_EQ(outcome.error().about, About::signature);
    }
  const auto type = signing([](auto& s) { s.type = "a/c"; });
  EXPECT_FALSE(verify_author(put(type), kOrigin).has_value());
  const auto tag = signing([](auto& s) { s.resource = "team/app:2.0"; });
  EXPECT_FALSE(verify_author(set(tag), kOrigin).has_value());
}

TEST(VerifyAuthor, SignsNothingThatIsNoStatement) {
  const auto key = warg::PrivateKey::generate(warg::KeyAlgorithm::ed25519);
  for (const std::string& text : {std::string("WARG-PACKAGE-RECORD-SIGNATURE-V0:x"), std::string(),
                                  statement().text() + "more"})
    EXPECT_FALSE(key.sign_statement(text).has_value()) << text;
  const auto p256 = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
  EXPECT_EQ(p256.sign_statement(statement().text()).error().code, Errc::unsupported);
}

// One key signs both; neither signature may be taken for the other.
TEST(VerifyAuthor, ARecordsSignatureIsNoAuthors) {
  const auto key = warg::PrivateKey::generate(warg::KeyAlgorithm::ed25519);
  const std::string text = statement().text();
  for (const warg::Purpose purpose :
       {warg::Purpose::package_record, warg::Purpose::operator_record, warg::Purpose::checkpoint}) {
    EXPECT_FALSE(key.public_key().verify_statement(text, key.sign(purpose, text)));
    EXPECT_FALSE(key.public_key().verify(purpose, text, key.sign_statement(text).value()));
  }
  const std::string record = std::string(signature_prefix(warg::Purpose::package_record)) + ":x";
  EXPECT_FALSE(
      key.public_key().verify_statement(record, key.sign(warg::Purpose::package_record, "x")));
}

static_assert(!std::is_constructible_v<Verified<trust::Author>, trust::Author>);
static_assert(!std::is_constructible_v<Verified<warg::PublicKeyText>, warg::PublicKeyText>);

}  // namespace
}  // namespace varve
