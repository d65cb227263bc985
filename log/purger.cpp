// A pass: links, then blobs, then files. Blocks; one at a time, and dry runs beside it.
#include "log/purger.h"

#include <algorithm>
#include <utility>

#include "core/base/limits.h"
#include "core/content/query.h"

namespace varve {
namespace {

using Outcome = PurgeReport::Outcome;

// A refusal about this one case, as against a store, disk or ledger that is in trouble.
bool is_about_the_case(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::conflict ||
         error.code == Errc::unsupported || error.code == Errc::locked;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::waiting:
      return "waiting";
    case Outcome::leased:
      return "leased";
    case Outcome::kept:
      return "kept";
    case Outcome::unlinked:
      return "unlinked";
    case Outcome::purged:
      return "purged";
    case Outcome::swept:
      return "swept";
    case Outcome::due:
      return "due";
  }
  assertion_failed("an Outcome outside its enumeration", __FILE__, __LINE__);
}

// What one pass knows; the purger keeps what the next one needs.
class Purger::Pass {
 public:
  Pass(Purger& purger, bool dry_run, const Stop& stop)
      : purger_(purger),
        dry_run_(dry_run),
        stop_(stop),
        now_(purger.options_.steady()),
        size_(purger.head_.get()->size),
        before_(purger.remembered()) {}

  Result<PurgeReport> run() {
    VARVE_CHECK(links());
    VARVE_CHECK(blobs());
    VARVE_CHECK(files());
    if (!dry_run_) remember();
    return std::move(report_);
  }

 private:
  // What is not unreachable any more starts from the beginning, should it ever be again. A pass
  // that was stopped has not seen everything.
  void remember() {
    if (stop_()) since_.insert(before_->begin(), before_->end());
    purger_.remember(std::move(since_));
  }

  Result<void> links() {
    std::vector<content::HeldBlob> found;
    const Reader reader(purger_.head_.get());
    VARVE_CHECK(content::each_unneeded_link(*reader.view(), [&](content::HeldBlob link) {
      found.push_back(std::move(link));
      return found.size() < limits::kPurgeCandidatesMax;
    }));
    for (const auto& link : found) {
      if (stop_()) return {};
      VARVE_CHECK(unlink(link));
    }
    return {};
  }

  Result<void> unlink(const content::HeldBlob& link) {
    Found& found = first_found("link " + link.repo.text() + ' ' + link.digest.row());
    const auto done = [&](Outcome outcome) { note(outcome, link.repo, link.digest, link.size); };
    const auto needed = [&](const History& history) {
      return content::was_needed_since(history, link, found.size);
    };
    VARVE_TRY(const bool due, is_due(found, needed));
    if (!due) return done(Outcome::waiting), Result<void>();
    if (dry_run_) return done(would_take(link.digest)), Result<void>();
    const auto closed = purger_.leases_.close(link.digest);
    if (!closed) return done(Outcome::leased), Result<void>();
    VARVE_TRY(const bool unlinked, submit(content::UnlinkBlob{link.repo, link.digest}));
    done(unlinked ? Outcome::unlinked : Outcome::kept);
    if (unlinked) waited_with_its_link(link.digest, found);
    return {};
  }

  Result<void> blobs() {
    std::vector<content::KnownBlob> found;
    const Reader reader(purger_.head_.get());
    VARVE_CHECK(content::each_unlinked_blob(*reader.view(), [&](content::KnownBlob blob) {
      found.push_back(blob);
      return found.size() < limits::kPurgeCandidatesMax;
    }));
    for (const auto& blob : found) {
      if (stop_()) return {};
      VARVE_CHECK(purge(blob));
    }
    return {};
  }

  Result<void> purge(const content::KnownBlob& blob) {
    const auto done = [&](Outcome outcome) { note(outcome, {}, blob.digest, blob.size); };
    Found& found = first_found(blob_key(blob.digest));
    const auto linked = [&](const History& history) {
      return content::was_linked_since(history, blob, found.size);
    };
    VARVE_TRY(const bool due, is_due(found, linked));
    if (!due) return done(Outcome::waiting), Result<void>();
    if (dry_run_) return done(would_take(blob.digest)), Result<void>();
    const auto closed = purger_.leases_.close(blob.digest);
    if (!closed) return done(Outcome::leased), Result<void>();
    VARVE_TRY(const bool purged, submit(content::PurgeBlob{blob.digest}));
    if (!purged) return done(Outcome::kept), Result<void>();
    done(Outcome::purged);
    VARVE_TRY(const bool removed, remove_file(blob.digest));
    if (removed) report_.bytes_freed += blob.size;
    return {};
  }

