// The walk, and what it found. Any thread.
#include "api/auth/ended_certificates.h"

#include "core/trust/query.h"

namespace varve::auth {

Result<std::optional<bool>> EndedCertificates::known(const Reader& reader,
                                                     const PrincipalName& principal) const {
  std::optional<Found> found;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = found_.find(principal.text()); at != found_.end()) found = at->second;
  }
  if (!found) return std::nullopt;
  if (found->ended) return true;  // and it stays so, whatever comes
  VARVE_TRY(const auto history, reader.history(reader.head().size));
  VARVE_TRY(const bool changed, trust::credentials_changed(*history, principal, found->size));
  if (changed) return std::nullopt;
  return false;
}

Result<bool> EndedCertificates::look(const Reader& reader, const PrincipalName& principal) {
  bool ended = false;
  const auto visit = [&](const CredentialId&, const trust::CredentialRow& row) -> Result<bool> {
    ended = row.kind == trust::CredentialKind::x509 && row.revoked && row.principal == principal;
    return !ended;
  };
  VARVE_CHECK(trust::each_credential(*reader.view(), visit));
  const std::lock_guard lock(mutex_);
  if (found_.size() >= kNamesMax) found_.clear();
  found_.insert_or_assign(principal.text(), Found{ended, reader.head().size});
  return ended;
}

}  // namespace varve::auth
