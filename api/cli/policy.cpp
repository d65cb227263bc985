// Policy files, parsed whole: a policy with a mistake anywhere is no policy. Pure; any thread.
#include "api/cli/policy.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/base/bytes.h"

namespace varve::cli {
namespace {

constexpr std::size_t kLinesMax = 10'000;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

class Parser {
 public:
  Result<void> line(std::string_view text) {
    ++number_;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte != '\t' && (byte < 0x20 || byte == 0x7f)) return wrong("has a control character");
    }
    const auto words = words_of(text);
    if (words.empty() || words[0].starts_with('#')) return {};
    if (words[0] == "log") return log(words);
    if (words[0] == "witness") return witness(words);
    if (words[0] == "group") return group(words);
    if (words[0] == "quorum") return quorum(words);
    return wrong("starts with an unknown word");
  }

  Result<Policy> finish() {
    if (!quorum_) return fail(Errc::invalid, About::request, "the policy has no quorum line");
    policy_.quorum = *quorum_;
    return std::move(policy_);
  }

 private:
  using Words = std::vector<std::string_view>;

  std::unexpected<Error> wrong(std::string why) const {
    return fail(Errc::invalid, About::request,
                "line " + std::to_string(number_) + " of the policy " + std::move(why));
  }

  Result<void> log(const Words& words) {
    if (words.size() < 2 || words.size() > 3) return wrong("is not: log <vkey> [url]");
    auto key = VerifierKey::parse(words[1]);
    if (!key) return wrong("has a key that cannot be used: " + key.error().what);
    if (!keys_
             .insert(hex_encode({reinterpret_cast<const char*>(key->public_key().data()),
                                 key->public_key().size()}))
             .second)
      return wrong("repeats a key");
    policy_.logs.push_back(*std::move(key));
    return {};
  }

  Result<void> define(std::string_view name) {
    if (name == "none" || !names_.insert(std::string(name)).second)
      return wrong("defines a name that is taken");
    return {};
  }

  // Cosignature keys have types this version cannot verify: they are told apart by their text.
  Result<void> witness(const Words& words) {
    if (words.size() < 3 || words.size() > 4) return wrong("is not: witness <name> <vkey> [url]");
    const std::size_t plus = words[2].find('+');
    const std::size_t second = plus == std::string_view::npos ? plus : words[2].find('+', plus + 1);
    if (second == std::string_view::npos || plus == 0) return wrong("has a key that is no vkey");
    const auto key = base64_decode(words[2].substr(second + 1));
    if (!key || key->size() < 2) return wrong("has a key that is no vkey");
    if (!keys_.insert(hex_encode(std::string_view(*key).substr(1))).second)
      return wrong("repeats a key");
    return define(words[1]);
  }

  Result<void> group(const Words& words) {
    if (words.size() < 4) return wrong("is not: group <name> all|any|<k> <members…>");
    const std::size_t members = words.size() - 3;
    if (words[2] != "all" && words[2] != "any") {
      const auto k = parse_decimal(words[2]);
      if (!k || *k == 0 || *k > members) return wrong("asks for an impossible number of members");
    }
    for (const std::string_view member : std::span(words).subspan(3)) {
      if (!names_.contains(std::string(member)))
        return wrong("names a member nobody defined above");
      if (!grouped_.insert(std::string(member)).second)
        return wrong("puts a member into a second group");
    }
    return define(words[1]);
  }

  Result<void> quorum(const Words& words) {
    if (words.size() != 2) return wrong("is not: quorum <name>|none");
    if (quorum_) return wrong("is a second quorum");
    if (words[1] != "none" && !names_.contains(std::string(words[1])))
      return wrong("names a quorum nobody defined above");
    quorum_ = words[1];
    return {};
  }

  Policy policy_;
  std::optional<std::string> quorum_;
  std::set<std::string> names_;
  std::set<std::string> grouped_;
  std::set<std::string> keys_;
  std::size_t number_ = 0;
};

}  // namespace

Result<Policy> parse_policy(std::string_view file) {
  Parser parser;
  for (std::size_t lines = 0; !file.empty(); ++lines) {
    if (lines == kLinesMax)
      return fail(Errc::too_large, About::request, "the policy has too many lines");
    const std::size_t end = file.find('\n');
    VARVE_CHECK(parser.line(file.substr(0, end)));
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
  }
  return parser.finish();
}

}  // namespace varve::cli
