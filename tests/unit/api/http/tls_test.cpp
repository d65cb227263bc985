// What TLS adds to a connection: the handshake and its deadline, what is refused, the files behind
// it. Everything else about sessions is in tests that run over every transport.
#include "api/http/tls.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <fstream>

#include "memory_server.h"
#include "tests/support/test_certificate.h"
#include "tests/support/test_directory.h"

namespace varve::http::test {
namespace {

using namespace std::chrono_literals;

// --- connections ---------------------------------------------------------------------------------

MemoryServer raw_server() {
  return MemoryServer(surfaces(), {}, process_memory(), Transport::tls_raw);
}
MemoryServer tls_server() {
  return MemoryServer(surfaces(), {}, process_memory(), Transport::tls);
}

TEST(TlsConnection, OfAClientThatSaysNothingIsCut) {
  MemoryServer server = raw_server();
  server.advance(limits::kHeaderDeadline - 1s);
  EXPECT_FALSE(server.ended());
  server.advance(2s);
  EXPECT_TRUE(server.ended());
}

TEST(TlsConnection, OfAClientThatTricklesItsHandshakeIsCut) {
  // The start of a handshake record that announces 512 bytes.
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  MemoryServer server = raw_server();
  for (const char c : hello.substr(0, 10)) {
    server.send(std::string(1, c));
    server.advance(1s - 1ms);
    ASSERT_FALSE(server.ended());
  }
  server.advance(1s);
  EXPECT_TRUE(server.ended());
}

TEST(TlsConnection, OfAClientThatLeavesInItsHandshakeEnds) {
  MemoryServer server = raw_server();
  server.send(std::string("\x16\x03\x01", 3));
  server.hang_up();
  EXPECT_TRUE(server.ended());
}

TEST(TlsConnection, InItsHandshakeDoesNotHoldUpADrain) {
  MemoryServer server = raw_server();
  server.loop().drain();
  server.settle();
  EXPECT_TRUE(server.ended());
}

TEST(TlsConnection, TellsAClientThatSpeaksPlainHttp) {
  MemoryServer server = raw_server();
  const auto answers = parse_answers(server.exchange(get("/v2/")));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 400U);
  EXPECT_EQ(answers[0].body, "this port speaks HTTPS, and the request came in plain HTTP\n");
  EXPECT_EQ(server.services().calls, 0);
  server.advance(4s);  // whoever stays is not waited for
  EXPECT_TRUE(server.ended());
}

TEST(TlsConnection, EndsOnWhatIsNoHandshake) {
  for (const std::string& bytes :
       {std::string("SSH-2.0-x\r\n"), std::string(100, '\0'), std::string(100, '\xff'),
        std::string("\x16\x03\x01\x00\x04zzzz", 9),
        std::string("\x15\x03\x01\x00\x02\x02\x28", 7)}) {
    MemoryServer server = raw_server();
    server.send(bytes);
    EXPECT_TRUE(server.ended());
    EXPECT_EQ(server.services().calls, 0);
  }
}

TEST(TlsConnection, IsEndedInSoManyWords) {
  MemoryServer asked = tls_server();
  EXPECT_EQ(asked.ask(get("/echo/x", "Connection: close\r\n")).status, 200U);
  EXPECT_TRUE(asked.said_goodbye());
  MemoryServer idle = tls_server();
  EXPECT_EQ(idle.ask(get("/echo/x")).status, 200U);
  idle.advance(limits::kIdleMax + 1s);
  idle.take();
  EXPECT_TRUE(idle.said_goodbye());
  EXPECT_TRUE(idle.ended());
  MemoryServer drained = tls_server();
  EXPECT_EQ(drained.ask(get("/echo/x")).status, 200U);
  drained.loop().drain();
  drained.settle();
  drained.take();
  EXPECT_TRUE(drained.said_goodbye());
  EXPECT_TRUE(drained.ended());
}

TEST(TlsConnection, OfAClientThatNeverSaysGoodbyeEndsAllTheSame) {
  MemoryServer server = tls_server();
  server.send(get("/last"));  // the answer, and the goodbye in it, stay unread
  EXPECT_FALSE(server.ended());
  server.advance(4s);
  EXPECT_TRUE(server.ended());
}

TEST(TlsConnection, OfAStalledBodyIsCutLikeAnyOther) {
  MemoryServer server = tls_server();
  server.send("PUT /v2/a/blobs/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
  server.advance(limits::kBodyStallMax + 1s);
  EXPECT_TRUE(server.ended());
  server.take();
  EXPECT_FALSE(server.said_goodbye());
}

// --- handshakes ----------------------------------------------------------------------------------

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using State = std::unique_ptr<SSL, Free>;

// A server's and a client's end, joined in memory.
struct Pair {
  State server;
  State client;

  Pair(const Tls& tls, SSL_CTX* client_context)
      : server(tls.open()), client(SSL_new(client_context)) {
    BIO* one = nullptr;
    BIO* other = nullptr;
    BIO_new_bio_pair(&one, 1 << 16, &other, 1 << 16);
    SSL_set_bio(server.get(), one, one);
    SSL_set_bio(client.get(), other, other);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
  }
  bool shake_hands() {
    bool done = false;
    for (int round = 0; round < 8 && !done; ++round) {
      const int at_client = SSL_do_handshake(client.get());
      const int at_server = SSL_do_handshake(server.get());
      done = at_client == 1 && at_server == 1;
    }
    ERR_clear_error();
    return done;
  }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(client.get(), &name, &length);
    return {reinterpret_cast<const char*>(name), length};
  }
};

class TlsOfAServer : public testing::Test {
 protected:
  TlsOfAServer() { install(varve::test::make_certificate()); }
  void install(const varve::test::TestCertificate& certificate) {
    write_certificate(certificate, directory.path().string());
  }
  Result<std::unique_ptr<Tls>> load() const {
    return Tls::load({directory.path() / "cert.pem", directory.path() / "key.pem"});
  }
  static Context client() { return Context(SSL_CTX_new(TLS_client_method())); }
  static Context client_up_to(int version) {
    Context context = client();
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    return context;
  }
  static Context client_that_offers(std::string_view protocols) {
    Context context = client();
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
    return context;
  }
  // What a client gets to see.
  static std::string certificate_of(const Tls& tls) {
    const Context context = client();
    Pair pair(tls, context.get());
    EXPECT_TRUE(pair.shake_hands());
    const std::unique_ptr<X509, Free> seen(SSL_get1_peer_certificate(pair.client.get()));
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, seen.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(memory);
    return text;
  }

