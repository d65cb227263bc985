// P-256 certificates by OpenSSL. Any thread.
#include "tests/support/test_certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>

#include "core/base/error.h"

namespace varve::test {
namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* value) const {
    release(value);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Memory = std::unique_ptr<BIO, Release<BIO_free>>;

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  VARVE_ASSERT(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void add_common_name(X509_NAME* name, const std::string& text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  VARVE_ASSERT(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes,
                                          static_cast<int>(text.size()), -1, 0) == 1);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  VARVE_ASSERT(key != nullptr);
  return key;
}

// Without issuer and signature.
Certificate blank(EVP_PKEY* key, const std::vector<std::string>& names, long serial = 1,
                  long from = -60, long until = 3600) {
  Certificate certificate(X509_new());
  VARVE_ASSERT(certificate != nullptr);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
  X509_set_pubkey(certificate.get(), key);
  for (const std::string& name : names)
    add_common_name(X509_get_subject_name(certificate.get()), name);
  return certificate;
}

TestCertificate in_pem(X509* certificate, EVP_PKEY* key) {
  const Memory certificate_text(BIO_new(BIO_s_mem()));
  const Memory key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_text.get(), certificate);
  PEM_write_bio_PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_text.get()), text_of(key_text.get())};
}

}  // namespace

TestCertificate make_certificate(const std::string& names) {
  const Key key = make_key();
  const Certificate certificate = blank(key.get(), {"varve test"});
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), certificate.get(), NID_subject_alt_name, names);
  VARVE_ASSERT(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return in_pem(certificate.get(), key.get());
}

struct TestAuthority::State {
  Key key = make_key();
  Certificate certificate;
  std::string pem;
};

TestAuthority::TestAuthority(const std::string& name) : state_(std::make_unique<State>()) {
  state_->certificate = blank(state_->key.get(), {name});
  X509* own = state_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  VARVE_ASSERT(X509_sign(own, state_->key.get(), EVP_sha256()) > 0);
  state_->pem = in_pem(own, state_->key.get()).certificate;
}

TestAuthority::~TestAuthority() = default;
TestAuthority::TestAuthority(TestAuthority&&) noexcept = default;

const std::string& TestAuthority::certificate() const {
  return state_->pem;
}

TestCertificate TestAuthority::issue(const ClientWish& wish) const {
  const Key key = make_key();
  const Certificate made = blank(key.get(), wish.common_names, wish.serial, wish.from, wish.until);
  X509* issuer = state_->certificate.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  add_extension(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made.get(), issuer, NID_ext_key_usage, wish.usage);
  VARVE_ASSERT(X509_sign(made.get(), state_->key.get(), EVP_sha256()) > 0);
  return in_pem(made.get(), key.get());
}

std::string TestAuthority::revocation_list(const std::vector<long>& serials) const {
  const std::unique_ptr<X509_CRL, Release<X509_CRL_free>> list(X509_CRL_new());
  const std::unique_ptr<ASN1_TIME, Release<ASN1_TIME_free>> from(X509_gmtime_adj(nullptr, -60));
  const std::unique_ptr<ASN1_TIME, Release<ASN1_TIME_free>> until(X509_gmtime_adj(nullptr, 3600));
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(state_->certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), from.get());
  X509_CRL_set1_nextUpdate(list.get(), until.get());
  for (const long serial : serials) {
    X509_REVOKED* revoked = X509_REVOKED_new();
    const std::unique_ptr<ASN1_INTEGER, Release<ASN1_INTEGER_free>> number(ASN1_INTEGER_new());
    ASN1_INTEGER_set(number.get(), serial);
    X509_REVOKED_set_serialNumber(revoked, number.get());
    X509_REVOKED_set_revocationDate(revoked, from.get());
    X509_CRL_add0_revoked(list.get(), revoked);
  }
  VARVE_ASSERT(X509_CRL_sign(list.get(), state_->key.get(), EVP_sha256()) > 0);
  const Memory text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(text.get(), list.get());
  return text_of(text.get());
}

void write_certificate(const TestCertificate& certificate, const std::string& directory) {
  std::ofstream(directory + "/cert.pem") << certificate.certificate;
  std::ofstream(directory + "/key.pem") << certificate.key;
}

}  // namespace varve::test
