// The rules of a Warg log: may this record be its next one, and what does it change? The server
// asks with facts from its rows, a client with facts it gathered itself; the rules are the same
// code. Pure; the facts' thread rules hold.
//
// The rules, their order and their words are the reference's. Where it lets in what harms a log's
// owner, this is stricter: nothing is appended by a key that holds no permission any more, no
// record and no list of permissions is empty, and no timestamp lies far in the future.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/warg/record.h"

namespace varve::warg {

// What a key may do in one log. The bits are stored.
class Permissions {
 public:
  constexpr Permissions() = default;
  template <class Permission>
  static constexpr Permissions of(std::initializer_list<Permission> list) {
    Permissions all;
    for (const Permission permission : list) all.add(permission);
    return all;
  }
  static constexpr Permissions from_bits(std::uint8_t bits) {
    Permissions permissions;
    permissions.bits_ = bits;
    return permissions;
  }
  constexpr std::uint8_t bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  template <class Permission>
  constexpr bool has(Permission permission) const {
    return (bits_ & bit(permission)) != 0;
  }
  template <class Permission>
  constexpr void add(Permission permission) {
    bits_ = static_cast<std::uint8_t>(bits_ | bit(permission));
  }
  template <class Permission>
  constexpr void remove(Permission permission) {
    bits_ = static_cast<std::uint8_t>(bits_ & ~bit(permission));
  }
  friend constexpr bool operator==(Permissions, Permissions) = default;

 private:
  template <class Permission>
  static constexpr int bit(Permission permission) {
    return 1 << (std::to_underlying(permission) - 1);
  }
  std::uint8_t bits_ = 0;
};

struct LogHead {
  RecordId id;
  RecordTime time;
  std::uint64_t count;  // of the log's records, this one included
  friend bool operator==(const LogHead&, const LogHead&) = default;
};
struct LogKey {  // stays when its last permission is gone
  PublicKeyText text;
  Permissions permissions;
  friend bool operator==(const LogKey&, const LogKey&) = default;
};
struct LogRelease {
  Digest content;
  bool yanked;
  friend bool operator==(const LogRelease&, const LogRelease&) = default;
};
// "" where the registry itself defines it; else the one it is imported from.
using NamespaceOrigin = std::string;

// What a log's records so far amount to, looked up one by one.
class LogFacts {
 public:
  virtual ~LogFacts() = default;
  virtual Result<std::optional<LogHead>> head() const = 0;
  virtual Result<std::optional<LogKey>> key(const KeyId& id) const = 0;
  virtual Result<std::optional<LogRelease>> release(const Version& version) const = 0;
  virtual Result<std::optional<NamespaceOrigin>> name_space(const std::string& name) const = 0;
};

// What is otherwise after a record, and nothing else: by key, by version, by namespace.
struct LogChange {
  std::optional<LogHead> head;
  std::map<KeyId, LogKey> keys;
  std::map<std::string, LogRelease> releases;
  std::map<std::string, NamespaceOrigin> namespaces;
  friend bool operator==(const LogChange&, const LogChange&) = default;
};

// The key that a record's signature is checked with, for whoever checks it: the log's own key of
// that id, or, of a log's first record, the one that its first entry brings. Errors:
// unauthorized/About::key.
Result<PublicKeyText> find_signing_key(const SignedPackageRecord& record, const LogFacts& log);
Result<PublicKeyText> find_signing_key(const SignedOperatorRecord& record, const LogFacts& log);

// May the record, whose signature by envelope.key is good, be the log's next one? `now` bounds its
// time; a reader of old records has none. Errors: unauthorized/About::key for a key the log does
// not know, or one without any permission, from which nothing at all is taken;
// invalid/About::record for what else is wrong with the record; and what the facts answer.
Result<LogChange> validate(const SignedPackageRecord& record, const LogFacts& log,
                           std::optional<Timestamp> now);
Result<LogChange> validate(const SignedOperatorRecord& record, const LogFacts& log,
                           std::optional<Timestamp> now);

// What a record that was accepted changes; asks for nothing but the facts it needs for that.
Result<LogChange> effects_of(const PackageRecord& record, const RecordId& id, const LogFacts& log);
Result<LogChange> effects_of(const OperatorRecord& record, const RecordId& id, const LogFacts& log);

// A log in memory, as clients keep it.
class MemoryLog final : public LogFacts {
 public:
  Result<std::optional<LogHead>> head() const override { return state_.head; }
  Result<std::optional<LogKey>> key(const KeyId& id) const override;
  Result<std::optional<LogRelease>> release(const Version& version) const override;
  Result<std::optional<NamespaceOrigin>> name_space(const std::string& name) const override;
  void apply(const LogChange& change);
  const LogChange& state() const { return state_; }  // everything, as one change from nothing

 private:
  LogChange state_;
};

}  // namespace varve::warg
