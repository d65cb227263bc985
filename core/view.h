// What decide() may look up and what project() may write: rows of derived tables. The log is the
// truth; every row here can be dropped and made again from it.
//
// Keys are built by RowKey only, so that no key is a prefix of another. A View is a snapshot: one
// thread at a time may use it, unless an implementation says more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/strong.h"

namespace varve {

// The derived tables. Numbers are stored: never reuse one.
enum class Table : std::uint8_t {
  system = 1,     // name -> facts about the log itself (origin, current event key, dev mode)
  repo = 2,       // repo -> format
  blob = 3,       // digest -> size: bytes this registry holds
  link = 4,       // repo, digest -> size: blobs reachable through the repository
  manifest = 5,   // repo, digest -> size, media type
  tag = 6,        // repo, tag -> digest, and the event that first set it if that was another
  tag_of = 7,     // repo, digest, tag -> nothing: the way back, for deletes by digest
  holder = 8,     // digest, repo -> nothing: the way back from a blob to who links it
  blob_in = 9,    // repo, blob, manifest -> nothing: what in the repository needs the blob
  child_in = 10,  // repo, child, index -> nothing: what in the repository needs the manifest
  refers = 11,    // repo, manifest -> what it refers to, read from its body when it was put
  referrer = 12,  // repo, subject, manifest -> size, media type, artifact type
  // Locks; a row that is not there means that everything is allowed.
  attributes = 13,           // repo -> what is allowed with it, and with everything in it
  manifest_attributes = 14,  // repo, digest -> what is allowed with the manifest
  tag_attributes = 15,       // repo, tag -> what is allowed with the tag
  // Accounts; their values are described in core/trust/rows.h.
  principal = 16,      // name -> kind, disabled
  administrator = 17,  // name -> nothing: who is granted `administer`
  credential = 18,     // credential id -> principal, kind, expiry, revoked
  credential_of = 19,  // principal, credential id -> nothing: those not revoked
  grant = 20,          // principal, resource -> rights
  policy = 21,         // resource -> what holds for its repositories
  // Warg packages; their keys and values are described in core/warg/rows.h.
  warg = 22,               // name -> a number about all of Warg's logs together
  warg_log = 23,           // log -> its newest record, how many it has, its package
  warg_key = 24,           // log, key -> what the key may do in it
  warg_release = 25,       // log, version -> content, yanked
  warg_record = 26,        // log, position -> a published record
  warg_record_state = 27,  // log, record -> waits for content, published or rejected
  warg_pending = 28,       // log -> the record that waits for content
  warg_missing = 29,       // log, record, digest -> nothing: the content it waits for
  warg_content = 30,       // digest -> size: content that Warg holds
  warg_namespace = 31,     // namespace -> where it is imported from, if anywhere
  warg_leaf = 32,          // registry index -> log, record
  warg_node = 33,          // level, n -> hash: Warg's tree
  warg_map = 34,           // page -> hashes: Warg's map
  warg_checkpoint = 35,    // log length -> Warg's checkpoint
  warg_first = 36,         // record -> the log that begins with it
  warg_released = 37,      // digest, log -> nothing: the packages that released this content
  // Pulp's packages and their repositories; described in core/pulp/rows.h.
  package = 38,        // package -> what it is called, its checksum, where the rest stands
  package_nevra = 39,  // name, version, release, epoch, arch, checksum -> package
  package_file = 40,   // digest, package -> nothing: the way back from a blob
  package_name = 41,   // file name, package -> nothing
  package_in = 42,     // package, repository -> nothing: what keeps it from being deleted
  rpm_repo = 43,       // repository -> how many packages, its name
  rpm_member = 44,     // repository, package -> nothing
  // Publishers' keys: accounts too, described in core/trust/rows.h.
  key = 45,     // key id -> principal, public key, revoked
  key_of = 46,  // principal, key id -> nothing: those not revoked
  // What SWR's clients say about namespaces and repositories.
  name_space = 47,        // namespace -> nothing: those that somebody made
  repo_description = 48,  // repo -> category, description: those that have any
  // Pulp's again.
  package_called = 49,  // name, version, release, epoch, arch -> how many packages, which if one
  // What SWR's clients are told.
  namespace_first = 50,  // namespace or "_" -> nothing: the first event that made one; it stays
  repo_trimmed = 51,     // repo -> nothing: the newest event that took a tag or manifest from it
};
inline constexpr Table kTables[] = {Table::system,
                                    Table::repo,
                                    Table::blob,
                                    Table::link,
                                    Table::manifest,
                                    Table::tag,
                                    Table::tag_of,
                                    Table::holder,
                                    Table::blob_in,
                                    Table::child_in,
                                    Table::refers,
                                    Table::referrer,
                                    Table::attributes,
                                    Table::manifest_attributes,
                                    Table::tag_attributes,
                                    Table::principal,
                                    Table::administrator,
                                    Table::credential,
                                    Table::credential_of,
                                    Table::grant,
                                    Table::policy,
                                    Table::warg,
                                    Table::warg_log,
                                    Table::warg_key,
                                    Table::warg_release,
                                    Table::warg_record,
                                    Table::warg_record_state,
                                    Table::warg_pending,
                                    Table::warg_missing,
                                    Table::warg_content,
                                    Table::warg_namespace,
                                    Table::warg_leaf,
                                    Table::warg_node,
                                    Table::warg_map,
                                    Table::warg_checkpoint,
                                    Table::warg_first,
                                    Table::warg_released,
                                    Table::package,
                                    Table::package_nevra,
                                    Table::package_file,
                                    Table::package_name,
                                    Table::package_in,
                                    Table::rpm_repo,
                                    Table::rpm_member,
                                    Table::key,
                                    Table::key_of,
                                    Table::name_space,
                                    Table::repo_description,
                                    Table::package_called,
                                    Table::namespace_first,
                                    Table::repo_trimmed};
std::string_view table_name(Table table);

struct Row {
  EntryIndex index;  // the event that set it
  std::string value;
};

// Self-delimiting key parts: a name ends with 00 (names cannot hold it), a digest knows its length,
// hashes and numbers have one.
class RowKey {
 public:
  RowKey() = default;
  RowKey& name(std::string_view part);  // asserted free of 00
  RowKey& digest(const Digest& digest);
  RowKey& hash(const Hash256& hash);
  RowKey& number(std::uint64_t number);  // big-endian: byte order is numeric order
  const std::string& bytes() const { return bytes_; }
  operator std::string_view() const { return bytes_; }  // NOLINT: a key is its bytes

