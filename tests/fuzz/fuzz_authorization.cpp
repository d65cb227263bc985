// Any bytes as what a request shows about who sends it, in both headers that say so, and any bytes
// as the request that a signature is about.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/auth/presented.h"
#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace varve;
using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

void check_password(const auth::Password& password) {
  VARVE_ASSERT(password.user.size() <= limits::kShownUserBytesMax);
  VARVE_ASSERT(password.password.size() <= limits::kShownPasswordBytesMax);
  VARVE_ASSERT(password.user.find(':') == std::string::npos);
  VARVE_ASSERT(is_valid_utf8(password.user) && is_valid_utf8(password.password));
}

// Written again, it is read again as the same.
void check_signature(const auth::SdkSignature& signature) {
  std::string text = "Access=" + signature.access_key + ", SignedHeaders=";
  for (const std::string& name : signature.headers) text += (text.ends_with('=') ? "" : ";") + name;
  text += ", Signature=" + hex_encode(signature.mac);
  VARVE_ASSERT(auth::parse_sdk_signature(text) == signature);
}

void check(const Fields& fields) {
  const auto presented = auth::parse_authorization(fields);
  if (!presented) {
    VARVE_ASSERT(presented.error().code == Errc::unauthorized);
    VARVE_ASSERT(presented.error().detail.empty());
    return;
  }
  if (const auto* password = std::get_if<auth::Password>(&*presented)) {
    check_password(*password);
    if (const auto id = auth::access_key_in(password->user))
      VARVE_ASSERT(password->user.ends_with('@' + id->text()));
  }
  if (const auto* token = std::get_if<auth::Token>(&*presented)) VARVE_ASSERT(!token->text.empty());
  if (const auto* signature = std::get_if<auth::SdkSignature>(&*presented))
    check_signature(*signature);
}

// The first line is what is presented, the second a target, the rest a body.
void check_request(std::string_view text) {
  const std::string_view value = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(value.size() + 1, text.size()));
  const std::string_view target = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(target.size() + 1, text.size()));
  const auto signature = auth::parse_sdk_signature(value);
  const std::size_t mark = std::min(target.find('?'), target.size());
  const auto path = http::percent_decode(target.substr(0, mark));
  const auto query = http::Query::parse(target.substr(std::min(mark + 1, target.size())));
  if (!signature || !path || !query) return;
  const Fields fields = {{"Host", "x"},
                         {"X-Sdk-Date", "20261121T173157Z"},
                         {"X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"},
                         {"Content-Type", "text/plain"}};
  const auto now = Timestamp::parse("2026-11-21T17:31:57Z");
  if (!auth::signed_at(*signature, fields, *now)) return;
  const auth::SignedRequest request{http::Method::post, *path, *query, fields};
  const auto canonical = auth::canonical_request(*signature, request, text);
  if (!canonical) return;
  // What was decoded and is written again in one way only, and nobody's MAC by chance.
  for (const char c : *canonical) VARVE_ASSERT(c == '\n' || (c >= 0x20 && c < 0x7f));
  VARVE_ASSERT(!auth::is_signed_with(*signature, request, *canonical, "a secret of this test"));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check({{"Authorization", text}});
  check({{"X-Auth-Token", text}});
  check_request(text);
  return 0;
}
