// The listening socket, the I/O threads behind it, and the drain. start() and join() belong to the
// composition root; drain() may be called by any thread.
//
// One acceptor hands connections round. Without SO_REUSEPORT on purpose: a second server on the
// same port must fail to start instead of taking half of the first one's clients unseen.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "api/http/session.h"
#include "api/http/tls.h"
#include "core/base/limits.h"

namespace varve::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  unsigned threads = 2;
  const Tls* tls = nullptr;  // null: plain HTTP; must outlive the server
  std::size_t connections_max = limits::kConnectionsMax;
  std::chrono::milliseconds drain_max = limits::kDrainMax;
  // How long cut connections have to unwind before their thread stops regardless.
  std::chrono::milliseconds unwind_max{5'000};
};

class Server {
 public:
  // Listens, and serves from here on. Errors: conflict when the port is taken, denied when it may
  // not be bound, invalid for a bad address.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Router router,
                                               Services& services, Pool& pool, Hooks hooks);
  // Drains and joins. What handlers wait for (ledger, pool) must outlive join(); end it before the
  // server is destroyed, so that no completion is posted to a thread that is gone.
  ~Server();

  std::uint16_t port() const;
  const std::string& address() const;
  std::size_t connections() const;

  // Stops accepting, closes idle connections, lets running requests finish with "Connection:
  // close", and cuts what is left after drain_max. Returns at once; idempotent.
  void drain();
  // Blocks until a drain is complete.
  void join();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace varve::http
