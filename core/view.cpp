// Names of the derived tables and the building of their keys. Any thread.
#include "core/view.h"

#include "core/base/bytes.h"

namespace varve {

std::string_view table_name(Table table) {
  switch (table) {
    case Table::system:
      return "system";
    case Table::repo:
      return "repo";
    case Table::blob:
      return "blob";
    case Table::link:
      return "link";
    case Table::manifest:
      return "manifest";
    case Table::tag:
      return "tag";
    case Table::tag_of:
      return "tag_of";
    case Table::holder:
      return "holder";
    case Table::blob_in:
      return "blob_in";
    case Table::child_in:
      return "child_in";
    case Table::refers:
      return "refers";
    case Table::referrer:
      return "referrer";
    case Table::attributes:
      return "attributes";
    case Table::manifest_attributes:
      return "manifest_attributes";
    case Table::tag_attributes:
      return "tag_attributes";
    case Table::principal:
      return "principal";
    case Table::administrator:
      return "administrator";
    case Table::credential:
      return "credential";
    case Table::credential_of:
      return "credential_of";
    case Table::grant:
      return "grant";
    case Table::policy:
      return "policy";
    case Table::warg:
      return "warg";
    case Table::warg_log:
      return "warg_log";
    case Table::warg_key:
      return "warg_key";
    case Table::warg_release:
      return "warg_release";
    case Table::warg_record:
      return "warg_record";
    case Table::warg_record_state:
      return "warg_record_state";
    case Table::warg_pending:
      return "warg_pending";
    case Table::warg_missing:
      return "warg_missing";
    case Table::warg_content:
      return "warg_content";
    case Table::warg_namespace:
      return "warg_namespace";
    case Table::warg_leaf:
      return "warg_leaf";
    case Table::warg_node:
      return "warg_node";
    case Table::warg_map:
      return "warg_map";
    case Table::warg_checkpoint:
      return "warg_checkpoint";
    case Table::warg_first:
      return "warg_first";
    case Table::warg_released:
      return "warg_released";
    case Table::package:
      return "package";
    case Table::package_nevra:
      return "package_nevra";
    case Table::package_file:
      return "package_file";
    case Table::package_name:
      return "package_name";
    case Table::package_in:
      return "package_in";
    case Table::rpm_repo:
      return "rpm_repo";
    case Table::rpm_member:
      return "rpm_member";
    case Table::key:
      return "key";
    case Table::key_of:
      return "key_of";
    case Table::name_space:
      return "name_space";
    case Table::repo_description:
      return "repo_description";
    case Table::package_called:
      return "package_called";
    case Table::namespace_first:
      return "namespace_first";
    case Table::repo_trimmed:
      return "repo_trimmed";
  }
  assertion_failed("a Table outside its enumeration", __FILE__, __LINE__);
}

RowKey& RowKey::name(std::string_view part) {
  VARVE_ASSERT(part.find('\0') == std::string_view::npos);
  bytes_.append(part);
  bytes_ += '\0';
  return *this;
}

RowKey& RowKey::digest(const Digest& digest) {
  bytes_ += digest.row();
  return *this;
}

RowKey& RowKey::hash(const Hash256& hash) {
  bytes_ += as_view(hash);
  return *this;
}

RowKey& RowKey::number(std::uint64_t number) {
  append_be64(bytes_, number);
  return *this;
}

// Where nothing is passed over, what is looked at is what is visited.
Result<std::optional<std::string>> View::scan_some(Table table, std::string_view prefix,
                                                   std::string_view after, std::size_t rows_max,
                                                   const Visit& visit) const {
  std::string last;
  bool cut = false;
  VARVE_CHECK(scan(table, prefix, after, [&](std::string_view key, const Row& row) {
    cut = rows_max == 0;
    if (cut) return false;
    --rows_max;
    last = key;
    return visit(key, row);
  }));
  return cut ? std::optional(last) : std::nullopt;
}

}  // namespace varve
