// The grammar of tags, and what authors sign about manifests.
#include "core/oci/oci.h"

#include <algorithm>

#include "core/base/limits.h"

namespace varve::oci {
namespace {

bool word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool valid_tag(std::string_view text) {
  if (text.empty() || text.size() > limits::kTagBytesMax || !word(text.front())) return false;
  for (char c : text)
    if (!word(c) && c != '.' && c != '-') return false;
  return true;
}

}  // namespace

Result<Tag> Tag::parse(std::string_view text) {
  if (valid_tag(text)) return Tag(std::string(text));
  return fail(Errc::invalid, About::tag,
              "a tag is 1 to 128 letters, digits, _ . or -, and does not start with . or -",
              std::string(text.substr(0, limits::kTagBytesMax)));
}

bool Match::matches(const std::optional<Digest>& current) const {
  if (!current) return false;
  return anything || std::ranges::find(digests, *current) != digests.end();
}

Result<void> Preconditions::check(const std::optional<Digest>& current) const {
  const auto refuse = [&](std::string what) {
    return fail(Errc::precondition, About::manifest, std::move(what),
                current ? current->to_string() : "absent");
  };
  if (if_match && !if_match->matches(current)) return refuse("If-Match does not hold");
  if (if_none_match && if_none_match->matches(current))
    return refuse("If-None-Match does not hold");
  return {};
}

std::string signed_resource(const RepoName& repo, const Tag& tag) {
  return repo.text() + ':' + tag.text();
}
std::string signed_resource(const RepoName& repo, const Digest& digest) {
  return repo.text() + '@' + digest.to_string();
}

namespace {

bool is_tag_of(std::string_view resource, const RepoName& repo) {
  const std::size_t size = repo.text().size();
  return resource.starts_with(repo.text()) && resource.size() > size && resource[size] == ':' &&
         Tag::parse(resource.substr(size + 1)).has_value();
}

bool is_put_in(const trust::AuthorStatement& statement, std::string_view origin) {
  return statement.origin == origin && statement.method == trust::kPut;
}

// A longer digest is told by nothing but the resource.
bool names_bytes(const trust::AuthorStatement& statement, const Digest& digest) {
  return digest.algorithm() == DigestAlgorithm::sha256 && as_view(statement.body) == digest.raw();
}

}  // namespace

bool is_about(const trust::AuthorStatement& statement, std::string_view origin,
              const ManifestPut& event) {
  if (!is_put_in(statement, origin) || statement.type != event.media_type) return false;
  if (event.digest.algorithm() != DigestAlgorithm::sha256)
    return statement.resource == signed_resource(event.repo, event.digest);
  return names_bytes(statement, event.digest) &&
         (statement.resource == signed_resource(event.repo, event.digest) ||
          is_tag_of(statement.resource, event.repo));
}

bool is_about(const trust::AuthorStatement& statement, std::string_view origin,
              const TagSet& event) {
  return is_put_in(statement, origin) && names_bytes(statement, event.digest) &&
         statement.resource == signed_resource(event.repo, event.tag);
}

}  // namespace varve::oci
