// What a publisher signs about what is put here, and the claim that stands in an event. Pure; any
// thread. That a claim is true is checked in log/proof/author.h, by the server before anything is
// decided and by everybody who reads the entry later.
//
// The text that is signed, by Ed25519, as it stands here with its line feeds:
//
//   varve-author-v1
//   <origin>
//   <method> <type> <resource>
//   <sha256 of body>
//
// origin    the log's name, the first line of its checkpoints
// method    PUT
// type      the manifest's media type without parameters, from its body where the request has none;
//           application/x-rpm of a package
// resource  "team/app:1.0" or "team/app@sha256:…", as the request's path ends in a tag or a digest;
//           "packages/<name>/<version>/<release>/<epoch>/<arch>" of a package
// sha256    of the manifest's bytes, or of the package's file; 64 lower-case hex digits
//
// The header of the request is `Varve-Author-Signature: <key id> <base64 of 64 bytes>`, and the key
// id is "sha256:" and the SHA-256 of the public key's text, in hex, as everywhere else.
//
// A signature is the author's claim, not a permission: the entry's actor sent it, perhaps later and
// perhaps again. Whoever may push can send what was signed before once more.
#pragma once

#include <string>
#include <string_view>

#include "core/warg/names.h"

namespace varve::trust {

// The first line; what begins with anything else is no statement, whoever signed it.
inline constexpr std::string_view kStatementOpening = "varve-author-v1\n";
inline constexpr std::string_view kAuthorHeader = "Varve-Author-Signature";
inline constexpr std::string_view kPut = "PUT";

struct AuthorStatement {
  std::string origin;
  std::string method;
  std::string type;
  std::string resource;
  Hash256 body;

  std::string text() const;
  // Of exactly what text() makes. Errors: Errc::invalid, About::signature.
  static Result<AuthorStatement> parse(std::string_view text);
  friend bool operator==(const AuthorStatement&, const AuthorStatement&) = default;
};

// In an event. All that is needed to check it without the registry stands here: the signed text
// itself, and the key, which the registry's rows may have forgotten by then. Both texts name their
// algorithm.
struct Author {
  warg::KeyId key_id;
  warg::PublicKeyText public_key;
  warg::SignatureText signature;
  std::string statement;
  template <class Self, class V>
  static void fields(Self& a, V& v) {
    v("key_id", a.key_id);
    v("public_key", a.public_key);
    v("signature", a.signature);
    v("statement", a.statement);
  }
  friend bool operator==(const Author&, const Author&) = default;
};

}  // namespace varve::trust
