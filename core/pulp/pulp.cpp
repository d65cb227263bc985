// What authors sign about packages.
#include "core/pulp/pulp.h"

namespace varve::pulp {

std::string signed_resource(const Nevra& nevra) {
  std::string resource = "packages";
  for (const Word* part : {&nevra.name, &nevra.version, &nevra.release, &nevra.epoch, &nevra.arch})
    resource += '/' + part->text();
  return resource;
}

std::optional<Digest> signed_digest(const std::optional<Digest>& file, const Checksum& checksum) {
  if (file) return file;
  if (checksum.type.text() != "sha256") return std::nullopt;
  const auto digest = Digest::parse("sha256:" + checksum.value.text());
  return digest ? std::optional(*digest) : std::nullopt;
}

bool is_about(const trust::AuthorStatement& statement, std::string_view origin,
              const PackageCreated& event) {
  const auto digest = signed_digest(event.file, event.checksum);
  return digest && statement.origin == origin && statement.method == trust::kPut &&
         statement.type == kSignedType && statement.resource == signed_resource(event.nevra) &&
         as_view(statement.body) == digest->raw();
}

}  // namespace varve::pulp
