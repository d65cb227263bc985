// From what is said of a package to its event. I/O threads, and the pool.
#include "api/surface/pulp_create.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/rpm/read_rpm.h"
#include "api/surface/author.h"
#include "api/surface/common.h"
#include "api/surface/pulp_checksum.h"
#include "api/surface/pulp_document.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using pulp::Word;

constexpr std::size_t kNvreaParts = 5;

using TextClaim = std::pair<std::string_view, std::optional<std::string> PackageClaims::*>;
constexpr TextClaim kDocumented[] = {{"name", &PackageClaims::name},
                                     {"version", &PackageClaims::version},
                                     {"release", &PackageClaims::release},
                                     {"arch", &PackageClaims::arch},
                                     {"checksum_type", &PackageClaims::checksum_type},
                                     {"checksum", &PackageClaims::checksum},
                                     {"filename", &PackageClaims::filename},
                                     {"description", &PackageClaims::description}};
constexpr TextClaim kOfFiles[] = {{"buildhost", &PackageClaims::buildhost},
                                  {"license", &PackageClaims::license},
                                  {"group", &PackageClaims::group},
                                  {"vendor", &PackageClaims::vendor}};
constexpr TextClaim kOfImports[] = {{"checksum", &PackageClaims::checksum},
                                    {"hashtype", &PackageClaims::checksum_type},
                                    {"pkgname", &PackageClaims::filename},
                                    {"description", &PackageClaims::description}};

Result<void> parse_texts_of(const PulpDocument& document, std::span<const TextClaim> names,
                            PackageClaims& claims) {
  for (const auto& [name, member] : names) {
    VARVE_TRY(claims.*member, document.optional_text(name));
  }
  return {};
}

Result<Word> word_of(std::string_view name, const std::optional<std::string>& text) {
  if (!text) return missing_parameter(name);
  auto word = Word::parse(*text);
  if (!word) return bad_parameter(name, word.error().what);
  return word;
}

std::unexpected<Error> differs(std::string_view name, std::string_view said,
                               std::string_view found) {
  constexpr std::size_t kShownMax = 200;
  return bad_parameter(name, "the request says \"" + std::string(said.substr(0, kShownMax)) +
                                 "\", the package \"" + std::string(found.substr(0, kShownMax)) +
                                 "\"");
}

Result<void> agree(std::string_view name, const std::optional<std::string>& said,
                   std::string_view found) {
  if (!said || *said == found) return {};
  return differs(name, *said, found);
}

Result<void> agree(std::string_view name, const std::optional<std::vector<std::string>>& said,
                   const std::vector<pulp::Dependency>& found) {
  if (!said) return {};
  std::vector<std::string> names;
  for (const pulp::Dependency& dependency : found) names.push_back(dependency.name);
  std::vector<std::string> wanted = *said;
  for (auto* list : {&names, &wanted}) {
    std::ranges::sort(*list);
    list->erase(std::ranges::unique(*list).begin(), list->end());
  }
  if (names == wanted) return {};
  return bad_parameter(name, "the package names others");
}

Result<void> agree_about_name(const PackageClaims& claims, const rpm::Nevra& found) {
  VARVE_CHECK(agree("name", claims.name, found.name));
  VARVE_CHECK(agree("version", claims.version, found.version));
  VARVE_CHECK(agree("release", claims.release, found.release));
  VARVE_CHECK(agree("epoch", claims.epoch, found.epoch));
  return agree("arch", claims.arch, found.arch);
}

Result<void> agree_about_details(const PackageClaims& claims, const rpm::Package& package) {
  const pulp::Details& details = package.details;
  VARVE_CHECK(agree("description", claims.description, details.description));
  VARVE_CHECK(agree("buildhost", claims.buildhost, details.buildhost));
  VARVE_CHECK(agree("license", claims.license, details.license));
  VARVE_CHECK(agree("group", claims.group, details.group));
  VARVE_CHECK(agree("vendor", claims.vendor, details.vendor.value_or("")));
  if (claims.size && *claims.size != package.size)
    return differs("size", std::to_string(*claims.size), std::to_string(package.size));
  VARVE_CHECK(agree("requires", claims.requires_, details.requires_));
  return agree("provides", claims.provides, details.provides);
}

// As said, once it was found true of the bytes; without a word about it, their SHA-256.
Result<pulp::Checksum> checksum_in_file(const BlobFile& bytes, const Digest& digest,
                                        const PackageClaims& claims) {
  const std::string type = claims.checksum_type.value_or("sha256");
  std::string found = digest.hex();
  if (type != "sha256") {
    VARVE_TRY(found, checksum_of(bytes, type));
  }
  VARVE_CHECK(agree("checksum", claims.checksum, found));
  VARVE_TRY(auto type_word, word_of("checksum_type", type));
  VARVE_TRY(auto value, word_of("checksum", found));
  return pulp::Checksum{std::move(type_word), std::move(value)};
}

Result<pulp::Nevra> nevra_of(const std::array<std::optional<std::string>, kNvreaParts>& parts) {
  VARVE_TRY(auto name, word_of("name", parts[0]));
  VARVE_TRY(auto version, word_of("version", parts[1]));
  VARVE_TRY(auto release, word_of("release", parts[2]));
  VARVE_TRY(auto epoch, word_of("epoch", parts[3]));
  VARVE_TRY(auto arch, word_of("arch", parts[4]));
  return pulp::Nevra{std::move(name), std::move(version), std::move(release), std::move(epoch),
                     std::move(arch)};
}

