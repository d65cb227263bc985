// Signing operator records.
#include "log/operator_record.h"

#include <algorithm>

#include "core/warg/query.h"
#include "core/warg/warg.h"

namespace varve {

Result<OperatorRecordWish> sign_operator_record(const warg::OperatorRecord& record,
                                                const warg::PrivateKey& key) {
  auto content = std::make_shared<const std::string>(warg::encode(record));
  auto signature = key.sign(warg::Purpose::operator_record, *content);
  VARVE_TRY(auto checked,
            SignatureChecks::operator_record({content, key.public_key().id(), std::move(signature)},
                                             key.public_key()));
  const Digest digest = Digest::of(*content);
  return OperatorRecordWish{std::move(checked), {digest, std::move(content)}};
}

Result<OperatorRecordWish> next_operator_record(const View& view,
                                                std::vector<warg::OperatorEntry> entries,
                                                const warg::PrivateKey& key, Timestamp now) {
  VARVE_TRY(const auto head, warg::LogRows(view, warg::operator_log_id()).head());
  if (!head) return fail(Errc::unavailable, About::record, "Warg's operator log has not begun");
  const auto time = std::max(warg::RecordTime::of(now), head->time);
  return sign_operator_record({head->id, 0, time, std::move(entries)}, key);
}

Result<void> begin_operator_log(Ledger& ledger, const View& view, const warg::PrivateKey& key,
                                Timestamp now, std::string request) {
  VARVE_TRY(const auto begun, warg::find_log(view, warg::operator_log_id()));
  if (begun) return {};
  VARVE_TRY(auto wish,
            sign_operator_record(
                {std::nullopt, 0, warg::RecordTime::of(now), {warg::Init{key.public_key().text()}}},
                key));
  VARVE_CHECK(ledger.run({Actor{std::string(kOperator), Auth::local},
                          std::move(request),
                          std::string(warg::kSurface),
                          warg::AppendOperatorRecord{std::move(wish.record)},
                          {std::move(wish.body)}}));
  return {};
}

}  // namespace varve
