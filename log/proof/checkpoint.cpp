// C2SP tlog-checkpoint: the signed statement "my tree of this size has this root". Any thread.
#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "log/proof/merkle.h"
#include "log/proof/note.h"

namespace varve {
namespace {

std::unexpected<Error> bad_checkpoint(std::string why, std::string_view shown = {}) {
  return fail(Errc::invalid, About::checkpoint, std::move(why), std::string(shown.substr(0, 256)));
}

// Takes the next line off `text`, without its newline.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take_line(text);
  const auto size_line = take_line(text);
  const auto root_line = take_line(text);
  if (!root_line) return bad_checkpoint("a checkpoint is three lines: origin, size, root");
  // Ours is the name of a key too, which also keeps control characters and spaces out.
  if (!valid_key_name(*origin)) return bad_checkpoint("a checkpoint's origin is not a key name");
  const auto size = parse_decimal(*size_line);
  if (!size) return bad_checkpoint("a checkpoint's size is not a decimal number", *size_line);
  const auto root = base64_decode(*root_line);
  if (!root || root->size() != std::tuple_size_v<Hash256>)
    return bad_checkpoint("a checkpoint's root is not the base64 of 32 bytes", *root_line);
  if (!text.empty())
    return fail(Errc::unsupported, About::checkpoint, "a checkpoint has extension lines",
                std::string(*origin));
  Checkpoint checkpoint{
      .origin = std::string(*origin), .size = TreeSize{*size}, .root = hash_from(*root)};
  if (checkpoint.size.value == 0 && checkpoint.root != empty_root())
    return bad_checkpoint("a checkpoint of size 0 has a root that is not the empty one",
                          *root_line);
  return checkpoint;
}

std::string format_checkpoint(const Checkpoint& checkpoint) {
  return checkpoint.origin + '\n' + std::to_string(checkpoint.size.value) + '\n' +
         base64_encode(as_view(checkpoint.root)) + '\n';
}

Result<Checkpoint> signed_checkpoint(std::string_view note, const VerifierKey& log_key) {
  VARVE_TRY(const Note parsed, parse_note(note));
  VARVE_CHECK(verify_note(parsed, {&log_key, 1}));
  return parse_checkpoint(parsed.text);
}

Result<void> check_origin(const Checkpoint& checkpoint, const VerifierKey& log_key) {
  if (checkpoint.origin == log_key.name()) return {};
  return bad_checkpoint("the checkpoint is of " + checkpoint.origin + ", the key of " +
                        log_key.name());
}

Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& log_key) {
  VARVE_TRY(Checkpoint checkpoint, signed_checkpoint(note, log_key));
  VARVE_CHECK(check_origin(checkpoint, log_key));
  return checkpoint;
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const Signer& log_key) {
  VARVE_ASSERT(checkpoint.origin == log_key.verifier().name());
  const std::string text = format_checkpoint(checkpoint);
  const std::string line = log_key.sign_line(text);
  return format_note(text, {&line, 1});
}

}  // namespace varve
