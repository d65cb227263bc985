// Signing operator records.
#include "log/operator_record.h"

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

}  // namespace varve
