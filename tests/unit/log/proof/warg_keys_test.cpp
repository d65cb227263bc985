// Warg's keys and signatures: the reference's texts, prefixes, and the gate to Verified<> records.
#include "log/proof/warg_keys.h"

#include <gtest/gtest.h>

#include <memory>
#include <type_traits>

#include "core/base/bytes.h"
#include "tests/support/warg_vectors.h"

namespace varve::warg {
namespace {

using namespace testing;

constexpr KeyAlgorithm kAlgorithms[] = {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ed25519};

PublicKey operator_key() {
  return PublicKey::parse(warg_vectors().operator_key.public_text).value();
}
PublicKey publisher_key() {
  return PublicKey::parse(warg_vectors().publisher_key.public_text).value();
}
Purpose purpose_of(const WargRecord& record) {
  return record.kind == "operator" ? Purpose::operator_record : Purpose::package_record;
}
Envelope envelope_of(const WargRecord& record) {
  return {std::make_shared<const std::string>(record.content), KeyId::parse(record.key_id).value(),
          SignatureText::parse(record.signature).value()};
}
SignedCheckpoint signed_checkpoint(const WargCheckpoint& vector) {
  return {vector.contents, KeyId::parse(vector.key_id).value(),
          SignatureText::parse(vector.signature).value()};
}

TEST(WargKeyText, HasTheReferencesKeysAndIds) {
  for (const WargKeyPair& vector : {warg_vectors().operator_key, warg_vectors().publisher_key}) {
    const auto secret = PrivateKey::parse(vector.private_text);
    ASSERT_TRUE(secret.has_value()) << secret.error().what;
    EXPECT_EQ(secret->to_string(), vector.private_text);
    EXPECT_EQ(secret->public_key().text().text(), vector.public_text);
    EXPECT_EQ(secret->public_key().id().to_string(), vector.key_id);
    EXPECT_EQ(PublicKey::parse(vector.public_text)->id().to_string(), vector.key_id);
  }
}

TEST(WargKeyText, RoundTripsForBothAlgorithms) {
  for (const KeyAlgorithm algorithm : kAlgorithms) {
    const PrivateKey key = PrivateKey::generate(algorithm);
    EXPECT_EQ(key.public_key().algorithm(), algorithm);
    const auto again = PrivateKey::parse(key.to_string());
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->public_key().text(), key.public_key().text());
    EXPECT_NE(PrivateKey::generate(algorithm).to_string(), key.to_string());
  }
}

TEST(WargKeyText, OfAnUncompressedPointHasTheIdOfTheCompressedOne) {
  // RFC 6979, A.2.5.
  const std::string x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
  const std::string y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
  const auto text = [](const std::string& hex) {
    return "ecdsa-p256:" + base64_encode(hex_decode(hex).value());
  };
  const auto compressed = PublicKey::parse(text("03" + x)).value();
  const auto uncompressed = PublicKey::parse(text("04" + x + y)).value();
  EXPECT_EQ(uncompressed.id(), compressed.id());
  EXPECT_EQ(uncompressed.text().text(), text("03" + x));
  std::string off_the_curve = y;
  off_the_curve.back() = 'b';
  EXPECT_FALSE(PublicKey::parse(text("04" + x + off_the_curve)).has_value());
}

TEST(WargKeyText, OfNoKeyIsRefused) {
  const std::string zeros = base64_encode(std::string(32, '\0'));
  for (const std::string& bad :
       {std::string(), std::string("ecdsa-p256"), std::string("ecdsa-p256:"),
        "ecdsa-p256:" + base64_encode('\2' + std::string(32, '\xff')), "ed25519:" + zeros,
        "ecdsa-p384:" + zeros, "ECDSA-P256:" + zeros, warg_vectors().operator_key.public_text + " ",
        " " + warg_vectors().operator_key.public_text, warg_vectors().operator_key.private_text}) {
    const auto key = PublicKey::parse(bad);
    ASSERT_FALSE(key.has_value()) << bad;
    EXPECT_EQ(key.error().code, Errc::invalid);
    EXPECT_EQ(key.error().about, About::key);
  }
  for (const std::string& bad :
       {std::string(), std::string("ed25519"), std::string("ed25519:"), "ecdsa-p256:" + zeros,
        "rsa:" + zeros, "ed25519:" + base64_encode(std::string(31, 's')),
        "ed25519:" + base64_encode(std::string(64, 's')), "ed25519:" + zeros + "=",
        "ecdsa-p256:" + base64_encode(std::string(32, '\xff')),
        warg_vectors().operator_key.public_text})
    EXPECT_FALSE(PrivateKey::parse(bad).has_value()) << bad;
}

TEST(WargKeyText, OfASecretIsInNoError) {
  const std::string secret(32, '\xff');  // beyond the order
  const auto refused = PrivateKey::parse("ecdsa-p256:" + base64_encode(secret));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(
      (refused.error().what + refused.error().detail).find(base64_encode(secret).substr(4, 8)),
      std::string::npos);
}

TEST(WargPublicKeyMemo, GivesWhatParsingGivesAndStaysSmall) {
  PublicKeyMemo memo;
  const std::string& text = warg_vectors().operator_key.public_text;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(memo.parse(text)->id(), operator_key().id());
  EXPECT_EQ(memo.size(), 1u);
  EXPECT_FALSE(memo.parse("ed25519:" + base64_encode(std::string(32, '\0'))).has_value());
  EXPECT_FALSE(memo.parse("").has_value());
  EXPECT_EQ(memo.size(), 1u);  // what is refused is not kept, so it cannot push others out
  for (std::size_t i = 0; i < PublicKeyMemo::kKeysMax + 10; ++i) {
    const PrivateKey key = PrivateKey::generate(KeyAlgorithm::ed25519);
    EXPECT_EQ(memo.parse(key.public_key().text().text())->id(), key.public_key().id());
    EXPECT_LE(memo.size(), PublicKeyMemo::kKeysMax);
  }
  EXPECT_EQ(memo.parse(text)->id(), operator_key().id());
}

TEST(WargSignature, OfEveryReferenceRecordVerifies) {
  for (const WargRecord& record : warg_vectors().records) {
    const PublicKey key = record.kind == "operator" ? operator_key() : publisher_key();
    const auto signature = SignatureText::parse(record.signature).value();
    EXPECT_TRUE(key.verify(purpose_of(record), record.content, signature).has_value());
    const PublicKey other = record.kind == "operator" ? publisher_key() : operator_key();
    EXPECT_FALSE(other.verify(purpose_of(record), record.content, signature).has_value());
    EXPECT_FALSE(key.verify(purpose_of(record), record.content + '\0', signature).has_value());
  }
}

TEST(WargSignature, OverOnePrefixIsNoneOverAnother) {
  constexpr Purpose kPurposes[] = {Purpose::package_record, Purpose::operator_record,
                                   Purpose::checkpoint};
  for (const KeyAlgorithm algorithm : kAlgorithms) {
    const PrivateKey key = PrivateKey::generate(algorithm);
    for (const Purpose signed_for : kPurposes)
      for (const Purpose shown_for : kPurposes)
        EXPECT_EQ(key.public_key()
                      .verify(shown_for, "payload", key.sign(signed_for, "payload"))
                      .has_value(),
                  signed_for == shown_for);
  }
}

TEST(WargSignature, FailsInTheReferencesWords) {
  const PrivateKey key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  const SignatureText signature = key.sign(Purpose::package_record, "one");
  const auto refused = key.public_key().verify(Purpose::package_record, "other", signature);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
  EXPECT_EQ(refused.error().about, About::signature);
  EXPECT_EQ(refused.error().what, "signature `" + signature.text() + "` verification failed");
}

TEST(WargSignature, OfTheOtherAlgorithmVerifiesNothing) {
  const PrivateKey p256 = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  const PrivateKey ed25519 = PrivateKey::generate(KeyAlgorithm::ed25519);
  const auto by_p256 = p256.sign(Purpose::package_record, "payload");
  const auto by_ed25519 = ed25519.sign(Purpose::package_record, "payload");
  EXPECT_EQ(by_p256.algorithm(), KeyAlgorithm::ecdsa_p256);
  EXPECT_EQ(by_ed25519.algorithm(), KeyAlgorithm::ed25519);
  EXPECT_FALSE(
      p256.public_key().verify(Purpose::package_record, "payload", by_ed25519).has_value());
  EXPECT_FALSE(
      ed25519.public_key().verify(Purpose::package_record, "payload", by_p256).has_value());
}

TEST(WargSignature, InLooseDerIsRefused) {
  const WargRecord& record = warg_vectors().records[1];
  std::string der = base64_decode(record.signature.substr(11)).value();
  der.insert(1, 1, '\x81');  // BER's long form of the same length
  const auto loose = SignatureText::parse("ecdsa-p256:" + base64_encode(der));
  EXPECT_FALSE(loose && publisher_key().verify(Purpose::package_record, record.content, *loose));
}

TEST(WargCheckpointSignature, OfTheReferenceVerifiesAndOfAnythingElseDoesNot) {
  for (const WargRecord& record : warg_vectors().records) {
    const SignedCheckpoint good = signed_checkpoint(record.checkpoint);
    EXPECT_TRUE(verify_checkpoint(good, operator_key()).has_value());
    // The reference's own server took an altered time or root for verified.
    SignedCheckpoint later = good, longer = good, root = good, map = good, other_key = good;
    ++later.contents.timestamp;
    ++longer.contents.log_length;
    root.contents.log_root[0] ^= 1;
    map.contents.map_root[31] ^= 0x80;
    other_key.key = publisher_key().id();
    for (const SignedCheckpoint& bad : {later, longer, root, map, other_key})
      EXPECT_EQ(verify_checkpoint(bad, operator_key()).error().code, Errc::unauthorized);
    EXPECT_FALSE(verify_checkpoint(good, publisher_key()).has_value());
  }
}

TEST(WargCheckpointSignature, IsMadeWithP256AndWithNothingElse) {
  const Checkpoint& contents = warg_vectors().records[0].checkpoint.contents;
  const PrivateKey p256 = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  const auto good = sign_checkpoint(contents, p256);
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->key, p256.public_key().id());
  EXPECT_TRUE(verify_checkpoint(*good, p256.public_key()).has_value());
  const PrivateKey ed25519 = PrivateKey::generate(KeyAlgorithm::ed25519);
  EXPECT_EQ(sign_checkpoint(contents, ed25519).error().code, Errc::unsupported);
  const SignedCheckpoint forced{contents, ed25519.public_key().id(),
                                ed25519.sign(Purpose::checkpoint, timestamped_bytes(contents))};
  EXPECT_EQ(verify_checkpoint(forced, ed25519.public_key()).error().code, Errc::unsupported);
}

