// Warg's names and ids. The expected ids come from the reference implementation.
#include "core/warg/names.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::warg {
namespace {

constexpr std::string_view kKey = "ecdsa-p256:A5qc6uBi070EBb4GihGzpx6Cm5+oZnv4dWpBhhuZVagu";

PackageName package(std::string_view text) {
  return PackageName::parse(text).value();
}

TEST(WargPackageName, IsTwoKebabCaseWords) {
  for (const std::string_view text :
       {"test:hello", "a:b", "wasi:http", "my-team:some-tool2", "a1:b2", "a-b:c-d", "ns:a1b2"}) {
    const auto name = PackageName::parse(text);
    ASSERT_TRUE(name.has_value()) << text;
    EXPECT_EQ(name->text(), text);
  }
}

TEST(WargPackageName, KnowsItsNamespace) {
  EXPECT_EQ(package("my-team:tool").ns().text(), "my-team");
  EXPECT_EQ(package("my-team:tool").name(), "tool");
}

TEST(WargPackageName, RefusesEverythingElse) {
  for (const std::string_view text : {"",       ":",
                                      "a",      "a:",
                                      ":b",     "a:b:c",
                                      "A:b",    "a:B",
                                      "1a:b",   "a:1b",
                                      "-a:b",   "a-:b",
                                      "a--b:c", "a:b-",
                                      "a:b-1",  "a-1:b",
                                      "a_b:c",  "a.b:c",
                                      "a/b:c",  "a: b",
                                      "a:b\n",  "test:h\xc3\xa9llo"}) {
    const auto name = PackageName::parse(text);
    ASSERT_FALSE(name.has_value()) << text;
    EXPECT_EQ(name.error().code, Errc::invalid);
    EXPECT_EQ(name.error().about, About::name);
  }
  EXPECT_FALSE(PackageName::parse(std::string_view("a:b\0c", 5)).has_value());
}

TEST(WargPackageName, HasABound) {
  const std::string longest = "a:" + std::string(limits::kPackageNameBytesMax - 2, 'b');
  EXPECT_TRUE(PackageName::parse(longest).has_value());
  EXPECT_FALSE(PackageName::parse(longest + "b").has_value());
  EXPECT_LE(PackageName::parse(std::string(1 << 20, ':')).error().detail.size(), 128u);
}

TEST(WargNamespace, IsOneKebabCaseWord) {
  EXPECT_EQ(Namespace::parse("my-team").value().text(), "my-team");
  for (const std::string_view text : {"", "a:b", "Team", "my_team", "1", "a-"})
    EXPECT_FALSE(Namespace::parse(text).has_value()) << text;
  EXPECT_FALSE(Namespace::parse(std::string(129, 'a')).has_value());
}

TEST(WargIds, AreTheReferencesOwn) {
  EXPECT_EQ(operator_log_id().to_string(),
            "sha256:0db9178aabc877b42f03a038bf453ee53f08e3c8c55fab916043428078596bfb");
  EXPECT_EQ(package_log_id(package("test:hello")).to_string(),
            "sha256:68723f392b3e5384037a39ed80bc517e0e6d18049ab8338676e82d4108d7fba3");
  EXPECT_EQ(package_log_id(package("test:component")).to_string(),
            "sha256:9f9d9b178a40a81622705389a859c60b844e5a561eb05613058b1131ccd31bb2");
  EXPECT_EQ(key_id(kKey).to_string(),
            "sha256:8ed824821ce75c381458f8097996ab77780550ba7fb9c240e4799bb781941abb");
}

TEST(WargIds, OfRecordsCoverTheirBytes) {
  const std::string init = hex_decode(
                               "1a060881e2cfaa0622430a410a3765636473612d703235363a41357163367542693"
                               "0373045426234476968477a"
                               "707836436d352b6f5a6e7634645770426868755a566167751206736861323536")
                               .value();
  EXPECT_EQ(package_record_id(init).to_string(),
            "sha256:b3dc5df86ba3816f0fcd2abfbdff0615c0cb2cc6bb9a70944ba452c3479fcb45");
  EXPECT_NE(operator_record_id(init).to_string(), package_record_id(init).to_string());
}

TEST(WargIds, AreReadStrictly) {
  const std::string text = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(RecordId::parse(text).value().to_string(), text);
  for (const std::string& bad :
       {std::string(), std::string(64, 'a'), "sha256:" + std::string(63, 'a'),
        "sha256:" + std::string(62, 'a'), "sha256:" + std::string(66, 'a'),
        "sha256:" + std::string(64, 'A'), "SHA256:" + std::string(64, 'a'),
        "sha512:" + std::string(64, 'a'), "sha256:" + std::string(64, 'g'), text + " "}) {
    const auto id = RecordId::parse(bad);
    ASSERT_FALSE(id.has_value()) << bad;
    EXPECT_EQ(id.error().about, About::digest);
  }
}

TEST(WargPublicKeyText, KnowsItsAlgorithm) {
  EXPECT_EQ(PublicKeyText::parse(kKey).value().algorithm(), KeyAlgorithm::ecdsa_p256);
  EXPECT_EQ(PublicKeyText::parse(kKey).value().text(), kKey);
  const std::string ed25519 = "ed25519:" + base64_encode(std::string(32, '\1'));
  EXPECT_EQ(PublicKeyText::parse(ed25519).value().algorithm(), KeyAlgorithm::ed25519);
  EXPECT_EQ(PublicKeyText::parse(ed25519).value().text(), ed25519);
}

// Two spellings of one key must not be two keys: a revoked one would come back.
TEST(WargPublicKeyText, CompressesAPoint) {
  const std::string x(32, '\7');
  for (const char last : {'\x10', '\x11'}) {
    const std::string y = std::string(31, '\x22') + last;
    const std::string expected = "ecdsa-p256:" + base64_encode((last == '\x11' ? '\3' : '\2') + x);
    const auto key = PublicKeyText::parse("ecdsa-p256:" + base64_encode("\4" + x + y));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->text(), expected);
    EXPECT_EQ(key_id(*key), key_id(expected));
  }
}

