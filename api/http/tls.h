// What a server needs to speak TLS: its certificate chain and its key, from PEM files. load() and
// reload() belong to the composition root; open() may be called by any thread.
//
// OpenSSL's types are only named here; session_tls.cpp and server.cpp do the talking.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/error.h"

struct ssl_st;
struct ssl_ctx_st;

namespace varve::http {

struct TlsFiles {
  std::filesystem::path certificate;  // the server's own first, then what leads to a root
  std::filesystem::path key;
  // Who issues certificates to clients, and, if there are any here, their revocation lists. Empty:
  // clients are not asked for one.
  std::filesystem::path client_ca = {};
};

// Whom the client's certificate names: the one common name of its subject. Empty: one that nobody
// among client_ca issued for a client, that is not valid now, that is revoked, or that names nobody
// or several. None: the client showed none. Only after the handshake.
//
// The handshake goes on in all three cases, so that a client is told in an answer what is wrong
// with its certificate, and one that shows a password besides does not need it.
std::optional<std::string> client_name(const ssl_st* connection);

class Tls {
 public:
  // Errors, all invalid and about the request: a file that cannot be read or is no PEM, an
  // encrypted key (nobody is there to type its password), a key that is not the certificate's.
  static Result<std::unique_ptr<Tls>> load(TlsFiles files);
  // Reads the files again, for connections that come from now on: no session of before is resumed.
  // After an error nothing changed.
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
