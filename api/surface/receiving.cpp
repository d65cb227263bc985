// From a body to a blob. I/O threads.
#include "api/surface/receiving.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "api/surface/common.h"

namespace varve::surface {

using http::net::awaitable;

awaitable<Result<UploadPtr>> open_new_upload(Services& services) {
  auto open = [&services] { return services.blobs.start_upload(); };
  co_return co_await services.pool.run(open);
}

awaitable<Result<void>> finish_as_blob(Services& services, Upload& upload, const Digest& digest,
                                       std::uint64_t before) {
  auto work = [&upload, &digest, before]() -> Result<void> {
    Result<void> finished = upload.finish(digest);
    const bool mismatch = !finished && finished.error().about == About::digest;
    if (mismatch) VARVE_CHECK(upload.truncate(before));
    return finished;
  };
  co_return co_await services.pool.run(work);
}

awaitable<Result<void>> remove_upload(Services& services, UploadId id) {
  auto work = [&services, &id] { return services.blobs.cancel_upload(id); };
  co_return co_await services.pool.run(work);
}

std::unexpected<Error> out_of_order(std::string what) {
  return fail(Errc::range, About::upload, std::move(what));
}

namespace {

// In a second, uploads of a fast network could eat the reserve that keeps the ledger going: the
// disk is measured before each window. On the pool.
Result<void> append_window(const Services& services, Upload& upload, std::string_view bytes) {
  if (services.measure_disk())
    return fail(Errc::unavailable, About::storage, "the disk is nearly full; try again later");
  return upload.append(bytes);
}

// A window on its way to the disk. Whoever started it waits for it, whatever else went wrong: it
// reads the window and writes the upload.
using Storing = std::optional<http::Started<Result<void>>>;

awaitable<Result<void>> stored(Storing storing) {
  if (!storing) co_return Result<void>{};
  co_return co_await storing->value();
}

}  // namespace

awaitable<Result<void>> append_body(Services& services, http::Body& body, Upload& upload,
                                    std::optional<std::uint64_t> exactly, std::uint64_t at_most) {
  const auto executor = co_await http::net::this_coro::executor;
  std::uint64_t received = 0;
  Storing storing;
  while (true) {
    const Result<std::string_view> window = co_await body.read();
    const Result<void> before = co_await stored(std::exchange(storing, std::nullopt));
    if (!before) co_return std::unexpected(before.error());
    if (!window) co_return std::unexpected(window.error());
    if (window->empty()) break;
    received += window->size();
    if (exactly && received > *exactly)
      co_return out_of_order("the body is longer than Content-Range");
    if (received > at_most)
      co_return fail(Errc::too_large, About::size,
                     "at most " + std::to_string(at_most) + " bytes are taken here");
    storing = services.pool.start(executor, [&services, &upload, bytes = *window] {
      return append_window(services, upload, bytes);
    });
  }
  if (exactly && received != *exactly)
    co_return out_of_order("the body is shorter than Content-Range");
  co_return Result<void>{};
}

awaitable<Result<std::optional<Leases::Hold>>> finish_or_remove(Services& services,
                                                                UploadPtr upload,
                                                                Result<void> received,
                                                                Digest digest) {
  auto hold = co_await hold_blob(services, digest);
  if (received && !hold) received = std::unexpected(hold.error());
  if (received) received = co_await finish_as_blob(services, *upload, digest, 0);
  const UploadId id = upload->id();
  upload.reset();  // its file is in use until then
  if (received) co_return hold;
  const Result<void> removed = co_await remove_upload(services, id);
  if (!removed && removed.error().code != Errc::not_found)
    co_return std::unexpected(removed.error());
  co_return std::unexpected(std::move(received).error());
}

}  // namespace varve::surface
