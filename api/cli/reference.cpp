// References, and the events behind them. Pure; any thread.
#include "api/cli/reference.h"

#include <algorithm>
#include <type_traits>

#include "core/codec.h"

namespace varve::cli {
namespace {

std::string text_of(const std::string& value) {
  return value;
}
std::string text_of(const RepoName& value) {
  return value.text();
}
std::string text_of(const oci::Tag& value) {
  return value.text();
}
std::string text_of(const PrincipalName& value) {
  return value.text();
}
std::string text_of(const CredentialId& value) {
  return value.text();
}
std::string text_of(const Resource& value) {
  return value.text();
}
std::string text_of(const Digest& value) {
  return value.to_string();
}
template <class Kind>
std::string text_of(const warg::HashId<Kind>& value) {
  return value.to_string();
}
std::string text_of(const warg::PackageName& value) {
  return value.text();
}
// As grants and `varve log` name them.
std::string text_of(const pulp::RepositoryId& value) {
  return pulp::resource_of(value).text();
}
std::string text_of(const pulp::PackageId& value) {
  return pulp::resource_of(value).text();
}
std::string text_of(const pulp::Word& value) {
  return value.text();
}
// For whoever verifies it; a line for a person is long enough without.
std::string text_of(const warg::SignatureText&) {
  return {};
}
// Its id stands beside it.
std::string text_of(const warg::PublicKeyText&) {
  return {};
}
// `varve log` says whether it is true.
std::string text_of(const trust::Author&) {
  return {};
}
std::string text_of(std::uint64_t value) {
  return std::to_string(value);
}
std::string text_of(bool value) {
  return value ? "true" : "false";
}
std::string text_of(const Timestamp& value) {
  return value.to_string();
}
std::string text_of(trust::PrincipalKind value) {
  return std::string(to_string(value));
}
std::string text_of(trust::CredentialKind value) {
  return std::string(to_string(value));
}
std::string text_of(const NamespaceName& value) {
  return value.text();
}
std::string text_of(content::Category value) {
  return std::string(content::to_string(value));
}
std::string text_of(Rights value) {
  std::string text;
  for (const std::string_view word : value.words())
    text.append(text.empty() ? "" : ",").append(word);
  return value.empty() ? "none" : text;
}
template <class T>
std::string text_of(const std::optional<T>& value) {
  return value ? text_of(*value) : std::string();
}

// Walks an event's fields, so that an event that does not exist yet is listed and filtered too.
struct Fields {
  std::string repo;
  std::string package;  // of Pulp: an event may be about one, its repository, or both
  std::string tag;
  std::string digest;
  std::string others;

  void operator()(std::string_view, const pulp::PackageId& value) { package = text_of(value); }

  template <class T>
  void operator()(std::string_view name, const T& value) {
    std::string text = text_of(value);
    if (text.empty()) return;
    // Descriptions may have several lines; an event is one.
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    if (name == "repo")
      repo = text;
    else if (name == "tag")
      tag = text;
    else if (name == "digest")
      digest = text;
    else
      others += (others.empty() ? "" : " ") + std::string(name) + "=" + text;
  }
};

Fields fields_of(const Event& event) {
  Fields fields;
  std::visit([&](const auto& e) { std::decay_t<decltype(e)>::fields(e, fields); }, event);
  return fields;
}

}  // namespace

std::string Ref::to_string() const {
  if (tag) return repo.text() + ":" + tag->text();
  if (digest) return repo.text() + "@" + digest->to_string();
  return repo.text();
}

std::string Ref::manifest_reference() const {
  if (tag) return tag->text();
  return digest ? digest->to_string() : std::string();
}

Result<Ref> parse_ref(std::string_view text) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    VARVE_TRY(auto repo, RepoName::parse(text.substr(0, at)));
    VARVE_TRY(auto digest, Digest::parse(text.substr(at + 1)));
    return Ref{std::move(repo), std::nullopt, digest};
  }
  const std::size_t colon = text.rfind(':');
  const std::size_t slash = text.rfind('/');
  if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash)) {
    VARVE_TRY(auto repo, RepoName::parse(text));
    return Ref{std::move(repo), std::nullopt, std::nullopt};
  }
  VARVE_TRY(auto repo, RepoName::parse(text.substr(0, colon)));
  VARVE_TRY(auto tag, oci::Tag::parse(text.substr(colon + 1)));
  return Ref{std::move(repo), std::move(tag), std::nullopt};
}

bool concerns(const Event& event, const Ref& ref) {
  const Fields fields = fields_of(event);
  if (fields.package == ref.repo.text()) return true;
  if (fields.repo != ref.repo.text()) return false;
  if (std::holds_alternative<content::RepoDeleted>(event)) return true;  // all that was in it
  if (ref.tag) return fields.tag == ref.tag->text();
  return !ref.digest || mentions_digest(event, *ref.digest);
}

std::string summary(const Event& event) {
  const Fields fields = fields_of(event);
  std::string line = fields.repo;
  if (!fields.tag.empty()) line += ":" + fields.tag;
  for (const std::string& part : {fields.package, fields.digest, fields.others})
    if (!part.empty()) line += (line.empty() ? "" : " ") + part;
  return line;
}

}  // namespace varve::cli
