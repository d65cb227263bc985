// Verifier keys and signers: text forms, refused points, strict Ed25519.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "core/base/bytes.h"
#include "log/proof/note.h"
#include "tests/unit/log/proof/test_keys.h"

namespace varve {
namespace {

using namespace testing;  // the keys

TEST(KeyName, MayBeAnythingWithoutSpacePlusOrControl) {
  for (const std::string_view good :
       {"a", "log.example/events", "log.example:5000", "ünïcode/日本", "-", "—", "0", "a\xc2\xa1"})
    EXPECT_TRUE(valid_key_name(good)) << good;
  EXPECT_TRUE(valid_key_name(std::string(255, 'a')));
}

TEST(KeyName, RefusesEverySpaceOfUnicode) {
  for (const std::string_view space :
       {" ", "\t", "\n", "\v", "\f", "\r", "\u0085", "\u00a0", "\u1680", "\u2000", "\u2003",
        "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"}) {
    EXPECT_FALSE(valid_key_name(space));
    EXPECT_FALSE(valid_key_name("a" + std::string(space) + "b"));
  }
}

TEST(KeyName, RefusesPlusControlBadUtf8EmptyAndEndless) {
  for (const std::string_view bad : {"", "a+b", "+", "a\x01", "a\x7f", "\xff", "a\xc3", "\xc0\x80",
                                     "\xed\xa0\x80", "\xf4\x90\x80\x80"})
    EXPECT_FALSE(valid_key_name(bad)) << bad;
  EXPECT_FALSE(valid_key_name(std::string_view("a\0b", 3)));
  EXPECT_FALSE(valid_key_name(std::string(256, 'a')));
}

TEST(VerifierKeyText, RoundTripsThePublishedKeys) {
  for (const std::string_view vkey : {kLogVkey, kEventVkey, kPeterNeumannVkey, kEnochRootVkey}) {
    const auto key = VerifierKey::parse(vkey);
    ASSERT_TRUE(key.has_value()) << key.error().what;
    EXPECT_EQ(key->to_string(), vkey);
  }
  EXPECT_EQ(VerifierKey::parse(kEventVkey)->name(), "log.example/events");
}

TEST(VerifierKeyText, SplitsOnTheFirstTwoPlusesOnly) {
  // Base64 of the event key's public half has no '+'; search for a key whose base64 does.
  for (;;) {
    const Signer signer = Signer::generate("plus");
    const std::string vkey = signer.verifier().to_string();
    if (std::ranges::count(vkey, '+') < 3) continue;
    EXPECT_EQ(VerifierKey::parse(vkey).value(), signer.verifier());
    return;
  }
}

TEST(VerifierKeyText, IsRefusedAfterAnyOneByteChange) {
  const std::string good(kEventVkey);
  for (std::size_t at = 0; at < good.size(); ++at)
    for (unsigned value = 0; value < 256; ++value) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      EXPECT_EQ(VerifierKey::parse(bad).has_value(), bad == good) << bad;
    }
}

TEST(VerifierKeyText, IsRefusedWithAnythingMissingOrAdded) {
  const std::string good(kEventVkey);
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(VerifierKey::parse(good.substr(0, length)).has_value());
  for (const std::string_view extra : {"\n", " ", "=", "A", "AAAA", "+"}) {
    EXPECT_FALSE(VerifierKey::parse(good + std::string(extra)).has_value());
    EXPECT_FALSE(VerifierKey::parse(std::string(extra) + good).has_value());
  }
}

TEST(VerifierKeyText, OfAnotherTypeIsUnsupportedNotInvalid) {
  for (const char type : {'\x00', '\x02', '\x04', '\x05', '\x06', '\xff'}) {
    std::string typed_key = std::string(1, type) + std::string(32, 'k');
    const std::string text = "name+" +
                             hex_encode(as_view(sha256("name\n", typed_key))).substr(0, 8) + "+" +
                             base64_encode(typed_key);
    EXPECT_EQ(VerifierKey::parse(text).error().code, Errc::unsupported);
  }
}

std::array<std::uint8_t, 32> key_bytes(std::string_view hex) {
  std::array<std::uint8_t, 32> bytes;
  std::ranges::copy(hex_decode(hex).value(), bytes.begin());
  return bytes;
}

// Points of small order and y coordinates of 2^255-19 and above: with the right id, still refused.
constexpr std::string_view kRefusedPoints[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0200000000000000000000000000000000000000000000000000000000000000",  // not on the curve
};

TEST(VerifierKeyText, RefusesPublicKeysThatVerifyMoreThanOneSignerMeant) {
  for (const std::string_view hex : kRefusedPoints) {
    const VerifierKey key("weak", key_bytes(hex));
    EXPECT_FALSE(VerifierKey::parse(key.to_string()).has_value()) << hex;
    EXPECT_FALSE(key.verify("message", std::string(64, '\0'))) << hex;
  }
}

TEST(VerifierKeyDeathTest, ANameThatCannotStandInANoteIsADefectOfTheCaller) {
  const auto bytes = VerifierKey::parse(kLogVkey)->public_key();
  EXPECT_DEATH(VerifierKey("two words", bytes), "");
  EXPECT_DEATH(Signer::generate(""), "");
}

TEST(SignerText, GivesTheKeysAndSignaturesOfOtherImplementations) {
  EXPECT_EQ(log_signer().verifier().to_string(), kLogVkey);
  EXPECT_EQ(log_signer().to_string(), kLogPrivateKey);
  EXPECT_EQ(log_signer().sign_line(kFact), kFactLogLine);
  EXPECT_EQ(event_signer().verifier().to_string(), kEventVkey);
  EXPECT_EQ(event_signer().sign_line(kFact), kFactEventLine);
  const auto peter = Signer::parse(kPeterNeumannPrivateKey);
  ASSERT_TRUE(peter.has_value());
  EXPECT_EQ(peter->verifier().to_string(), kPeterNeumannVkey);
  EXPECT_EQ(peter->sign_line(kPublicNoteText), kPeterNeumannLine);
}

TEST(SignerText, IsRefusedAfterAnyOneByteChange) {
  const std::string good(kEventPrivateKey);
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const unsigned flip : {0x01u, 0x02u, 0x20u, 0x80u}) {
      std::string bad = good;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ flip);
      EXPECT_FALSE(Signer::parse(bad).has_value()) << bad;
    }
  EXPECT_FALSE(Signer::parse(kEventVkey).has_value());
  EXPECT_FALSE(Signer::parse("").has_value());
  EXPECT_FALSE(Signer::parse("PRIVATE+KEY+").has_value());
}

