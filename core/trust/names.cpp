// The grammars of names and rights.
#include "core/trust/names.h"

#include <algorithm>

namespace varve {
namespace {

constexpr std::size_t kShownBytesMax = 80;  // of a refused word, in an error's detail
constexpr Right kSortedRights[] = {Right::administer, Right::del, Right::pull, Right::push,
                                   Right::read_log};

std::string shown(std::string_view text) {
  return std::string(text.substr(0, kShownBytesMax));
}

// Crockford's base 32, upper case, 128 bits in 130: the first character is at most 7.
bool valid_ulid(std::string_view text) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return text.size() == 26 && text.front() <= '7' &&
         text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace

bool valid_principal_name(std::string_view name) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 63 || !alphanumeric(name.front())) return false;
  for (char c : name)
    if (!alphanumeric(c) && c != '.' && c != '_' && c != '-') return false;
  return true;
}

Result<PrincipalName> PrincipalName::parse(std::string_view text) {
  if (valid_principal_name(text)) return PrincipalName(std::string(text));
  return fail(Errc::invalid, About::name,
              "a principal's name is 1 to 63 lower-case letters, digits, . _ or -, and starts with "
              "a letter or digit",
              shown(text));
}

const PrincipalName& PrincipalName::anonymous() {
  static const PrincipalName name("anonymous");
  return name;
}

bool PrincipalName::is_reserved() const {
  constexpr std::string_view kReserved[] = {kOperator, kPurger, "varve", "system", "local"};
  return std::ranges::find(kReserved, text_) != std::end(kReserved);
}

Result<CredentialId> CredentialId::parse(std::string_view text) {
  if (valid_ulid(text)) return CredentialId(std::string(text));
  return fail(Errc::invalid, About::name, "a credential's id is a ULID of 26 characters",
              shown(text));
}

std::string_view to_string(Right right) {
  switch (right) {
    case Right::pull:
      return "pull";
    case Right::push:
      return "push";
    case Right::del:
      return "delete";
    case Right::read_log:
      return "read_log";
    case Right::administer:
      return "administer";
  }
  assertion_failed("a Right outside its enumeration", __FILE__, __LINE__);
}

std::optional<Right> parse_right(std::string_view word) {
  for (const Right right : kSortedRights)
    if (to_string(right) == word) return right;
  return std::nullopt;
}

std::optional<Rights> Rights::from_bits(std::uint8_t bits) {
  if ((bits & ~all().bits_) != 0) return std::nullopt;
  return Rights(bits);
}

Result<Rights> Rights::parse(const std::vector<std::string_view>& words) {
  Rights rights;
  for (const std::string_view word : words) {
    const auto right = parse_right(word);
    if (!right)
      return fail(Errc::unsupported, About::request,
                  "the rights are pull, push, delete, read_log and administer", shown(word));
    if (rights.has(*right))
      return fail(Errc::invalid, About::request, "a right is named twice", shown(word));
    rights = rights | Rights{*right};
  }
  return rights;
}

std::vector<std::string_view> Rights::words() const {
  std::vector<std::string_view> words;
  for (const Right right : kSortedRights)
    if (has(right)) words.push_back(to_string(right));
  return words;
}

Result<Resource> Resource::parse(std::string_view text) {
  if (text == "*") return everything();
  const std::string_view name = text.ends_with("/*") ? text.substr(0, text.size() - 2) : text;
  if (!RepoName::parse(name))
    return fail(Errc::invalid, About::name,
                "a resource is *, a repository, or what lies below a name: team/*", shown(text));
  return Resource(std::string(text));
}

const Resource& Resource::everything() {
  static const Resource resource(std::string("*"));
  return resource;
}

bool Resource::covers(const RepoName& repo) const {
  if (is_everything()) return true;
  if (!text_.ends_with("/*")) return text_ == repo.text();
  return repo.text().starts_with(std::string_view(text_).substr(0, text_.size() - 1));
}

std::vector<std::string> Resource::and_wider() const {
  std::vector<std::string> all{text_};
  if (is_everything()) return all;
  std::string_view base = text_;
  if (base.ends_with("/*")) base.remove_suffix(2);
  for (std::size_t slash; (slash = base.rfind('/')) != std::string_view::npos;) {
    base = base.substr(0, slash);
    all.push_back(std::string(base) + "/*");
  }
  all.emplace_back("*");
  return all;
}

}  // namespace varve