// ---- the gate -----------------------------------------------------------------------------------

static_assert(!std::is_constructible_v<Verified<SignedPackageRecord>, SignedPackageRecord>);
static_assert(!std::is_constructible_v<Verified<SignedOperatorRecord>, SignedOperatorRecord>);

TEST(SignatureChecks, LetTheReferencesRecordsThrough) {
  for (const WargRecord& record : warg_vectors().records) {
    if (record.kind == "operator") {
      const auto checked = SignatureChecks::operator_record(envelope_of(record), operator_key());
      ASSERT_TRUE(checked.has_value()) << checked.error().what;
      EXPECT_EQ((*checked)->id.to_string(), record.record_id);
    } else {
      const auto checked = SignatureChecks::package_record(envelope_of(record), publisher_key());
      ASSERT_TRUE(checked.has_value()) << checked.error().what;
      EXPECT_EQ((*checked)->id.to_string(), record.record_id);
      EXPECT_EQ(*(*checked)->envelope.content, record.content);
      EXPECT_EQ((*checked)->record, decode_package_record(record.content).value());
    }
  }
}

TEST(SignatureChecks, StopWhatAnotherKeySignedOrNames) {
  const WargRecord& record = warg_vectors().records[1];
  const auto by_another = SignatureChecks::package_record(envelope_of(record), operator_key());
  EXPECT_EQ(by_another.error().code, Errc::unauthorized);
  Envelope renamed = envelope_of(record);
  renamed.key = operator_key().id();
  EXPECT_EQ(SignatureChecks::package_record(renamed, publisher_key()).error().code,
            Errc::unauthorized);
  EXPECT_EQ(SignatureChecks::package_record(renamed, operator_key()).error().code,
            Errc::unauthorized);
}

