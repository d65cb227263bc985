// Reading the rows about Warg packages.
#include "core/warg/query.h"

#include <algorithm>

#include "core/base/limits.h"
#include "core/scan.h"
#include "core/trust/query.h"
#include "core/warg/rows.h"

namespace varve::warg {
namespace {

// A row through its reader, if there is one.
template <class T, class Read>
Result<std::optional<T>> find_as(const View& view, Table table, const RowKey& key,
                                 const Read& read) {
  VARVE_TRY(const auto row, view.get(table, key));
  if (!row) return std::nullopt;
  VARVE_TRY(auto value, read(row->value));
  return std::optional<T>(std::move(value));
}

}  // namespace

std::optional<RepoName> repository_of(std::string_view package) {
  std::string path(package);
  std::ranges::replace(path, ':', '/');
  const auto repo = RepoName::parse(path);
  return repo ? std::optional(*repo) : std::nullopt;
}

Result<std::optional<LogRow>> find_log(const View& view, const LogId& log) {
  return find_as<LogRow>(view, Table::warg_log, log_key(log), log_of);
}

Result<std::optional<LogHead>> LogRows::head() const {
  VARVE_TRY(const auto row, find_log(view_, log_));
  if (!row) return std::nullopt;
  return row->head;
}
Result<std::optional<LogKey>> LogRows::key(const KeyId& id) const {
  return find_as<LogKey>(view_, Table::warg_key, key_key(log_, id), key_of);
}
Result<std::optional<LogRelease>> LogRows::release(const Version& version) const {
  return find_as<LogRelease>(view_, Table::warg_release, release_key(log_, version.text()),
                             release_of);
}
Result<std::optional<NamespaceOrigin>> LogRows::name_space(const std::string& name) const {
  VARVE_TRY(auto row, view_.get(Table::warg_namespace, name_key(name)));
  if (!row) return std::nullopt;
  return std::move(row->value);
}

Result<std::vector<std::pair<KeyId, LogKey>>> keys_of(const View& view, const LogId& log) {
  const RowKey prefix = log_key(log);
  std::vector<std::pair<KeyId, LogKey>> keys;
  VARVE_CHECK(scan_checked(view, Table::warg_key, prefix,
                           [&](std::string_view key, const Row& row) -> Result<bool> {
                             VARVE_TRY(const auto id, key_id_of(key.substr(prefix.bytes().size())));
                             VARVE_TRY(auto value, key_of(row.value));
                             keys.emplace_back(id, std::move(value));
                             return true;
                           }));
  return keys;
}

Result<std::optional<NamespaceOrigin>> find_namespace(const View& view, const Namespace& name) {
  return LogRows(view, operator_log_id()).name_space(name.text());
}

Result<void> need_own_namespace(const View& view, const Namespace& name) {
  VARVE_TRY(const auto origin, find_namespace(view, name));
  if (!origin)
    return fail(Errc::not_found, About::name_space, "the namespace is not defined here",
                name.text());
  if (origin->empty()) return {};
  return fail(Errc::conflict, About::name_space, "the namespace is imported from " + *origin,
              name.text());
}

Result<std::vector<NamedNamespace>> list_namespaces(const View& view, std::string_view after,
                                                    std::size_t limit) {
  std::vector<NamedNamespace> names;
  const std::string from = after.empty() ? std::string() : name_key(after).bytes();
  VARVE_CHECK(view.scan(Table::warg_namespace, {}, from, [&](std::string_view key, const Row& row) {
    key.remove_suffix(1);  // the end of a name
    names.push_back({std::string(key), row.value, row.index});
    return names.size() < limit;
  }));
  return names;
}

Result<std::optional<StateRow>> find_state(const View& view, const LogId& log,
                                           const RecordId& record) {
  VARVE_TRY(const auto row, view.get(Table::warg_record_state, record_key(log, record)));
  if (!row) return std::nullopt;
  VARVE_TRY(auto state, state_of(row->value));
  return StateRow{std::move(state), row->index};
}

Result<std::optional<PublishedRecord>> find_record(const View& view, const LogId& log,
                                                   std::uint64_t position) {
  return find_as<PublishedRecord>(view, Table::warg_record, position_key(log, position), record_of);
}

Result<std::optional<RecordId>> find_pending(const View& view, const LogId& log) {
  return find_as<RecordId>(view, Table::warg_pending, log_key(log), record_id_of);
}

Result<std::vector<Digest>> missing_content(const View& view, const LogId& log,
                                            const RecordId& record) {
  const RowKey prefix = record_key(log, record);
  std::vector<Digest> missing;
  VARVE_CHECK(scan_checked(
      view, Table::warg_missing, prefix, [&](std::string_view key, const Row&) -> Result<bool> {
        VARVE_TRY(const auto digest, Digest::from_row(key.substr(prefix.bytes().size())));
        missing.push_back(digest);
        return true;
      }));
  return missing;
}

Result<std::optional<std::uint64_t>> find_content(const View& view, const Digest& digest) {
  return find_as<std::uint64_t>(view, Table::warg_content, content_key(digest), number_of);
}

namespace {

// By the rows alone: a replay must come to the same answer.
Result<bool> everybody_pulls(const View& view, const LogId& log) {
  VARVE_TRY(const auto row, find_log(view, log));
  if (!row) return false;
  const auto repo = repository_of(row->package);
  const Resource resource = repo ? Resource(*repo) : Resource::everything();
  VARVE_TRY(const Rights rights, trust::own_rights(view, PrincipalName::anonymous(), resource));
  return rights.has(Right::pull);
}

}  // namespace

Result<bool> has_content(const View& view, const LogId& log, const Digest& digest) {
  VARVE_TRY(const auto own, view.get(Table::warg_released, released_key(digest, log)));
  if (own) return true;
  return any_releaser(view, digest, limits::kWargReleasersMax,
                      [&](const LogId& other) { return everybody_pulls(view, other); });
}

Result<bool> any_releaser(const View& view, const Digest& digest, std::size_t count_max,
                          const std::function<Result<bool>(const LogId&)>& visit) {
  const RowKey prefix = content_key(digest);
  bool found = false;
  VARVE_CHECK(scan_checked(
      view, Table::warg_released, prefix, [&](std::string_view key, const Row&) -> Result<bool> {
        VARVE_TRY(const auto log, log_id_of(key.substr(prefix.bytes().size())));
        VARVE_TRY(found, visit(log));
        return !found && --count_max > 0;
      }));
  return found;
}

Result<std::uint64_t> log_length(const View& view) {
  return find_number(view, kLength);
}

Result<std::optional<Leaf>> find_leaf(const View& view, std::uint64_t registry_index) {
  return find_as<Leaf>(view, Table::warg_leaf, number_key(registry_index), leaf_of);
}

Result<std::vector<Leaf>> leaves_from(const View& view, std::uint64_t registry_index,
                                      std::size_t count_max) {
  std::vector<Leaf> leaves;
  while (leaves.size() < count_max) {
    VARVE_TRY(auto leaf, find_leaf(view, registry_index + leaves.size()));
    if (!leaf) break;
    leaves.push_back(*std::move(leaf));
  }
  return leaves;
}

Result<std::optional<CheckpointRow>> find_checkpoint(const View& view, std::uint64_t log_length) {
  VARVE_TRY(const auto row, view.get(Table::warg_checkpoint, number_key(log_length)));
  if (!row) return std::nullopt;
  VARVE_TRY(auto checkpoint, checkpoint_of(log_length, row->value));
  return CheckpointRow{std::move(checkpoint), row->index};
}

Result<std::optional<CheckpointRow>> newest_checkpoint(const View& view) {
  VARVE_TRY(const auto settled, find_number(view, kSettled));
  return find_checkpoint(view, settled);
}

Result<void> each_checkpoint(const View& view,
                             const std::function<Result<void>(const CheckpointRow&)>& visit) {
  return scan_checked(view, Table::warg_checkpoint, {},
                      [&](std::string_view key, const Row& row) -> Result<bool> {
                        VARVE_TRY(const auto length, number_of(key));
                        VARVE_TRY(auto checkpoint, checkpoint_of(length, row.value));
                        VARVE_CHECK(visit({std::move(checkpoint), row.index}));
                        return true;
                      });
}

Result<bool> checkpoint_is_due(const View& view) {
  VARVE_TRY(const auto settled, find_number(view, kSettled));
  VARVE_TRY(const auto length, find_number(view, kLength));
  return settled != length;
}

}  // namespace varve::warg
