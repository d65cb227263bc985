// What a person types to name something in the registry, and which events are about it. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/event.h"

namespace varve::cli {

// "repo", "repo:tag", "repo@digest" (a tag before a digest is refused: which one would count?).
struct Ref {
  RepoName repo;
  std::optional<oci::Tag> tag;
  std::optional<Digest> digest;
  std::string to_string() const;
  // What stands after /v2/<repo>/manifests/; empty when the reference is a whole repository.
  std::string manifest_reference() const;
};
Result<Ref> parse_ref(std::string_view text);

// Is the event about the repository, the tag in it, or the digest in it?
bool concerns(const Event& event, const Ref& ref);

// "library/app:1.2 sha256:… previous=…": the event's data in one line for people.
std::string summary(const Event& event);

}  // namespace varve::cli