TEST(SignatureChecks, StopChangedBytesAndSignaturesOfOtherRecords) {
  const WargRecord& record = warg_vectors().records[1];
  Envelope changed = envelope_of(record);
  std::string content = record.content;
  content.back() = static_cast<char>(content.back() ^ 1);
  changed.content = std::make_shared<const std::string>(content);
  EXPECT_FALSE(SignatureChecks::package_record(changed, publisher_key()).has_value());
  Envelope swapped = envelope_of(record);
  swapped.signature = envelope_of(warg_vectors().records[2]).signature;
  EXPECT_FALSE(SignatureChecks::package_record(swapped, publisher_key()).has_value());
}

TEST(SignatureChecks, StopAnOperatorsRecordShownAsAPackages) {
  const WargRecord& record = warg_vectors().records[0];
  EXPECT_FALSE(SignatureChecks::package_record(envelope_of(record), operator_key()).has_value());
  const WargRecord& package = warg_vectors().records[1];
  EXPECT_FALSE(SignatureChecks::operator_record(envelope_of(package), publisher_key()).has_value());
}

TEST(SignatureChecks, StopSignedBytesThatAreNoRecord) {
  const PrivateKey key = PrivateKey::generate(KeyAlgorithm::ed25519);
  const Envelope envelope{std::make_shared<const std::string>("no protobuf"), key.public_key().id(),
                          key.sign(Purpose::package_record, "no protobuf")};
  const auto refused = SignatureChecks::package_record(envelope, key.public_key());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::invalid);
}