  varve::test::TestDirectory directory;
};

TEST_F(TlsOfAServer, SpeaksVersions12And13AndNothingOlder) {
  const auto tls = load().value();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Context context = client_up_to(version);
    Pair pair(*tls, context.get());
    EXPECT_TRUE(pair.shake_hands());
    EXPECT_EQ(SSL_version(pair.client.get()), version);
  }
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const Context context = client_up_to(version);
    EXPECT_FALSE(Pair(*tls, context.get()).shake_hands());
  }
}

TEST_F(TlsOfAServer, AgreesOnHttp11AndRefusesWhoOffersOnlyOthers) {
  const auto tls = load().value();
  const Context both = client_that_offers("\x02h2\x08http/1.1");
  Pair agreed(*tls, both.get());
  EXPECT_TRUE(agreed.shake_hands());
  EXPECT_EQ(agreed.protocol(), "http/1.1");
  const Context silent = client();
  EXPECT_TRUE(Pair(*tls, silent.get()).shake_hands());
  const Context other = client_that_offers("\x02h2");
  EXPECT_FALSE(Pair(*tls, other.get()).shake_hands());
}

TEST_F(TlsOfAServer, DoesNotRenegotiate) {
  const auto tls = load().value();
  const Context context = client_up_to(TLS1_2_VERSION);
  Pair pair(*tls, context.get());
  ASSERT_TRUE(pair.shake_hands());
  SSL_renegotiate(pair.client.get());
  SSL_do_handshake(pair.client.get());
  char byte = 0;
  SSL_read(pair.server.get(), &byte, 1);
  SSL_do_handshake(pair.client.get());
  EXPECT_EQ(SSL_total_renegotiations(pair.server.get()), 0);
  EXPECT_FALSE(SSL_is_init_finished(pair.client.get()));
  ERR_clear_error();
}

TEST_F(TlsOfAServer, ResumesASessionFromItsTicket) {
  const auto tls = load().value();
  const Context context = client_up_to(TLS1_2_VERSION);
  Pair first(*tls, context.get());
  ASSERT_TRUE(first.shake_hands());
  SSL_SESSION* session = SSL_get1_session(first.client.get());
  Pair second(*tls, context.get());
  SSL_set_session(second.client.get(), session);
  EXPECT_TRUE(second.shake_hands());
  EXPECT_EQ(SSL_session_reused(second.client.get()), 1);
  SSL_SESSION_free(session);
}

// --- files ---------------------------------------------------------------------------------------

TEST_F(TlsOfAServer, NamesTheFileThatCannotBeUsed) {
  const auto refused = [&](const char* file) {
    const auto tls = load();
    ASSERT_FALSE(tls.has_value());
    EXPECT_EQ(tls.error().code, Errc::invalid);
    EXPECT_NE(tls.error().detail.find(file), std::string::npos) << tls.error().detail;
  };
  const auto good = varve::test::make_certificate();
  std::filesystem::remove(directory.path() / "cert.pem");
  refused("cert.pem");
  install({good.certificate, ""});
  refused("key.pem");
  install({good.key, good.key});
  refused("cert.pem");
  install({good.certificate.substr(0, 200), good.key});
  refused("cert.pem");
  install({good.certificate, varve::test::make_certificate().key});
  refused("key.pem");
  install(good);
  EXPECT_TRUE(load().has_value());
}

// Nobody is there to type a password: it must not be asked for, and the server must not hang.
TEST_F(TlsOfAServer, RefusesAnEncryptedKey) {
  const auto good = varve::test::make_certificate();
  BIO* in = BIO_new_mem_buf(good.key.data(), static_cast<int>(good.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  unsigned char password[] = "password of a test";
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(),
                                          reinterpret_cast<char*>(password), 8, nullptr, nullptr),
            1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  install({good.certificate, std::string(data, static_cast<std::size_t>(size))});
  EXPECT_FALSE(load().has_value());
  BIO_free(out);
  BIO_free(in);
  EVP_PKEY_free(key);
}

TEST_F(TlsOfAServer, TakesANewCertificateAndKeepsTheOldOneWhenTheNewIsBroken) {
  const auto first = varve::test::make_certificate();
  const auto second = varve::test::make_certificate();
  install(first);
  const auto tls = load().value();
  EXPECT_EQ(certificate_of(*tls), first.certificate);
  const Context context = client();
  Pair early(*tls, context.get());
  install(second);
  ASSERT_TRUE(tls->reload().has_value());
  EXPECT_EQ(certificate_of(*tls), second.certificate);
  EXPECT_TRUE(early.shake_hands());  // what began before goes on
  install({first.certificate, second.key});
  EXPECT_FALSE(tls->reload().has_value());
  EXPECT_EQ(certificate_of(*tls), second.certificate);
}

}  // namespace
}  // namespace varve::http::test
