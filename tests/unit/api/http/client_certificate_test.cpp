// Client certificates: whom they name, which are not believed, and that a new authority counts for
// every connection from then on.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <fstream>

#include "api/http/tls.h"
#include "tests/support/test_certificate.h"
#include "tests/support/test_directory.h"

namespace varve::http::test {
namespace {

using varve::test::ClientWish;
using varve::test::TestAuthority;
using varve::test::TestCertificate;

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  void operator()(BIO* memory) const { BIO_free(memory); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> reader_of(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A client that shows this certificate, or none.
class Client {
 public:
  explicit Client(const TestCertificate* shown, int version = TLS1_3_VERSION) {
    SSL_CTX_set_max_proto_version(context_.get(), version);
    if (shown == nullptr) return;
    const Owned<X509> certificate(
        PEM_read_bio_X509(reader_of(shown->certificate).get(), nullptr, nullptr, nullptr));
    const Owned<EVP_PKEY> key(
        PEM_read_bio_PrivateKey(reader_of(shown->key).get(), nullptr, nullptr, nullptr));
    EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), key.get()), 1);
  }

  struct Met {
    bool shook_hands = false;
    std::optional<std::string> name;
    bool resumed = false;
  };
  // One connection, and a byte each way, so that tickets arrive; takes up the session of the one
  // before if that is possible.
  Met meet(const Tls& tls) {
    const Owned<SSL> server(tls.open());
    const Owned<SSL> client(SSL_new(context_.get()));
    BIO* one = nullptr;
    BIO* other = nullptr;
    BIO_new_bio_pair(&one, 1 << 16, &other, 1 << 16);
    SSL_set_bio(server.get(), one, one);
    SSL_set_bio(client.get(), other, other);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    if (session_) SSL_set_session(client.get(), session_.get());
    Met met;
    for (int round = 0; round < 8 && !met.shook_hands; ++round) {
      const int at_client = SSL_do_handshake(client.get());
      const int at_server = SSL_do_handshake(server.get());
      met.shook_hands = at_client == 1 && at_server == 1;
    }
    ERR_clear_error();
    if (!met.shook_hands) return met;
    char byte = 0;
    EXPECT_EQ(SSL_write(server.get(), "x", 1), 1);
    EXPECT_EQ(SSL_read(client.get(), &byte, 1), 1);
    met.name = client_name(server.get());
    met.resumed = SSL_session_reused(client.get()) == 1;
    session_.reset(SSL_get1_session(client.get()));
    return met;
  }

 private:
  Owned<SSL_CTX> context_{SSL_CTX_new(TLS_client_method())};
  Owned<SSL_SESSION> session_;
};

class ClientCertificate : public testing::Test {
 protected:
  ClientCertificate() {
    write_certificate(varve::test::make_certificate(), directory.path().string());
    trust(authority.certificate());
  }
  void trust(const std::string& pem) { std::ofstream(directory.path() / "clients.pem") << pem; }
  Result<std::unique_ptr<Tls>> load() const {
    return Tls::load({directory.path() / "cert.pem", directory.path() / "key.pem",
                      directory.path() / "clients.pem"});
  }
  // What a server makes of it; fails the test when there is no connection.
  std::optional<std::string> name_of(const TestCertificate& shown,
                                     int version = TLS1_3_VERSION) const {
    const auto tls = load();
    VARVE_ASSERT(tls.has_value());
    const Client::Met met = Client(&shown, version).meet(**tls);
    EXPECT_TRUE(met.shook_hands);
    return met.name;
  }

  varve::test::TestDirectory directory;
  TestAuthority authority;
};

TEST_F(ClientCertificate, NamesItsSubject) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    for (const std::string name :
         {"edge-7", "admin:9f2c-17", "somebody with spaces", "j\xc3\xbcrg"})
      EXPECT_EQ(name_of(authority.issue({.common_names = {name}}), version), name);
}

TEST_F(ClientCertificate, IsNotNeeded) {
  const auto tls = load().value();
  const Client::Met met = Client(nullptr).meet(*tls);
  EXPECT_TRUE(met.shook_hands);
  EXPECT_EQ(met.name, std::nullopt);
}

