// The words of trust: principals, credentials, rights, and what a grant is about. Each is parsed
// once and cannot hold an invalid value. Pure; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/content/content.h"

namespace varve {

bool valid_principal_name(std::string_view name);

// Who acts when no principal does. Nobody can be created under such a name: entries would lie.
inline constexpr std::string_view kOperator = "operator";  // whoever holds the data directory
inline constexpr std::string_view kPurger = "purger";      // the server, taking blobs away

// Somebody who can be granted rights. Goes into entries that anybody may read for ever, so its
// grammar leaves no room for an e-mail address.
class PrincipalName {
 public:
  static Result<PrincipalName> parse(std::string_view text);  // [a-z0-9][a-z0-9._-]{0,62}
  static const PrincipalName& anonymous();                    // whoever shows no credential
  const std::string& text() const { return text_; }
  bool is_anonymous() const { return text_ == "anonymous"; }
  // A name that entries carry for what the registry does by itself, or its operator beside it.
  bool is_reserved() const;
  friend auto operator<=>(const PrincipalName&, const PrincipalName&) = default;

 private:
  explicit PrincipalName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The public name of one credential: a ULID this server made. Also the name of the file that holds
// the secret's hash, which is why nothing but a ULID is taken.
class CredentialId {
 public:
  static Result<CredentialId> parse(std::string_view text);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const CredentialId&, const CredentialId&) = default;

 private:
  explicit CredentialId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// What somebody may do. The bits are stored: never reuse one.
enum class Right : std::uint8_t {
  pull = 1,
  push = 2,
  del = 4,
  read_log = 8,     // entries, bodies and proofs of every repository; counts on "*" only
  administer = 16,  // principals, grants and policies; counts on "*" only
};
std::string_view to_string(Right right);  // "delete" for del
std::optional<Right> parse_right(std::string_view word);

// A set of rights.
class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(std::initializer_list<Right> rights) {
    for (const Right right : rights) bits_ |= static_cast<std::uint8_t>(right);
  }
  static constexpr Rights all() {
    return {Right::pull, Right::push, Right::del, Right::read_log, Right::administer};
  }
  // What can be had on a single repository: the "*" of a token's scope.
  static constexpr Rights of_a_repository() { return {Right::pull, Right::push, Right::del}; }
  // What changes nothing: all that nobody and a consumer can have.
  static constexpr Rights of_a_reader() { return {Right::pull, Right::read_log}; }
  static std::optional<Rights> from_bits(std::uint8_t bits);  // none for a bit we do not know
  // Errors: Errc::unsupported for a word this version does not know, invalid for a repeated one.
  static Result<Rights> parse(const std::vector<std::string_view>& words);

  constexpr bool has(Right right) const { return (bits_ & static_cast<std::uint8_t>(right)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint8_t bits() const { return bits_; }
  std::vector<std::string_view> words() const;  // sorted: the form inside events

  friend constexpr Rights operator|(Rights a, Rights b) { return Rights(a.bits_ | b.bits_); }
  friend constexpr Rights operator&(Rights a, Rights b) { return Rights(a.bits_ & b.bits_); }
  friend constexpr Rights operator-(Rights a, Rights b) { return Rights(a.bits_ & ~b.bits_); }
  friend constexpr bool operator==(Rights, Rights) = default;

 private:
  constexpr explicit Rights(int bits) : bits_(static_cast<std::uint8_t>(bits)) {}
  std::uint8_t bits_ = 0;
};

// What a grant, a policy or a token's scope is about: "*" everything, "team/*" every repository
// below team/, "team/app" exactly one.
class Resource {
 public:
  static Result<Resource> parse(std::string_view text);  // Errc::invalid, About::name
  static const Resource& everything();
  explicit Resource(const RepoName& repo) : text_(repo.text()) {}
  static Resource below(const NamespaceName& name_space) {
    return Resource(name_space.text() + "/*");
  }
  const std::string& text() const { return text_; }
  bool is_everything() const { return text_ == "*"; }
  bool covers(const RepoName& repo) const;
  // Itself, then what is wider, the most specific first: "a/b", "a/*", "*". The first of them that
  // has a grant decides, so there are as many look-ups as the name has components, and no scan.
  std::vector<std::string> and_wider() const;
  friend auto operator<=>(const Resource&, const Resource&) = default;

 private:
  explicit Resource(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// One line of a token: its holder may do this there, if the principal behind it may.
struct Scope {
  Resource resource;
  Rights rights;
  // Ask which repositories there are: all that the principal may pull, whatever else the token is
  // for. No right of its own, since nothing else grants it.
  bool list = false;
  friend bool operator==(const Scope&, const Scope&) = default;
};

}  // namespace varve
