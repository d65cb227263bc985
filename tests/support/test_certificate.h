// Certificates for tests, made when they run: a key of its own each, valid for an hour. Any thread.
#pragma once

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

}  // namespace varve::test
