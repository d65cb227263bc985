// Keys and signatures of Warg's: text forms, signing, verifying, and the only way to a Verified<>
// record. Any thread; keys may be shared.
//
// Two algorithms, `ecdsa-p256` as Warg's own tools have it and `ed25519`. What is signed is a
// prefix that says what kind of thing it is, a colon, and the thing's bytes as they came: a
// signature over a package record is none over an operator's, nor over a checkpoint.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/trust/author.h"
#include "core/verified.h"
#include "core/warg/checkpoint.h"
#include "core/warg/names.h"
#include "core/warg/record.h"

namespace varve::warg {

enum class Purpose : std::uint8_t { package_record, operator_record, checkpoint };
std::string_view signature_prefix(Purpose purpose);  // "WARG-PACKAGE-RECORD-SIGNATURE-V0"

// A public key that was found sound: a point of its curve, of no small order. Copies are cheap, and
// making one is not, so whoever verifies often keeps it.
class PublicKey {
 public:
  static Result<PublicKey> parse(std::string_view text);  // Errc::invalid, About::key
  const PublicKeyText& text() const;
  KeyAlgorithm algorithm() const { return text().algorithm(); }
  const KeyId& id() const;  // over the compressed text
  // Errc::unauthorized, About::signature.
  Result<void> verify(Purpose purpose, std::string_view payload,
                      const SignatureText& signature) const;
  // Of an author's statement, by Ed25519, as it stands: it says itself what it is, and what does
  // not is refused. Errc::unauthorized, About::signature.
  Result<void> verify_statement(std::string_view statement, const SignatureText& signature) const;

 private:
  struct State;
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// The keys of the last texts that were parsed. To find a key sound takes as long as to verify with
// it does, and publishers sign again and again. One thread at a time.
class PublicKeyMemo {
 public:
  static constexpr std::size_t kKeysMax = 1'024;   // some 2 KiB each
  Result<PublicKey> parse(std::string_view text);  // as PublicKey::parse()
  std::size_t size() const { return keys_.size(); }

 private:
  std::unordered_map<std::string, PublicKey> keys_;
};

// "ecdsa-p256:" and the base 64 of a scalar, or "ed25519:" and that of a seed; 32 bytes each. Wiped
// when destroyed; not copyable. sign() may run on many threads at once.
class PrivateKey {
 public:
  static PrivateKey generate(KeyAlgorithm algorithm);
  static Result<PrivateKey> parse(std::string_view text);  // Errc::invalid, About::key
  ~PrivateKey();
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;

  std::string to_string() const;  // secret
  const PublicKey& public_key() const;
  SignatureText sign(Purpose purpose, std::string_view payload) const;
  // What verify_statement() takes. Errc::unsupported for a P-256 key, invalid for no statement.
  Result<SignatureText> sign_statement(std::string_view statement) const;

 private:
  struct State;
  explicit PrivateKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct SignedCheckpoint {
  Checkpoint contents;
  KeyId key;
  SignatureText signature;
};
// Warg's client knows P-256 only, so a checkpoint by another key is Errc::unsupported both ways.
Result<SignedCheckpoint> sign_checkpoint(const Checkpoint& contents, const PrivateKey& key);
// Errc::unauthorized when it names another key, or any of its members is not what was signed.
Result<void> verify_checkpoint(const SignedCheckpoint& checkpoint, const PublicKey& key);

}  // namespace varve::warg

namespace varve {

// The gate: what comes out was signed by `key`, names it, is what the signed bytes say, and names
// no unsound key. Errc::unauthorized if the signature is not; else as decoding.
class SignatureChecks {
 public:
  static Result<Verified<warg::SignedPackageRecord>> package_record(warg::Envelope envelope,
                                                                    const warg::PublicKey& key);
  static Result<Verified<warg::SignedOperatorRecord>> operator_record(warg::Envelope envelope,
                                                                      const warg::PublicKey& key);
  // Signed by the key, as it is kept in an event.
  static Result<Verified<trust::Author>> author(const trust::AuthorStatement& statement,
                                                const warg::PublicKey& key,
                                                const warg::SignatureText& signature);
  // The key was found sound when it was made.
  static Verified<warg::PublicKeyText> key(const warg::PublicKey& key);
};

}  // namespace varve
