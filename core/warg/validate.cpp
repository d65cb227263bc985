// One pass over a record's entries: each is checked against what the log and the entries before it
// say, and then takes effect for those behind it.
#include "core/warg/validate.h"

#include <algorithm>
#include <chrono>

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::warg {
namespace {

constexpr std::size_t kShownBytesMax = 128;

std::unexpected<Error> refuse(std::string what) {
  return fail(Errc::invalid, About::record, std::move(what));
}
std::unexpected<Error> distrust(std::string what) {
  return fail(Errc::unauthorized, About::key, std::move(what));
}

// For a sentence: short, and still UTF-8.
std::string shown(const std::string& text) {
  std::string cut = text.substr(0, kShownBytesMax);
  while (!is_valid_utf8(cut)) cut.pop_back();
  return cut;
}

constexpr bool is_operators(PackagePermission) {
  return false;
}
constexpr bool is_operators(OperatorPermission) {
  return true;
}

template <class RecordOf>
class Pass {
 public:
  using Permission = typename RecordOf::Permission;
  static constexpr bool kOperator = is_operators(Permission{});

  explicit Pass(const LogFacts& log) : log_(log) {}

  Result<LogChange> check(const Signed<RecordOf>& record, std::optional<Timestamp> now) {
    signer_ = record.envelope.key;
    VARVE_CHECK(read_head());
    VARVE_CHECK(check_signer());
    VARVE_CHECK(check_prev(record.record));
    if (record.record.version != 0)
      return refuse("protocol version " + std::to_string(record.record.version) + " not allowed");
    VARVE_CHECK(check_time(record.record.time, now));
    if (record.record.entries.empty())
      return refuse(head_ ? "the record has no entries"
                          : "the initial record is empty and does not \"init\"");
    for (const auto& entry : record.record.entries)
      VARVE_CHECK(std::visit(
          [this](const auto& e) -> Result<void> {
            VARVE_CHECK(this->check_entry(e));
            return this->apply(e);
          },
          entry));
    // The log has an algorithm and the signer is among its keys: an entry before "init" was
    // refused.
    return done(record.record, record.id);
  }

  Result<LogChange> apply_all(const RecordOf& record, const RecordId& id) {
    VARVE_CHECK(read_head());
    for (const auto& entry : record.entries)
      VARVE_CHECK(std::visit([this](const auto& e) { return this->apply(e); }, entry));
    return done(record, id);
  }

 private:
  // ---- before the entries ----

  Result<void> read_head() {
    VARVE_TRY(head_, log_.head());
    return {};
  }

  // The reference asks later, or not at all: with a record that says nothing, a key that was
  // revoked could set the log's time to the far future and so keep its owner out.
  Result<void> check_signer() const {
    if (!head_) return {};
    VARVE_TRY(const auto key, log_.key(signer_));
    if (!key) return distrust("unknown key id `" + signer_.to_string() + "`");
    if (key->permissions.empty())
      return distrust("the key with ID " + signer_.to_string() + " has no permissions left");
    return {};
  }

  // That the algorithms differ is not among these: there is one, and ids of others do not parse.
  Result<void> check_prev(const RecordOf& record) const {
    if (!head_ && record.prev) return refuse("the first record contained a previous hash value");
    if (head_ && !record.prev) return refuse("non-initial record contained no previous hash");
    if (head_ && *record.prev != head_->id) return refuse("previous record hash does not match");
    return {};
  }

  Result<void> check_time(const RecordTime& time, std::optional<Timestamp> now) const {
    if (head_ && time < head_->time) return refuse("record has lower timestamp than previous");
    constexpr std::chrono::microseconds kAhead = limits::kWargClockAheadMax;
    if (now && time > RecordTime::of(Timestamp{now->micros + kAhead.count()}))
      return refuse("record has a timestamp too far in the future");
    return {};
  }

  // ---- each entry: may it be here? ----

  Result<void> check_entry(const Init& init) {
    if (initialised()) return refuse("a second \"init\" entry was found");
    if (key_id(init.key) == signer_) return {};
    return refuse(std::string("the Key ID used to sign this envelope is not known to this ") +
                  (kOperator ? "operator log" : "package log"));
  }
  Result<void> check_entry(const Grant<Permission>& grant) {
    VARVE_CHECK(check_before_a_list(grant.permissions));
    for (const Permission permission : grant.permissions) VARVE_CHECK(need(permission));
    return {};
  }
  Result<void> check_entry(const Revoke<Permission>& revoke) {
    VARVE_CHECK(check_before_a_list(revoke.permissions));
    for (const Permission permission : revoke.permissions) VARVE_CHECK(need(permission));
    VARVE_TRY(const auto target, key(revoke.key));
    Permissions held = target ? target->permissions : Permissions{};
    for (const Permission permission : revoke.permissions) {
      if (!held.has(permission))
        return refuse("attempted to remove permission " + std::string(to_string(permission)) +
                      " from key " + revoke.key.to_string() + " which did not have it");
      held.remove(permission);
    }
    return {};
  }
  Result<void> check_entry(const Release& entry) {
    VARVE_CHECK(need(PackagePermission::release));
    VARVE_CHECK(need_init());
    VARVE_TRY(const auto there, release(entry.version));
    if (!there) return {};
    return refuse("an entry attempted to release version " + entry.version.text() +
                  " which is already released");
  }
  Result<void> check_entry(const Yank& entry) {
    VARVE_CHECK(need(PackagePermission::yank));
    VARVE_CHECK(need_init());
    VARVE_TRY(const auto there, release(entry.version));
    if (there && !there->yanked) return {};
    return refuse("an entry attempted to yank version " + entry.version.text() +
                  (there ? " which is already yanked" : " which had not yet been released"));
  }
  Result<void> check_entry(const DefineNamespace& define) {
    VARVE_CHECK(need(OperatorPermission::define_namespace));
    VARVE_CHECK(need_init());
    return check_name_space(define.ns);
  }
  Result<void> check_entry(const ImportNamespace& import) {
    VARVE_CHECK(need(OperatorPermission::import_namespace));
    VARVE_CHECK(need_init());
    VARVE_CHECK(check_name_space(import.ns));
    constexpr std::size_t kHostBytesMax = 255;  // with a port
    const bool printable =
        std::ranges::all_of(import.registry, [](char c) { return c > ' ' && c <= '~'; });
    if (printable && !import.registry.empty() && import.registry.size() <= kHostBytesMax) return {};
    return refuse("the registry `" + shown(import.registry) + "` is not a host name");
  }

  // Grants and revocations: what the operator's log asks for first, and that they say anything.
  Result<void> check_before_a_list(const std::vector<Permission>& permissions) {
    if constexpr (kOperator) VARVE_CHECK(need(OperatorPermission::commit));
    VARVE_CHECK(need_init());
    if (permissions.empty()) return refuse("an entry has an empty list of permissions");
    return {};
  }

  Result<void> check_name_space(const std::string& name) {
    if (!Namespace::parse(name))
      return refuse("the namespace `" + shown(name) +
                    "` is invalid; namespace must be a lowercased kebab case string");
    VARVE_TRY(const auto there, name_space(name));
    if (!there) return {};
    return refuse("the namespace `" + name + "` is already defined and cannot be redefined");
  }

  bool initialised() const { return head_ || !change_.keys.empty(); }
  Result<void> need_init() const {
    if (initialised()) return {};
    return refuse("the first entry of the log is not \"init\"");
  }
  Result<void> need(Permission permission) const {
    VARVE_TRY(const auto found, key(signer_));
    if (found && found->permissions.has(permission)) return {};
    return refuse("the key with ID " + signer_.to_string() + " did not have required permission " +
                  std::string(to_string(permission)));
  }

  // ---- each entry: what it changes ----

  Result<void> apply(const Init& init) {
    Permissions all;
    if constexpr (kOperator)
      for (const OperatorPermission permission : kOperatorPermissions) all.add(permission);
    else
      for (const PackagePermission permission : kPackagePermissions) all.add(permission);
    change_.keys.insert_or_assign(key_id(init.key), LogKey{init.key, all});
    return {};
  }
  Result<void> apply(const Grant<Permission>& grant) {
    const KeyId id = key_id(grant.key);
    VARVE_TRY(const auto before, key(id));
    Permissions held = before ? before->permissions : Permissions{};
    for (const Permission permission : grant.permissions) held.add(permission);
    change_.keys.insert_or_assign(id, LogKey{grant.key, held});
    return {};
  }
  Result<void> apply(const Revoke<Permission>& revoke) {
    VARVE_TRY(auto found, key(revoke.key));
    if (!found) return {};
    for (const Permission permission : revoke.permissions) found->permissions.remove(permission);
    change_.keys.insert_or_assign(revoke.key, *std::move(found));
    return {};
  }
  Result<void> apply(const Release& entry) {
    change_.releases.insert_or_assign(entry.version.text(), LogRelease{entry.content, false});
    return {};
  }
  Result<void> apply(const Yank& entry) {
    VARVE_TRY(const auto there, release(entry.version));
    if (there)
      change_.releases.insert_or_assign(entry.version.text(), LogRelease{there->content, true});
    return {};
  }
  Result<void> apply(const DefineNamespace& define) {
    change_.namespaces.insert_or_assign(define.ns, NamespaceOrigin{});
    return {};
  }
  Result<void> apply(const ImportNamespace& import) {
    change_.namespaces.insert_or_assign(import.ns, import.registry);
    return {};
  }

  LogChange done(const RecordOf& record, const RecordId& id) {
    change_.head = LogHead{id, record.time, (head_ ? head_->count : 0) + 1};
    return std::move(change_);
  }

  // ---- the log, with the entries so far ----

  Result<std::optional<LogKey>> key(const KeyId& id) const {
    const auto changed = change_.keys.find(id);
    if (changed != change_.keys.end()) return changed->second;
    return log_.key(id);
  }
  Result<std::optional<LogRelease>> release(const Version& version) const {
    const auto changed = change_.releases.find(version.text());
    if (changed != change_.releases.end()) return changed->second;
    return log_.release(version);
  }
  Result<std::optional<NamespaceOrigin>> name_space(const std::string& name) const {
    const auto changed = change_.namespaces.find(name);
    if (changed != change_.namespaces.end()) return changed->second;
    return log_.name_space(name);
  }

  const LogFacts& log_;
  KeyId signer_{Hash256{}};
  std::optional<LogHead> head_;
  LogChange change_;
};

template <class RecordOf>
Result<PublicKeyText> signing_key(const Signed<RecordOf>& record, const LogFacts& log) {
  const KeyId& id = record.envelope.key;
  VARVE_TRY(const auto known, log.key(id));
  if (known) return known->text;
  // Only a log's first record brings the key that it is checked with: a later one by a stranger is
  // refused before anything else is said about the log.
  VARVE_TRY(const auto head, log.head());
  if (head) return distrust("unknown key id `" + id.to_string() + "`");
  const auto& entries = record.record.entries;
  const auto* init = entries.empty() ? nullptr : std::get_if<Init>(&entries.front());
  if (init != nullptr && key_id(init->key) == id) return init->key;
  return distrust("unknown key id `" + id.to_string() + "`");
}

template <class Map, class Key>
std::optional<typename Map::mapped_type> found_in(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second);
}

template <class Map>
void overlay(Map& map, const Map& newer) {
  for (const auto& [key, value] : newer) map.insert_or_assign(key, value);
}

}  // namespace

