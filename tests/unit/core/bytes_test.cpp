// Text forms of bytes, and digests against published vectors.
#include "core/base/bytes.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace varve {
namespace {

TEST(Hex, ComesBackAndRefusesWhatIsNotLowerCaseHex) {
  const std::string bytes("\x00\x7f\x80\xff", 4);
  EXPECT_EQ(hex_encode(bytes), "007f80ff");
  EXPECT_EQ(hex_decode("007f80ff"), bytes);
  for (std::string_view bad : {"0", "0g", "FF", "0x00", " 00"})
    EXPECT_EQ(hex_decode(bad), std::nullopt) << bad;
}

TEST(Base64, MatchesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, RefusesEverySecondSpellingOfTheSameBytes) {
  for (std::string_view bad :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zg==Zg==", "Zm-v", "=Zm9"})
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
}

TEST(BigEndian, KeepsEveryBit) {
  std::string out;
  append_be16(out, 0x0102);
  append_be32(out, 0x03040506);
  append_be64(out, 0x0708090a0b0c0d0e);
  EXPECT_EQ(hex_encode(out), "0102030405060708090a0b0c0d0e");
  EXPECT_EQ(read_be16(out), 0x0102);
  EXPECT_EQ(read_be32(std::string_view(out).substr(2)), 0x03040506U);
  EXPECT_EQ(read_be64(std::string_view(out).substr(6)), 0x0708090a0b0c0d0eU);
}

TEST(Leb128, TakesSevenBitsAByte) {
  const auto bytes_of = [](std::uint64_t value) {
    std::string out;
    append_uleb128(out, value);
    return hex_encode(out);
  };
  EXPECT_EQ(bytes_of(0), "00");
  EXPECT_EQ(bytes_of(127), "7f");
  EXPECT_EQ(bytes_of(128), "8001");
  EXPECT_EQ(bytes_of(624'485), "e58e26");  // the example of DWARF
  EXPECT_EQ(bytes_of(UINT64_MAX), "ffffffffffffffffff01");
}

TEST(Decimal, HasOneSpellingAndNoOverflow) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  for (std::string_view bad :
       {"", "00", "01", "+1", "-1", " 1", "1 ", "1e3", "0x1", "18446744073709551616",
        "99999999999999999999", "100000000000000000000"})
    EXPECT_EQ(parse_decimal(bad), std::nullopt) << bad;
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndTruncation) {
  EXPECT_TRUE(is_valid_utf8("grün 漢 😀"));
  for (std::string_view bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\xbc", "\xff"})
    EXPECT_FALSE(is_valid_utf8(bad));
}

TEST(Digest, MatchesThePublishedVectorsOfSha2) {
  EXPECT_EQ(Digest::of("abc").to_string(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Digest::of("abc", DigestAlgorithm::sha512).to_string(),
            "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(Digest::of("").hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, HashedInPiecesIsTheSame) {
  for (auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    Hasher hasher(algorithm);
    hasher.update("a");
    hasher.update("");
    hasher.update("bc");
    EXPECT_EQ(hasher.finish(), Digest::of("abc", algorithm));
  }
  EXPECT_EQ(as_view(sha256("a", "b", "c")), Digest::of("abc").raw());
}

TEST(Digest, ParsesOnlyWhatItCanCheck) {
  const std::string hex64(64, 'a');
  EXPECT_EQ(Digest::parse("sha256:" + hex64)->to_string(), "sha256:" + hex64);
  EXPECT_TRUE(Digest::parse("sha512:" + hex64 + hex64).has_value());
  for (const std::string& bad :
       {std::string(), std::string("sha256:"), "sha256:" + std::string(64, 'A'),
        "sha256:" + std::string(63, 'a'), "sha256:" + std::string(65, 'a'), "sha512:" + hex64,
        "SHA256:" + hex64, "blake3:" + hex64, "sha256:" + hex64 + "\n", hex64,
        "sha256:" + std::string(63, 'a') + "g"}) {
    const auto digest = Digest::parse(bad);
    ASSERT_FALSE(digest.has_value()) << bad;
    EXPECT_EQ(digest.error().about, About::digest);
  }
}

TEST(Digest, ItsRowFormComesBackAndIsCheckedOnTheWay) {
  for (auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const Digest digest = Digest::of("x", algorithm);
    EXPECT_EQ(Digest::from_row(digest.row()), digest);
    EXPECT_FALSE(Digest::from_row(digest.row().substr(1)).has_value());
    EXPECT_FALSE(Digest::from_row(digest.row() + "x").has_value());
  }
  EXPECT_EQ(Digest::from_row("").error().code, Errc::corrupt);
  EXPECT_FALSE(Digest::from_row("\x03" + std::string(32, 'x')).has_value());
}

}  // namespace
}  // namespace varve
