// What Pulp says about a package, with exactly the members and types of its documented samples.
#include "api/surface/pulp_document.h"

#include <algorithm>
#include <array>

namespace varve::surface {
namespace {

// A member of the document. Those that stand in the body of the package's event, and not in its
// row, are `detail`s.
using Facts = PackageFacts;
using Write = void (*)(json::Writer& out, const Facts& facts, std::string_view base);
struct Member {
  std::string_view name;
  bool detail;
  Write write;
};

void write_id(json::Writer& out, const Facts& facts, std::string_view) {
  out.string(facts.row.id.text());
}
void write_url(json::Writer& out, const Facts& facts, std::string_view base) {
  if (!facts.row.file) {
    out.null();
    return;
  }
  std::string url = std::string(base) + file_path(facts.row);
  if (facts.then) url += "?as_of=" + std::to_string(facts.then->value);
  out.string(url);
}
void write_checksum(json::Writer& out, const Facts& facts, std::string_view) {
  const pulp::Checksum& checksum = facts.row.checksum;
  out.begin_object().key(checksum.type.text()).string(checksum.value.text()).end_object();
}
void write_repositories(json::Writer& out, const Facts& facts, std::string_view) {
  out.begin_array();
  for (const pulp::RepositoryId& repository : facts.repositories) out.string(repository.text());
  out.end_array();
}
void write_size(json::Writer& out, const Facts& facts, std::string_view) {
  if (facts.details.size)
    out.number(*facts.details.size);
  else
    out.null();
}
void write_vendor(json::Writer& out, const Facts& facts, std::string_view) {
  if (facts.details.vendor)
    out.string(*facts.details.vendor);
  else
    out.null();
}
template <pulp::Word pulp::Nevra::* kPart>
void write_nevra(json::Writer& out, const Facts& facts, std::string_view) {
  out.string((facts.row.nevra.*kPart).text());
}
template <std::string pulp::Details::* kText>
void write_text(json::Writer& out, const Facts& facts, std::string_view) {
  out.string(facts.details.*kText);
}
template <std::vector<pulp::Dependency> pulp::Details::* kNames>
void write_dependencies(json::Writer& out, const Facts& facts, std::string_view) {
  out.begin_array();
  for (const pulp::Dependency& dependency : facts.details.*kNames) out.string(dependency.name);
  out.end_array();
}

// In byte order, as the writer wants them.
constexpr auto kMembers = std::to_array<Member>({
    {"_id", false, write_id},
    {"_ns", false,
     [](json::Writer& out, const Facts&, std::string_view) { out.string("packages"); }},
    {"arch", false, write_nevra<&pulp::Nevra::arch>},
    {"buildhost", true, write_text<&pulp::Details::buildhost>},
    {"checksum", false, write_checksum},
    {"description", true, write_text<&pulp::Details::description>},
    {"download_url", false, write_url},
    {"epoch", false, write_nevra<&pulp::Nevra::epoch>},
    {"filename", false,
     [](json::Writer& out, const Facts& facts, std::string_view) {
       out.string(facts.row.filename.text());
     }},
    {"group", true, write_text<&pulp::Details::group>},
    {"id", false, write_id},
    {"license", true, write_text<&pulp::Details::license>},
    {"name", false, write_nevra<&pulp::Nevra::name>},
    {"provides", true, write_dependencies<&pulp::Details::provides>},
    {"release", false, write_nevra<&pulp::Nevra::release>},
    // Nothing is ever taken from another's.
    {"repo_defined", false,
     [](json::Writer& out, const Facts&, std::string_view) { out.boolean(false); }},
    {"repoids", false, write_repositories},
    {"requires", true, write_dependencies<&pulp::Details::requires_>},
    {"size", true, write_size},
    {"vendor", true, write_vendor},
    {"version", false, write_nevra<&pulp::Nevra::version>},
});

std::uint32_t bit_of(std::string_view name) {
  const auto* found = std::ranges::find(kMembers, name, &Member::name);
  return found == kMembers.end() ? 0 : 1U << (found - kMembers.begin());
}

// Those of all members that are so.
template <class Is>
constexpr std::uint32_t bits_where(Is is) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < kMembers.size(); ++i)
    if (is(kMembers[i])) bits |= 1U << i;
  return bits;
}
constexpr std::uint32_t kDetails = bits_where([](const Member& member) { return member.detail; });
constexpr std::uint32_t kRepositories =
    bits_where([](const Member& member) { return member.write == write_repositories; });

}  // namespace

PackageFields PackageFields::of(const std::vector<std::string_view>& names) {
  std::uint32_t bits = bit_of("_id");
  for (const std::string_view name : names) bits |= bit_of(name);
  return PackageFields(bits);
}

bool PackageFields::needs_details() const {
  return (bits_ & kDetails) != 0;
}
bool PackageFields::needs_repositories() const {
  return (bits_ & kRepositories) != 0;
}

void write_package(std::string& out, const PackageFacts& facts, std::string_view base,
                   PackageFields fields) {
  json::Writer writer(out);
  writer.begin_object();
  for (std::size_t i = 0; i < kMembers.size(); ++i) {
    if (!fields.has(i)) continue;
    writer.key(kMembers[i].name);
    kMembers[i].write(writer, facts, base);
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
  if (fields_.needs_repositories()) {
    VARVE_TRY(repositories, sight_.repositories_of(*state_.view, row));
  }
  const auto then = state_.present ? std::nullopt : std::optional(state_.size);
  write_package(out, {row, details, repositories, then}, base_, fields_);
  return {};
}

}  // namespace varve::surface
