// Rules about manifests and tags. Pure; any thread, as the View allows.
#include <algorithm>

#include "core/base/limits.h"
#include "core/content/rows.h"
#include "core/content/rules.h"
#include "core/oci/locks.h"
#include "core/oci/manifest.h"
#include "core/oci/query.h"
#include "core/oci/rows.h"
#include "core/oci/rules.h"
#include "core/system/query.h"
#include "core/trust/rules.h"

namespace varve::oci {
namespace {

// A descriptor that states another size than what is here was swapped or mistyped; clients would
// find out only after downloading.
template <class Found>
Result<void> check_reference(const Reference& reference, const std::optional<Found>& found,
                             std::string_view kind) {
  if (!found)
    return fail(Errc::not_found, About::manifest_blob,
                "the manifest refers to a " + std::string(kind) + " that is not in this repository",
                reference.digest.to_string());
  if (found->size != reference.size)
    return fail(Errc::invalid, About::manifest,
                "the manifest states " + std::to_string(reference.size) + " bytes for a " +
                    std::string(kind) + " of " + std::to_string(found->size),
                reference.digest.to_string());
  return {};
}

Result<void> check_references(const PutManifest& command, const View& view) {
  for (const Reference& reference : command.blobs) {
    VARVE_TRY(const auto blob, find_blob(view, command.repo, reference.digest));
    VARVE_CHECK(check_reference(reference, blob, "blob"));
  }
  for (const Reference& reference : command.manifests) {
    VARVE_TRY(const auto manifest, find_manifest(view, command.repo, reference.digest));
    VARVE_CHECK(check_reference(reference, manifest, "manifest"));
  }
  return {};
}

// Is there anything in a signature that is not known yet? Who signs what is here unsigned, or
// signed by somebody else, must find it in the log; who signs once more does not.
bool is_news(const std::optional<trust::Author>& author, const std::optional<warg::KeyId>& known) {
  return author && known != author->key_id;
}

// Is this very manifest here already? What a digest means never changes while it is here: the same
// bytes under a second media type would show two clients two different things (CVE-2021-41190).
Result<std::optional<ManifestRow>> find_same(const PutManifest& command, const View& view) {
  VARVE_TRY(auto row, find_manifest(view, command.repo, command.digest));
  if (!row) return row;
  if (row->size != command.size)
    return fail(Errc::corrupt, About::manifest,
                "a manifest is recorded with another size than the bytes have",
                command.digest.to_string());
  if (row->media_type != command.media_type)
    return fail(Errc::invalid, About::manifest,
                "these bytes are in the repository as " + row->media_type,
                command.digest.to_string());
  return row;
}

// Without an event when the tag points there already, unless an author says so for the first time.
Result<void> set_tag(const RepoName& repo, const Tag& tag, const Digest& digest, const View& view,
                     const RepoLocks& locks, const std::optional<trust::Author>& author,
                     std::vector<Event>& events) {
  VARVE_TRY(const auto row, find_tag(view, repo, tag));
  const bool moves = row && row->digest != digest;
  if (row && !moves && !is_news(author, row->author)) return {};
  if (moves) VARVE_CHECK(trust::check_tags_may_move(view, repo));
  if (row) VARVE_CHECK(check_movable(view, locks, repo, tag));
  std::optional<Digest> previous;
  if (row) previous = row->digest;
  events.emplace_back(TagSet{digest, previous, repo, tag, author});
  return {};
}

Result<void> check_tag(const Preconditions& conditions, const RepoName& repo, const Tag& tag,
                       const View& view) {
  if (!conditions.if_match && !conditions.if_none_match) return {};
  VARVE_TRY(const auto row, find_tag(view, repo, tag));
  return conditions.check(row ? std::optional(row->digest) : std::nullopt);
}

Result<void> check_conditions(const PutManifest& command, bool there) {
  return command.conditions.check(there ? std::optional(command.digest) : std::nullopt);
}

// The same tag twice is one tag: a row is written once an event, and set once a request.
std::vector<Tag> distinct(std::vector<Tag> tags) {
  std::ranges::sort(tags);
  tags.erase(std::ranges::unique(tags).begin(), tags.end());
  return tags;
}

Result<void> check_form(const PutManifest& command) {
  if (!valid_media_type(command.media_type))
    return fail(Errc::invalid, About::manifest, "the manifest's media type is malformed");
  if (command.tags.size() > limits::kTagsPutMax)
    return fail(Errc::too_large, About::tag,
                "one request sets at most " + std::to_string(limits::kTagsPutMax) + " tags");
  return {};
}

std::unexpected<Error> not_signed(const RepoName& repo, std::string why) {
  return fail(Errc::denied, About::signature, std::move(why), repo.text());
}

// What the author signed is compared once more with what is about to be written: an entry whose
// signature is over something else would be proven false by whoever reads it.
Result<void> check_statement(const PutManifest& command, const trust::Author& author,
                             const View& view) {
  VARVE_TRY(const auto statement, trust::AuthorStatement::parse(author.statement));
  VARVE_TRY(const std::string origin, system::origin(view));
  const std::string resource = command.tags.empty()
                                   ? signed_resource(command.repo, command.digest)
                                   : signed_resource(command.repo, command.tags.front());
  const ManifestPut put{command.digest, command.media_type, command.repo, command.size};
  if (command.tags.size() <= 1 && statement.resource == resource &&
      is_about(statement, origin, put))
    return {};
  return not_signed(command.repo, "the author's signature is over something else");
}

Result<void> check_author(const PutManifest& command, const trust::Asker& asker, const View& view) {
  if (!command.author) {
    VARVE_TRY(const auto policy, trust::policy_for(view, command.repo));
    if (!policy.require_author_sig) return {};
    return not_signed(command.repo,
                      "a policy wants the signature of an author on what is put here");
  }
  VARVE_CHECK(check_statement(command, **command.author, view));
  return trust::check_signer(view, (*command.author)->key_id, command.repo, asker);
}

}  // namespace

Result<std::vector<Event>> decide(const PutManifest& command, const trust::Asker& asker,
                                  const View& view) {
  VARVE_CHECK(check_form(command));
  VARVE_CHECK(check_author(command, asker, view));
  const std::optional<trust::Author> author =
      command.author ? std::optional(**command.author) : std::nullopt;
  VARVE_CHECK(check_references(command, view));
  VARVE_TRY(const auto there, find_same(command, view));
  if (command.tags.empty()) VARVE_CHECK(check_conditions(command, there.has_value()));
  VARVE_TRY(const auto locks, content::locks_of(view, command.repo));
  std::vector<Event> events;
  VARVE_CHECK(content::ensure_repo(command.repo, view, events));
  if (!there || (command.tags.empty() && is_news(author, there->author)))
    events.emplace_back(
        ManifestPut{command.digest, command.media_type, command.repo, command.size, author});
  for (const Tag& tag : distinct(command.tags)) {
    VARVE_CHECK(check_tag(command.conditions, command.repo, tag, view));
    VARVE_CHECK(set_tag(command.repo, tag, command.digest, view, locks, author, events));
  }
  if (!events.empty()) VARVE_CHECK(content::check_writable(locks, command.repo));
  return events;
}

Result<std::vector<Event>> decide(const SetTag& command, const View& view) {
  VARVE_CHECK(content::need_repo(command.repo, view));
  VARVE_TRY(const auto manifest, find_manifest(view, command.repo, command.digest));
  if (!manifest)
    return fail(Errc::not_found, About::manifest, "the manifest was deleted",
                command.digest.to_string());
  VARVE_CHECK(check_tag(command.conditions, command.repo, command.tag, view));
  VARVE_TRY(const auto locks, content::locks_of(view, command.repo));
  std::vector<Event> events;
  VARVE_CHECK(set_tag(command.repo, command.tag, command.digest, view, locks, {}, events));
  // Nobody signed that the tag may point there now; whoever did then can send it once more.
  VARVE_TRY(const auto policy, trust::policy_for(view, command.repo));
  if (!events.empty() && policy.require_author_sig)
    return not_signed(command.repo,
                      "a policy wants the signature of an author on where tags of this repository "
                      "point: put the manifest again, signed");
  if (!events.empty()) VARVE_CHECK(content::check_writable(locks, command.repo));
  return events;
}

Result<std::vector<Event>> decide(const DeleteTag& command, const View& view) {
  VARVE_CHECK(content::need_repo(command.repo, view));
  VARVE_CHECK(check_tag(command.conditions, command.repo, command.tag, view));
  VARVE_TRY(const auto row, find_tag(view, command.repo, command.tag));
  if (!row) return fail(Errc::not_found, About::tag, "there is no such tag", command.tag.text());
  VARVE_CHECK(trust::check_tags_may_move(view, command.repo));
  VARVE_TRY(const auto locks, content::locks_of(view, command.repo));
  VARVE_CHECK(content::check_removable(locks, command.repo));
  VARVE_CHECK(check_removable(view, locks, command.repo, command.tag));
  return std::vector<Event>{TagDeleted{row->digest, command.repo, command.tag}};
}

namespace {

// project() removes every tag of the manifest in one batch, so there must be a bound. A lock of one
// of them holds them all: a tag is not got rid of by what it points to.
Result<void> check_tags_of(const DeleteManifest& command, const RepoLocks& locks,
                           const View& view) {
  std::size_t tags = 0;
  Result<void> unlocked;
  const RowKey prefix = held_key(command.repo, command.digest);
  const auto visit = [&](std::string_view key, const Row&) {
    const auto tag = Tag::parse(name_in_key(key, prefix.bytes().size()));
    unlocked =
        tag ? check_removable(view, locks, command.repo, *tag) : std::unexpected(tag.error());
    return unlocked && ++tags <= limits::kTagsDeletedAtOnceMax;
  };
  VARVE_CHECK(view.scan(Table::tag_of, prefix, "", visit));
  VARVE_CHECK(std::move(unlocked));
  if (tags > limits::kTagsDeletedAtOnceMax)
    return fail(Errc::too_large, About::manifest,
                "more than " + std::to_string(limits::kTagsDeletedAtOnceMax) +
                    " tags point to this manifest; delete or move some of them first",
                command.digest.to_string());
  return tags > 0 ? trust::check_tags_may_move(view, command.repo) : Result<void>();
}

// An index without one of its children is an image that fails on one platform only.
Result<void> check_not_needed(const DeleteManifest& command, const View& view) {
  VARVE_TRY(const auto index,
            content::find_user(view, Table::child_in, command.repo, command.digest));
  if (!index) return {};
  return fail(Errc::unsupported, About::manifest,
              "an index of this repository refers to the manifest; delete it first",
              index->to_string());
}

}  // namespace

Result<std::vector<Event>> decide(const DeleteManifest& command, const View& view) {
  VARVE_CHECK(content::need_repo(command.repo, view));
  VARVE_TRY(const auto row, find_manifest(view, command.repo, command.digest));
  VARVE_CHECK(command.conditions.check(row ? std::optional(command.digest) : std::nullopt));
  if (!row)
    return fail(Errc::not_found, About::manifest, "there is no such manifest",
                command.digest.to_string());
  VARVE_TRY(const auto locks, content::locks_of(view, command.repo));
  VARVE_CHECK(content::check_removable(locks, command.repo));
  VARVE_CHECK(check_removable(view, locks, command.repo, command.digest));
  VARVE_CHECK(check_not_needed(command, view));
  VARVE_CHECK(check_tags_of(command, locks, view));
  return std::vector<Event>{ManifestDeleted{command.digest, command.repo}};
}

Result<std::vector<Event>> decide(const SetManifestAttributes& command, const View& view) {
  VARVE_CHECK(content::need_repo(command.repo, view));
  VARVE_TRY(const auto row, find_manifest(view, command.repo, command.digest));
  if (!row)
    return fail(Errc::not_found, About::manifest, "there is no such manifest",
                command.digest.to_string());
  VARVE_TRY(const auto before, attributes_of(view, command.repo, command.digest));
  const Attributes after = command.change.applied_to(before);
  if (after == before) return std::vector<Event>{};
  return std::vector<Event>{ManifestAttributesSet{after, command.digest, command.repo}};
}

Result<std::vector<Event>> decide(const SetTagAttributes& command, const View& view) {
  VARVE_CHECK(content::need_repo(command.repo, view));
  VARVE_TRY(const auto row, find_tag(view, command.repo, command.tag));
  if (!row) return fail(Errc::not_found, About::tag, "there is no such tag", command.tag.text());
  VARVE_TRY(const auto before, attributes_of(view, command.repo, command.tag));
  const Attributes after = command.change.applied_to(before);
  if (after == before) return std::vector<Event>{};
  return std::vector<Event>{TagAttributesSet{after, command.repo, command.tag}};
}

}  // namespace varve::oci
