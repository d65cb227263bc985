// Clock, identifiers, disk gauge and the bridge from coroutines to the ledger. Any thread.
#include "api/services.h"

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "api/http/ulid.h"

namespace varve {
namespace {

std::int64_t monotonic_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// An anchor is a few hundred bytes, and the medium it may stand on a small one.
constexpr std::uint64_t kAnchorNeeds = 1 << 20;

// A volume that cannot even be asked is not written to.
bool lacks(const std::filesystem::path& directory, std::uint64_t needed) {
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  return error || space.available < needed;
}

// The blobs, the log and its anchor may stand on different volumes; the fullest one decides.
bool measure_low(const Services& services) {
  const Config& config = services.config;
  const std::uint64_t low_water = config.disk_low_water_bytes;
  const auto free = services.blobs.free_bytes();
  if (!free || *free < low_water) return true;
  if (!config.data.empty() && lacks(config.data, low_water)) return true;
  if (config.anchor.empty()) return false;  // beside the log
  std::error_code ignored;                  // no path at all is a volume that cannot be asked
  const auto directory = std::filesystem::absolute(config.anchor, ignored).parent_path();
  return lacks(directory, std::min(low_water, kAnchorNeeds));
}

}  // namespace

std::string Services::ulid() const {
  return http::ulid();
}

Timestamp Services::now() const {
  using namespace std::chrono;
  return Timestamp{duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

bool Services::measure_disk() const {
  const bool low = measure_low(*this);
  state->disk_low.store(low, std::memory_order_relaxed);
  return low;
}

// Asking costs a statvfs (a microsecond), so the thread that finds the answer old asks itself; the
// exchange lets one thread a second do it.
bool Services::low_on_disk() const {
  const std::int64_t now_ms = std::max<std::int64_t>(1, monotonic_ms());
  std::int64_t checked = state->disk_checked_ms.load(std::memory_order_relaxed);
  const bool old = checked == 0 || now_ms - checked >= 1000;
  if (old && state->disk_checked_ms.compare_exchange_strong(checked, now_ms)) return measure_disk();
  return state->disk_low.load(std::memory_order_relaxed);
}

// A plain function, so that no capturing lambda shares an expression with co_await. The work guard
// keeps the caller's I/O context from running dry while the ledger has the command; the completion
// only posts, as the ledger's threads demand.
http::net::awaitable<Result<Receipt>> submit(Services& services, Command command) {
  namespace net = boost::asio;
  auto start = [ledger = services.ledger](auto handler, Command wish) {
    auto executor = net::get_associated_executor(handler);
    auto guard = net::make_work_guard(executor);
    auto done = [h = std::move(handler), executor,
                 guard = std::move(guard)](Result<Receipt> receipt) mutable {
      net::post(executor, [h = std::move(h), receipt = std::move(receipt)]() mutable {
        std::move(h)(std::move(receipt));
      });
    };
    if (ledger == nullptr) {
      done(fail(Errc::unsupported, About::storage, "this server is read-only"));
      return;
    }
    ledger->submit(std::move(wish), std::move(done));
  };
  return net::async_initiate<const net::use_awaitable_t<>&, void(Result<Receipt>)>(
      std::move(start), net::use_awaitable, std::move(command));
}

}  // namespace varve
