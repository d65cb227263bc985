// The words for kinds of principals and credentials.
#include "core/trust/trust.h"

namespace varve::trust {

std::string_view to_string(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::user:
      return "user";
    case PrincipalKind::service:
      return "service";
    case PrincipalKind::consumer:
      return "consumer";
    case PrincipalKind::anonymous:
      return "anonymous";
  }
  assertion_failed("a PrincipalKind outside its enumeration", __FILE__, __LINE__);
}

std::string_view to_string(CredentialKind kind) {
  switch (kind) {
    case CredentialKind::password:
      return "password";
    case CredentialKind::token:
      return "token";
    case CredentialKind::x509:
      return "x509";
    case CredentialKind::aksk:
      return "aksk";
  }
  assertion_failed("a CredentialKind outside its enumeration", __FILE__, __LINE__);
}

std::optional<PrincipalKind> parse_principal_kind(std::string_view word) {
  for (const PrincipalKind kind : {PrincipalKind::user, PrincipalKind::service,
                                   PrincipalKind::consumer, PrincipalKind::anonymous})
    if (to_string(kind) == word) return kind;
  return std::nullopt;
}

std::optional<CredentialKind> parse_credential_kind(std::string_view word) {
  for (const CredentialKind kind : {CredentialKind::password, CredentialKind::token,
                                    CredentialKind::x509, CredentialKind::aksk})
    if (to_string(kind) == word) return kind;
  return std::nullopt;
}

}  // namespace varve::trust
