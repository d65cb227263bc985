// Any bytes as an RPM. Digests would stop nearly everything, so that its parts are also looked at
// without them.
#include "api/rpm/read_rpm.h"
#include "tests/fuzz/fuzz.h"

namespace {

using varve::About;
using varve::Errc;

void expected(const varve::Error& error) {
  VARVE_ASSERT(error.code == Errc::invalid || error.code == Errc::too_large);
  VARVE_ASSERT(error.about == About::body && !error.what.empty());
}

varve::Result<void> without_digests(const varve::rpm::Source& source) {
  VARVE_TRY(const auto frame, varve::rpm::read_frame(source));
  VARVE_TRY(const auto signature, varve::rpm::Header::import(frame.signature));
  VARVE_TRY(const auto header, varve::rpm::Header::import(frame.header));
  VARVE_TRY(const auto nevra, varve::rpm::read_nevra(header));
  VARVE_ASSERT(!nevra.name.empty() && !nevra.arch.empty());
  VARVE_TRY(const auto details, varve::rpm::read_details(frame, signature, header));
  VARVE_TRY(const auto body, varve::pulp::encode_details(details));
  const auto again = varve::pulp::parse_details(body);
  VARVE_ASSERT(again && *again == details);
  return {};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const varve::rpm::MemorySource source(varve::fuzz::text_of(data, size));
  const auto facts = without_digests(source);
  if (!facts) expected(facts.error());
  const auto package = varve::rpm::read_rpm(source);
  if (!package) expected(package.error());
  VARVE_ASSERT(!package || facts);
  return 0;
}
