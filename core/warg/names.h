// Warg's words: package names, the ids of logs, records and keys, public keys as text. Each is
// parsed once and cannot hold an invalid value. Pure; any thread.
//
// An id is a SHA-256 over a domain's name and what it is the id of; its text is "sha256:" and 64
// lower-case hex digits. The three kinds are types of their own, since nothing else tells them
// apart.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/error.h"

namespace varve::warg {

// A kebab-case word in lower case: "wasi", "my-team". Its bound is the one of package names.
class Namespace {
 public:
  static Result<Namespace> parse(std::string_view text);  // Errc::invalid, About::name
  const std::string& text() const { return text_; }
  friend auto operator<=>(const Namespace&, const Namespace&) = default;

 private:
  friend class PackageName;
  explicit Namespace(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// "namespace:name", two kebab-case words in lower case; at most limits::kPackageNameBytesMax.
class PackageName {
 public:
  static Result<PackageName> parse(std::string_view text);  // Errc::invalid, About::name
  const std::string& text() const { return text_; }
  Namespace ns() const { return Namespace(text_.substr(0, colon_)); }
  std::string_view name() const { return std::string_view(text_).substr(colon_ + 1); }
  friend auto operator<=>(const PackageName&, const PackageName&) = default;

 private:
  PackageName(std::string text, std::size_t colon) : text_(std::move(text)), colon_(colon) {}
  std::string text_;
  std::size_t colon_;
};

// "sha256:…" as Warg writes every hash: the only algorithm there is.
std::string hash_text(const Hash256& hash);
Result<Hash256> parse_hash_text(std::string_view text);  // Errc::invalid, About::digest

template <class Kind>
class HashId {
 public:
  static Result<HashId> parse(std::string_view text) {
    VARVE_TRY(const Hash256 hash, parse_hash_text(text));
    return HashId(hash);
  }
  explicit HashId(const Hash256& hash) : hash_(hash) {}
  const Hash256& hash() const { return hash_; }
  std::string_view raw() const { return as_view(hash_); }
  std::string to_string() const { return hash_text(hash_); }
  friend auto operator<=>(const HashId&, const HashId&) = default;

 private:
  Hash256 hash_;
};
using LogId = HashId<struct LogKind>;        // of a package's log, or the operator's
using RecordId = HashId<struct RecordKind>;  // covers a record's bytes, not who signed them
using KeyId = HashId<struct KeyKind>;

const LogId& operator_log_id();
LogId package_log_id(const PackageName& name);
RecordId operator_record_id(std::string_view content_bytes);
RecordId package_record_id(std::string_view content_bytes);

// The numbers are stored: never reuse one.
enum class KeyAlgorithm : std::uint8_t { ecdsa_p256 = 1, ed25519 = 2 };
std::string_view to_string(KeyAlgorithm algorithm);  // "ecdsa-p256"

// How keys and signatures are written: the algorithm, a colon, the base 64 of their bytes.
struct AlgorithmAndBytes {
  KeyAlgorithm algorithm;
  std::string bytes;
};
std::optional<AlgorithmAndBytes> split_key_text(std::string_view text);

// "ecdsa-p256:" and the base 64 of a compressed point, or "ed25519:" and that of 32 bytes. Parsing
// compresses what comes uncompressed, since ids are made of the compressed text. Whether the bytes
// are a point of the curve is for whoever verifies with them.
class PublicKeyText {
 public:
  static Result<PublicKeyText> parse(std::string_view text);  // Errc::invalid, About::key
  KeyAlgorithm algorithm() const { return algorithm_; }
  const std::string& text() const { return text_; }
  friend auto operator<=>(const PublicKeyText&, const PublicKeyText&) = default;

 private:
  PublicKeyText(KeyAlgorithm algorithm, std::string text)
      : algorithm_(algorithm), text_(std::move(text)) {}
  KeyAlgorithm algorithm_;
  std::string text_;
};

// "ecdsa-p256:" and the base 64 of a DER signature, or "ed25519:" and that of 64 bytes. Whether it
// is one is for whoever verifies it; here it has a bound.
class SignatureText {
 public:
  static Result<SignatureText> parse(std::string_view text);  // Errc::invalid, About::signature
  KeyAlgorithm algorithm() const { return algorithm_; }
  const std::string& text() const { return text_; }
  friend auto operator<=>(const SignatureText&, const SignatureText&) = default;

 private:
  SignatureText(KeyAlgorithm algorithm, std::string text)
      : algorithm_(algorithm), text_(std::move(text)) {}
  KeyAlgorithm algorithm_;
  std::string text_;
};

// Over the text of the compressed key, as PublicKeyText::text() has it.
KeyId key_id(std::string_view public_key_text);
inline KeyId key_id(const PublicKeyText& key) {
  return key_id(key.text());
}

// A string inside what Warg hashes or signs: its length as unsigned LEB128, then its bytes.
void append_string(std::string& out, std::string_view text);

}  // namespace varve::warg
