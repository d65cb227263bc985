// What a server needs to speak TLS: its certificate chain and its key, from PEM files. load() and
// reload() belong to the composition root; open() may be called by any thread.
//
// OpenSSL's types are only named here; session_tls.cpp and server.cpp do the talking.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "core/base/error.h"

struct ssl_st;
struct ssl_ctx_st;

namespace varve::http {

struct TlsFiles {
  std::filesystem::path certificate;  // the server's own first, then what leads to a root
  std::filesystem::path key;
};

class Tls {
 public:
  // Errors, all invalid and about the request: a file that cannot be read or is no PEM, an
  // encrypted key (nobody is there to type its password), a key that is not the certificate's.
  static Result<std::unique_ptr<Tls>> load(TlsFiles files);
  // Reads the files again, for connections that come from now on. After an error nothing changed.
  Result<void> reload();
  // The state of one connection; the caller owns it. Null when there is no memory for it.
  ssl_st* open() const;

 private:
  explicit Tls(TlsFiles files) : files_(std::move(files)) {}

  const TlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace varve::http
