// C2SP signed-note, tlog-checkpoint, vkeys; Ed25519 by libsodium. Pure; any thread.
//
// A note is text (UTF-8, ends in \n, no other control characters), an empty line, and signature
// lines "— <name> base64(key id ‖ signature)". The boundary is the last empty line. A signature of
// a known (name, id) must verify or the whole note is refused; unknown ones are ignored.
//
// key.cpp holds the keys, note.cpp the notes, checkpoint.cpp the checkpoints.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.h"
#include "core/base/strong.h"

namespace varve {

using KeyId = std::array<std::uint8_t, 4>;

// Signature types of signed-note; others are carried, never verified.
inline constexpr std::uint8_t kEd25519 = 0x01;

// "name+hex8(id)+base64(type ‖ public key)", split on the first two '+'. Only Ed25519 (type 01)
// parses; the id must be the one the name and key give. Ed25519 public keys of small order and
// non-canonical encodings are refused.
class VerifierKey {
 public:
  static Result<VerifierKey> parse(std::string_view vkey);
  VerifierKey(std::string name, const std::array<std::uint8_t, 32>& public_key);  // name: checked

  const std::string& name() const { return name_; }
  const KeyId& id() const { return id_; }
  const std::array<std::uint8_t, 32>& public_key() const { return public_key_; }
  std::string to_string() const;
  // Ed25519 over the message (RFC 8032, libsodium's strict rules).
  bool verify(std::string_view message, std::string_view signature) const;

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  VerifierKey() = default;
  std::string name_;
  KeyId id_{};
  std::array<std::uint8_t, 32> public_key_{};
};

// Non-empty, no Unicode space, no control character, no '+', valid UTF-8, at most 255 bytes (what a
// cosignature can name).
bool valid_key_name(std::string_view name);

// The private half. Wiped when destroyed; not copyable. sign() may run on many threads at once.
class Signer {
 public:
  static Signer generate(std::string name);  // name: asserted valid
  // "PRIVATE+KEY+name+hex8(id)+base64(01 ‖ seed)", golang.org/x/mod/sumdb/note's text form.
  static Result<Signer> parse(std::string_view private_key);
  ~Signer();
  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;

  const VerifierKey& verifier() const { return verifier_; }
  std::string to_string() const;  // secret
  // The signature line for this note text, with its final newline.
  std::string sign_line(std::string_view text) const;
  // The bare Ed25519 signature, for what is not a note.
  std::string sign(std::string_view message) const;

 private:
  Signer(VerifierKey verifier, const std::array<std::uint8_t, 64>& secret);
  VerifierKey verifier_;
  std::string line_start_;                 // "— name ", the same before every signature
  std::array<std::uint8_t, 64> secret_{};  // libsodium's seed ‖ public key
};

inline constexpr std::size_t kNoteBytesMax = 1 << 20;
inline constexpr std::size_t kNoteSignaturesMax = 100;

struct NoteSignature {
  std::string_view name;
  KeyId id{};
  std::string bytes;  // the signature without the id
};

// Views into the bytes it was parsed from.
struct Note {
  std::string_view text;  // with its final newline
  std::vector<NoteSignature> signatures;
};

Result<Note> parse_note(std::string_view bytes);
template <std::same_as<std::string> Temporary>
Result<Note> parse_note(Temporary&&) = delete;  // the note would look into freed memory
// The text of a note, which ends at its last empty line; nothing else is looked at. For bytes whose
// signatures are checked elsewhere. Errors as parse_note().
Result<std::string_view> note_text(std::string_view bytes);
template <std::same_as<std::string> Temporary>
Result<std::string_view> note_text(Temporary&&) = delete;
std::string format_note(std::string_view text, std::span<const std::string> signature_lines);

// The keys of `known` that signed: at least one, or an error (Errc::invalid, About::signature).
// A known (name, id) whose signature fails is an error whatever else verifies, and so are two known
// keys that share one (name, id): ids are short enough to collide on purpose.
Result<std::vector<VerifierKey>> verify_note(const Note& note, std::span<const VerifierKey> known);

// tlog-checkpoint without extension lines (witnesses refuse them, so we do too: Errc::unsupported).
// Size 0 has the empty root and no other.
struct Checkpoint {
  std::string origin;
  TreeSize size;
  Hash256 root{};
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
Result<Checkpoint> parse_checkpoint(std::string_view text);
std::string format_checkpoint(const Checkpoint& checkpoint);
// The two halves of open_checkpoint(), for whoever reports them one by one: what `log_key` signed,
// and whether its name is the origin.
Result<Checkpoint> signed_checkpoint(std::string_view note, const VerifierKey& log_key);
Result<void> check_origin(const Checkpoint& checkpoint, const VerifierKey& log_key);
// Parses the note, verifies it with `log_key`, whose name must be the origin.
Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& log_key);
std::string sign_checkpoint(const Checkpoint& checkpoint, const Signer& log_key);  // the whole note

}  // namespace varve
