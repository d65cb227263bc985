// Records as protobuf: what the reference writes, what is legal without being canonical, and what
// is neither.
#include "core/warg/record.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "tests/unit/core/warg_vectors.h"

namespace varve::warg {
namespace {

using test::kInitAndReleaseRecord;
using test::kInitRecord;
using test::kOperatorKey;
using test::kOperatorRecord;
using test::kPublisherKey;
using test::kReleaseRecord;

std::string bytes_of(std::string_view hex) {
  return hex_decode(hex).value();
}
PublicKeyText key(std::string_view text) {
  return PublicKeyText::parse(text).value();
}
Version version(std::string_view text) {
  return Version::parse(text).value();
}

// A protobuf field, by hand: tests of a reader must not trust its library's writer.
std::string varint_field(unsigned number, std::uint64_t value) {
  std::string out;
  append_uleb128(out, number << 3);
  append_uleb128(out, value);
  return out;
}
std::string bytes_field(unsigned number, std::string_view bytes) {
  std::string out;
  append_uleb128(out, number << 3 | 2);
  append_string(out, bytes);
  return out;
}
std::string fixed32_field(unsigned number) {
  std::string out;
  append_uleb128(out, number << 3 | 5);
  return out + "abcd";
}
std::string group_field(unsigned number) {
  std::string out;
  append_uleb128(out, number << 3 | 3);
  append_uleb128(out, number << 3 | 4);
  return out;
}

std::string time_field(std::uint64_t seconds, std::uint64_t nanos = 0) {
  return bytes_field(3, varint_field(1, seconds) + (nanos ? varint_field(2, nanos) : ""));
}
const std::string kTime = time_field(1'795'281'611);

// A record of one entry, of which this is the oneof's member.
std::string with_entry(unsigned member, std::string_view contents) {
  return kTime + bytes_field(4, bytes_field(member, contents));
}
std::string init_contents() {
  return bytes_field(1, kPublisherKey) + bytes_field(2, "sha256");
}

void expect_malformed(const std::string& bytes) {
  const auto record = decode_package_record(bytes);
  ASSERT_FALSE(record.has_value()) << hex_encode(bytes);
  EXPECT_EQ(record.error().code, Errc::invalid);
  EXPECT_EQ(record.error().about, About::record);
  EXPECT_LT(record.error().what.size(), 400u);
}

TEST(WargRecord, OfAnOperatorReadsAsTheReferenceWritesIt) {
  const auto record = decode_operator_record(bytes_of(kOperatorRecord));
  ASSERT_TRUE(record.has_value()) << record.error().what;
  const OperatorRecord expected{
      std::nullopt,
      0,
      {1'700'000'000, 123'456'789},
      {Init{key(kOperatorKey)}, DefineNamespace{"test"}, ImportNamespace{"wasi", "example.com"}}};
  EXPECT_EQ(*record, expected);
}

TEST(WargRecord, OfAPackageReadsAsTheReferenceWritesIt) {
  const auto init = decode_package_record(bytes_of(kInitRecord));
  ASSERT_TRUE(init.has_value()) << init.error().what;
  EXPECT_EQ(init->prev, std::nullopt);
  EXPECT_EQ(init->version, 0u);
  EXPECT_EQ(init->time.nanos, 0);
  EXPECT_EQ(init->entries, (std::vector<PackageEntry>{Init{key(kPublisherKey)}}));

  const auto release = decode_package_record(bytes_of(kReleaseRecord));
  ASSERT_TRUE(release.has_value()) << release.error().what;
  EXPECT_EQ(release->prev, package_record_id(bytes_of(kInitRecord)));
  EXPECT_EQ(release->entries,
            (std::vector<PackageEntry>{Release{version("0.1.0"), Digest::of("hello")}}));

  const auto both = decode_package_record(bytes_of(kInitAndReleaseRecord));
  ASSERT_TRUE(both.has_value()) << both.error().what;
  EXPECT_EQ(both->entries, (std::vector<PackageEntry>{
                               Init{key(kPublisherKey)},
                               Release{version("1.0.0-rc.1+build.5"), Digest::of("hello")}}));
}

TEST(WargRecord, IsWrittenByteForByteAsTheReferenceDoes) {
  for (const std::string_view hex : {kInitRecord, kReleaseRecord, kInitAndReleaseRecord}) {
    const auto record = decode_package_record(bytes_of(hex));
    EXPECT_EQ(hex_encode(encode(record.value())), hex);
  }
  const auto record = decode_operator_record(bytes_of(kOperatorRecord));
  EXPECT_EQ(hex_encode(encode(record.value())), kOperatorRecord);
}

TEST(WargRecord, ComesBackWithEveryKindOfEntry) {
  const KeyId other = key_id(kOperatorKey);
  const PackageRecord package{
      package_record_id("before"),
      7,
      {253'402'300'799, 999'999'999},
      {Grant<PackagePermission>{key(kOperatorKey),
                                {PackagePermission::yank, PackagePermission::release}},
       Revoke<PackagePermission>{other, {PackagePermission::release}}, Yank{version("1.0.0")},
       Grant<PackagePermission>{key(kOperatorKey), {}}}};
  EXPECT_EQ(decode_package_record(encode(package)).value(), package);
  const OperatorRecord operators{
      operator_record_id("before"),
      0,
      {0, 1},
      {Grant<OperatorPermission>{key(kPublisherKey),
                                 {OperatorPermission::commit, OperatorPermission::define_namespace,
                                  OperatorPermission::import_namespace}},
       Revoke<OperatorPermission>{other, {OperatorPermission::commit}}}};
  EXPECT_EQ(decode_operator_record(encode(operators)).value(), operators);
}

TEST(WargRecord, PacksPermissions) {
  const PackageRecord record{
      std::nullopt,
      0,
      {1, 0},
      {Grant<PackagePermission>{key(kOperatorKey),
                                {PackagePermission::release, PackagePermission::yank}}}};
  const std::string grant = bytes_field(1, kOperatorKey) + bytes_field(2, "\1\2");
  EXPECT_EQ(encode(record),
            bytes_field(3, varint_field(1, 1)) + bytes_field(4, bytes_field(2, grant)));
}

// ---- legal, if not as anybody writes it ----

TEST(WargRecord, TakesPermissionsThatAreNotPacked) {
  const std::string unpacked =
      bytes_field(1, kOperatorKey) + varint_field(2, 1) + varint_field(2, 2);
  const auto record = decode_package_record(with_entry(2, unpacked));
  ASSERT_TRUE(record.has_value()) << record.error().what;
  EXPECT_EQ(record->entries,
            (std::vector<PackageEntry>{Grant<PackagePermission>{
                key(kOperatorKey), {PackagePermission::release, PackagePermission::yank}}}));
}

TEST(WargRecord, PassesOverFieldsItDoesNotKnow) {
  const std::string unknown =
      varint_field(9, 1) + bytes_field(1000, "later") + fixed32_field(77) + group_field(50);
  const std::string entry = bytes_field(1, init_contents() + unknown) + unknown;
  const auto record = decode_package_record(unknown + kTime + bytes_field(4, entry) + unknown);
  ASSERT_TRUE(record.has_value()) << record.error().what;
  EXPECT_EQ(record->entries, (std::vector<PackageEntry>{Init{key(kPublisherKey)}}));
}

TEST(WargRecord, TakesFieldsInAnyOrderAndZerosThatAreWrittenOut) {
  const std::string entry = bytes_field(2, "sha256") + bytes_field(1, kPublisherKey);
  const auto record = decode_package_record(bytes_field(4, bytes_field(1, entry)) +
                                            varint_field(2, 0) + time_field(5));
  ASSERT_TRUE(record.has_value()) << record.error().what;
  EXPECT_EQ(record->time, (RecordTime{5, 0}));
}

TEST(WargRecord, TakesTheLastOfWhatCanBeThereOnce) {
  const std::string first = package_record_id("first").to_string();
  const std::string last = package_record_id("last").to_string();
  const auto record = decode_package_record(bytes_field(1, first) + time_field(1, 7) +
                                            bytes_field(1, last) + time_field(2));
  ASSERT_TRUE(record.has_value()) << record.error().what;
  EXPECT_EQ(record->prev, package_record_id("last"));
  EXPECT_EQ(record->time, (RecordTime{2, 7}));  // messages are merged: that is protobuf
}

TEST(WargRecord, WithoutEntriesIsReadableIfNothingElse) {
  EXPECT_TRUE(decode_package_record(kTime).value().entries.empty());
}

// ---- hostile ----

TEST(WargRecord, CutShortIsMalformedAtEveryByte) {
  const std::string whole = bytes_of(kInitAndReleaseRecord);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto record = decode_package_record(whole.substr(0, size));
    // Between two fields a shorter record ends, and says less.
    if (record) EXPECT_LT(record->entries.size(), 2u) << size;
  }
  expect_malformed({});
  expect_malformed(whole.substr(0, whole.size() - 1));
}

TEST(WargRecord, WithAKnownFieldOfAnotherTypeIsMalformed) {
  for (const std::string& bytes :
       {varint_field(1, 5) + kTime, kTime + bytes_field(2, "0"), kTime + fixed32_field(3),
        kTime + varint_field(4, 1), kTime + group_field(4), kTime + fixed32_field(1),
        bytes_field(3, bytes_field(1, "x")), bytes_field(3, varint_field(1, 1) + fixed32_field(2)),
        with_entry(1, init_contents() + varint_field(1, 1)),
        with_entry(2, bytes_field(1, kOperatorKey) + fixed32_field(2)),
        with_entry(5, bytes_field(1, "1.0.0") + group_field(1)),
        kTime + bytes_field(4, bytes_field(1, init_contents()) + varint_field(5, 1))})
    expect_malformed(bytes);
}

TEST(WargRecord, WithoutATimeIsMalformed) {
  expect_malformed(bytes_field(4, bytes_field(1, init_contents())));
}

TEST(WargRecord, WithATimeNobodyLivesInIsMalformed) {
  EXPECT_TRUE(decode_package_record(time_field(0)).has_value());
  EXPECT_TRUE(decode_package_record(time_field(253'402'300'799, 999'999'999)).has_value());
  for (const std::string& time : {time_field(253'402'300'800), time_field(~std::uint64_t{0}),
                                  time_field(1, 1'000'000'000), time_field(1, ~std::uint64_t{0})})
    expect_malformed(time);
}

TEST(WargRecord, WithAnEntryThatSaysNothingIsMalformed) {
  expect_malformed(kTime + bytes_field(4, {}));
  expect_malformed(kTime + bytes_field(4, bytes_field(6, "a kind from the future")));
}

TEST(WargRecord, WithAPermissionThatIsNoneIsMalformed) {
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{0}})
    expect_malformed(with_entry(2, bytes_field(1, kOperatorKey) + varint_field(2, number)));
  const auto commit =
      bytes_field(4, bytes_field(2, bytes_field(1, kOperatorKey) + varint_field(2, 3)));
  EXPECT_TRUE(decode_operator_record(kTime + commit).has_value());
  EXPECT_FALSE(
      decode_operator_record(
          kTime + bytes_field(4, bytes_field(2, bytes_field(1, kOperatorKey) + varint_field(2, 4))))
          .has_value());
}

TEST(WargRecord, WithTextsThatDoNotParseIsMalformed) {
  const std::string hash = Digest::of("hello").to_string();
  std::string upper = hash;
  upper[10] = 'A';
  const std::string sha512 = Digest::of("hello", DigestAlgorithm::sha512).to_string();
  for (const std::string& bytes :
       {bytes_field(1, "") + kTime, bytes_field(1, hash.substr(0, 70)) + kTime,
        bytes_field(1, upper) + kTime, with_entry(1, bytes_field(1, kPublisherKey)),
        with_entry(1, bytes_field(1, kPublisherKey) + bytes_field(2, "sha512")),
        with_entry(1, bytes_field(2, "sha256")),
        with_entry(1, bytes_field(1, "rsa:AAAA") + bytes_field(2, "sha256")),
        with_entry(2, bytes_field(1, "\xff\xfe")), with_entry(3, bytes_field(1, "nobody")),
        with_entry(4, bytes_field(1, "1.0.0")), with_entry(4, bytes_field(2, hash)),
        with_entry(4, bytes_field(1, "01.0.0") + bytes_field(2, hash)),
        with_entry(4, bytes_field(1, "1.0.0") + bytes_field(2, upper)),
        with_entry(4, bytes_field(1, "1.0.0") + bytes_field(2, sha512)),
        with_entry(4, bytes_field(1, "1.0.0") + bytes_field(2, hash.substr(0, 69))),
        with_entry(5, bytes_field(1, "")), with_entry(5, {})})
    expect_malformed(bytes);
}

TEST(WargRecord, OfAnOperatorHoldsTextAlone) {
  const auto define = [](std::string_view ns) {
    return decode_operator_record(with_entry(4, bytes_field(1, ns)));
  };
  EXPECT_TRUE(define("Not A Namespace").has_value());  // a rule of the log, not of the wire
  EXPECT_FALSE(define("\xff").has_value());
  EXPECT_FALSE(decode_operator_record(with_entry(5, bytes_field(1, "a") + bytes_field(2, "\xc3")))
                   .has_value());
}

TEST(WargRecord, HasABound) {
  const std::string little = with_entry(1, init_contents());
  // An unknown field pads it to exactly the limit: 2 bytes of tag, 3 of length.
  const std::string padding(limits::kWargRecordBytesMax - little.size() - 5, 'x');
  const std::string largest = little + bytes_field(20, padding);
  ASSERT_EQ(largest.size(), limits::kWargRecordBytesMax);
  EXPECT_TRUE(decode_package_record(largest).has_value());
  const auto refused = decode_package_record(largest + std::string(1, '\0'));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::too_large);
  EXPECT_EQ(refused.error().about, About::record);
}

TEST(WargRecord, HasSoManyEntriesAtMost) {
  std::string bytes = kTime;
  const std::string entry = bytes_field(4, bytes_field(5, bytes_field(1, "1.0.0")));
  for (std::size_t i = 0; i < limits::kWargRecordEntriesMax; ++i) bytes += entry;
  EXPECT_EQ(decode_package_record(bytes).value().entries.size(), limits::kWargRecordEntriesMax);
  const auto refused = decode_package_record(bytes + entry);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::too_large);
}

// Half a million empty entries in a megabyte: the answer comes before anything is made of them.
TEST(WargRecord, OfHalfAMillionEmptyEntriesIsTooLarge) {
  std::string bytes = kTime;
  while (bytes.size() + 2 <= limits::kWargRecordBytesMax) bytes += std::string("\x22\0", 2);
  const auto refused = decode_package_record(bytes);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::too_large);
}

TEST(WargRecord, OfEveryChangedByteIsReadOrRefused) {
  for (const std::string_view hex : {kInitAndReleaseRecord, kOperatorRecord}) {
    const std::string whole = bytes_of(hex);
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        if (const auto record = decode_package_record(changed))
          EXPECT_EQ(decode_package_record(encode(*record)).value(), *record);
        if (const auto record = decode_operator_record(changed))
          EXPECT_EQ(decode_operator_record(encode(*record)).value(), *record);
      }
  }
}

TEST(WargRecord, DeepGroupsEndBeforeTheStackDoes) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) append_uleb128(deep, 9 << 3 | 3);
  expect_malformed(kTime + deep);
}

TEST(WargRecord, OpensWithTheIdOfItsBytes) {
  const auto content = std::make_shared<const std::string>(bytes_of(kInitRecord));
  const auto signature =
      SignatureText::parse("ed25519:" + base64_encode(std::string(64, 's'))).value();
  const auto opened = open_package_record({content, key_id(kPublisherKey), signature});
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->id.to_string(),
            "sha256:b3dc5df86ba3816f0fcd2abfbdff0615c0cb2cc6bb9a70944ba452c3479fcb45");
  EXPECT_EQ(opened->envelope.content, content);
  EXPECT_FALSE(open_operator_record({content, key_id(kPublisherKey), signature}).has_value());
}

TEST(WargRecordTime, OfATimestampKeepsMicroseconds) {
  EXPECT_EQ(RecordTime::of(Timestamp{1'795'281'611'123'456}),
            (RecordTime{1'795'281'611, 123'456'000}));
  EXPECT_LT((RecordTime{1, 5}), (RecordTime{2, 0}));
  EXPECT_LT((RecordTime{1, 5}), (RecordTime{1, 6}));
}

}  // namespace
}  // namespace varve::warg
