// The HTTP client over TLS: whom it believes, and what it takes for an answer.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>

#include "api/cli/client.h"
#include "api/cli/grammar.h"
#include "tests/support/test_certificate.h"
#include "tests/unit/api/cli/loopback.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

std::string read_request(SSL* ssl) {
  std::string request;
  char c = 0;
  while (!request.ends_with("\r\n\r\n") && SSL_read(ssl, &c, 1) == 1) request += c;
  return request.ends_with("\r\n\r\n") ? request : std::string();
}

void say(SSL* ssl, std::string_view text) {
  SSL_write(ssl, text.data(), static_cast<int>(text.size()));
}

class TlsHttpClient : public testing::Test {
 protected:
  using Talk = std::function<void(SSL*)>;

  // A server with a certificate of its own for `names`, and a client that was told to trust `ca`.
  Result<Answer> ask(const Talk& talk, const std::optional<std::string>& ca,
                     const std::string& names = "IP:127.0.0.1",
                     const std::string& host = "127.0.0.1") {
    install(names);
    Loopback server([&](int fd, int) { serve(fd, talk); });
    const std::string port = server.url().substr(server.url().rfind(':'));
    const auto http = *HttpClient::make(
        "https://" + host + port, {.deadlines = {.connect_ms = 1000, .answer_ms = 1000}, .ca = ca});
    return http->ask({.target = "/x", .bytes_max = 1000});
  }
  void install(const std::string& names) const {
    write_certificate(test::make_certificate(names), scratch.path().string());
  }
  std::string own_ca() const { return (scratch.path() / "cert.pem").string(); }

  void serve(int fd, const Talk& talk) const {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate_chain_file(context, own_ca().c_str());
    SSL_CTX_use_PrivateKey_file(context, (scratch.path() / "key.pem").c_str(), SSL_FILETYPE_PEM);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) talk(ssl);
    SSL_free(ssl);
    SSL_CTX_free(context);
    ERR_clear_error();
  }
  static void answer(SSL* ssl) {
    for (std::string request; !(request = read_request(ssl)).empty();)
      say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + request.substr(0, 15));
  }
  static void expect_untrusted(const Result<Answer>& answer, std::string_view why) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
    EXPECT_NE(answer.error().detail.find(why), std::string::npos) << answer.error().detail;
  }

  Scratch scratch;
};

TEST_F(TlsHttpClient, AsksAServerWhoseCertificateItTrusts) {
  const auto by_address = ask(answer, own_ca());
  ASSERT_TRUE(by_address) << by_address.error().detail;
  EXPECT_EQ(by_address->body, "GET /x HTTP/1.1");
  EXPECT_TRUE(ask(answer, own_ca(), "DNS:localhost", "localhost"));
}

TEST_F(TlsHttpClient, RefusesACertificateOfAnUnknownIssuer) {
  const std::string other =
      scratch.write("other.pem", test::make_certificate("IP:127.0.0.1").certificate);
  bool spoken = false;
  const auto talk = [&](SSL* ssl) { spoken = !read_request(ssl).empty(); };
  expect_untrusted(ask(talk, other), "self-signed certificate");
  expect_untrusted(ask(talk, std::nullopt), "self-signed certificate");  // the system's
  EXPECT_FALSE(spoken) << "not a byte of a request may leave before the server is trusted";
}

TEST_F(TlsHttpClient, RefusesACertificateForAnotherName) {
  for (const char* names : {"DNS:other.example", "IP:127.0.0.2", "DNS:127.0.0.1"})
    expect_untrusted(ask(answer, own_ca(), names), "its certificate is not trusted");
  expect_untrusted(ask(answer, own_ca(), "IP:127.0.0.1", "localhost"),
                   "its certificate is not trusted");
}

TEST_F(TlsHttpClient, SaysWhichFileOfCertificatesItCannotRead) {
  expect_untrusted(ask(answer, (scratch.path() / "none.pem").string()), "none.pem");
  expect_untrusted(ask(answer, scratch.write("empty.pem", "")), "empty.pem");
}

TEST_F(TlsHttpClient, GivesAHandshakeADeadline) {
  Loopback server([](int fd, int) {
    char c = 0;
    while (::read(fd, &c, 1) == 1) {
    }
  });
  const std::string url = "https" + server.url().substr(4);
  const auto http = *HttpClient::make(url, {.deadlines = {.connect_ms = 200, .answer_ms = 200}});
  const auto began = std::chrono::steady_clock::now();
  const auto got = http->ask({.target = "/x", .bytes_max = 1000});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().detail, "it took too long");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(TlsHttpClient, SaysWhenTheServerSpeaksPlainHttp) {
  Loopback server([](int fd, int) { cli::say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  const auto http = *HttpClient::make("https" + server.url().substr(4));
  expect_untrusted(http->ask({.target = "/x", .bytes_max = 1000}), "TLS: ");
}

// Somebody on the way can end a connection, but not say goodbye in the server's name.
TEST_F(TlsHttpClient, TakesAnAnswerWithoutALengthForWholeOnlyAfterAGoodbye) {
  const auto talk = [](bool goodbye) {
    return [goodbye](SSL* ssl) {
      if (read_request(ssl).empty()) return;
      say(ssl, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart");
      if (goodbye) SSL_shutdown(ssl);
    };
  };
  const auto whole = ask(talk(true), own_ca());
  ASSERT_TRUE(whole) << whole.error().detail;
  EXPECT_EQ(whole->body, "part");
  EXPECT_FALSE(ask(talk(false), own_ca()));
}

TEST_F(TlsHttpClient, IsTrustedByTheFileThatACommandNames) {
  FakeLog log;
  install("IP:127.0.0.1");
  Loopback server([&](int fd, int) {
    serve(fd, [&](SSL* ssl) {
      for (std::string request; !(request = read_request(ssl)).empty();) {
        const std::string target = request.substr(4, request.find(' ', 4) - 4);
        const auto got = log.ask({.target = target, .bytes_max = 64 << 20});
        say(ssl, "HTTP/1.1 " + std::to_string(got->status) + " Said\r\nContent-Length: " +
                     std::to_string(got->body.size()) + "\r\n\r\n" + got->body);
      }
    });
  });
  const std::string url = "https" + server.url().substr(4);
  ::setenv("XDG_STATE_HOME", scratch.path().c_str(), 1);
  const auto run_log = [&](std::vector<std::string> more) {
    Recorder recorder;
    std::vector<std::string> words = {"log", "--server", url};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, recorder.console);
  };
  EXPECT_EQ(run_log({"--ca", own_ca()}), ExitCode::ok);
  EXPECT_EQ(run_log({}), ExitCode::cannot_tell);
  ::setenv("VARVE_CA", own_ca().c_str(), 1);
  EXPECT_EQ(run_log({}), ExitCode::ok);
  ::unsetenv("VARVE_CA");
  ::unsetenv("XDG_STATE_HOME");
}

}  // namespace
}  // namespace varve::cli
