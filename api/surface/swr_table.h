// All repositories of one state in memory, in every order that SWR's clients can ask for: what
// makes a page of a hundred out of a hundred thousand quick. No thread of its own; whoever holds it
// says who may read it and who may change it (swr_index.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/surface/swr_filter.h"
#include "core/base/time.h"
#include "core/oci/overview.h"
#include "core/trust/query.h"

namespace varve::surface {

struct SwrRepo {
  oci::RepoOverview facts;
  // The newest event that may have changed it: what is computed holds as long.
  EntryIndex touched;
  // Computed when somebody asks.
  std::optional<std::uint64_t> size = std::nullopt;
  std::optional<Timestamp> created_at = std::nullopt;
  std::optional<Timestamp> updated_at = std::nullopt;

  bool gone() const { return facts.repo.empty(); }
  std::string_view name_space() const;  // "_": none
  std::string_view name() const;        // without it
};

// A yes or no for each repository of a table.
using SwrFlags = std::vector<std::uint8_t>;

class SwrTable {
 public:
  using Id = std::uint32_t;

  static SwrTable of(std::vector<oci::RepoOverview> all, TreeSize size);

  const SwrRepo& at(Id id) const { return repos_[id]; }
  std::optional<Id> find(std::string_view repo) const;
  std::size_t ids() const { return repos_.size(); }  // those that are gone included
  std::size_t count() const { return by_[kText].size(); }

  // Replaces what is known of a repository; nothing: it is gone. True when one came or went.
  bool put(std::string_view repo, std::optional<SwrRepo> now);
  // What was computed about one, unless it changed meanwhile.
  void remember(const SwrRepo& computed);

  // Is a repository here what the resource names, or below it?
  bool covered(const Resource& resource) const;
  // The first resource behind this one, in byte order, that covers a repository here: its name, or
  // what is wider.
  std::optional<std::string> next_covering(std::string_view text) const;
  // Whom the grants let do this with each. Of several that cover one, the narrowest counts.
  SwrFlags allowed(std::vector<trust::Grant> grants, Right right) const;

  struct Found {
    std::vector<Id> page;
    std::uint64_t total = 0;
  };
  // Of the repositories that `visible` has, those that are wished for; without a page of its own
  // the wish gets the first `most`.
  Found select(const SwrRepoWish& wish, const SwrFlags& visible, const SwrFlags& open,
               std::size_t most) const;

  // In the order of their names: for comparing two tables.
  std::vector<oci::RepoOverview> facts() const;

 private:
  enum Order : std::size_t { kText, kNamespace, kName, kTags, kUpdated, kOrders };
  using Less = bool (*)(const SwrRepo& a, const SwrRepo& b);
  static const Less kLess[kOrders];

  void insert(Order order, Id id);
  void erase(Order order, Id id);
  std::vector<Id>::const_iterator place(std::string_view text) const;  // in the order of names
  std::span<const Id> below(const Resource& resource) const;
  void fill(SwrFlags& flags, const Resource& resource, bool value) const;

  std::vector<SwrRepo> repos_;
  std::vector<Id> free_;
  std::vector<Id> by_[kOrders];
};

}  // namespace varve::surface
