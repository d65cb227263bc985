// Rules about repositories and blobs. Pure; any thread, as the View allows.
#include "core/content/rows.h"
#include "core/content/rules.h"

namespace varve::content {
namespace {

// One digest cannot have two sizes: either a stored row or the blob store lies.
Result<bool> is_there(const View& view, Table table, const RowKey& key, const LinkBlob& command) {
  VARVE_TRY(const auto row, find_size(view, table, key));
  if (row && row->size != command.size)
    return fail(Errc::corrupt, About::blob,
                "a blob is recorded with " + std::to_string(row->size) +
                    " bytes and offered with " + std::to_string(command.size),
                command.digest.to_string());
  return row.has_value();
}

}  // namespace

Result<void> ensure_repo(const RepoName& repo, const View& view, std::vector<Event>& events) {
  VARVE_TRY(const bool there, repo_is_there(view, repo));
  if (!there) events.emplace_back(RepoCreated{"oci", repo});
  return {};
}

namespace {

// What the mount was offered on may be gone by now, and with it the right to reach the bytes.
Result<void> check_source(const LinkBlob& command, const View& view) {
  if (!command.from) return {};
  VARVE_TRY(const bool linked,
            is_there(view, Table::link, held_key(*command.from, command.digest), command));
  if (linked) return {};
  return fail(Errc::not_found, About::blob, "the other repository no longer has this blob",
              command.digest.to_string());
}

}  // namespace

Result<std::vector<Event>> decide(const LinkBlob& command, const View& view) {
  VARVE_CHECK(check_source(command, view));
  std::vector<Event> events;
  VARVE_CHECK(ensure_repo(command.repo, view, events));
  VARVE_TRY(const bool committed, is_there(view, Table::blob, blob_key(command.digest), command));
  if (!committed) events.emplace_back(BlobCommitted{command.digest, command.size});
  VARVE_TRY(const bool linked,
            is_there(view, Table::link, held_key(command.repo, command.digest), command));
  if (!linked) events.emplace_back(BlobLinked{command.digest, command.repo, command.size});
  return events;
}

// A manifest without its layers is what users of registries lose images to: whoever wants the blob
// gone deletes the manifest first.
Result<std::vector<Event>> decide(const UnlinkBlob& command, const View& view) {
  VARVE_CHECK(need_repo(command.repo, view));
  VARVE_TRY(const auto link, find_size(view, Table::link, held_key(command.repo, command.digest)));
  if (!link)
    return fail(Errc::not_found, About::blob, "the repository has no such blob",
                command.digest.to_string());
  VARVE_TRY(const auto user, find_user(view, Table::blob_in, command.repo, command.digest));
  if (user)
    return fail(Errc::unsupported, About::blob,
                "a manifest of this repository refers to the blob; delete it first",
                user->to_string());
  return std::vector<Event>{BlobUnlinked{command.digest, command.repo}};
}

// Whether anybody counts on the bytes without linking them is the purger's to know; here the log
// decides between it and whoever links them at the same moment.
Result<std::vector<Event>> decide(const PurgeBlob& command, const View& view) {
  VARVE_TRY(const auto blob, find_size(view, Table::blob, blob_key(command.digest)));
  if (!blob)
    return fail(Errc::not_found, About::blob, "there is no such blob", command.digest.to_string());
  VARVE_TRY(const bool held, is_held(view, command.digest));
  if (held)
    return fail(Errc::conflict, About::blob, "a repository still links the blob",
                command.digest.to_string());
  return std::vector<Event>{BlobPurged{command.digest, blob->size}};
}

}  // namespace varve::content
