// Expressions by RE2, which never looks back: no expression takes more than linear time.
#include "api/surface/pulp_filters.h"

#include <re2/re2.h>

namespace varve::surface {
namespace {

// For the expression and what matching keeps of it.
constexpr std::int64_t kMemoryMax = 1 << 20;

std::string joined(const std::vector<std::string_view>& expressions) {
  std::string all = "(";
  for (const std::string_view expression : expressions) {
    if (all.size() > 1) all += '|';
    all += expression;
  }
  return all + ")";
}

Result<std::optional<AnyOf>> any_of_parameter(const http::Query& query, std::string_view name) {
  std::vector<std::string_view> values;
  for (const std::string_view value : query.all(name))
    if (!value.empty()) values.push_back(value);
  if (values.empty()) return std::nullopt;
  VARVE_TRY(auto any, AnyOf::parse(values));
  return any;
}

}  // namespace

Result<AnyOf> AnyOf::parse(const std::vector<std::string_view>& expressions) {
  const std::string text = joined(expressions);
  if (text.size() > kBytesMax)
    return fail(
        Errc::invalid, About::request,
        "regular expressions have at most " + std::to_string(kBytesMax) + " bytes together");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryMax);
  auto expression = std::make_shared<const re2::RE2>(text, options);
  if (!expression->ok())
    return fail(Errc::invalid, About::request, "this is no regular expression that can be taken",
                expression->error());
  return AnyOf(std::move(expression));
}

bool AnyOf::in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

Result<PackageFilter> PackageFilter::parse(const http::Query& query) {
  PackageFilter filter;
  VARVE_TRY(filter.id_, any_of_parameter(query, "id"));
  VARVE_TRY(filter.name_, any_of_parameter(query, "name"));
  return filter;
}

bool PackageFilter::takes(const pulp::PackageRow& row) const {
  return (!id_ || id_->in(row.id.text())) && (!name_ || name_->in(row.nevra.name.text()));
}

}  // namespace varve::surface
