// Repositories and blobs: what every dialect shares. Names, commands and events; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/digest.h"

namespace varve {

// A repository's name. Source: OCI distribution-spec, grammar of <name>; the first components
// "manage" and "asof.*" are reserved (SWR's routes; reads as of an earlier size).
class RepoName {
 public:
  static Result<RepoName> parse(std::string_view text);  // Errc::invalid, About::name
  const std::string& text() const { return text_; }
  friend auto operator<=>(const RepoName&, const RepoName&) = default;

 private:
  explicit RepoName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// First components by which grants and policies mean Pulp's packages and its repositories
// (core/pulp/names.h): nothing else is made below them, or it would be everybody's who may do
// something with those.
inline bool stands_for_packages(std::string_view first) {
  return first == "packages" || first == "rpm";
}

// A namespace that somebody made, to put repositories below: "team" of "team/app". Source: SWR's
// organisations, whose names are a part of what the first component of a repository's may be.
class NamespaceName {
 public:
  static Result<NamespaceName> parse(std::string_view text);  // Errc::invalid, About::name_space
  const std::string& text() const { return text_; }
  friend auto operator<=>(const NamespaceName&, const NamespaceName&) = default;

 private:
  explicit NamespaceName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

namespace content {

// What kind of software a repository holds, as its owner says. Source: SWR. The numbers are stored:
// never reuse one.
enum class Category : std::uint8_t {
  other = 0,  // and what nobody said anything about
  app_server = 1,
  linux_system = 2,
  framework_app = 3,
  database = 4,
  lang = 5,
  windows = 6,
  arm = 7,
};
std::string_view to_string(Category category);
std::optional<Category> parse_category(std::string_view word);

// What may be done with a repository, a tag or a manifest: everything, until somebody locks it.
// Source: ACR's changeableAttributes.
struct Attributes {
  bool del = true;
  bool list = true;  // to be found in listings
  bool read = true;
  bool write = true;  // to be changed; what may not be changed may not be deleted either
  bool removable() const { return del && write; }
  friend bool operator==(const Attributes&, const Attributes&) = default;
};
// What is not named stays as it is.
struct AttributesChange {
  std::optional<bool> del = std::nullopt;
  std::optional<bool> list = std::nullopt;
  std::optional<bool> read = std::nullopt;
  std::optional<bool> write = std::nullopt;
  Attributes applied_to(const Attributes& before) const {
    return {del.value_or(before.del), list.value_or(before.list), read.value_or(before.read),
            write.value_or(before.write)};
  }
};

// ---- commands ----

// A blob's bytes are in the blob store (synced); make them reachable through the repository.
struct LinkBlob {
  RepoName repo;
  Digest digest;
  std::uint64_t size;
  std::optional<RepoName> from = std::nullopt;  // a mount: only while that repository links it too
};
// Only the link goes; the bytes are somebody else's matter.
struct UnlinkBlob {
  RepoName repo;
  Digest digest;
};
// No repository links it any more: the bytes may go.
struct PurgeBlob {
  Digest digest;
};
// A lock of a repository covers everything in it.
struct SetRepoAttributes {
  RepoName repo;
  AttributesChange change;
};
// With everything in it, at most limits::kRepoRowsDeletedMax rows.
struct DeleteRepo {
  RepoName repo;
};
// Before anything is in it. A namespace that holds a repository is there without this.
struct CreateNamespace {
  NamespaceName name_space;
};
struct DeleteNamespace {
  NamespaceName name_space;
};
// Before anything is pushed to it. `open`: whether everybody may pull from it.
struct CreateRepo {
  RepoName repo;
  Category category = Category::other;
  std::string description = {};
  std::optional<bool> open = std::nullopt;
};
// What is not named stays as it is.
struct UpdateRepo {
  RepoName repo;
  std::optional<Category> category = std::nullopt;
  std::optional<std::string> description = std::nullopt;
  std::optional<bool> open = std::nullopt;
};

// ---- events ---- (fields() lists the members in the order of their JSON names)

struct RepoCreated {
  static constexpr std::string_view kType = "repo.created";
  static constexpr unsigned kVersion = 1;
  std::string format;  // "oci"
  RepoName repo;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("format", e.format);
    v("repo", e.repo);
  }
  friend bool operator==(const RepoCreated&, const RepoCreated&) = default;
};

// The first time these bytes exist here.
struct BlobCommitted {
  static constexpr std::string_view kType = "blob.committed";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  std::uint64_t size;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("size", e.size);
  }
  friend bool operator==(const BlobCommitted&, const BlobCommitted&) = default;
};

struct BlobLinked {
  static constexpr std::string_view kType = "blob.linked";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  RepoName repo;
  std::uint64_t size;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("repo", e.repo);
    v("size", e.size);
  }
  friend bool operator==(const BlobLinked&, const BlobLinked&) = default;
};

struct BlobUnlinked {
  static constexpr std::string_view kType = "blob.unlinked";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  RepoName repo;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("repo", e.repo);
  }
  friend bool operator==(const BlobUnlinked&, const BlobUnlinked&) = default;
};

// From here on the bytes are not here: their files go after this is durable, never before.
struct BlobPurged {
  static constexpr std::string_view kType = "blob.purged";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  std::uint64_t size;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("size", e.size);
  }
  friend bool operator==(const BlobPurged&, const BlobPurged&) = default;
};

struct RepoAttributesSet {
  static constexpr std::string_view kType = "repo.attributes.set";
  static constexpr unsigned kVersion = 1;
  Attributes attributes;
  RepoName repo;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("delete", e.attributes.del);
    v("list", e.attributes.list);
    v("read", e.attributes.read);
    v("repo", e.repo);
    v("write", e.attributes.write);
  }
  friend bool operator==(const RepoAttributesSet&, const RepoAttributesSet&) = default;
};

struct RepoDeleted {  // what it held goes with it; project() takes it from the rows before
  static constexpr std::string_view kType = "repo.deleted";
  static constexpr unsigned kVersion = 1;
  RepoName repo;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("repo", e.repo);
  }
  friend bool operator==(const RepoDeleted&, const RepoDeleted&) = default;
};

// What its owner says about it; what is not named stays as it was.
struct RepoUpdated {
  static constexpr std::string_view kType = "repo.updated";
  static constexpr unsigned kVersion = 1;
  std::optional<Category> category;
  std::optional<std::string> description;
  RepoName repo;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("category", e.category);
    v("description", e.description);
    v("repo", e.repo);
  }
  friend bool operator==(const RepoUpdated&, const RepoUpdated&) = default;
};

struct NamespaceCreated {
  static constexpr std::string_view kType = "namespace.created";
  static constexpr unsigned kVersion = 1;
  NamespaceName name_space;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("namespace", e.name_space);
  }
  friend bool operator==(const NamespaceCreated&, const NamespaceCreated&) = default;
};

struct NamespaceDeleted {
  static constexpr std::string_view kType = "namespace.deleted";
  static constexpr unsigned kVersion = 1;
  NamespaceName name_space;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("namespace", e.name_space);
  }
  friend bool operator==(const NamespaceDeleted&, const NamespaceDeleted&) = default;
};

}  // namespace content
}  // namespace varve
