// Names of the derived tables and the building of their keys. Any thread.
#include "core/view.h"

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

}  // namespace varve
