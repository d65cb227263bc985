// The acceptor, the I/O threads, the drain. See server.h for who may call what.
#include "api/http/server.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <deque>
#include <mutex>
#include <thread>

namespace varve::http {

namespace {

using namespace std::chrono_literals;
using net::ip::tcp;
using TlsStream = net::ssl::stream<tcp::socket>;

constexpr auto kTick = 250ms;
constexpr auto kDrainTick = 20ms;
// Without a free descriptor every accept fails at once: wait instead of burning the thread.
constexpr auto kAcceptPause = 100ms;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\n";

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, Router router, Services& services, Pool& pool, Hooks hooks)
      : options_(options), environment_{std::move(router), services, pool, std::move(hooks)} {
    for (unsigned i = 1; i < options.threads; ++i) workers_.emplace_back();
  }

  ~Impl() {
    drain();
    join();
  }

  Result<void> listen() {
    boost::system::error_code error;
    const auto address = net::ip::make_address(options_.address, error);
    if (error) {
      return fail(Errc::invalid, About::request, "not an IP address to listen on",
                  options_.address);
    }
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(net::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(net::socket_base::max_listen_connections, error);
    if (error) return listen_error(error);
    port_ = acceptor_.local_endpoint().port();
    return {};
  }

  void run() {
    net::co_spawn(workers_.front().context, accept_loop(), net::detached);
    unsigned number = 0;
    for (Worker& worker : workers_) {
      net::co_spawn(worker.context, tick_loop(worker), net::detached);
      worker.thread = std::thread([&worker] { worker.context.run(); });
      const std::string name = "varve-io-" + std::to_string(number++);
      pthread_setname_np(worker.thread.native_handle(), name.c_str());
    }
  }

  void drain() {
    if (draining_.exchange(true)) return;
    net::post(workers_.front().context, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    for (Worker& worker : workers_) {
      net::post(worker.context, [&worker] {
        worker.loop.drain();
        worker.timer.cancel();
      });
    }
  }

  void join() {
    const std::lock_guard lock(join_mutex_);
    for (Worker& worker : workers_) {
      if (worker.thread.joinable()) worker.thread.join();
    }
  }

  std::uint16_t port() const { return port_; }
  const std::string& address() const { return options_.address; }
  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

 private:
  struct Worker {
    // Declared first, destroyed last: suspended sessions unlink themselves from it.
    Loop loop;
    net::io_context context{1};
    net::steady_timer timer{context};
    std::thread thread;
  };

  Result<void> listen_error(const boost::system::error_code& error) const {
    const std::string where = options_.address + ":" + std::to_string(options_.port);
    if (error == net::error::address_in_use) {
      return fail(Errc::conflict, About::request, "another server is listening on " + where);
    }
    if (error == net::error::access_denied) {
      return fail(Errc::denied, About::request, "this user may not listen on " + where);
    }
    return fail(Errc::unavailable, About::request, "cannot listen on " + where, error.message());
  }

  net::awaitable<void> accept_loop() {
    for (std::size_t turn = 0; !draining_; ++turn) {
      Worker& worker = workers_[turn % workers_.size()];
      tcp::socket socket(worker.context);
      const auto [error] = co_await acceptor_.async_accept(socket, kAwait);
      if (!error) {
        admit(worker, std::move(socket));
      } else if (error == net::error::no_descriptors || error == net::error::no_buffer_space ||
                 error == net::error::no_memory || error.value() == ENFILE) {
        spdlog::warn("cannot accept a connection: {}", error.message());
        pause_.expires_after(kAcceptPause);
        co_await pause_.async_wait(kAwait);
      } else if (error != net::error::connection_aborted && !draining_) {
        spdlog::warn("an incoming connection failed: {}", error.message());
      }
    }
  }

  void admit(Worker& worker, tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (connections_.load(std::memory_order_relaxed) >= options_.connections_max) {
      socket.non_blocking(true, ignored);
      // Nobody is waited for to shake hands only to hear this.
      if (options_.tls == nullptr) socket.write_some(net::buffer(kFull), ignored);
      return;  // closes
    }
    const auto peer = socket.remote_endpoint(ignored);
    if (ignored) return;  // gone already
    std::string name = peer.address().to_string() + ":" + std::to_string(peer.port());
    if (options_.tls == nullptr) {
      run_session(worker, serve(std::move(socket), environment_, worker.loop, std::move(name)));
    } else if (ssl_st* state = options_.tls->open()) {
      TlsStream stream(std::move(socket), state);
      run_session(worker, serve(std::move(stream), environment_, worker.loop, std::move(name)));
    }
  }

  void run_session(Worker& worker, net::awaitable<void> session) {
    connections_.fetch_add(1, std::memory_order_relaxed);
    net::co_spawn(worker.context, std::move(session), [this](const std::exception_ptr& error) {
      connections_.fetch_sub(1, std::memory_order_relaxed);
      if (error) report(error);
    });
  }

  static void report(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      spdlog::error("a connection ended with an exception: {}", e.what());
    } catch (...) {
      spdlog::error("a connection ended with an exception of no known type");
    }
  }

  // Time moves here, and the drain is seen through.
  net::awaitable<void> tick_loop(Worker& worker) {
    Time drain_end = Time::max();
    for (;;) {
      const Time now = std::chrono::steady_clock::now();
      worker.loop.tick(now, std::time(nullptr));
      if (draining_ && drain_end == Time::max()) drain_end = now + options_.drain_max;
      if (worker.loop.draining() && worker.loop.size() == 0) co_return;
      if (now > drain_end) worker.loop.cut_all();
      if (now - options_.unwind_max > drain_end) {
        spdlog::error("{} connections did not unwind; leaving them", worker.loop.size());
        worker.context.stop();
        co_return;
      }
      worker.timer.expires_after(draining_ ? kDrainTick : kTick);
      co_await worker.timer.async_wait(kAwait);
    }
  }

  const ServerOptions options_;
  Environment environment_;
  std::atomic<bool> draining_ = false;
  std::atomic<std::size_t> connections_ = 0;
  std::deque<Worker> workers_;  // workers do not move
  tcp::acceptor acceptor_{workers_.emplace_back().context};
  net::steady_timer pause_{workers_.front().context};
  std::uint16_t port_ = 0;
  std::mutex join_mutex_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Router router,
                                              Services& services, Pool& pool, Hooks hooks) {
  auto impl = std::make_unique<Impl>(options, std::move(router), services, pool, std::move(hooks));
  VARVE_CHECK(impl->listen());
  impl->run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  return impl_->port();
}
const std::string& Server::address() const {
  return impl_->address();
}
std::size_t Server::connections() const {
  return impl_->connections();
}
void Server::drain() {
  impl_->drain();
}
void Server::join() {
  impl_->join();
}

}  // namespace varve::http
