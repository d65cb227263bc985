// Packages as Pulp 1.1 knows them, and the repositories they are members of: commands and events;
// any thread. What a package says about itself beyond its name (description, dependencies, files)
// is the body of its event (core/pulp/details.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.h"
#include "core/pulp/names.h"
#include "core/trust/author.h"
#include "core/verified.h"

namespace varve::pulp {

inline constexpr std::string_view kSurface = "pulp";  // in entries

// Packages one request may add to a repository, or take out of one: a run of the ledger.
inline constexpr std::size_t kPackagesListedMax = 200;
// Members that go with a deleted repository: they are one batch of the ledger.
inline constexpr std::size_t kMembersDeletedMax = 10'000;
inline constexpr std::size_t kTextBytesMax = 255;  // a repository's name and architecture

// ---- commands ----

// A package's own bytes: they are in the blob store (synced), and what is said of the package was
// read from them.
struct File {
  Digest digest;
  std::uint64_t size;
  // Brought by nobody now: only while that repository links it, and whoever asks may pull it.
  std::optional<RepoName> from = std::nullopt;
};

// The details travel beside the command as a body. Whoever creates a package may read and delete
// it afterwards: a grant on the package itself, in the same run.
struct CreatePackage {
  PackageId package;  // made by the server
  Nevra nevra;
  Checksum checksum;
  Word filename;
  Digest details;
  std::uint64_t details_size;
  std::optional<File> file = std::nullopt;
  std::optional<Verified<trust::Author>> author = std::nullopt;
};
struct DeletePackage {  // refused while a repository has it
  PackageId package;
};
struct CreateRepository {
  RepositoryId repository;
  std::string name;
  std::string arch;
};
struct DeleteRepository {  // the packages stay
  RepositoryId repository;
};
// What is a member already is no event.
struct AddPackages {
  RepositoryId repository;
  std::vector<PackageId> packages;  // at most kPackagesListedMax
};
// What is no member is no event.
struct RemovePackages {
  RepositoryId repository;
  std::vector<PackageId> packages;  // at most kPackagesListedMax
};

// ---- events ---- (fields() lists the members in the order of their JSON names)

// `digest` and `size` are of the details, `file` is the SHA-256 of the package's bytes, where they
// are here.
struct PackageCreated {
  static constexpr std::string_view kType = "pulp.package.created";
  static constexpr unsigned kVersion = 1;
  std::optional<trust::Author> author;
  Checksum checksum;
  Digest digest;
  std::optional<Digest> file;
  Word filename;
  Nevra nevra;
  PackageId package;
  std::uint64_t size;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("arch", e.nevra.arch);
    v("author", e.author);
    v("checksum", e.checksum.value);
    v("checksum_type", e.checksum.type);
    v("digest", e.digest);
    v("epoch", e.nevra.epoch);
    v("file", e.file);
    v("filename", e.filename);
    v("name", e.nevra.name);
    v("package", e.package);
    v("release", e.nevra.release);
    v("size", e.size);
    v("version", e.nevra.version);
  }
  friend bool operator==(const PackageCreated&, const PackageCreated&) = default;
};

struct PackageDeleted {
  static constexpr std::string_view kType = "pulp.package.deleted";
  static constexpr unsigned kVersion = 1;
  Nevra nevra;  // what it was called: for whoever reads the log
  PackageId package;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("arch", e.nevra.arch);
    v("epoch", e.nevra.epoch);
    v("name", e.nevra.name);
    v("package", e.package);
    v("release", e.nevra.release);
    v("version", e.nevra.version);
  }
  friend bool operator==(const PackageDeleted&, const PackageDeleted&) = default;
};

struct RepositoryCreated {
  static constexpr std::string_view kType = "pulp.repo.created";
  static constexpr unsigned kVersion = 1;
  std::string arch;
  std::string name;
  RepositoryId repository;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("arch", e.arch);
    v("name", e.name);
    v("repo", e.repository);
  }
  friend bool operator==(const RepositoryCreated&, const RepositoryCreated&) = default;
};

struct RepositoryDeleted {  // its members are members no longer; project() takes them from the rows
  static constexpr std::string_view kType = "pulp.repo.deleted";
  static constexpr unsigned kVersion = 1;
  RepositoryId repository;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("repo", e.repository);
  }
  friend bool operator==(const RepositoryDeleted&, const RepositoryDeleted&) = default;
};

struct PackageAdded {
  static constexpr std::string_view kType = "pulp.repo.package_added";
  static constexpr unsigned kVersion = 1;
  PackageId package;
  RepositoryId repository;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("package", e.package);
    v("repo", e.repository);
  }
  friend bool operator==(const PackageAdded&, const PackageAdded&) = default;
};

struct PackageRemoved {
  static constexpr std::string_view kType = "pulp.repo.package_removed";
  static constexpr unsigned kVersion = 1;
  PackageId package;
  RepositoryId repository;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("package", e.package);
    v("repo", e.repository);
  }
  friend bool operator==(const PackageRemoved&, const PackageRemoved&) = default;
};

// ---- authors ----

// An author signs a package by the SHA-256 of its file, whether the file is here or only its
// checksum: PUT application/x-rpm packages/<name>/<version>/<release>/<epoch>/<arch>.
inline constexpr std::string_view kSignedType = "application/x-rpm";
std::string signed_resource(const Nevra& nevra);
// The file's SHA-256: what the event vouches for, and what an author signs. Nothing when only
// another checksum is known: then nobody can sign for it.
std::optional<Digest> signed_digest(const std::optional<Digest>& file, const Checksum& checksum);
// Does the statement say what the event says, in this log?
bool is_about(const trust::AuthorStatement& statement, std::string_view origin,
              const PackageCreated& event);

}  // namespace varve::pulp
