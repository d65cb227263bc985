// Any bytes as a record of Warg's, and as the names and versions inside one. The grammars are
// checked against the regular expressions that their specifications print.
#include <memory>
#include <regex>
#include <string>

#include "core/base/limits.h"
#include "core/warg/validate.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace varve;
using namespace varve::warg;

// What was read can be written, and reads the same; and whatever it says, the rules have an answer.
template <class Decode, class Open>
void check_record(std::string_view bytes, const Decode& decode, const Open& open) {
  const auto record = decode(bytes);
  if (!record) {
    VARVE_ASSERT(record.error().about == About::record);
    VARVE_ASSERT(record.error().code == Errc::invalid || record.error().code == Errc::too_large);
    return;
  }
  const auto again = decode(encode(*record));
  VARVE_ASSERT(again && *again == *record);
  const auto* init =
      record->entries.empty() ? nullptr : std::get_if<Init>(&record->entries.front());
  const KeyId signer = init == nullptr ? KeyId(Hash256{}) : key_id(init->key);
  const auto signature = SignatureText::parse("ecdsa-p256:AAAA").value();
  const auto opened = open({std::make_shared<const std::string>(bytes), signer, signature});
  const MemoryLog log;
  const auto change = validate(*opened, log, std::nullopt);
  if (!change) {
    VARVE_ASSERT(change.error().code == Errc::invalid && change.error().about == About::record);
    VARVE_ASSERT(effects_of(*record, opened->id, log).has_value());
    return;
  }
  VARVE_ASSERT(effects_of(*record, opened->id, log).value() == *change);
  MemoryLog begun;
  begun.apply(*change);
  VARVE_ASSERT(!validate(*opened, begun, std::nullopt));  // no record follows itself
}

bool matches(const std::string& text, const std::regex& pattern) {
  return std::regex_match(text, pattern);
}

void check_grammars(const std::string& text) {
  static const std::regex& name =
      *new std::regex("[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*:[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*");
  static const std::regex& version = *new std::regex(
      "(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)"
      "(-((0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
      "(\\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
      "(\\+([0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*))?");
  constexpr std::size_t kOracleBytesMax = 100;  // std::regex goes as deep as the text is long
  if (text.size() > kOracleBytesMax) return;
  VARVE_ASSERT(PackageName::parse(text).has_value() == matches(text, name));
  const auto parsed = Version::parse(text);
  if (parsed) VARVE_ASSERT(Version::by_precedence(*parsed, *parsed) == 0);
  // Longer ones may hold numbers beyond 64 bits, which only the parser knows to refuse.
  if (text.size() < 20) VARVE_ASSERT(parsed.has_value() == matches(text, version));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  check_record(text, decode_package_record, open_package_record);
  check_record(text, decode_operator_record, open_operator_record);
  check_grammars(text);
  if (const auto key = PublicKeyText::parse(text))
    VARVE_ASSERT(PublicKeyText::parse(key->text()).value() == *key);
  return 0;
}
