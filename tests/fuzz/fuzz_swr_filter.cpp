// Any query as what SWR's clients list by: nothing is taken that is out of bounds, and what is
// taken can be said again in a filter that means the same.
#include <string>

#include "api/http/message.h"
#include "api/surface/swr_filter.h"
#include "core/base/limits.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace varve;
using surface::SwrColumn;

std::string_view name_of(SwrColumn column) {
  switch (column) {
    case SwrColumn::updated_time:
      return "updated_time";
    case SwrColumn::name:
      return "name";
    case SwrColumn::tag_count:
      return "tag_count";
    case SwrColumn::name_space:
      return "namespace";
    case SwrColumn::is_public:
      return "is_public";
  }
  VARVE_ASSERT(false);
}

std::string filter_of(const surface::SwrRepoWish& wish) {
  std::string text = wish.thirdparty ? "center::thirdparty" : "center::self";
  text += "|namespace::" + wish.name_space + "|name::" + wish.name;
  if (wish.category) text += "|category::" + std::string(content::to_string(*wish.category));
  if (wish.is_public) text += *wish.is_public ? "|is_public::true" : "|is_public::false";
  if (wish.page)
    text += "|offset::" + std::to_string(wish.page->offset) +
            "|limit::" + std::to_string(wish.page->limit);
  text += "|order_column::" + std::string(name_of(wish.column));
  return text + (wish.descending ? "|order_type::desc" : "|order_type::asc");
}

void check_repos(const http::Query& query, surface::SwrRules rules) {
  auto wish = surface::parse_repo_wish(query, rules);
  if (!wish) {
    VARVE_ASSERT(wish.error().code.size() == 7 && wish.error().error.detail.size() <= 64);
    return;
  }
  if (wish->page) VARVE_ASSERT(wish->page->limit >= 1 && wish->page->limit <= limits::kSwrPageMax);
  // Plain parameters may hold what no filter can.
  if (wish->name_space.find('|') != std::string::npos || wish->name.find('|') != std::string::npos)
    return;
  const auto again = http::Query::parse("filter=" + http::percent_encode(filter_of(*wish)));
  VARVE_ASSERT(again.has_value());
  wish->exact_namespace = false;
  const auto same = surface::parse_repo_wish(*again, rules);
  VARVE_ASSERT(same.has_value() && *same == *wish);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto query = http::Query::parse(fuzz::text_of(data, size));
  if (!query) return 0;
  for (const bool strict : {false, true}) {
    check_repos(*query, {.require_filter = strict, .strict = strict});
    (void)surface::parse_tag_wish(*query, {.strict = strict});
  }
  (void)surface::parse_namespace_wish(*query);
  return 0;
}
