// The three small grammars of conditional and partial transfers: Range, Content-Range and
// If-None-Match. Pure; any thread. Source: RFC 9110 §13, §14 and the OCI conformance suite where it
// is stricter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace varve::surface {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct RangeAnswer {
  enum class Kind {
    whole,          // no Range, a malformed one, or several ranges: all of it, status 200
    part,           // status 206
    unsatisfiable,  // status 416
  };
  Kind kind = Kind::whole;
  ByteRange range;
  friend bool operator==(const RangeAnswer&, const RangeAnswer&) = default;
};
// "bytes=500-0" is unsatisfiable, not ignored: the OCI suite asks for 416 there.
RangeAnswer parse_range(std::string_view header, std::uint64_t size);

// A chunk's place in an upload: "a-b" as OCI writes it, or "bytes a-b/total" as HTTP does.
struct Chunk {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t length() const { return last - first + 1; }
  friend bool operator==(const Chunk&, const Chunk&) = default;
};
std::optional<Chunk> parse_content_range(std::string_view header);

// Does an If-None-Match list name this tag? Quoted or not, weak or not: registries' clients send
// all.
// The members of an If-Match or If-None-Match list, without quotes; "*" stands for itself. A tag
// without quotes is taken too: some clients send digests bare.
struct EntityTag {
  std::string_view text;
  bool weak = false;
};
std::vector<EntityTag> entity_tags(std::string_view list);

bool etag_matches(std::string_view if_none_match, std::string_view tag);

}  // namespace varve::surface