Result<PublicKeyText> find_signing_key(const SignedPackageRecord& record, const LogFacts& log) {
  return signing_key(record, log);
}
Result<PublicKeyText> find_signing_key(const SignedOperatorRecord& record, const LogFacts& log) {
  return signing_key(record, log);
}

Result<LogChange> validate(const SignedPackageRecord& record, const LogFacts& log,
                           std::optional<Timestamp> now) {
  return Pass<PackageRecord>(log).check(record, now);
}
Result<LogChange> validate(const SignedOperatorRecord& record, const LogFacts& log,
                           std::optional<Timestamp> now) {
  return Pass<OperatorRecord>(log).check(record, now);
}

Result<LogChange> effects_of(const PackageRecord& record, const RecordId& id, const LogFacts& log) {
  return Pass<PackageRecord>(log).apply_all(record, id);
}
Result<LogChange> effects_of(const OperatorRecord& record, const RecordId& id,
                             const LogFacts& log) {
  return Pass<OperatorRecord>(log).apply_all(record, id);
}

Result<std::optional<LogKey>> MemoryLog::key(const KeyId& id) const {
  return found_in(state_.keys, id);
}
Result<std::optional<LogRelease>> MemoryLog::release(const Version& version) const {
  return found_in(state_.releases, version.text());
}
Result<std::optional<NamespaceOrigin>> MemoryLog::name_space(const std::string& name) const {
  return found_in(state_.namespaces, name);
}

void MemoryLog::apply(const LogChange& change) {
  if (change.head) state_.head = change.head;
  overlay(state_.keys, change.keys);
  overlay(state_.releases, change.releases);
  overlay(state_.namespaces, change.namespaces);
}

}  // namespace varve::warg
