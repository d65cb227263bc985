// What SWR's listings are answered from: a table of all live repositories in memory. Process-local
// and derived: made from the rows at the first request, brought to the newest state from the log's
// entries at each that follows. Any thread but those that do I/O: making it walks over every tag.
//
// It never answers a state older than when it was asked, and says which it answers.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/surface/swr_table.h"
#include "core/actor.h"
#include "core/base/limits.h"
#include "log/head.h"
#include "log/reader.h"

namespace varve::surface {

struct SwrListed {
  Reader reader;  // of the state that answers
  struct Item {
    SwrRepo repo;
    bool open;
  };
  std::vector<Item> items;
  std::uint64_t total = 0;
};

// Which repositories whoever asks may see.
class SwrSight {
 public:
  // What is seen of a table by somebody with these grants, beside what everybody sees.
  struct Seen {
    SwrFlags visible;
    SwrFlags open;  // to everybody
  };
  struct Grants {
    SwrFlags pull;
    SwrFlags push_beside;  // in the repository's namespace
  };
  // Of a principal's grants as they are in `view`. Of those it reads what may cover a repository of
  // the table, and a few between: others, of whom a publisher of packages has very many, cost
  // nothing.
  static Result<Grants> grants_of(const SwrTable& table, const View& view,
                                  const PrincipalName& principal);
  // `own` is null for nobody. Who may do everything sees everything, and nothing as a third party.
  static Seen seen(const Grants& everybody, const Grants* own, bool sees_all, bool thirdparty);
};

class SwrIndex {
 public:
  explicit SwrIndex(std::size_t grants_kept = 64) : grants_kept_(grants_kept) {}

  // Of the newest state there is when it answers; without a page in the wish, the first `most`.
  // Errors: those of reading; unauthorized for a credential that is no longer good.
  Result<SwrListed> list(const HeadCell& head, const Actor& actor, Timestamp now,
                         const SwrRepoWish& wish, std::size_t most = limits::kSwrReposMax);
  // The same of an earlier state, made for this answer alone; rights and locks are those of now.
  static Result<SwrListed> list_as_of(const Reader& reader, const View& then, TreeSize size,
                                      const Actor& actor, Timestamp now, const SwrRepoWish& wish,
                                      std::size_t most = limits::kSwrReposMax);

  // What was computed for an item; kept until something happens to the repository.
  void remember(const std::vector<SwrListed::Item>& items);

  // As it stands, without looking for anything newer: for comparing it with the rows.
  std::vector<oci::RepoOverview> facts() const;
  TreeSize size() const;
  std::uint64_t rebuilt() const;      // how often it was made from the rows
  std::uint64_t grants_read() const;  // how often somebody's grants were

 private:
  using Grants = std::shared_ptr<const SwrSight::Grants>;
  Result<void> bring_to(const Reader& reader);
  Result<void> rebuild(const Reader& reader);
  Result<Grants> grants_for(const View& view, const PrincipalName& principal);

  // One at a time: a state is only kept for the length of an answer, since the store keeps what was
  // overwritten since for as long as somebody holds one.
  mutable std::mutex mutex_;
  SwrTable table_;
  TreeSize size_;  // the state that the table is of; 0: of none yet
  std::uint64_t rebuilt_ = 0;
  std::uint64_t grants_read_ = 0;
  const std::size_t grants_kept_;
  std::map<std::string, Grants, std::less<>> grants_;
};

}  // namespace varve::surface
