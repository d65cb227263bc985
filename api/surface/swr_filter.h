// What the listings of SWR's clients ask for: `filter=key::value|key::value`, in quotes or none, or
// plain parameters, which count only where there is no filter. Pure; any thread. The query is
// decoded already, once (http::Query).
//
// Sources: SWR's API reference, in the forms it has had since 2018; what its own clients send.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.h"
#include "core/base/error.h"
#include "core/content/content.h"

namespace varve::surface {

// A refusal whose code word is SWR's own for this very case: its clients look at nothing else.
struct SwrFault {
  std::string_view code;
  Error error;
};
template <class T>
using SwrResult = std::expected<T, SwrFault>;

// Behind "SVCSTG.SWR.".
inline constexpr std::string_view kSwrInvalidParameter = "4000014";
inline constexpr std::string_view kSwrInvalidPage = "4000056";
inline constexpr std::string_view kSwrInvalidPublic = "4001009";
inline constexpr std::string_view kSwrMissingParameter = "4001036";
inline constexpr std::string_view kSwrInvalidFilter = "4001035";
inline constexpr std::string_view kSwrInvalidOrder = "4001096";

// What the configuration says (api/config.h).
struct SwrRules {
  bool require_filter = false;  // a listing without any parameter is refused
  bool strict = false;          // and so is an offset without a limit, or the other way round
};

// Part of a list, when both were asked for; a lone one has no effect.
struct SwrPage {
  std::uint64_t offset = 0;
  std::uint64_t limit = 0;
  friend bool operator==(const SwrPage&, const SwrPage&) = default;
};

enum class SwrColumn : std::uint8_t { updated_time, name, tag_count, name_space, is_public };

struct SwrRepoWish {
  bool thirdparty = false;  // what others share with the caller, instead of all the caller may see
  std::string name_space;   // empty: any
  bool exact_namespace = false;  // else a part of its name
  std::string name;              // a part of it; empty: any
  std::optional<content::Category> category = std::nullopt;
  std::optional<bool> is_public = std::nullopt;
  std::optional<SwrPage> page = std::nullopt;
  SwrColumn column = SwrColumn::updated_time;
  bool descending = true;
  bool images = true;  // else what is not in this listing: packages and their logs
  friend bool operator==(const SwrRepoWish&, const SwrRepoWish&) = default;
};
SwrResult<SwrRepoWish> parse_repo_wish(const http::Query& query, SwrRules rules);

struct SwrTagWish {
  std::string tag;  // a part of it; empty: any
  std::optional<SwrPage> page = std::nullopt;
  bool by_name = false;  // else by time
  bool descending = true;
  friend bool operator==(const SwrTagWish&, const SwrTagWish&) = default;
};
SwrResult<SwrTagWish> parse_tag_wish(const http::Query& query, SwrRules rules);

struct SwrNamespaceWish {
  std::string name_space;  // as above
  bool exact = false;
  friend bool operator==(const SwrNamespaceWish&, const SwrNamespaceWish&) = default;
};
SwrResult<SwrNamespaceWish> parse_namespace_wish(const http::Query& query);

}  // namespace varve::surface
