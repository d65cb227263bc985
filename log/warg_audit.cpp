// Auditing Warg's logs. Blocks.
#include "log/warg_audit.h"

#include "core/warg/query.h"
#include "log/proof/warg_keys.h"
#include "log/warg_checkpoint.h"

namespace varve {
namespace {

using Finding = std::function<void(const Error& error)>;

class Audit {
 public:
  Audit(const Reader& reader, const Finding& finding)
      : reader_(reader), view_(reader.view()), finding_(finding) {}

  Result<WargAudit> run() {
    VARVE_TRY(const auto length, warg::log_length(*view_));
    for (std::uint64_t index = 0; index < length; ++index) VARVE_CHECK(leaf(index));
    VARVE_CHECK(warg::each_checkpoint(
        *view_, [this](const warg::CheckpointRow& row) { return checkpoint(row); }));
    // A log that breaks off, or a leaf that is in none.
    if (!broken_ && counts_.records != length)
      finding_(Error(Errc::corrupt, About::record,
                     "the logs hold " + std::to_string(counts_.records) + " records of " +
                         std::to_string(length)));
    return counts_;
  }

 private:
  // A log is checked from its beginning when its first record is come by.
  Result<void> leaf(std::uint64_t index) {
    VARVE_TRY(const auto leaf, warg::find_leaf(*view_, index));
    if (!leaf) return missing("leaf " + std::to_string(index));
    VARVE_TRY(const auto row, warg::find_state(*view_, leaf->log, leaf->record));
    const auto* published = row ? std::get_if<warg::Published>(&row->state) : nullptr;
    if (published == nullptr) return missing("the record of leaf " + std::to_string(index));
    if (published->position != 0) return {};
    if (leaf->log == warg::operator_log_id()) return log<warg::OperatorRecord>(leaf->log);
    return log<warg::PackageRecord>(leaf->log);
  }

  Result<void> missing(std::string what) {
    broken_ = true;
    finding_(Error(Errc::corrupt, About::record, "is not stored", std::move(what)));
    return {};
  }

  template <class Record>
  Result<void> log(const warg::LogId& id) {
    warg::MemoryLog facts;
    for (std::uint64_t position = 0;; ++position) {
      VARVE_TRY(const auto record, warg::find_record(*view_, id, position));
      if (!record) return {};
      ++counts_.records;
      auto error = next<Record>(*record, facts);
      if (error) continue;
      // What comes after a bad record has nothing to be judged by.
      broken_ = true;
      finding_(Error(error.error().code, About::record,
                     "a record does not hold: " + error.error().what, record->id.to_string()));
      return {};
    }
  }

  template <class Record>
  Result<void> next(const warg::PublishedRecord& row, warg::MemoryLog& facts) {
    VARVE_TRY(auto bytes, reader_.body(row.body.digest));
    if (!bytes) return fail(Errc::corrupt, About::body, "its bytes are not in the log");
    const warg::Envelope envelope{std::make_shared<const std::string>(*std::move(bytes)), row.key,
                                  row.signature};
    VARVE_TRY(const auto signed_record, open(envelope, Record{}));
    if (signed_record.id != row.id)
      return fail(Errc::corrupt, About::record, "its bytes are those of another record");
    VARVE_TRY(const auto text, warg::find_signing_key(signed_record, facts));
    VARVE_TRY(const auto key, keys_.parse(text.text()));
    VARVE_CHECK(check(envelope, key, Record{}));
    VARVE_TRY(const auto change, warg::validate(signed_record, facts, std::nullopt));
    facts.apply(change);
    return {};
  }

  static auto open(const warg::Envelope& envelope, const warg::PackageRecord&) {
    return warg::open_package_record(envelope);
  }
  static auto open(const warg::Envelope& envelope, const warg::OperatorRecord&) {
    return warg::open_operator_record(envelope);
  }
  static Result<void> check(const warg::Envelope& envelope, const warg::PublicKey& key,
                            const warg::PackageRecord&) {
    VARVE_CHECK(SignatureChecks::package_record(envelope, key));
    return {};
  }
  static Result<void> check(const warg::Envelope& envelope, const warg::PublicKey& key,
                            const warg::OperatorRecord&) {
    VARVE_CHECK(SignatureChecks::operator_record(envelope, key));
    return {};
  }

  // By a key that could commit right after the checkpoint was pinned.
  Result<void> checkpoint(const warg::CheckpointRow& row) {
    ++counts_.checkpoints;
    const auto& checkpoint = row.checkpoint;
    const auto length = std::to_string(checkpoint.log_length);
    VARVE_TRY(const auto then, reader_.view_as_of(TreeSize{row.index.value + 1}));
    VARVE_TRY(const auto key, warg::LogRows(*then, warg::operator_log_id()).key(checkpoint.key_id));
    if (!key || !key->permissions.has(warg::OperatorPermission::commit)) {
      finding_(Error(Errc::corrupt, About::checkpoint,
                     "is signed by a key that could not commit then", "length " + length));
      return {};
    }
    VARVE_TRY(const auto public_key, keys_.parse(key->text.text()));
    const auto good = warg::verify_checkpoint(as_shown(checkpoint), public_key);
    if (!good)
      finding_(Error(Errc::corrupt, About::checkpoint, good.error().what, "length " + length));
    return {};
  }

  const Reader& reader_;
  std::unique_ptr<View> view_;
  const Finding& finding_;
  warg::PublicKeyMemo keys_;
  WargAudit counts_;
  bool broken_ = false;  // counts say nothing any more
};

}  // namespace

Result<WargAudit> audit_warg(const Reader& reader, const Finding& finding) {
  return Audit(reader, finding).run();
}

}  // namespace varve
