// Files as answers. I/O threads.
#include "api/surface/file_answer.h"

#include "api/surface/common.h"

namespace varve::surface {

http::net::awaitable<Result<std::unique_ptr<BlobFile>>> open_blob(Services& services,
                                                                  const Digest& digest) {
  auto open = [&services, &digest] { return services.blobs.open(digest); };
  co_return co_await services.pool.run(open);
}

// If-Range with another tag means: the part I hold is of something else, send all of it.
RangeAnswer wanted_range(const http::Request& request, const Digest& digest, std::uint64_t size) {
  if (request.method != http::Method::get) return {};  // RFC 9110 §14.2: Range is for GET alone
  const std::string_view if_range = request.header("if-range");
  if (!if_range.empty() && !etag_matches(if_range, digest.to_string())) return {};
  return parse_range(request.header("range"), size);
}

http::Response file_answer(std::shared_ptr<const BlobFile> file, const RangeAnswer& wanted,
                           const Digest& digest) {
  const std::uint64_t total = file->size();
  const bool part = wanted.kind == RangeAnswer::Kind::part;
  const ByteRange range = part ? wanted.range : ByteRange{0, total};
  http::Response response;
  response.status = part ? 206 : 200;
  response.add("Content-Type", "application/octet-stream")
      .add("Accept-Ranges", "bytes")
      .add("ETag", etag_of(digest));
  if (part)
    response.add("Content-Range", "bytes " + std::to_string(range.offset) + "-" +
                                      std::to_string(range.offset + range.length - 1) + "/" +
                                      std::to_string(total));
  response.body = http::FileRange{std::move(file), range.offset, range.length};
  response.content_length = range.length;
  return response;
}

}  // namespace varve::surface
