// The grammars of Pulp's words.
#include "core/pulp/names.h"

#include <algorithm>

#include "core/base/bytes.h"

namespace varve::pulp {
namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

constexpr bool is_hyphen_place(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

std::unexpected<Error> bad(std::string what, std::string_view text) {
  return fail(Errc::invalid, About::name, std::move(what),
              std::string(text.substr(0, Word::kBytesMax)));
}

}  // namespace

Result<PackageId> PackageId::parse(std::string_view text) {
  bool good = text.size() == kBytes;
  for (std::size_t i = 0; good && i < text.size(); ++i)
    good = is_hyphen_place(i) ? text[i] == '-' : is_hex(text[i]);
  if (good) return PackageId(std::string(text));
  return bad("a package's id is a UUID in lower case", text);
}

PackageId PackageId::from_random(std::string_view bytes) {
  VARVE_ASSERT(bytes.size() == 16);
  std::string raw(bytes);
  raw[6] = static_cast<char>((static_cast<unsigned char>(raw[6]) & 0x0fU) | 0x40U);
  raw[8] = static_cast<char>((static_cast<unsigned char>(raw[8]) & 0x3fU) | 0x80U);
  const std::string hex = hex_encode(raw);
  std::string text;
  for (const char c : hex) {
    if (is_hyphen_place(text.size())) text += '-';
    text += c;
  }
  return PackageId(std::move(text));
}

Result<RepositoryId> RepositoryId::parse(std::string_view text) {
  const bool one = !text.empty() && text.size() <= kBytesMax && text.find('/') == text.npos;
  if (one && RepoName::parse("rpm/" + std::string(text))) return RepositoryId(std::string(text));
  return bad(
      "a repository's id is at most 64 lower-case letters and digits, joined by single . _ __ or "
      "any number of -",
      text);
}

bool is_reserved(const RepositoryId& repository) {
  return !RepoName::parse(repository.text());
}

Result<Word> Word::parse(std::string_view text) {
  const auto visible = [](char c) { return c > ' ' && c <= '~' && c != '/'; };
  if (!text.empty() && text.size() <= kBytesMax && text != "." && text != ".." &&
      std::ranges::all_of(text, visible))
    return Word(std::string(text));
  return bad("this is 1 to 255 visible ASCII characters without a slash", text);
}

std::string Nevra::to_string() const {
  return name.text() + '-' + epoch.text() + ':' + version.text() + '-' + release.text() + '.' +
         arch.text();
}

namespace {
constexpr std::string_view kPackages = "packages/";
}  // namespace

RepoName resource_of(const PackageId& package) {
  return RepoName::parse(std::string(kPackages) + package.text()).value();
}
std::optional<PackageId> package_named(const RepoName& resource) {
  if (!resource.text().starts_with(kPackages)) return std::nullopt;
  const auto id = PackageId::parse(resource.text().substr(kPackages.size()));
  return id ? std::optional(*id) : std::nullopt;
}

RepoName resource_of(const RepositoryId& repository) {
  return RepoName::parse("rpm/" + repository.text()).value();
}

}  // namespace varve::pulp
