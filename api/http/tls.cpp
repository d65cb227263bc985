// OpenSSL's settings for a server. See tls.h for who may call what.
#include "api/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <iterator>
#include <string>
#include <utility>

namespace varve::http {
namespace {

std::unexpected<Error> bad_file(std::string what, const std::filesystem::path& file) {
  // The newest error says what it means for us, the oldest only where OpenSSL met it.
  const char* reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  ::ERR_clear_error();
  return fail(Errc::invalid, About::request, std::move(what),
              file.string() + (reason != nullptr ? std::string(": ") + reason : std::string()));
}

// One protocol is spoken here. A client that offers only others hears so instead of being answered
// in a protocol it did not offer (RFC 7301 §3.2).
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  static constexpr unsigned char kSpoken[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (::SSL_select_next_proto(&chosen, out_length, kSpoken, std::size(kSpoken), offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Without it OpenSSL would ask on the terminal and wait.
int no_password(char*, int, int, void*) {
  return 0;
}

void harden(SSL_CTX* context) {
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // A client could make us compute as often as it likes; nobody needs it.
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Sessions are resumed from tickets, which clients keep: nothing grows here.
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  ::SSL_CTX_set_default_passwd_cb(context, no_password);
}

Result<std::shared_ptr<SSL_CTX>> make_context(const TlsFiles& files) {
  ::ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free);
  if (!context) return bad_file("TLS cannot be set up", {});
  harden(context.get());
  if (::SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
    return bad_file("the TLS certificate cannot be used", files.certificate);
  if (::SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad_file("the TLS key cannot be used", files.key);
  if (::SSL_CTX_check_private_key(context.get()) != 1)
    return bad_file("the TLS key is not that of the certificate", files.key);
  return context;
}

}  // namespace

Result<std::unique_ptr<Tls>> Tls::load(TlsFiles files) {
  std::unique_ptr<Tls> tls(new Tls(std::move(files)));
  VARVE_CHECK(tls->reload());
  return tls;
}

Result<void> Tls::reload() {
  VARVE_TRY(auto fresh, make_context(files_));
  const std::lock_guard lock(mutex_);
  context_.swap(fresh);
  return {};
}

ssl_st* Tls::open() const {
  const std::lock_guard lock(mutex_);
  return ::SSL_new(context_.get());  // counts a use of the context: a reload takes it from nobody
}

}  // namespace varve::http
