// What an RPM states about its bytes must be true, and be something.
#include "api/rpm/digests.h"

#include <gtest/gtest.h>

#include "tests/support/rpm_bytes.h"

namespace varve::rpm {
namespace {

using test::HeaderBytes;
using test::kRpmPayload;
using test::rpm_file;
using test::rpm_of;
using test::small_header;

Result<Digest> checked(const std::string& bytes) {
  const MemorySource source(bytes);
  VARVE_TRY(const Frame frame, read_frame(source));
  VARVE_TRY(const Header signature, Header::import(frame.signature));
  VARVE_TRY(const Header header, Header::import(frame.header));
  return check_bytes(source, frame, read_stated(signature, header));
}

std::string sentence(const std::string& bytes) {
  const auto digest = checked(bytes);
  EXPECT_FALSE(digest);
  if (digest) return {};
  EXPECT_EQ(digest.error().code, Errc::invalid);
  EXPECT_EQ(digest.error().about, About::body);
  return digest.error().what;
}

std::string with_signature(const HeaderBytes& signature) {
  return rpm_file(signature.bytes(), small_header().bytes(), std::string(kRpmPayload));
}

HeaderBytes true_header() {
  return HeaderBytes().text(273, Digest::of(small_header().bytes()).hex());
}

TEST(RpmDigests, OfAFileThatTellsTheTruthAreThatOfTheWholeFile) {
  const std::string bytes = rpm_of(small_header());
  const auto digest = checked(bytes);
  ASSERT_TRUE(digest) << digest.error().what;
  EXPECT_EQ(*digest, Digest::of(bytes));
}

TEST(RpmDigests, SayOfATruncatedPayloadThatItIsCutShort) {
  const std::string bytes = rpm_of(small_header());
  EXPECT_NE(sentence(bytes.substr(0, bytes.size() - 1)).find("cut short"), std::string::npos);
}

TEST(RpmDigests, RefuseBytesBehindThePayload) {
  EXPECT_NE(sentence(rpm_of(small_header()) + "x").find("states"), std::string::npos);
}

TEST(RpmDigests, FindAPayloadOfTheSameLength) {
  std::string bytes = rpm_of(small_header());
  bytes.back() = 'X';
  EXPECT_NE(sentence(bytes).find("its payload"), std::string::npos);
}

TEST(RpmDigests, FindAHeaderOfTheSameLength) {
  std::string bytes = rpm_of(small_header());
  const std::size_t at = bytes.find("noarch");
  bytes[at] = 'N';
  EXPECT_NE(sentence(bytes).find("SHA-256 of its header"), std::string::npos);
}

TEST(RpmDigests, OfOldAreCheckedToo) {
  EXPECT_NE(sentence(with_signature(HeaderBytes().text(269, std::string(40, '0')))).find("SHA-1"),
            std::string::npos);
  EXPECT_NE(sentence(with_signature(true_header().binary(1004, std::string(16, '0')))).find("MD5"),
            std::string::npos);
}

TEST(RpmDigests, OfAnotherLengthAreNotTrue) {
  EXPECT_NE(sentence(with_signature(HeaderBytes().text(273, "00"))).find("SHA-256"),
            std::string::npos);
}

TEST(RpmDigests, MustBeStatedOfThePayload) {
  HeaderBytes header = small_header();
  header.without(5092).without(5093);
  EXPECT_NE(sentence(rpm_of(header)).find("no digest of its payload"), std::string::npos);
}

TEST(RpmDigests, MustBeStatedOfTheHeader) {
  const std::string bytes = small_header().bytes() + std::string(kRpmPayload);
  const auto size = static_cast<std::uint32_t>(bytes.size());
  EXPECT_NE(
      sentence(with_signature(HeaderBytes().numbers(1000, {size}))).find("no digest of its header"),
      std::string::npos);
}

TEST(RpmDigests, OfNothingAreThoseOfNoPayload) {
  HeaderBytes header = small_header();
  header.texts(5092, {Digest::of("").hex()});
  EXPECT_NE(sentence(rpm_of(header, "")).find("no payload"), std::string::npos);
}

TEST(RpmDigests, InAnAlgorithmNobodyKnowsAreNone) {
  HeaderBytes header = small_header();
  header.numbers(5093, {99});
  EXPECT_NE(sentence(rpm_of(header)).find("no digest of its payload"), std::string::npos);
}

TEST(RpmDigests, OfThePayloadMayBeSha512) {
  HeaderBytes header = small_header();
  header.numbers(5093, {10});
  header.texts(5092, {Digest::of(kRpmPayload, DigestAlgorithm::sha512).hex()});
  EXPECT_TRUE(checked(rpm_of(header)));
  EXPECT_NE(sentence(rpm_of(header, "another payload")).find("its payload"), std::string::npos);
}

TEST(RpmDigests, AreOfEveryByteOfALargeFile) {
  // Several chunks, with the header's end inside the first.
  std::string payload(1'000'003, 'p');
  HeaderBytes header = small_header();
  header.texts(5092, {Digest::of(payload).hex()});
  std::string bytes = rpm_of(header, payload);
  const auto digest = checked(bytes);
  ASSERT_TRUE(digest) << digest.error().what;
  EXPECT_EQ(*digest, Digest::of(bytes));
  bytes[bytes.size() - 700'000] = 'q';
  EXPECT_FALSE(checked(bytes));
}

}  // namespace
}  // namespace varve::rpm
