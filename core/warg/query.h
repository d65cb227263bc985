// Questions about Warg packages, asked of any View. Pure; the View's thread rules hold.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/content/content.h"
#include "core/view.h"
#include "core/warg/validate.h"
#include "core/warg/warg.h"

namespace varve::warg {

// ---- logs ----

struct LogRow {
  LogHead head;
  std::string package;  // "ns:name"; empty for the operator's log
};
// What grants on a package are about: the repository of the same name. Nothing for a name that no
// repository can have: such packages are for those who may do it everywhere.
std::optional<RepoName> repository_of(std::string_view package);
// Nothing for a log that has no record yet: the names of packages that were never published are
// nobody's business.
Result<std::optional<LogRow>> find_log(const View& view, const LogId& log);

// A log as the rules want to know it.
class LogRows final : public LogFacts {
 public:
  LogRows(const View& view, const LogId& log) : view_(view), log_(log) {}
  Result<std::optional<LogHead>> head() const override;
  Result<std::optional<LogKey>> key(const KeyId& id) const override;
  Result<std::optional<LogRelease>> release(const Version& version) const override;
  Result<std::optional<NamespaceOrigin>> name_space(const std::string& name) const override;

 private:
  const View& view_;
  LogId log_;
};

// All keys that ever were in a log, in the order of their ids.
Result<std::vector<std::pair<KeyId, LogKey>>> keys_of(const View& view, const LogId& log);

Result<std::optional<NamespaceOrigin>> find_namespace(const View& view, const Namespace& name);
// That packages of it are published here. Errors: not_found/About::name_space, conflict when it is
// another registry's; with the namespace.
Result<void> need_own_namespace(const View& view, const Namespace& name);
struct NamedNamespace {
  std::string name;
  NamespaceOrigin origin;
  EntryIndex index;
};
// In byte order; `after` need not exist, "" is the beginning.
Result<std::vector<NamedNamespace>> list_namespaces(const View& view, std::string_view after,
                                                    std::size_t limit);

// ---- records ----

struct BodyOfRecord {
  Digest digest;
  std::uint64_t size;
  friend bool operator==(const BodyOfRecord&, const BodyOfRecord&) = default;
};

struct PublishedRecord {
  RecordId id;
  std::uint64_t registry_index;
  KeyId key;
  BodyOfRecord body;
  SignatureText signature;
  friend bool operator==(const PublishedRecord&, const PublishedRecord&) = default;
};

struct Sourcing {  // waits for missing_content()
  KeyId key;
  BodyOfRecord body;
  Timestamp expires;
  PackageName package;
  SignatureText signature;
  friend bool operator==(const Sourcing&, const Sourcing&) = default;
};
struct Published {
  std::uint64_t position;  // in its log
  friend bool operator==(const Published&, const Published&) = default;
};
struct Rejected {
  std::string reason;
  friend bool operator==(const Rejected&, const Rejected&) = default;
};
using RecordState = std::variant<Sourcing, Published, Rejected>;

struct StateRow {
  RecordState state;
  EntryIndex index;  // the event that made it so
};
Result<std::optional<StateRow>> find_state(const View& view, const LogId& log,
                                           const RecordId& record);
Result<std::optional<PublishedRecord>> find_record(const View& view, const LogId& log,
                                                   std::uint64_t position);

// The record that keeps its log from taking another.
Result<std::optional<RecordId>> find_pending(const View& view, const LogId& log);
// At most limits::kWargRecordEntriesMax.
Result<std::vector<Digest>> missing_content(const View& view, const LogId& log,
                                            const RecordId& record);

// ---- content ----

// Its size, if Warg holds it: content that somebody uploaded for a package, not every blob there
// is. Who names a private image's layer in a release learns nothing of it.
Result<std::optional<std::uint64_t>> find_content(const View& view, const Digest& digest);
// Need this package not bring it? It released it before, or some package did that everybody may
// pull: what others keep private is neither had nor heard of by naming it in a record.
Result<bool> has_content(const View& view, const LogId& log, const Digest& digest);
// Asks `visit` about the packages that have released it, until it says yes; at most so many.
Result<bool> any_releaser(const View& view, const Digest& digest, std::size_t count_max,
                          const std::function<Result<bool>(const LogId&)>& visit);

// ---- all records together ----

struct Leaf {
  LogId log;
  RecordId record;
  friend bool operator==(const Leaf&, const Leaf&) = default;
};
Result<std::uint64_t> log_length(const View& view);  // of all logs together, settled or not
Result<std::optional<Leaf>> find_leaf(const View& view, std::uint64_t registry_index);
// From this index on, at most so many.
Result<std::vector<Leaf>> leaves_from(const View& view, std::uint64_t registry_index,
                                      std::size_t count_max);

struct CheckpointRow {
  CheckpointSigned checkpoint;
  EntryIndex index;  // the event that pinned it: the map of then is in the rows as of then
};
Result<std::optional<CheckpointRow>> find_checkpoint(const View& view, std::uint64_t log_length);
Result<std::optional<CheckpointRow>> newest_checkpoint(const View& view);
// All of them, the shortest first, until `visit` fails.
Result<void> each_checkpoint(const View& view,
                             const std::function<Result<void>(const CheckpointRow&)>& visit);
// Are there records that no checkpoint covers?
Result<bool> checkpoint_is_due(const View& view);

}  // namespace varve::warg