TEST(WargPublicKeyText, RefusesWhatCannotBeAKey) {
  const auto with = [](std::string_view word, std::string bytes) {
    return std::string(word) + base64_encode(bytes);
  };
  for (const std::string& text :
       {std::string(), std::string("ecdsa-p256:"), std::string("ecdsa-p256"),
        with("ecdsa-p256:", std::string(33, '\4')), with("ecdsa-p256:", std::string(32, '\2')),
        with("ecdsa-p256:", "\2" + std::string(33, '\1')),
        with("ecdsa-p256:", "\4" + std::string(63, '\1')),
        with("ecdsa-p256:", "\6" + std::string(64, '\1')),  // hybrid: SEC 1 has it, nobody needs it
        with("ecdsa-p256:", std::string(1, '\0')), with("ed25519:", std::string(31, '\1')),
        with("ed25519:", std::string(33, '\1')), with("ecdsa-p384:", std::string(33, '\2')),
        with(":", std::string(32, '\1')), std::string(kKey) + "=", std::string(kKey) + " ",
        "ecdsa-p256:" + std::string(100'000, 'A')}) {
    const auto key = PublicKeyText::parse(text);
    ASSERT_FALSE(key.has_value()) << text;
    EXPECT_EQ(key.error().code, Errc::invalid);
    EXPECT_EQ(key.error().about, About::key);
  }
}

TEST(WargSignatureText, HasABound) {
  const auto with = [](std::string_view word, std::size_t size) {
    return std::string(word) + base64_encode(std::string(size, 's'));
  };
  EXPECT_EQ(SignatureText::parse(with("ecdsa-p256:", 72)).value().algorithm(),
            KeyAlgorithm::ecdsa_p256);
  EXPECT_EQ(SignatureText::parse(with("ed25519:", 64)).value().algorithm(), KeyAlgorithm::ed25519);
  for (const std::string& text :
       {std::string(), std::string("ed25519"), with("ed25519:", 63), with("ed25519:", 65),
        with("ecdsa-p256:", 0), with("ecdsa-p256:", 73), with("rsa:", 64), with(":", 64),
        with("ed25519:", 64) + "\n", with("ed25519:", 1 << 20)}) {
    const auto signature = SignatureText::parse(text);
    ASSERT_FALSE(signature.has_value()) << text;
    EXPECT_EQ(signature.error().about, About::signature);
  }
}

TEST(WargStrings, CarryTheirLength) {
  std::string out;
  append_string(out, "");
  append_string(out, "ab");
  append_string(out, std::string(300, 'x'));
  EXPECT_EQ(out, std::string("\0\2ab\xac\2", 6) + std::string(300, 'x'));
}

}  // namespace
}  // namespace varve::warg
