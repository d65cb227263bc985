// Publishers, records and envelopes for tests of Warg's rules. Their signatures are none: core
// checks none, and takes the word of whoever made a Verified<> value.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/warg/validate.h"

namespace varve::test {

struct WargKey {
  warg::PublicKeyText text;
  warg::KeyId id;
};
// A different one for each letter.
inline WargKey warg_key(char letter) {
  const auto text =
      warg::PublicKeyText::parse("ed25519:" + base64_encode(std::string(32, letter))).value();
  return {text, warg::key_id(text)};
}
inline warg::SignatureText warg_signature(char letter = 's') {
  return warg::SignatureText::parse("ed25519:" + base64_encode(std::string(64, letter))).value();
}

inline warg::PackageName package(std::string_view text) {
  return warg::PackageName::parse(text).value();
}
inline warg::Version version(std::string_view text) {
  return warg::Version::parse(text).value();
}

// What entries are made of, in few words.
inline const std::vector<warg::PackagePermission> kRelease = {warg::PackagePermission::release};
inline const std::vector<warg::PackagePermission> kYank = {warg::PackagePermission::yank};
inline const std::vector<warg::PackagePermission> kReleaseAndYank = {
    warg::PackagePermission::release, warg::PackagePermission::yank};
inline warg::Init init(const WargKey& key) {
  return {key.text};
}
inline warg::Grant<warg::PackagePermission> grant(
    const WargKey& key, std::vector<warg::PackagePermission> permissions) {
  return {key.text, std::move(permissions)};
}
inline warg::Revoke<warg::PackagePermission> revoke(
    const WargKey& key, std::vector<warg::PackagePermission> permissions) {
  return {key.id, std::move(permissions)};
}
inline warg::Release release(std::string_view version_text, std::string_view content) {
  return {version(version_text), Digest::of(content)};
}
inline warg::Yank yank(std::string_view version_text) {
  return {version(version_text)};
}

inline warg::SignedPackageRecord sign(const warg::PackageRecord& record, const WargKey& key,
                                      char letter = 's') {
  auto content = std::make_shared<const std::string>(warg::encode(record));
  return warg::open_package_record({std::move(content), key.id, warg_signature(letter)}).value();
}
inline warg::SignedOperatorRecord sign(const warg::OperatorRecord& record, const WargKey& key) {
  auto content = std::make_shared<const std::string>(warg::encode(record));
  return warg::open_operator_record({std::move(content), key.id, warg_signature()}).value();
}

}  // namespace varve::test
