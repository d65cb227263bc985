// ECDSA over P-256: known answers, points, strict DER.
#include "log/proof/p256.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "core/base/bytes.h"

namespace varve {
namespace {

std::string raw(std::string_view hex) {
  return hex_decode(hex).value();
}

P256Secret::Scalar scalar_of(std::string_view hex) {
  P256Secret::Scalar scalar{};
  std::ranges::copy(raw(hex), scalar.begin());
  return scalar;
}

// RFC 6979, A.2.5, message "sample".
constexpr std::string_view kSecret =
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr std::string_view kX = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
constexpr std::string_view kY = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr std::string_view kR = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
constexpr std::string_view kS = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
constexpr std::string_view kOrder =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

std::string hex_of(std::string_view prefix, std::string_view x, std::string_view y = {}) {
  return std::string(prefix) + std::string(x) + std::string(y);
}
P256Public known_key() {
  return P256Public::parse(raw(hex_of("03", kX))).value();
}

std::string integer(std::string value) {
  value.erase(0, std::min(value.find_first_not_of('\0'), value.size() - 1));
  if ((static_cast<unsigned char>(value[0]) & 0x80) != 0) value.insert(0, 1, '\0');
  return std::string("\x02") + static_cast<char>(value.size()) + value;
}
std::string sequence(const std::string& inside) {
  return std::string("\x30") + static_cast<char>(inside.size()) + inside;
}
std::string der(std::string_view r, std::string_view s) {
  return sequence(integer(raw(r)) + integer(raw(s)));
}
// n - s: the other S of the same signature.
std::string negated(std::string_view s) {
  std::string order = raw(kOrder);
  const std::string value = raw(s);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit =
        static_cast<unsigned char>(order[i]) - static_cast<unsigned char>(value[i]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    order[i] = static_cast<char>(digit + 256 * borrow);
  }
  return hex_encode(order);
}

TEST(P256Public, IsTheSamePointCompressedOrNot) {
  const auto uncompressed = P256Public::parse(raw(hex_of("04", kX, kY)));
  ASSERT_TRUE(uncompressed.has_value());
  EXPECT_EQ(hex_encode(uncompressed->compressed()), hex_of("03", kX));
  EXPECT_EQ(known_key().compressed(), uncompressed->compressed());
}

TEST(P256Public, IsAPointOfTheCurveInOneOfTwoForms) {
  const std::string field = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
  std::string wrong_y(kY);
  wrong_y.back() = 'b';  // odd as before, so the compressed text would be the same
  for (const std::string& hex :
       {std::string(), std::string("00"), hex_of("02", kX).substr(0, 64), hex_of("02", kX) + "00",
        hex_of("04", kX), hex_of("04", kX, wrong_y), hex_of("06", kX, kY), hex_of("07", kX, kY),
        hex_of("05", kX), hex_of("00", kX), hex_of("02", field), hex_of("04", field, kY),
        hex_of("04", std::string(128, '0'))}) {
    const auto key = P256Public::parse(raw(hex));
    ASSERT_FALSE(key.has_value()) << hex;
    EXPECT_EQ(key.error().code, Errc::invalid);
    EXPECT_EQ(key.error().about, About::key);
  }
}

TEST(P256Verify, TakesTheAnswerOfTheRfcAndItsOtherS) {
  const Hash256 digest = sha256("sample");
  EXPECT_TRUE(known_key().verify(digest, der(kR, kS)));
  EXPECT_TRUE(known_key().verify(digest, der(kR, negated(kS))));  // low S; the RFC's is high
  EXPECT_FALSE(known_key().verify(sha256("test"), der(kR, kS)));
  EXPECT_FALSE(known_key().verify(digest, der(kS, kR)));
}

TEST(P256Verify, RefusesEveryOtherSpellingOfTheSignature) {
  const Hash256 digest = sha256("sample");
  const std::string r = integer(raw(kR));
  const std::string s = integer(raw(kS));
  const std::string good = sequence(r + s);
  ASSERT_TRUE(known_key().verify(digest, good));
  std::string long_length = good, indefinite = good, negative_r = r, padded_s = s, set = good,
              tail = r + s, twice = tail + s;
  tail += '\0';
  long_length.insert(1, 1, '\x81');
  indefinite[1] = '\x80';
  indefinite += std::string(2, '\0');
  negative_r.erase(2, 1);  // the zero that keeps it positive
  --negative_r[1];
  padded_s.insert(2, 1, '\0');
  ++padded_s[1];
  set[0] = 0x31;
  for (const std::string& bad :
       {long_length, indefinite, sequence(negative_r + s), sequence(r + padded_s), set, good + '\0',
        sequence(tail), sequence(r), sequence(twice), std::string(), good.substr(0, 1),
        sequence(""), sequence(r + std::string("\x02\x00", 2)),
        sequence(r + std::string("\x02\x21", 2)), raw(kR) + raw(kS)}) {
    EXPECT_FALSE(is_strict_p256_signature(bad)) << hex_encode(bad);
    EXPECT_FALSE(known_key().verify(digest, bad)) << hex_encode(bad);
  }
}

TEST(P256Verify, RefusesNumbersOutsideTheGroup) {
  const std::string zero(64, '0');
  const std::string above = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552";
  const std::string last = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";
  for (const std::string_view bad : {std::string_view(zero), kOrder, std::string_view(above)}) {
    EXPECT_FALSE(is_strict_p256_signature(der(bad, kS)));
    EXPECT_FALSE(is_strict_p256_signature(der(kR, bad)));
  }
  EXPECT_FALSE(is_strict_p256_signature(sequence(integer('\1' + raw(kR)) + integer(raw(kS)))));
  EXPECT_TRUE(is_strict_p256_signature(der(last, last)));
}

TEST(P256Verify, RefusesAnyFlippedBit) {
  const Hash256 digest = sha256("sample");
  const std::string good = der(kR, kS);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(known_key().verify(digest, bad)) << "bit " << bit;
  }
}

// A server's TLS asks the same thread's list of errors.
TEST(P256Verify, LeavesNoErrorBehindInTheThread) {
  ERR_clear_error();
  const std::string field = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
  EXPECT_FALSE(P256Public::parse(raw(hex_of("02", field))).has_value());
  EXPECT_FALSE(known_key().verify(sha256("test"), der(kR, kS)));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(P256Secret, HasThePointOfTheRfcAndSignsForIt) {
  const auto secret = P256Secret::from_scalar(scalar_of(kSecret));
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(hex_encode(secret->public_key().compressed()), hex_of("03", kX));
  const std::string signature = secret->sign(sha256("sample"));
  EXPECT_TRUE(is_strict_p256_signature(signature));
  EXPECT_TRUE(known_key().verify(sha256("sample"), signature));
  EXPECT_NE(signature, secret->sign(sha256("sample")));  // a nonce of its own each time
}

TEST(P256Secret, IsAScalarOfTheGroup) {
  EXPECT_FALSE(P256Secret::from_scalar(P256Secret::Scalar{}).has_value());
  EXPECT_FALSE(P256Secret::from_scalar(scalar_of(kOrder)).has_value());
  P256Secret::Scalar one{};
  one.back() = 1;
  EXPECT_TRUE(P256Secret::from_scalar(one).has_value());
}

TEST(P256Secret, SignsSoThatOnlyItsOwnKeyVerifies) {
  for (int i = 0; i < 20; ++i) {
    const P256Secret one = P256Secret::generate();
    const P256Secret other = P256Secret::generate();
    const Hash256 digest = sha256(std::to_string(i));
    const std::string signature = one.sign(digest);
    EXPECT_TRUE(one.public_key().verify(digest, signature));
    EXPECT_FALSE(other.public_key().verify(digest, signature));
  }
}

TEST(P256Secret, SignsAndVerifiesOnManyThreadsAtOnce) {
  const P256Secret secret = P256Secret::generate();
  std::array<bool, 4> good{};
  std::vector<std::jthread> threads;
  threads.reserve(good.size());
  for (bool& mine : good)
    threads.emplace_back([&] {
      mine = true;
      for (int i = 0; i < 20; ++i) {
        const Hash256 digest = sha256(std::to_string(i));
        mine = mine && secret.public_key().verify(digest, secret.sign(digest));
      }
    });
  threads.clear();
  EXPECT_TRUE(std::ranges::all_of(good, [](bool mine) { return mine; }));
}

TEST(P256SecretDeathTest, ThatMovedAwaySignsNothing) {
  P256Secret first = P256Secret::generate();
  const P256Secret second = std::move(first);
  EXPECT_DEATH((void)first.sign(Hash256{}), "");    // NOLINT: that is the point
  EXPECT_EQ(first.scalar(), P256Secret::Scalar{});  // NOLINT
}

}  // namespace
}  // namespace varve
