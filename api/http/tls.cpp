// OpenSSL's settings for a server. See tls.h for who may call what.
#include "api/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

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

// The verdict stands in the connection (SSL_get_verify_result); see client_name() for why the
// handshake goes on. The first error ends the check, so that no later one can hide it.
int judge_client(X509_STORE_CTX* check, void*) {
  const bool good = ::X509_verify_cert(check) == 1;
  if (!good && ::X509_STORE_CTX_get_error(check) == X509_V_OK)
    ::X509_STORE_CTX_set_error(check, X509_V_ERR_UNSPECIFIED);
  ::ERR_clear_error();  // or the next operation of this thread would be told of it
  return 1;
}

bool has_revocation_lists(X509_STORE* store) {
  STACK_OF(X509_OBJECT)* objects = ::X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i)
    if (::X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i)) == X509_LU_CRL) return true;
  return false;
}

// Certificates are asked for and not insisted on. Every connection is judged anew: a session that
// was resumed would stand for a certificate that has expired since.
Result<void> ask_for_certificates(SSL_CTX* context, const std::filesystem::path& file) {
  STACK_OF(X509_NAME)* issuers = ::SSL_load_client_CA_file(file.c_str());
  if (issuers == nullptr || sk_X509_NAME_num(issuers) == 0 ||
      ::SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
    sk_X509_NAME_pop_free(issuers, ::X509_NAME_free);
    return bad_file("the authorities for client certificates cannot be used", file);
  }
  ::SSL_CTX_set_client_CA_list(context, issuers);
  X509_STORE* store = ::SSL_CTX_get_cert_store(context);
  if (has_revocation_lists(store))
    ::X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_cert_verify_callback(context, judge_client, nullptr);
  ::SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  ::SSL_CTX_set_num_tickets(context, 0);
  return {};
}

// Nothing when there is not exactly one, or when it is no text.
std::string common_name(const X509* certificate) {
  const X509_NAME* subject = ::X509_get_subject_name(certificate);
  const int at = ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || ::X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
  const ASN1_STRING* value = ::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(subject, at));
  unsigned char* bytes = nullptr;
  const int size = ::ASN1_STRING_to_UTF8(&bytes, value);
  if (size < 0) ::ERR_clear_error();
  std::string name;
  if (size > 0) name.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  ::OPENSSL_free(bytes);
  return name;
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
  if (!files.client_ca.empty()) VARVE_CHECK(ask_for_certificates(context.get(), files.client_ca));
  return context;
}

}  // namespace

std::optional<std::string> client_name(const ssl_st* connection) {
  const X509* certificate = ::SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return std::nullopt;
  const bool asked = (::SSL_get_verify_mode(connection) & SSL_VERIFY_PEER) != 0;
  if (!asked || ::SSL_get_verify_result(connection) != X509_V_OK) return std::string();
  return common_name(certificate);
}

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
