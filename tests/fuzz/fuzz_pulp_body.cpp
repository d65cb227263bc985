// Any bytes as the body of a request that creates or imports a package.
#include "api/surface/pulp_create.h"
#include "tests/fuzz/fuzz.h"

namespace {

using varve::Errc;
using varve::surface::NewPackage;
using varve::surface::PackageClaims;
using varve::surface::PulpDocument;

void check_error(const varve::Error& error) {
  VARVE_ASSERT(error.code == Errc::invalid || error.code == Errc::too_large);
  VARVE_ASSERT(!error.what.empty());
}

// What is accepted can be stored, and read again as it was.
void check_package(const NewPackage& package) {
  const auto details = varve::pulp::parse_details(package.body);
  VARVE_ASSERT(details && *details == package.details);
  VARVE_ASSERT(!package.file);
  for (const auto* word :
       {&package.nevra.name, &package.nevra.epoch, &package.checksum.value, &package.filename})
    VARVE_ASSERT(varve::pulp::Word::parse(word->text()).has_value());
}

void try_claims(const varve::Result<PackageClaims>& claims) {
  if (!claims) return check_error(claims.error());
  const auto package = varve::surface::package_as_claimed(*claims);
  if (!package) return check_error(package.error());
  check_package(*package);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = varve::fuzz::text_of(data, size);
  if (const auto texts = varve::surface::parse_texts(text); !texts) check_error(texts.error());
  const auto document = PulpDocument::parse(text);
  if (!document) {
    check_error(document.error());
    return 0;
  }
  auto claims = varve::surface::parse_claims(*document);
  try_claims(claims);
  if (claims) {
    const auto more = varve::surface::parse_more_claims(*document, *claims);
    if (!more) check_error(more.error());
  }
  try_claims(varve::surface::parse_import_claims(*document));
  return 0;
}