 private:
  std::string bytes_;
};

class View {
 public:
  virtual ~View() = default;
  // Absent is not an error; an unreadable store is, and must never look like absence.
  virtual Result<std::optional<Row>> get(Table table, std::string_view key) const = 0;
  // Rows whose key starts with `prefix` and is greater than `after` (may be empty), in byte order,
  // until `visit` returns false.
  using Visit = std::function<bool(std::string_view key, const Row& row)>;
  virtual Result<void> scan(Table table, std::string_view prefix, std::string_view after,
                            const Visit& visit) const = 0;
  // scan() that looks at `rows_max` rows at most. A state of the past passes over rows that were
  // made later or were gone already, any number of them, and `visit` never hears of those. The key
  // of the last row looked at when there may be more behind it.
  virtual Result<std::optional<std::string>> scan_some(Table table, std::string_view prefix,
                                                       std::string_view after, std::size_t rows_max,
                                                       const Visit& visit) const;
};

// Every version a row ever had, newest first: what no single state can tell. As a View, a snapshot.
class History {
 public:
  virtual ~History() = default;
  struct Version {
    EntryIndex index;                  // the event that made it
    std::optional<std::string> value;  // nothing: the event deleted the row
  };
  // Those of events before `before`, until `visit` returns false.
  using Visit = std::function<bool(const Version& version)>;
  virtual Result<void> versions(Table table, std::string_view key, EntryIndex before,
                                const Visit& visit) const = 0;
  // Did an event from `since` on make or delete a row whose key starts with `prefix`? For what may
  // look at every row that ever was below it.
  virtual Result<bool> changed_since(Table table, std::string_view prefix,
                                     TreeSize since) const = 0;
};

// Where project() writes. Of what one event writes to a key, the last counts.
class Changes {
 public:
  virtual ~Changes() = default;
  virtual void put(Table table, std::string_view key, std::string value) = 0;
  virtual void erase(Table table, std::string_view key) = 0;
};

}  // namespace varve