TEST_F(ClientCertificate, IsNotAskedForWithoutAnAuthority) {
  const auto tls = Tls::load({directory.path() / "cert.pem", directory.path() / "key.pem"}).value();
  const TestCertificate shown = authority.issue();
  const Client::Met met = Client(&shown).meet(*tls);
  EXPECT_TRUE(met.shook_hands);
  EXPECT_EQ(met.name, std::nullopt);
}

TEST_F(ClientCertificate, ThatIsNotToBeBelievedNamesNobodyAndTheConnectionStandsAllTheSame) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(name_of(TestAuthority().issue(), version), "");
    EXPECT_EQ(name_of(TestAuthority("another").issue(), version), "");
    EXPECT_EQ(name_of(varve::test::make_certificate(), version), "");
    EXPECT_EQ(name_of(authority.issue({.from = -7200, .until = -3600}), version), "");
    EXPECT_EQ(name_of(authority.issue({.from = 3600, .until = 7200}), version), "");
    EXPECT_EQ(name_of(authority.issue({.usage = "serverAuth"}), version), "");
  }
}

TEST_F(ClientCertificate, OfSeveralNamesOrNoneNamesNobody) {
  EXPECT_EQ(name_of(authority.issue({.common_names = {}})), "");
  EXPECT_EQ(name_of(authority.issue({.common_names = {"edge", "admin"}})), "");
  EXPECT_EQ(name_of(authority.issue({.common_names = {"edge", "edge"}})), "");
}

TEST_F(ClientCertificate, ThatIsRevokedNamesNobody) {
  const TestCertificate lost = authority.issue({.serial = 7});
  const TestCertificate kept = authority.issue({.serial = 8});
  EXPECT_EQ(name_of(lost), "client");
  trust(authority.certificate() + authority.revocation_list({7}));
  EXPECT_EQ(name_of(lost), "");
  EXPECT_EQ(name_of(kept), "client");
  // Somebody else's list is no list of this issuer's: then nobody can tell.
  trust(authority.certificate() + TestAuthority("another").revocation_list({}));
  EXPECT_EQ(name_of(kept), "");
}

TEST_F(ClientCertificate, IsJudgedWithEveryConnection) {
  const auto tls = load().value();
  const TestCertificate shown = authority.issue();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client client(&shown, version);
    for (int i = 0; i < 3; ++i) {
      const Client::Met met = client.meet(*tls);
      EXPECT_EQ(met.name, "client");
      EXPECT_FALSE(met.resumed);
    }
  }
}

TEST_F(ClientCertificate, OfAnAuthorityThatIsNoLongerTrustedNamesNobody) {
  const auto tls = load().value();
  const TestCertificate before = authority.issue();
  const TestAuthority next("next");
  const TestCertificate after = next.issue();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    trust(authority.certificate());
    ASSERT_TRUE(tls->reload().has_value());
    Client client(&before, version);
    EXPECT_EQ(client.meet(*tls).name, "client");
    trust(next.certificate());
    ASSERT_TRUE(tls->reload().has_value());
    const Client::Met met = client.meet(*tls);
    EXPECT_TRUE(met.shook_hands);
    EXPECT_EQ(met.name, "");
    EXPECT_FALSE(met.resumed);
    EXPECT_EQ(Client(&after, version).meet(*tls).name, "client");
  }
}

TEST_F(ClientCertificate, OfASessionFromBeforeAnybodyWasAskedIsNotThere) {
  const TestCertificate shown = authority.issue();
  const auto open =
      Tls::load({directory.path() / "cert.pem", directory.path() / "key.pem"}).value();
  Client client(&shown, TLS1_2_VERSION);
  EXPECT_EQ(client.meet(*open).name, std::nullopt);
  const auto asking = load().value();
  const Client::Met met = client.meet(*asking);
  EXPECT_EQ(met.name, "client");
  EXPECT_FALSE(met.resumed);
}

TEST_F(ClientCertificate, NeedsAFileOfAuthorities) {
  const auto tls = load().value();
  for (const std::string& bad : {std::string(), std::string("nonsense"),
                                 authority.certificate().substr(0, 100), authority.issue().key}) {
    trust(bad);
    const auto refused = load();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_NE(refused.error().detail.find("clients.pem"), std::string::npos);
    EXPECT_FALSE(tls->reload().has_value());
  }
  const TestCertificate shown = authority.issue();
  EXPECT_EQ(Client(&shown).meet(*tls).name, "client");  // what was loaded before stays
}

}  // namespace
}  // namespace varve::http::test
