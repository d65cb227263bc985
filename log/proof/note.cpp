// Signed notes: taking them apart strictly, putting them together, checking who signed. Any thread.
#include "log/proof/note.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/bytes.h"

namespace varve {
namespace {

constexpr std::string_view kSignaturePrefix = "— ";
constexpr std::size_t kBlobBytesMin = 5;  // the id and at least one byte of signature

std::unexpected<Error> bad_note(std::string why) {
  return fail(Errc::invalid, About::signature, std::move(why));
}

bool has_control_character(std::string_view bytes) {
  return std::ranges::any_of(
      bytes, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

// `line` is without its newline.
Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix))
    return bad_note("a signature line does not start with an em dash and a space");
  line.remove_prefix(kSignaturePrefix.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !valid_key_name(line.substr(0, space)))
    return bad_note("a signature line is not a key name, a space and base64");
  const auto blob = base64_decode(line.substr(space + 1));
  if (!blob) return bad_note("a signature is not canonical base64");
  if (blob->size() < kBlobBytesMin)
    return bad_note("a signature has " + std::to_string(blob->size()) + " bytes");
  NoteSignature signature{.name = line.substr(0, space), .id = {}, .bytes = blob->substr(4)};
  std::memcpy(signature.id.data(), blob->data(), signature.id.size());
  return signature;
}

// The known key of this (name, id), if there is one.
Result<const VerifierKey*> find_key(const NoteSignature& signature,
                                    std::span<const VerifierKey> known) {
  const VerifierKey* found = nullptr;
  for (const VerifierKey& key : known) {
    if (key.name() != signature.name || key.id() != signature.id) continue;
    if (found != nullptr && *found != key)
      return fail(Errc::invalid, About::key, "two known keys have the same name and id",
                  key.name());
    found = &key;
  }
  return found;
}

}  // namespace

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kNoteBytesMax)
    return fail(Errc::too_large, About::signature,
                "a note of " + std::to_string(bytes.size()) + " bytes is over the limit of " +
                    std::to_string(kNoteBytesMax));
  if (!is_valid_utf8(bytes)) return bad_note("a note is not valid UTF-8");
  if (has_control_character(bytes)) return bad_note("a note holds a control character");
  VARVE_TRY(const std::string_view text, note_text(bytes));
  std::string_view lines = bytes.substr(text.size() + 1);
  if (!lines.ends_with('\n')) return bad_note("a note does not end with a signature line");
  Note note{.text = text, .signatures = {}};
  while (!lines.empty()) {
    if (note.signatures.size() == kNoteSignaturesMax)
      return bad_note("a note has more than " + std::to_string(kNoteSignaturesMax) + " signatures");
    const std::size_t end = lines.find('\n');
    VARVE_TRY(NoteSignature signature, parse_signature(lines.substr(0, end)));
    note.signatures.push_back(std::move(signature));
    lines.remove_prefix(end + 1);
  }
  return note;
}

Result<std::string_view> note_text(std::string_view bytes) {
  const std::size_t boundary = bytes.rfind("\n\n");
  if (boundary == std::string_view::npos)
    return bad_note("a note has no empty line between its text and its signatures");
  return bytes.substr(0, boundary + 1);
}

std::string format_note(std::string_view text, std::span<const std::string> signature_lines) {
  VARVE_ASSERT(text.ends_with('\n'));
  std::size_t size = text.size() + 1;
  for (const std::string& line : signature_lines) size += line.size();
  std::string note;
  note.reserve(size);
  note += text;
  note += '\n';
  for (const std::string& line : signature_lines) note += line;
  return note;
}

Result<std::vector<VerifierKey>> verify_note(const Note& note, std::span<const VerifierKey> known) {
  std::vector<VerifierKey> signers;
  for (const NoteSignature& signature : note.signatures) {
    VARVE_TRY(const VerifierKey* key, find_key(signature, known));
    if (key == nullptr) continue;
    if (!key->verify(note.text, signature.bytes))
      return fail(Errc::invalid, About::signature, "a signature of a known key is wrong",
                  key->name());
    if (std::ranges::find(signers, *key) == signers.end()) signers.push_back(*key);
  }
  if (signers.empty()) return bad_note("no known key signed this note");
  return signers;
}

}  // namespace varve
