// Pulp's words: the ids of packages and repositories, what a package is called, and the checksum it
// is told apart by. Each is parsed once and cannot hold an invalid value. Pure; any thread.
// Source: Pulp 1.1, the package document and its URLs.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/content/content.h"

namespace varve::pulp {

// A UUID in lower case with its hyphens, as Pulp's server makes them (version 4).
class PackageId {
 public:
  static constexpr std::size_t kBytes = 36;
  static Result<PackageId> parse(std::string_view text);  // Errc::invalid, About::name
  // Of 16 random bytes, of which six bits become the version and the variant (RFC 9562 §5.4).
  static PackageId from_random(std::string_view bytes);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const PackageId&, const PackageId&) = default;

 private:
  explicit PackageId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// One component of a repository's name, since grants are about "rpm/<id>"; at most 64 bytes.
class RepositoryId {
 public:
  static constexpr std::size_t kBytesMax = 64;
  static Result<RepositoryId> parse(std::string_view text);  // Errc::invalid, About::name
  const std::string& text() const { return text_; }
  friend auto operator<=>(const RepositoryId&, const RepositoryId&) = default;

 private:
  explicit RepositoryId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// No new repository is called so: what no name of images begins with. "asof.12" is a moment in
// dnf's URLs.
bool is_reserved(const RepositoryId& repository);

// A part of what a package is called, as it can stand in a path: 1 to 255 visible ASCII characters
// without a slash, and neither "." nor "..".
class Word {
 public:
  static constexpr std::size_t kBytesMax = 255;
  static Result<Word> parse(std::string_view text);  // Errc::invalid, About::name
  const std::string& text() const { return text_; }
  friend auto operator<=>(const Word&, const Word&) = default;

 private:
  explicit Word(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// What a package is called, in the order of its URL. Several packages may be called the same.
struct Nevra {
  Word name;
  Word version;
  Word release;
  Word epoch;  // decimal digits: RPM's is a 32-bit number, "0" where an RPM has none
  Word arch;
  // "bash-0:5.2.15-2.x86_64", as RPM's tools write it
  std::string to_string() const;
  friend auto operator<=>(const Nevra&, const Nevra&) = default;
};

// The type as the client names it ("sha256", "md5"), the value as it gives it: of a package whose
// file is not here nobody can check it.
struct Checksum {
  Word type;
  Word value;
  friend auto operator<=>(const Checksum&, const Checksum&) = default;
};

// What grants and policies are about: "packages/<id>" and "rpm/<id>". "packages/*" is every
// package, and who may push there may create some.
RepoName resource_of(const PackageId& package);
RepoName resource_of(const RepositoryId& repository);
// The way back; none for what is no package's.
std::optional<PackageId> package_named(const RepoName& resource);

}  // namespace varve::pulp
