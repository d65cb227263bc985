// Bundles, tiles and bodies over the read surface. The thread of main() only.
#include "api/cli/remote_source.h"

#include <algorithm>

#include "core/base/limits.h"
#include "log/proof/tile.h"

namespace varve::cli {
namespace {

constexpr std::size_t kBundleBytesMax = std::size_t{kTileWidth} * (limits::kEntryBytesMax + 2);

}  // namespace

Result<void> RemoteSource::entries(EntryIndex from, EntryIndex to,
                                   const std::function<void(EntryIndex, std::string_view)>& visit) {
  if (to.value > session_.size().value)
    return fail(Errc::not_found, About::size,
                "the log has " + std::to_string(session_.size().value) + " entries",
                std::to_string(to.value));
  for (std::uint64_t at = from.value; at < to.value;) {
    const std::uint64_t n = at / kTileWidth;
    const unsigned width = tile_width_at(session_.size(), 0, n);
    const TilePath path{.entries = true, .level = 0, .n = n, .width = width};
    VARVE_TRY(const std::string bytes,
              fetch(session_.server(), "/log/tile/" + format_tile_path(path), kBundleBytesMax));
    VARVE_TRY(const auto bundle, split_bundle(bytes));
    if (bundle.size() != width)
      return fail(Errc::corrupt, About::entry, "a bundle does not hold its entries",
                  format_tile_path(path));
    const std::uint64_t end = std::min(to.value, n * kTileWidth + width);
    for (; at < end; ++at) visit(EntryIndex{at}, bundle[at % kTileWidth]);
  }
  return {};
}

Result<std::string> RemoteSource::body(const BodyName& name) {
  const std::string digest = name.digest.to_string();
  // The size is an entry's word, and a forged log can name any: nothing a registry accepts is
  // larger.
  if (name.size > limits::kManifestBytesMax)
    return fail(
        Errc::too_large, About::body,
        "an entry names a body of " + std::to_string(name.size) + " bytes, more than any may have",
        digest);
  VARVE_TRY(auto bytes, fetch(session_.server(), "/log/body/" + digest, name.size));
  if (bytes.size() != name.size || Digest::of(bytes, name.digest.algorithm()) != name.digest)
    return fail(Errc::corrupt, About::body, "a body is not what its digest says", digest);
  return bytes;
}

Result<std::string> RemoteSource::tile(unsigned level, std::uint64_t n, unsigned width) {
  return session_.tiles()(level, n, width);
}

}  // namespace varve::cli
