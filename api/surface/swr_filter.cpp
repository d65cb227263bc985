// Taking filters apart. Pure; any thread.
#include "api/surface/swr_filter.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "api/surface/swr_common.h"
#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::surface {
namespace {

constexpr std::size_t kShownBytesMax = 64;  // of what is refused

std::unexpected<SwrFault> refuse(std::string_view code, std::string what, std::string_view value) {
  return std::unexpected<SwrFault>(std::in_place, code,
                                   Error(Errc::invalid, About::request, std::move(what),
                                         std::string(value.substr(0, kShownBytesMax))));
}

using Keys = std::span<const std::string_view>;

// What was asked for, whichever way. An empty value says nothing: templates of clients have them.
class Parameters {
 public:
  static SwrResult<Parameters> parse(const http::Query& query, Keys keys, SwrRules rules) {
    Parameters parameters;
    const auto filters = query.all("filter");
    if (filters.size() > 1) return twice("filter");
    if (!filters.empty()) return parse_filter(filters.front(), keys);
    for (const std::string_view key : keys) {
      const auto values = query.all(key);
      if (values.size() > 1) return twice(key);
      if (!values.empty()) parameters.pairs_.emplace_back(key, values.front());
    }
    if (parameters.pairs_.empty() && rules.require_filter)
      return refuse(kSwrInvalidFilter, "this listing takes a filter: filter=center::self", "");
    return parameters;
  }

  std::optional<std::string_view> get(std::string_view key) const {
    const auto found = std::ranges::find(pairs_, key, &Pair::first);
    if (found == pairs_.end() || found->second.empty()) return std::nullopt;
    return found->second;
  }
  std::string text(std::string_view key) const {
    return std::string(get(key).value_or(std::string_view()));
  }
  bool from_filter() const { return from_filter_; }

 private:
  using Pair = std::pair<std::string_view, std::string_view>;

  // The quotes were meant for a shell; SWR's own page printed them.
  static std::string_view without_quotes(std::string_view text) {
    const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                        (text.front() == '\'' || text.front() == '"');
    return quoted ? text.substr(1, text.size() - 2) : text;
  }

  // One of them would be passed over in silence.
  static std::unexpected<SwrFault> twice(std::string_view key) {
    return refuse(kSwrInvalidFilter, "a request has each parameter once", key);
  }

  static SwrResult<Parameters> parse_filter(std::string_view filter, Keys keys) {
    Parameters parameters;
    parameters.from_filter_ = true;
    std::string_view rest = without_quotes(filter);
    for (bool more = true; more;) {
      const std::size_t bar = rest.find('|');
      const std::string_view pair = rest.substr(0, bar);
      more = bar != rest.npos;
      if (more) rest.remove_prefix(bar + 1);
      const std::size_t colons = pair.find("::");
      if (colons == pair.npos)
        return refuse(kSwrInvalidFilter, "a filter is key::value, joined by |", pair);
      const std::string_view key = pair.substr(0, colons);
      if (std::ranges::find(keys, key) == keys.end())
        return refuse(kSwrInvalidFilter, "a filter here has no such key", key);
      if (std::ranges::find(parameters.pairs_, key, &Pair::first) != parameters.pairs_.end())
        return refuse(kSwrInvalidFilter, "a filter names a key twice", key);
      parameters.pairs_.emplace_back(key, pair.substr(colons + 2));
    }
    return parameters;
  }

  std::vector<Pair> pairs_;  // views into the query
  bool from_filter_ = false;
};

SwrResult<std::optional<SwrPage>> page_of(const Parameters& asked, SwrRules rules) {
  const auto offset = asked.get("offset");
  const auto limit = asked.get("limit");
  if (!offset || !limit) {
    if (rules.strict && (offset || limit))
      return refuse(kSwrMissingParameter, "offset and limit go together",
                    offset ? "limit" : "offset");
    return std::nullopt;
  }
  const auto from = parse_decimal(*offset);
  if (!from) return refuse(kSwrInvalidPage, "offset is a number, 0 or more", *offset);
  const auto count = parse_decimal(*limit);
  if (!count || *count == 0 || *count > limits::kSwrPageMax)
    return refuse(kSwrInvalidPage, "limit is 1 to " + std::to_string(limits::kSwrPageMax), *limit);
  return SwrPage{*from, *count};
}

SwrResult<bool> descending(const Parameters& asked) {
  const std::string_view type = asked.get("order_type").value_or("desc");
  if (type == "asc" || type == "desc") return type == "desc";
  return refuse(kSwrInvalidParameter, "order_type is desc or asc", type);
}

template <class Column>
struct Named {
  std::string_view name;
  Column column;
};
template <class Column, std::size_t N>
SwrResult<Column> column_of(const Parameters& asked, const Named<Column> (&columns)[N]) {
  const auto wanted = asked.get("order_column");
  if (!wanted) return columns[0].column;
  for (const Named<Column>& column : columns)
    if (column.name == *wanted) return column.column;
  return refuse(kSwrInvalidOrder, "this cannot be ordered by that", *wanted);
}

}  // namespace