TEST(SignerText, AnErrorNeverShowsTheSecret) {
  std::string wrong_id(kEventPrivateKey);
  wrong_id.replace(wrong_id.find("a49295b9"), 8, "00000000");
  const auto refused = Signer::parse(wrong_id);
  ASSERT_FALSE(refused.has_value());
  const std::string secret(kEventPrivateKey.substr(kEventPrivateKey.rfind('+') + 1));
  EXPECT_EQ((refused.error().what + refused.error().detail).find(secret.substr(4, 8)),
            std::string::npos);
}

TEST(Signer, GeneratesAKeyOfItsOwnEachTime) {
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    const Signer signer = Signer::generate("fresh");
    EXPECT_TRUE(VerifierKey::parse(signer.verifier().to_string()).has_value());
    EXPECT_EQ(Signer::parse(signer.to_string())->verifier(), signer.verifier());
    keys.insert(signer.verifier().to_string());
  }
  EXPECT_EQ(keys.size(), 20u);
}

TEST(Signer, SignsOnManyThreadsAtOnce) {
  const Signer signer = log_signer();
  std::vector<std::jthread> threads;
  std::array<bool, 4> same{};
  for (bool& mine : same)
    threads.emplace_back([&] {
      mine = true;
      for (int i = 0; i < 50; ++i) mine = mine && signer.sign_line(kFact) == kFactLogLine;
    });
  threads.clear();
  EXPECT_TRUE(std::ranges::all_of(same, [](bool mine) { return mine; }));
}

TEST(Signer, TakesItsKeyAlongWhenItMoves) {
  Signer first = log_signer();
  Signer second = std::move(first);
  EXPECT_EQ(second.sign_line(kFact), kFactLogLine);
  Signer third = event_signer();
  third = std::move(second);
  EXPECT_EQ(third.sign_line(kFact), kFactLogLine);
}

TEST(SignerDeathTest, ASignerWhoseKeyMovedAwaySignsNothing) {
  Signer first = log_signer();
  const Signer second = std::move(first);
  EXPECT_DEATH((void)first.sign_line(kFact), "");  // NOLINT: that is the point
}

std::string signature_bytes(std::string_view line) {
  const std::size_t space = line.rfind(' ');
  return base64_decode(line.substr(space + 1, line.size() - space - 2)).value().substr(4);
}

TEST(Verify, RefusesAnyFlippedBitOfTheSignatureAndAnyOtherMessage) {
  const auto key = VerifierKey::parse(kLogVkey).value();
  std::string signature = signature_bytes(kFactLogLine);
  ASSERT_TRUE(key.verify(kFact, signature));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string bad = signature;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(key.verify(kFact, bad)) << "bit " << bit;
  }
  EXPECT_FALSE(key.verify("A fact. \n", signature));
  EXPECT_FALSE(key.verify("", signature));
  EXPECT_FALSE(key.verify(kFact, signature.substr(0, 63)));
  EXPECT_FALSE(key.verify(kFact, signature + '\0'));
  EXPECT_FALSE(key.verify(kFact, ""));
}

// S and S + L satisfy the same equation; only the smaller one is a signature (RFC 8032 §5.1.7).
TEST(Verify, RefusesTheSecondSpellingOfASignature) {
  const std::string order =
      hex_decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").value();
  std::string signature = signature_bytes(kFactLogLine);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + static_cast<unsigned char>(order[i]);
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0u);
  EXPECT_FALSE(VerifierKey::parse(kLogVkey)->verify(kFact, signature));
}

}  // namespace
}  // namespace varve
