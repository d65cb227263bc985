// OCI images: names, commands and events. Any thread.
// Source: OCI distribution-spec 1.1.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.h"
#include "core/content/content.h"
#include "core/trust/author.h"
#include "core/verified.h"

namespace varve::oci {

class Tag {
 public:
  static Result<Tag> parse(std::string_view text);  // [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}; About::tag
  const std::string& text() const { return text_; }
  friend auto operator<=>(const Tag&, const Tag&) = default;

 private:
  explicit Tag(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// ---- commands ----

// What a manifest needs to be there already: (digest, size the descriptor states).
struct Reference {
  Digest digest;
  std::uint64_t size;
  friend auto operator<=>(const Reference&, const Reference&) = default;
};

// What a conditional request says about the digest its target has now. RFC 9110 §13.1.1-2, with
// digests as entity tags.
struct Match {
  bool anything = false;        // "*"
  std::vector<Digest> digests;  // entity tags that are no digests never match, so none stand here
  bool matches(const std::optional<Digest>& current) const;
};
struct Preconditions {
  std::optional<Match> if_match;
  std::optional<Match> if_none_match;
  // Errors: precondition, whose detail is the current digest, or "absent".
  Result<void> check(const std::optional<Digest>& current) const;
};

// The manifest's bytes travel beside the command as a body (core/body.h). The conditions are about
// each of the tags, or about the manifest when no tag is set.
struct PutManifest {
  RepoName repo;
  std::vector<Tag> tags;  // at most limits::kTagsPutMax
  Digest digest;
  std::uint64_t size;
  std::string media_type;
  std::vector<Reference> blobs;      // config and layers, distinct, without foreign ones
  std::vector<Reference> manifests;  // an index's children, distinct
  Preconditions conditions = {};
  // Over these very bytes, and the one tag, or the digest when no tag is set.
  std::optional<Verified<trust::Author>> author = std::nullopt;
};
// Points a tag to a manifest that is there.
struct SetTag {
  RepoName repo;
  Tag tag;
  Digest digest;
  Preconditions conditions = {};
};
struct DeleteTag {
  RepoName repo;
  Tag tag;
  Preconditions conditions = {};
};
struct DeleteManifest {
  RepoName repo;
  Digest digest;
  Preconditions conditions = {};
};
struct SetManifestAttributes {
  RepoName repo;
  Digest digest;
  content::AttributesChange change;
};
struct SetTagAttributes {
  RepoName repo;
  Tag tag;
  content::AttributesChange change;
};

// ---- events ----

// v1 has no author. One signature may stand in two events of a run, here and in oci.tag.set: a
// proof of either carries all that is needed to check it. What is there already is put once more
// when an author signs it for the first time.
struct ManifestPut {
  static constexpr std::string_view kType = "oci.manifest.put";
  static constexpr unsigned kVersion = 2;
  Digest digest;  // names the body
  std::string media_type;
  RepoName repo;
  std::uint64_t size;
  std::optional<trust::Author> author = std::nullopt;
  unsigned version() const { return author ? 2 : 1; }
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("author", e.author);
    v("digest", e.digest);
    v("media_type", e.media_type);
    v("repo", e.repo);
    v("size", e.size);
  }
  friend bool operator==(const ManifestPut&, const ManifestPut&) = default;
};

struct ManifestDeleted {  // its tags go with it; project() takes them from the rows before
  static constexpr std::string_view kType = "oci.manifest.deleted";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  RepoName repo;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("repo", e.repo);
  }
  friend bool operator==(const ManifestDeleted&, const ManifestDeleted&) = default;
};

// v1 has no author. Where `previous` is `digest`, the tag did not move: an author signed it.
struct TagSet {
  static constexpr std::string_view kType = "oci.tag.set";
  static constexpr unsigned kVersion = 2;
  Digest digest;
  std::optional<Digest> previous;
  RepoName repo;
  Tag tag;
  std::optional<trust::Author> author = std::nullopt;
  unsigned version() const { return author ? 2 : 1; }
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("author", e.author);
    v("digest", e.digest);
    v("previous", e.previous);
    v("repo", e.repo);
    v("tag", e.tag);
  }
  friend bool operator==(const TagSet&, const TagSet&) = default;
};

struct TagDeleted {
  static constexpr std::string_view kType = "oci.tag.deleted";
  static constexpr unsigned kVersion = 1;
  Digest digest;  // what it pointed to
  RepoName repo;
  Tag tag;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("repo", e.repo);
    v("tag", e.tag);
  }
  friend bool operator==(const TagDeleted&, const TagDeleted&) = default;
};

// They are the manifest's until it is deleted.
struct ManifestAttributesSet {
  static constexpr std::string_view kType = "oci.manifest.attributes.set";
  static constexpr unsigned kVersion = 1;
  content::Attributes attributes;
  Digest digest;
  RepoName repo;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("delete", e.attributes.del);
    v("digest", e.digest);
    v("list", e.attributes.list);
    v("read", e.attributes.read);
    v("repo", e.repo);
    v("write", e.attributes.write);
  }
  friend bool operator==(const ManifestAttributesSet&, const ManifestAttributesSet&) = default;
};

// They are the tag's, wherever it points, until it is deleted.
struct TagAttributesSet {
  static constexpr std::string_view kType = "oci.tag.attributes.set";
  static constexpr unsigned kVersion = 1;
  content::Attributes attributes;
  RepoName repo;
  Tag tag;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("delete", e.attributes.del);
    v("list", e.attributes.list);
    v("read", e.attributes.read);
    v("repo", e.repo);
    v("tag", e.tag);
    v("write", e.attributes.write);
  }
  friend bool operator==(const TagAttributesSet&, const TagAttributesSet&) = default;
};

// What an author signs for: "team/app:1.0", "team/app@sha256:…".
std::string signed_resource(const RepoName& repo, const Tag& tag);
std::string signed_resource(const RepoName& repo, const Digest& digest);

// Does the statement say what the event says, in this log? Of a manifest, whether it is under its
// digest or under some tag, since the event names none.
bool is_about(const trust::AuthorStatement& statement, std::string_view origin,
              const ManifestPut& event);
bool is_about(const trust::AuthorStatement& statement, std::string_view origin,
              const TagSet& event);

}  // namespace varve::oci
