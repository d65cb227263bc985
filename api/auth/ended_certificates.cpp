// The walk, and what it found. Any thread.
#include "api/auth/ended_certificates.h"

#include "core/trust/query.h"

namespace varve::auth {

std::optional<EndedCertificates::Found> EndedCertificates::found_of(
    const PrincipalName& principal) const {
  const std::lock_guard lock(mutex_);
  const auto at = found_.find(principal.text());
  return at == found_.end() ? std::nullopt : std::optional(at->second);
}

void EndedCertificates::remember(const PrincipalName& principal, const Found& found) {
  const std::lock_guard lock(mutex_);
  if (found_.size() >= kNamesMax) found_.clear();
  found_.insert_or_assign(principal.text(), found);
}

std::optional<bool> EndedCertificates::known(const Reader& reader,
                                             const PrincipalName& principal) const {
  const auto found = found_of(principal);
  if (!found) return std::nullopt;
  if (found->ended) return true;  // and it stays so, whatever comes
  return found->size >= reader.head().size ? std::optional(false) : std::nullopt;
}

Result<bool> EndedCertificates::look(const Reader& reader, const PrincipalName& principal) {
  const TreeSize size = reader.head().size;
  if (const auto found = found_of(principal)) {
    VARVE_TRY(const auto history, reader.history(size));
    VARVE_TRY(const bool changed, trust::credentials_changed(*history, principal, found->size));
    if (!changed) {
      remember(principal, {found->ended, size});
      return found->ended;
    }
  }
  bool ended = false;
  const auto visit = [&](const CredentialId&, const trust::CredentialRow& row) -> Result<bool> {
    ended = row.kind == trust::CredentialKind::x509 && row.revoked && row.principal == principal;
    return !ended;
  };
  VARVE_CHECK(trust::each_credential(*reader.view(), visit));
  remember(principal, {ended, size});
  return ended;
}

}  // namespace varve::auth
