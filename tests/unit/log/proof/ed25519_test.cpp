// Ed25519: known answers, and everything that one verifier takes and another refuses.
#include "log/proof/ed25519.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/bytes.h"
#include "log/proof/warg_keys.h"

namespace varve {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> bytes_of(std::string_view hex) {
  std::array<std::uint8_t, N> bytes{};
  const std::string raw = hex_decode(hex).value();
  EXPECT_EQ(raw.size(), N);
  std::ranges::copy(raw, bytes.begin());
  return bytes;
}

// RFC 8032, 7.1, TEST 2.
constexpr std::string_view kSeed =
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr std::string_view kKey =
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr std::string_view kSignature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

TEST(Ed25519, GivesTheAnswersOfItsRfc) {
  Ed25519Public key;
  Ed25519Secret secret;
  ed25519_from_seed(bytes_of<32>(kSeed), key, secret);
  EXPECT_EQ(key, bytes_of<32>(kKey));
  Ed25519Signature signature;
  ed25519_sign(secret, "r", signature.data());
  EXPECT_EQ(signature, bytes_of<64>(kSignature));
  EXPECT_TRUE(ed25519_key_is_sound(key));
  EXPECT_TRUE(ed25519_verify(key, "r", hex_decode(kSignature).value()));
  EXPECT_FALSE(ed25519_verify(key, "s", hex_decode(kSignature).value()));
}

TEST(Ed25519, MakesASoundKeyEachTime) {
  Ed25519Public one, other;
  Ed25519Secret secret;
  ed25519_generate(one, secret);
  ed25519_generate(other, secret);
  EXPECT_NE(one, other);
  EXPECT_TRUE(ed25519_key_is_sound(one));
}

// The twelve cases of Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs" (2020), about
// which implementations disagree. Message, public key, signature.
struct Disputed {
  std::string_view message, key, signature;
};
constexpr Disputed kDisputed[] = {
    // 0: small order A, small order R
    {"8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
     "0000000000000000000000000000000000000000000000000000000000000000"},
    // 1: small order A, mixed order R
    {"9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"},
    // 2: mixed order A, small order R
    {"aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
     "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e"},
    // 3: mixed order A and R; the equation holds
    {"9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
     "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009"},
    // 4: mixed order A and R; it holds times the cofactor only
    {"e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
     "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09"},
    // 5: the same, and with A reduced before
    {"e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7"
     "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405"},
    // 6: S beyond the order of the group
    {"85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
     "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
     "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e"
     "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514"},
    // 7: S far beyond it
    {"85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
     "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
     "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942"
     "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22"},
    // 8: a second spelling of R, which is then hashed
    {"9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f"},
    // 9: a second spelling of R, whose first is hashed
    {"9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "ca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908"},
    // 10: a second spelling of A, which is then hashed
    {"e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"},
    // 11: a second spelling of A, whose first is hashed
    {"39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"}};

TEST(Ed25519, RefusesEverySignatureAboutWhichVerifiersDisagree) {
  ASSERT_EQ(std::size(kDisputed), 12u);
  for (std::size_t i = 0; i < std::size(kDisputed); ++i) {
    const Disputed& disputed = kDisputed[i];
    const auto key = bytes_of<32>(disputed.key);
    const bool accepted =
        ed25519_key_is_sound(key) && ed25519_verify(key, hex_decode(disputed.message).value(),
                                                    hex_decode(disputed.signature).value());
    EXPECT_FALSE(accepted) << "case " << i;
  }
}

TEST(Ed25519, RefusesThemBeforeAnyKeyOfWargsIsMadeOfThem) {
  for (const Disputed& disputed : kDisputed) {
    const std::string text = "ed25519:" + base64_encode(hex_decode(disputed.key).value());
    EXPECT_EQ(warg::PublicKey::parse(text).has_value(),
              ed25519_key_is_sound(bytes_of<32>(disputed.key)));
  }
}

// As authors' statements they could not be anyway: these messages say nothing. Nor may their keys
// speak for anybody, whatever the statement.
TEST(Ed25519, RefusesThemAsAuthorsOfAStatement) {
  for (const Disputed& disputed : kDisputed) {
    const std::string signature =
        "ed25519:" + base64_encode(hex_decode(disputed.signature).value());
    const auto key =
        warg::PublicKey::parse("ed25519:" + base64_encode(hex_decode(disputed.key).value()));
    if (!key) continue;  // by everybody, when it is registered and when it is used
    const auto text = warg::SignatureText::parse(signature).value();
    EXPECT_FALSE(key->verify_statement(hex_decode(disputed.message).value(), text));
    EXPECT_FALSE(key->verify_statement(
        std::string(trust::kStatementOpening) + hex_decode(disputed.message).value(), text));
  }
}

TEST(Ed25519, TakesNoSignatureOfAnotherLength) {
  const std::string signature = hex_decode(kSignature).value();
  for (const std::size_t length : {0u, 1u, 63u})
    EXPECT_FALSE(ed25519_verify(bytes_of<32>(kKey), "r", signature.substr(0, length)));
  EXPECT_FALSE(ed25519_verify(bytes_of<32>(kKey), "r", signature + '\0'));
}

}  // namespace
}  // namespace varve
