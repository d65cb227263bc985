// The parts of an RPM file, and that none is looked at before it was bounded.
#include "api/rpm/frame.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/rpm_bytes.h"

namespace varve::rpm {
namespace {

using test::HeaderBytes;
using test::rpm_of;
using test::small_header;

constexpr std::size_t kSignatureAt = 96;

Result<Frame> frame_of(const std::string& bytes) {
  return read_frame(MemorySource(bytes));
}

Errc refused(const std::string& bytes) {
  const auto frame = frame_of(bytes);
  EXPECT_FALSE(frame);
  if (frame) return Errc::internal;
  EXPECT_EQ(frame.error().about, About::body);
  return frame.error().code;
}

// `bytes` with a number of a header, at `offset` behind its magic, made another.
std::string with_count(std::string bytes, std::size_t header_at, std::size_t offset,
                       std::uint32_t value) {
  std::string number;
  append_be32(number, value);
  return bytes.replace(header_at + 8 + offset, 4, number);
}

TEST(RpmFrame, FindsTheParts) {
  const std::string bytes = rpm_of(small_header());
  const auto frame = frame_of(bytes);
  ASSERT_TRUE(frame) << frame.error().what;
  EXPECT_EQ(frame->size, bytes.size());
  EXPECT_EQ(frame->header_start % 8, 0U);
  EXPECT_EQ(frame->header_end, bytes.size() - test::kRpmPayload.size());
  EXPECT_EQ(bytes.substr(frame->header_start + 8, frame->header.size()), frame->header);
  EXPECT_EQ(bytes.substr(kSignatureAt + 8, frame->signature.size()), frame->signature);
}

TEST(RpmFrame, TakesAPackageWithoutAnyPayload) {
  EXPECT_TRUE(frame_of(rpm_of(small_header(), "")));
}

TEST(RpmFrame, RefusesAFileThatEndsBeforeItsPayload) {
  const std::string bytes = rpm_of(small_header());
  const std::size_t end = bytes.size() - test::kRpmPayload.size();
  for (std::size_t size = 0; size < end; ++size)
    ASSERT_EQ(refused(bytes.substr(0, size)), Errc::invalid) << size;
  EXPECT_TRUE(frame_of(bytes.substr(0, end)));
}

TEST(RpmFrame, RefusesWhatDoesNotBeginLikeAnRpm) {
  const std::string good = rpm_of(small_header());
  for (const std::size_t at : {0U, 1U, 2U, 3U, 4U, 78U, 79U, 96U, 97U, 98U, 99U, 100U}) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    EXPECT_EQ(refused(bytes), Errc::invalid) << at;
  }
}

TEST(RpmFrame, RefusesAHeaderLargerThanTheFile) {
  const std::string good = rpm_of(small_header());
  const std::size_t header_at = frame_of(good)->header_start;
  for (const std::size_t at : {kSignatureAt, header_at}) {
    EXPECT_EQ(refused(with_count(good, at, 0, 60'000)), Errc::invalid);
    EXPECT_EQ(refused(with_count(good, at, 4, 1 << 20)), Errc::invalid);
  }
}

TEST(RpmFrame, RefusesCountsThatNoRealHeaderHas) {
  const std::string good = rpm_of(small_header());
  const std::size_t header_at = frame_of(good)->header_start;
  for (const std::size_t at : {kSignatureAt, header_at}) {
    EXPECT_EQ(refused(with_count(good, at, 0, 0)), Errc::invalid);
    EXPECT_EQ(refused(with_count(good, at, 0, 65'536)), Errc::too_large);
    EXPECT_EQ(refused(with_count(good, at, 0, 0xffff'ffff)), Errc::too_large);
    EXPECT_EQ(refused(with_count(good, at, 4, 0xffff'ffff)), Errc::too_large);
    EXPECT_EQ(refused(with_count(good, at, 4, kHeaderBytesMax)), Errc::too_large);
  }
}

TEST(RpmFrame, RefusesATagOfMoreTextsThanAnybodyHasPointersFor) {
  for (const std::uint32_t type : {6U, 8U, 9U}) {
    HeaderBytes header = small_header();
    header.put(1117, type, kHeaderStringsMax + 1, std::string(16, '\0'));
    EXPECT_EQ(refused(rpm_of(header)), Errc::too_large);
  }
  HeaderBytes header = small_header();
  header.put(1117, 8, kHeaderStringsMax, std::string(16, '\0'));
  EXPECT_TRUE(frame_of(rpm_of(header)));  // whether it is there is for the header to say
}

TEST(RpmSource, ReadsNothingPastItsEnd) {
  const MemorySource source("abc");
  std::array<char, 3> into{};
  EXPECT_TRUE(source.read(0, into));
  EXPECT_FALSE(source.read(1, into));
  EXPECT_FALSE(source.read(4, into));
  EXPECT_FALSE(source.read(~std::uint64_t{0}, into));
}

}  // namespace
}  // namespace varve::rpm
