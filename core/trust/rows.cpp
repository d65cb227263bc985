// Values of the rows about accounts, both ways. Decoding is strict: a row that merely looks right
// would let somebody in.
#include "core/trust/rows.h"

#include "core/base/bytes.h"

namespace varve::trust {
namespace {

constexpr std::uint8_t kImmutableTags = 1;
constexpr std::uint8_t kRequireAuthorSig = 2;

std::unexpected<Error> corrupt(std::string what) {
  return fail(Errc::corrupt, About::storage, std::move(what));
}

char byte_of(std::uint8_t value) {
  return static_cast<char>(value);
}

// The enumerator behind a stored number, from those there are.
template <class Enum>
Result<Enum> enum_of(char byte, std::initializer_list<Enum> known) {
  for (const Enum value : known)
    if (byte_of(static_cast<std::uint8_t>(value)) == byte) return value;
  return corrupt("a stored kind is none that this program wrote");
}

Result<bool> flag_of(char byte) {
  if (byte != 0 && byte != 1) return corrupt("a stored flag is neither on nor off");
  return byte == 1;
}

}  // namespace

std::string principal_value(PrincipalKind kind, bool disabled) {
  return {byte_of(static_cast<std::uint8_t>(kind)), byte_of(disabled ? 1 : 0)};
}

Result<PrincipalRow> principal_of(const Row& row) {
  if (row.value.size() != 2) return corrupt("a stored principal is not 2 bytes");
  VARVE_TRY(const auto kind,
            enum_of(row.value[0], {PrincipalKind::user, PrincipalKind::service,
                                   PrincipalKind::consumer, PrincipalKind::anonymous}));
  VARVE_TRY(const bool disabled, flag_of(row.value[1]));
  return PrincipalRow{kind, disabled, row.index};
}

std::string credential_value(const CredentialAdded& added, bool revoked) {
  std::string value{byte_of(static_cast<std::uint8_t>(added.kind)), byte_of(revoked ? 1 : 0)};
  append_be64(value, added.expires ? static_cast<std::uint64_t>(added.expires->micros) : 0);
  value += added.principal.text();
  return value;
}

std::string credential_value_revoked(std::string_view value) {
  std::string revoked(value);
  revoked[1] = byte_of(1);
  return revoked;
}

Result<CredentialRow> credential_of(const Row& row) {
  constexpr std::size_t kFixedBytes = 10;
  const std::string_view value = row.value;
  if (value.size() <= kFixedBytes) return corrupt("a stored credential is too short");
  VARVE_TRY(const auto kind, enum_of(value[0], {CredentialKind::password, CredentialKind::token,
                                                CredentialKind::x509, CredentialKind::aksk}));
  VARVE_TRY(const bool revoked, flag_of(value[1]));
  const auto micros = static_cast<std::int64_t>(read_be64(value.substr(2)));
  if (micros < 0) return corrupt("a stored expiry lies before 1970");
  auto principal = PrincipalName::parse(value.substr(kFixedBytes));
  if (!principal) return corrupt("a stored credential belongs to no principal");
  std::optional<Timestamp> expires;
  if (micros != 0) expires = Timestamp{micros};
  return CredentialRow{*std::move(principal), kind, expires, revoked, row.index};
}

std::string key_value(const KeyRegistered& registered) {
  std::string value{byte_of(0)};
  value += registered.principal.text();
  value += '\0';
  value += registered.public_key.text();
  return value;
}

std::string key_value_revoked(std::string_view value) {
  std::string revoked(value);
  revoked[0] = byte_of(1);
  return revoked;
}

Result<KeyRow> key_of(const Row& row) {
  const std::string_view value = row.value;
  const std::size_t end = value.find('\0', 1);
  if (value.empty() || end == std::string_view::npos) return corrupt("a stored key is too short");
  VARVE_TRY(const bool revoked, flag_of(value[0]));
  auto principal = PrincipalName::parse(value.substr(1, end - 1));
  auto key = warg::PublicKeyText::parse(value.substr(end + 1));
  if (!principal || !key) return corrupt("a stored key or its principal is malformed");
  return KeyRow{*std::move(principal), *std::move(key), revoked, row.index};
}

std::string grant_value(Rights rights) {
  return {byte_of(rights.bits())};
}

Result<Rights> rights_of(std::string_view value) {
  if (value.size() != 1) return corrupt("a stored grant is not 1 byte");
  const auto rights = Rights::from_bits(static_cast<std::uint8_t>(value[0]));
  if (!rights) return corrupt("a stored grant holds a right that this program never wrote");
  return *rights;
}

std::string policy_value(const Policy& policy) {
  std::uint8_t bits = policy.immutable_tags ? kImmutableTags : 0;
  if (policy.require_author_sig) bits |= kRequireAuthorSig;
  return {byte_of(bits)};
}

Result<Policy> policy_of(std::string_view value) {
  constexpr std::uint8_t kKnown = kImmutableTags | kRequireAuthorSig;
  if (value.size() != 1 || (static_cast<std::uint8_t>(value[0]) & ~kKnown) != 0)
    return corrupt("a stored policy is none that this program wrote");
  const auto bits = static_cast<std::uint8_t>(value[0]);
  return Policy{(bits & kImmutableTags) != 0, (bits & kRequireAuthorSig) != 0};
}

}  // namespace varve::trust
