// Publishers who really sign, for tests that go through the gate. Any thread.
#pragma once

#include <string>
#include <utility>

#include "log/proof/warg_keys.h"
#include "tests/support/warg_given.h"

namespace varve::test {

// Somebody with a key that is made of a letter.
class Publisher {
 public:
  explicit Publisher(char letter, warg::KeyAlgorithm algorithm = warg::KeyAlgorithm::ed25519)
      : key_(warg::PrivateKey::parse(std::string(to_string(algorithm)) + ':' +
                                     base64_encode(std::string(32, letter)))
                 .value()) {}
  const warg::PublicKeyText& text() const { return key_.public_key().text(); }
  const warg::KeyId& id() const { return key_.public_key().id(); }
  operator WargKey() const { return {text(), id()}; }  // NOLINT: a key, to make entries of

  Verified<warg::SignedPackageRecord> sign(const warg::PackageRecord& record) const {
    return SignatureChecks::package_record(
               envelope(warg::encode(record), warg::Purpose::package_record), key_.public_key())
        .value();
  }
  Verified<warg::SignedOperatorRecord> sign(const warg::OperatorRecord& record) const {
    return SignatureChecks::operator_record(
               envelope(warg::encode(record), warg::Purpose::operator_record), key_.public_key())
        .value();
  }

 private:
  warg::Envelope envelope(std::string content, warg::Purpose purpose) const {
    auto signature = key_.sign(purpose, content);
    return {std::make_shared<const std::string>(std::move(content)), id(), std::move(signature)};
  }
  warg::PrivateKey key_;
};

}  // namespace varve::test
