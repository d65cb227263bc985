// A pass: links, then blobs, then files. Blocks; one at a time.
#include "log/purger.h"

#include <future>
#include <utility>

#include "core/base/limits.h"
#include "core/content/query.h"

namespace varve {
namespace {

using Outcome = PurgeReport::Outcome;

// A refusal about this one case, as against a store, disk or ledger that is in trouble.
bool is_about_the_case(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::conflict ||
         error.code == Errc::unsupported;
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
      : purger_(purger), dry_run_(dry_run), stop_(stop), now_(purger.options_.steady()) {}

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
    if (stop_()) since_.merge(purger_.since_);
    purger_.since_ = std::move(since_);
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
    const auto since = first_seen("link " + link.repo.text() + ' ' + link.digest.row());
    const auto done = [&](Outcome outcome) { note(outcome, link.repo, link.digest, link.size); };
    if (!is_due(since)) return done(Outcome::waiting), Result<void>();
    const auto closed = purger_.leases_.close(link.digest);
    if (!closed) return done(Outcome::leased), Result<void>();
    if (dry_run_) return done(Outcome::due), Result<void>();
    VARVE_TRY(const bool unlinked, submit(content::UnlinkBlob{link.repo, link.digest}));
    done(unlinked ? Outcome::unlinked : Outcome::kept);
    // The blob waited with its last link.
    if (unlinked) since_.try_emplace(blob_key(link.digest), since);
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
    if (!is_due(first_seen(blob_key(blob.digest)))) return done(Outcome::waiting), Result<void>();
    const auto closed = purger_.leases_.close(blob.digest);
    if (!closed) return done(Outcome::leased), Result<void>();
    if (dry_run_) return done(Outcome::due), Result<void>();
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
    const auto closed = purger_.leases_.close(file.digest);
    if (!closed) return done(Outcome::leased), Result<void>();
    if (dry_run_) return done(Outcome::due), Result<void>();
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
    std::promise<Result<Receipt>> answer;
    purger_.ledger_.submit(Command{Actor{"purger", Auth::local},
                                   purger_.options_.request(),
                                   "local",
                                   std::move(intent),
                                   {}},
                           [&](Result<Receipt> receipt) { answer.set_value(std::move(receipt)); });
    const Result<Receipt> receipt = answer.get_future().get();
    if (!receipt && !is_about_the_case(receipt.error())) return std::unexpected(receipt.error());
    return receipt.has_value();
  }

  static std::string blob_key(const Digest& digest) { return "blob " + digest.row(); }

  Leases::Clock::time_point first_seen(const std::string& key) {
    const auto before = purger_.since_.find(key);
    return since_.try_emplace(key, before == purger_.since_.end() ? now_ : before->second)
        .first->second;
  }
  bool is_due(Leases::Clock::time_point since) const {
    return now_ - since >= purger_.options_.grace;
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
  std::map<std::string, Leases::Clock::time_point> since_;
  PurgeReport report_;
};

Purger::Purger(Ledger& ledger, HeadCell& head, BlobStore& blobs, Leases& leases, Options options)
    : ledger_(ledger), head_(head), blobs_(blobs), leases_(leases), options_(std::move(options)) {}

Result<PurgeReport> Purger::pass(bool dry_run, const Stop& stop) {
  const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
  if (!lock)
    return fail(Errc::conflict, About::request, "blobs are being purged already; try again later");
  return Pass(*this, dry_run, stop).run();
}

}  // namespace varve