std::optional<content::Category> swr_category(std::string_view word) {
  return word == "arms" ? content::Category::arm : content::parse_category(word);
}

SwrResult<SwrRepoWish> parse_repo_wish(const http::Query& query, SwrRules rules) {
  constexpr std::string_view kKeys[] = {"center",     "namespace", "name",  "category",
                                        "is_public",  "offset",    "limit", "order_column",
                                        "order_type", "format"};
  // The first is what is meant without any; updated_at is its older name.
  constexpr Named<SwrColumn> kColumns[] = {{"updated_time", SwrColumn::updated_time},
                                           {"updated_at", SwrColumn::updated_time},
                                           {"name", SwrColumn::name},
                                           {"tag_count", SwrColumn::tag_count},
                                           {"namespace", SwrColumn::name_space},
                                           {"is_public", SwrColumn::is_public}};
  const auto asked = Parameters::parse(query, kKeys, rules);
  if (!asked) return std::unexpected(asked.error());
  SwrRepoWish wish;
  const std::string_view center = asked->get("center").value_or("self");
  wish.thirdparty = center == "thirdparty";
  if (center != "self" && !wish.thirdparty)
    return refuse(kSwrInvalidFilter, "center is self or thirdparty", center);
  const std::string_view format = asked->get("format").value_or("oci");
  wish.images = format == "oci" || format == "*";
  if (!wish.images && format != "rpm" && format != "warg")
    return refuse(kSwrInvalidFilter, "format is oci, rpm, warg or *", format);
  wish.name_space = asked->text("namespace");
  wish.exact_namespace = !wish.name_space.empty() && !asked->from_filter();
  wish.name = asked->text("name");
  if (const auto word = asked->get("category")) {
    wish.category = swr_category(*word);
    if (!wish.category)
      return refuse(kSwrInvalidFilter,
                    "category is app_server, linux, framework_app, database, lang, other, windows "
                    "or arm",
                    *word);
  }
  if (const auto word = asked->get("is_public")) {
    if (*word != "true" && *word != "false")
      return refuse(kSwrInvalidPublic, "is_public is true or false", *word);
    wish.is_public = *word == "true";
  }
  const auto page = page_of(*asked, rules);
  if (!page) return std::unexpected(page.error());
  const auto column = column_of(*asked, kColumns);
  if (!column) return std::unexpected(column.error());
  const auto descends = descending(*asked);
  if (!descends) return std::unexpected(descends.error());
  wish.page = *page;
  wish.column = *column;
  wish.descending = *descends;
  return wish;
}

SwrResult<SwrTagWish> parse_tag_wish(const http::Query& query, SwrRules rules) {
  constexpr std::string_view kKeys[] = {"tag", "offset", "limit", "order_column", "order_type"};
  constexpr Named<bool> kByName[] = {{"updated_at", false}, {"updated_time", false}, {"tag", true}};
  // That of repositories alone was ever said to be required.
  const auto asked = Parameters::parse(query, kKeys, {});
  if (!asked) return std::unexpected(asked.error());
  const auto page = page_of(*asked, rules);
  if (!page) return std::unexpected(page.error());
  const auto by_name = column_of(*asked, kByName);
  if (!by_name) return std::unexpected(by_name.error());
  const auto descends = descending(*asked);
  if (!descends) return std::unexpected(descends.error());
  return SwrTagWish{asked->text("tag"), *page, *by_name, *descends};
}

SwrResult<SwrNamespaceWish> parse_namespace_wish(const http::Query& query) {
  constexpr std::string_view kKeys[] = {"namespace", "mode"};
  const auto asked = Parameters::parse(query, kKeys, {});
  if (!asked) return std::unexpected(asked.error());
  const std::string_view mode = asked->get("mode").value_or("visible");
  if (mode != "visible") return refuse(kSwrInvalidFilter, "mode is visible", mode);
  const std::string name = asked->text("namespace");
  return SwrNamespaceWish{name, !name.empty() && !asked->from_filter()};
}

}  // namespace varve::surface
