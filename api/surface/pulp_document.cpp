// What Pulp says about a package, with exactly the members and types of its documented samples.
#include "api/surface/pulp_document.h"

#include <algorithm>
#include <array>

namespace varve::surface {
namespace {

// In byte order, as the writer wants them.
constexpr std::array<std::string_view, 21> kMembers = {
    "_id",     "_ns",          "arch",    "buildhost", "checksum", "description", "download_url",
    "epoch",   "filename",     "group",   "id",        "license",  "name",        "provides",
    "release", "repo_defined", "repoids", "requires",  "size",     "vendor",      "version"};

constexpr std::string_view kFromDetails[] = {"buildhost", "description", "group", "license",
                                             "provides",  "requires",    "size",  "vendor"};

std::uint32_t bit_of(std::string_view name) {
  const auto* found = std::ranges::find(kMembers, name);
  return found == kMembers.end() ? 0 : 1U << (found - kMembers.begin());
}

void write_names(json::Writer& out, const std::vector<pulp::Dependency>& dependencies) {
  out.begin_array();
  for (const pulp::Dependency& dependency : dependencies) out.string(dependency.name);
  out.end_array();
}

void write_member(json::Writer& out, std::string_view name, const PackageFacts& facts,
                  std::string_view base) {
  const pulp::PackageRow& row = facts.row;
  const pulp::Details& details = facts.details;
  if (name == "_id" || name == "id") out.string(row.id.text());
  if (name == "_ns") out.string("packages");
  if (name == "arch") out.string(row.nevra.arch.text());
  if (name == "buildhost") out.string(details.buildhost);
  if (name == "checksum")
    out.begin_object().key(row.checksum.type.text()).string(row.checksum.value.text()).end_object();
  if (name == "description") out.string(details.description);
  if (name == "download_url" && row.file) out.string(std::string(base) + file_path(row));
  if (name == "download_url" && !row.file) out.null();
  if (name == "epoch") out.string(row.nevra.epoch.text());
  if (name == "filename") out.string(row.filename.text());
  if (name == "group") out.string(details.group);
  if (name == "license") out.string(details.license);
  if (name == "name") out.string(row.nevra.name.text());
  if (name == "provides") write_names(out, details.provides);
  if (name == "release") out.string(row.nevra.release.text());
  if (name == "repo_defined") out.boolean(false);  // nothing is ever taken from another's
  if (name == "repoids") {
    out.begin_array();
    for (const pulp::RepositoryId& repository : facts.repositories) out.string(repository.text());
    out.end_array();
  }
  if (name == "requires") write_names(out, details.requires_);
  if (name == "size" && details.size) out.number(*details.size);
  if (name == "size" && !details.size) out.null();
  if (name == "vendor" && details.vendor) out.string(*details.vendor);
  if (name == "vendor" && !details.vendor) out.null();
  if (name == "version") out.string(row.nevra.version.text());
}

}  // namespace

PackageFields PackageFields::of(const std::vector<std::string_view>& names) {
  std::uint32_t bits = bit_of("_id");
  for (const std::string_view name : names) bits |= bit_of(name);
  return PackageFields(bits);
}

bool PackageFields::has(std::string_view name) const {
  return (bits_ & bit_of(name)) != 0;
}

bool PackageFields::needs_details() const {
  return std::ranges::any_of(kFromDetails, [this](std::string_view name) { return has(name); });
}

void write_package(std::string& out, const PackageFacts& facts, std::string_view base,
                   PackageFields fields) {
  json::Writer writer(out);
  writer.begin_object();
  for (const std::string_view name : kMembers) {
    if (!fields.has(name)) continue;
    writer.key(name);
    write_member(writer, name, facts, base);
  }
  writer.end_object();
}

// A file name has visible characters only, and some of them mean something in a URL.
std::string file_path(const pulp::PackageRow& row) {
  return "/pulp/api/content/file/" + row.id.text() + "/" +
         http::percent_encode(row.filename.text());
}

Result<void> PackageWriter::write(std::string& out, const pulp::PackageRow& row) {
  pulp::Details details;
  if (fields_.needs_details()) {
    VARVE_TRY(const auto body, state_.reader.body(row.details));
    if (!body)
      return fail(Errc::corrupt, About::body, "the description of a package is not stored",
                  row.id.text());
    VARVE_TRY(details, pulp::parse_document(*body));
  }
  std::vector<pulp::RepositoryId> repositories;
  if (fields_.has("repoids")) {
    VARVE_TRY(repositories, sight_.repositories_of(*state_.view, row.id));
  }
  write_package(out, {row, details, repositories}, base_, fields_);
  return {};
}

}  // namespace varve::surface