pulp::PackageId new_id() {
  std::string bytes(16, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return pulp::PackageId::from_random(bytes);
}

Result<std::optional<Verified<trust::Author>>> author_of_package(const Services& services,
                                                                 const Request& request,
                                                                 const NewPackage& package) {
  if (!claims_author(request)) return std::nullopt;
  const auto digest = pulp::signed_digest(
      package.file ? std::optional(package.file->digest) : std::nullopt, package.checksum);
  if (!digest)
    return fail(Errc::invalid, About::signature,
                "an author signs for a package by its sha256: this one is told by its " +
                    package.checksum.type.text());
  return author_of(
      services, request,
      {services.log_key.name(), std::string(trust::kPut), std::string(pulp::kSignedType),
       pulp::signed_resource(package.nevra), hash_from(digest->raw())});
}

// The document as it stood right after: what others did since is theirs to hear.
Response created_answer(const Services& services, const Request& request, const Receipt& receipt,
                        const pulp::PackageId& id, const pulp::Details& details) {
  const auto state = state_at(services.reader(), receipt.size);
  if (!state) return pulp_problem(services, request, state.error());
  const auto row = pulp::need_package(*state->view, id);
  if (!row) return pulp_problem(services, request, row.error(), state->size);
  std::string document;
  write_package(document, {*row, details, {}}, server_url(services, request), PackageFields::all());
  Response response = http::json(201, std::move(document));
  response.add("Location", "/pulp/api/packages/" + id.text() + "/");
  add_provenance(response, row->index, state->size);
  return response;
}

}  // namespace

Result<PackageClaims> parse_claims(const PulpDocument& document) {
  PackageClaims claims;
  VARVE_CHECK(parse_texts_of(document, kDocumented, claims));
  VARVE_TRY(claims.epoch, document.optional_text_or_number("epoch"));
  return claims;
}

Result<void> parse_more_claims(const PulpDocument& document, PackageClaims& claims) {
  VARVE_CHECK(parse_texts_of(document, kOfFiles, claims));
  VARVE_TRY(claims.size, document.optional_number("size"));
  VARVE_TRY(claims.requires_, document.optional_first_texts("requires"));
  VARVE_TRY(claims.provides, document.optional_first_texts("provides"));
  return {};
}

Result<PackageClaims> parse_import_claims(const PulpDocument& metadata) {
  PackageClaims claims;
  VARVE_TRY(const auto type, metadata.optional_text("type"));
  if (type && *type != "rpm") return bad_parameter("type", "only an rpm can be imported");
  VARVE_TRY(const auto nvrea, metadata.optional_texts_or_numbers("nvrea"));
  if (nvrea && nvrea->size() != kNvreaParts)
    return bad_parameter("nvrea", "this is name, version, release, epoch and architecture");
  if (nvrea) {
    claims.name = (*nvrea)[0];
    claims.version = (*nvrea)[1];
    claims.release = (*nvrea)[2];
    claims.epoch = (*nvrea)[3];
    claims.arch = (*nvrea)[4];
  }
  VARVE_CHECK(parse_texts_of(metadata, kOfImports, claims));
  VARVE_CHECK(parse_more_claims(metadata, claims));
  return claims;
}

Result<NewPackage> package_as_claimed(const PackageClaims& claims) {
  VARVE_TRY(auto nevra,
            nevra_of({claims.name, claims.version, claims.release, claims.epoch, claims.arch}));
  if (!claims.description) return missing_parameter("description");
  VARVE_TRY(auto type, word_of("checksum_type", claims.checksum_type));
  VARVE_TRY(auto checksum, word_of("checksum", claims.checksum));
  VARVE_TRY(auto filename, word_of("filename", claims.filename));
  pulp::Details details;
  details.description = *claims.description;
  VARVE_TRY(auto body, pulp::encode_details(details));
  return NewPackage{std::move(nevra),
                    {std::move(type), std::move(checksum)},
                    std::move(filename),
                    std::move(details),
                    std::move(body)};
}

Result<NewPackage> package_in_file(const BlobFile& bytes, const Digest& digest,
                                   const PackageClaims& claims) {
  VARVE_TRY(auto package, rpm::read_rpm(BlobSource(bytes)));
  if (package.digest != digest)
    return fail(Errc::corrupt, About::blob, "the stored file is not what its name says",
                digest.to_string());
  VARVE_CHECK(agree_about_name(claims, package.nevra));
  VARVE_CHECK(agree_about_details(claims, package));
  VARVE_TRY(auto checksum, checksum_in_file(bytes, digest, claims));
  const rpm::Nevra& n = package.nevra;
  VARVE_TRY(auto nevra, nevra_of({n.name, n.version, n.release, n.epoch, n.arch}));
  const std::string usual = n.name + "-" + n.version + "-" + n.release + "." + n.arch + ".rpm";
  VARVE_TRY(auto filename, word_of("filename", claims.filename.value_or(usual)));
  return NewPackage{std::move(nevra),        std::move(checksum),
                    std::move(filename),     std::move(package.details),
                    std::move(package.body), pulp::File{digest, package.size}};
}

awaitable<Response> submit_package(Services& services, const Request& request, NewPackage package) {
  auto author = author_of_package(services, request, package);
  if (!author) co_return pulp_problem(services, request, author.error());
  const pulp::PackageId id = new_id();
  auto body = std::make_shared<const std::string>(std::move(package.body));
  const Digest details = Digest::of(*body);
  pulp::CreatePackage create{id,      package.nevra, package.checksum, package.filename,
                             details, body->size(),  package.file,     *std::move(author)};
  Command command = pulp_command(request, std::move(create), {{details, body}});
  const auto receipt = co_await submit_patiently(services, std::move(command));
  if (!receipt) co_return pulp_problem(services, request, receipt.error());
  co_return created_answer(services, request, *receipt, id, package.details);
}

}  // namespace varve::surface