TEST(SignatureChecks, StopRecordsThatGrantToAnUnsoundKey) {
  const PrivateKey signer = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  const auto granted = [&](const std::string& key_text) {
    PackageRecord record;
    record.entries.emplace_back(Init{signer.public_key().text()});
    record.entries.emplace_back(Grant<PackagePermission>{PublicKeyText::parse(key_text).value(),
                                                         {PackagePermission::release}});
    const std::string content = encode(record);
    return SignatureChecks::package_record(
        {std::make_shared<const std::string>(content), signer.public_key().id(),
         signer.sign(Purpose::package_record, content)},
        signer.public_key());
  };
  EXPECT_TRUE(granted(warg_vectors().publisher_key.public_text).has_value());
  const std::string small_order(32, '\0');
  const std::string no_point = '\2' + std::string(32, '\xff');
  for (const std::string& bad :
       {"ed25519:" + base64_encode(small_order), "ecdsa-p256:" + base64_encode(no_point)}) {
    const auto refused = granted(bad);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_EQ(refused.error().about, About::key);
  }
}

TEST(SignatureChecks, StopAnOperatorsRecordThatInitsAnUnsoundKey) {
  const PrivateKey signer = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  OperatorRecord record;
  record.entries.emplace_back(
      Init{PublicKeyText::parse("ed25519:" + base64_encode(std::string(32, '\0'))).value()});
  const std::string content = encode(record);
  const auto refused = SignatureChecks::operator_record(
      {std::make_shared<const std::string>(content), signer.public_key().id(),
       signer.sign(Purpose::operator_record, content)},
      signer.public_key());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().about, About::key);
}

TEST(SignatureChecks, LetEd25519RecordsThrough) {
  const PrivateKey key = PrivateKey::generate(KeyAlgorithm::ed25519);
  PackageRecord record;
  record.entries.emplace_back(Init{key.public_key().text()});
  const std::string content = encode(record);
  const auto checked = SignatureChecks::package_record(
      {std::make_shared<const std::string>(content), key.public_key().id(),
       key.sign(Purpose::package_record, content)},
      key.public_key());
  ASSERT_TRUE(checked.has_value()) << checked.error().what;
  EXPECT_EQ((*checked)->record, record);
}

}  // namespace
}  // namespace varve::warg
