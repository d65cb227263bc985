// Certificates for tests, made when they run: a key of its own each, valid for an hour. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace varve::test {

struct TestCertificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// Signed by itself, for these DNS names and IP addresses ("IP:127.0.0.1", "DNS:localhost").
TestCertificate make_certificate(const std::string& names = "DNS:localhost,IP:127.0.0.1");

// The same in two files of `directory`: cert.pem and key.pem.
void write_certificate(const TestCertificate& certificate, const std::string& directory);

// A certificate for a client.
struct ClientWish {
  std::vector<std::string> common_names = {"client"};
  long from = -60;  // seconds from now
  long until = 3600;
  std::string usage = "clientAuth";
  long serial = 2;
};

// Somebody who issues certificates to clients, under a key of their own.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "test authority");
  ~TestAuthority();
  TestAuthority(TestAuthority&&) noexcept;

  const std::string& certificate() const;  // PEM, signed by itself
  TestCertificate issue(const ClientWish& wish = {}) const;
  // PEM; good for an hour.
  std::string revocation_list(const std::vector<long>& serials) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve::test
