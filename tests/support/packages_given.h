// Packages and their repositories for tests: short ways to say them.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "core/pulp/pulp.h"
#include "tests/support/given.h"

namespace varve::test {

inline pulp::Word word(std::string_view text) {
  return pulp::Word::parse(text).value();
}
inline pulp::RepositoryId rpm_repo(std::string_view text) {
  return pulp::RepositoryId::parse(text).value();
}
inline pulp::PackageId package_id(unsigned n) {
  char text[37];
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-000000000000", n);
  return pulp::PackageId::parse(text).value();
}
inline pulp::Nevra nevra(std::string_view name, std::string_view version = "12.2.0") {
  return {word(name), word(version), word("14"), word("0"), word("x86_64")};
}
inline pulp::Checksum sha256(std::string_view content) {
  return {word("sha256"), word(Digest::of(content).hex())};
}

// As a client asks for it: the package's file is not here.
inline pulp::CreatePackage create_package(unsigned n, std::string_view name,
                                          std::string_view content = "rpm",
                                          std::string_view details = "{}") {
  return {package_id(n),   nevra(name),   sha256(content), word(std::string(name) + ".rpm"),
          digest(details), details.size()};
}
inline pulp::PackageCreated created_package(unsigned n, std::string_view name,
                                            std::string_view content = "rpm",
                                            std::string_view details = "{}") {
  const auto wish = create_package(n, name, content, details);
  return {std::nullopt,  wish.checksum, wish.details, std::nullopt,
          wish.filename, wish.nevra,    wish.package, wish.details_size};
}

}  // namespace varve::test