  // Files without a row: of a purge that was cut off, or of a push that never reached the log.
  Result<void> files() {
    std::vector<BlobStore::Placed> found;
    const Reader reader(purger_.head_.get());
    const auto view = reader.view();
    std::optional<Error> error;
    const std::int64_t latest = purger_.options_.clock().micros - grace_micros();
    VARVE_CHECK(purger_.blobs_.each_placed([&](const BlobStore::Placed& file) {
      if (stop_()) return false;
      if (file.modified.micros > latest) return true;
      auto known = content::is_known(*view, file.digest);
      if (!known) error = std::move(known).error();
      if (known && !*known) found.push_back(file);
      return known && found.size() < limits::kPurgeCandidatesMax;
    }));
    if (error) return std::unexpected(*std::move(error));
    for (const auto& file : found) {
      if (stop_()) return {};
      VARVE_CHECK(sweep(file));
    }
    return {};
  }

  Result<void> sweep(const BlobStore::Placed& file) {
    const auto done = [&](Outcome outcome) { note(outcome, {}, file.digest, file.size); };
    if (dry_run_) return done(would_take(file.digest)), Result<void>();
    const auto closed = purger_.leases_.close(file.digest);
    if (!closed) return done(Outcome::leased), Result<void>();
    VARVE_TRY(const bool removed, remove_file(file.digest));
    done(removed ? Outcome::swept : Outcome::kept);
    if (removed) report_.bytes_freed += file.size;
    return {};
  }

  // Under the digest's lock, against the newest head: whoever pushed it again in between keeps it.
  Result<bool> remove_file(const Digest& digest) {
    return purger_.blobs_.remove(digest, [&]() -> Result<bool> {
      const Reader reader(purger_.head_.get());
      VARVE_TRY(const bool known, content::is_known(*reader.view(), digest));
      return !known;
    });
  }

  // False when the log said no.
  Result<bool> submit(Intent intent) {
    const Result<Receipt> receipt = purger_.ledger_.run({Actor{std::string(kPurger), Auth::local},
                                                         purger_.options_.request(),
                                                         "local",
                                                         std::move(intent),
                                                         {}});
    if (!receipt && !is_about_the_case(receipt.error())) return std::unexpected(receipt.error());
    return receipt.has_value();
  }

  static std::string blob_key(const Digest& digest) { return "blob " + digest.row(); }

  Found& first_found(const std::string& key) {
    const auto before = before_->find(key);
    return since_.try_emplace(key, before == before_->end() ? begin() : before->second)
        .first->second;
  }
  Found begin() const { return {now_, size_}; }
  // A blob waited while its last link did; our own event is no sign that anybody needed it.
  void waited_with_its_link(const Digest& digest, const Found& link) {
    Found& blob = since_.try_emplace(blob_key(digest), link).first->second;
    blob = {std::max(blob.time, link.time), purger_.head_.get()->size};
  }
  // Whether its time is over. What came to be used after it was found begins anew: the passes did
  // not see it, the past did.
  template <class UsedSince>
  Result<bool> is_due(Found& found, const UsedSince& used_since) {
    if (now_ - found.time < purger_.options_.grace) return false;
    const Reader reader(purger_.head_.get());
    VARVE_TRY(const auto history, reader.history(reader.head().size));
    VARVE_TRY(const bool used, used_since(*history));
    if (used) found = begin();
    return !used;
  }
  Outcome would_take(const Digest& digest) const {
    return purger_.leases_.is_free(digest) ? Outcome::due : Outcome::leased;
  }
  std::int64_t grace_micros() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(purger_.options_.grace).count();
  }

  void note(Outcome outcome, std::optional<RepoName> repo, const Digest& digest,
            std::uint64_t size) {
    ++report_.counts[outcome];
    if (report_.items.size() < limits::kPurgeItemsMax)
      report_.items.push_back({outcome, std::move(repo), digest, size});
  }

  Purger& purger_;
  const bool dry_run_;
  const Stop& stop_;
  const Leases::Clock::time_point now_;
  const TreeSize size_;  // before anything was looked at
  const std::shared_ptr<const Since> before_;
  Since since_;
  PurgeReport report_;
};

Purger::Purger(Ledger& ledger, HeadCell& head, BlobStore& blobs, Leases& leases, Options options)
    : ledger_(ledger), head_(head), blobs_(blobs), leases_(leases), options_(std::move(options)) {}

std::shared_ptr<const Purger::Since> Purger::remembered() const {
  const std::lock_guard lock(since_mutex_);
  return since_;
}

void Purger::remember(Since since) {
  auto shared = std::make_shared<const Since>(std::move(since));
  const std::lock_guard lock(since_mutex_);
  since_ = std::move(shared);
}

Result<PurgeReport> Purger::pass(bool dry_run, const Stop& stop) {
  std::unique_lock lock(one_at_a_time_, std::defer_lock);
  if (!dry_run && !lock.try_lock())
    return fail(Errc::conflict, About::request, "blobs are being purged already; try again later");
  return Pass(*this, dry_run, stop).run();
}

}  // namespace varve
