// The anchor as a file, and what it says about a store.
#include "log/anchor.h"

#include "log/file_io.h"
#include "log/reader.h"

namespace varve {

FileAnchor::FileAnchor(std::filesystem::path file, FileSteps* steps)
    : file_(std::move(file)), steps_(steps) {}

Result<std::optional<std::string>> FileAnchor::read() const {
  return read_whole_file(file_, About::checkpoint);
}

Result<void> FileAnchor::write(std::string_view checkpoint_note) {
  return replace_file(file_, checkpoint_note, 0644, About::checkpoint, steps_);
}

Result<std::optional<AnchoredCheckpoint>> check_against_anchor(const Anchor& anchor,
                                                               const Head& head,
                                                               const VerifierKey& log_key) {
  VARVE_TRY(auto note, anchor.read());
  if (!note) return std::nullopt;
  auto anchored = open_checkpoint(*note, log_key);
  if (!anchored)
    return fail(Errc::corrupt, About::checkpoint,
                "the anchor is not a checkpoint of this log: " + anchored.error().what);
  const std::string size = std::to_string(anchored->size.value);
  if (anchored->size > head.size)
    return fail(Errc::conflict, About::checkpoint,
                "the store holds " + std::to_string(head.size.value) + " entries, but checkpoint " +
                    size + " was already published: the store lost its tail or is an old copy");
  VARVE_TRY(auto root, Reader(std::make_shared<const Head>(head)).root_at(anchored->size));
  if (root != anchored->root)
    return fail(Errc::conflict, About::checkpoint,
                "the store contradicts published checkpoint " + size + ": it is another history");
  return AnchoredCheckpoint{anchored->size, *std::move(note)};
}

Result<AnchoredCheckpoint> check_anchor(const Anchor& anchor, const Head& head,
                                        const VerifierKey& log_key) {
  VARVE_TRY(auto anchored, check_against_anchor(anchor, head, log_key));
  // Every log that has entries has published: initialising does.
  if (!anchored)
    return fail(Errc::unavailable, About::checkpoint,
                "the anchor is missing, so nothing tells whether this store is the newest copy");
  return *std::move(anchored);
}

std::shared_ptr<const Head> published_as(const Head& state, const AnchoredCheckpoint& anchored) {
  auto head = std::make_shared<Head>(state);
  head->published = anchored.size;
  head->checkpoint = std::make_shared<const std::string>(anchored.note);
  return head;
}

}  // namespace varve
