// Any bytes as each of the small texts that clients send: names, tags, digests, times, numbers. The
// grammars are checked against the regular expressions that the specifications print.
#include <map>
#include <regex>
#include <string>

#include "core/actor.h"
#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/content/content.h"
#include "core/oci/oci.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace varve;

// std::regex goes as deep as the text is long.
constexpr std::size_t kOracleBytesMax = 200;

bool matches(const std::string& text, const char* pattern) {
  // Never freed: a fuzzer's inputs share a handful of patterns.
  static auto& compiled = *new std::map<const char*, std::regex>;
  auto found = compiled.find(pattern);
  if (found == compiled.end()) found = compiled.emplace(pattern, std::regex(pattern)).first;
  return std::regex_match(text, found->second);
}

void check_grammars(const std::string& text) {
  const bool repo = matches(text,
                            "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"
                            "(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*");
  const bool reserved = matches(text, "(manage(/[^]*)?|asof\\.[^]*)");
  VARVE_ASSERT(RepoName::parse(text).has_value() == (repo && !reserved));
  VARVE_ASSERT(
      NamespaceName::parse(text).has_value() ==
      (text.size() <= 64 && !reserved && matches(text, "[a-z][a-z0-9]*((\\.|_|__|-)[a-z0-9]+)*")));
  VARVE_ASSERT(oci::Tag::parse(text).has_value() ==
               matches(text, "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"));
  VARVE_ASSERT(Digest::parse(text).has_value() ==
               matches(text, "(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})"));
  VARVE_ASSERT(valid_principal_name(text) == matches(text, "[a-z0-9][a-z0-9._-]{0,62}"));
}

void check_round_trips(const std::string& text) {
  if (const auto name = RepoName::parse(text)) VARVE_ASSERT(name->text() == text);
  if (const auto tag = oci::Tag::parse(text)) VARVE_ASSERT(tag->text() == text);
  if (const auto digest = Digest::parse(text)) {
    VARVE_ASSERT(digest->to_string() == text);
    VARVE_ASSERT(Digest::from_row(digest->row()) == *digest);
  }
  if (const auto digest = Digest::from_row(text)) VARVE_ASSERT(digest->row() == text);
  if (const auto bytes = hex_decode(text)) VARVE_ASSERT(hex_encode(*bytes) == text);
  if (const auto bytes = base64_decode(text)) VARVE_ASSERT(base64_encode(*bytes) == text);
  VARVE_ASSERT(base64_decode(base64_encode(text)) == text);
  if (const auto number = parse_decimal(text)) VARVE_ASSERT(std::to_string(*number) == text);
  for (const auto& time : {Timestamp::parse(text), Timestamp::parse_compact(text)})
    if (time) VARVE_ASSERT(Timestamp::parse(time->to_string()) == *time);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  if (text.size() <= kOracleBytesMax) check_grammars(text);
  check_round_trips(text);
  return 0;
}
