// The canonical bytes of an entry's text, and the decoding of every version ever written. Pure; any
// thread. Stored bytes are what was signed: they are never re-encoded, and members this version
// does not know are ignored here and kept there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/actor.h"
#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/event.h"

namespace varve {

struct Envelope {
  EntryIndex index;
  Timestamp at;  // stamped once a batch, never decreasing
  Actor actor;
  std::string request;               // ULID made by this server
  std::string surface;               // "oci", "local", …
  std::uint32_t batch_position = 0;  // this event's place in its request's run …
  std::uint32_t batch_count = 1;     // … of this many, which is atomic
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

struct Entry {
  Envelope envelope;
  Event event;
  friend bool operator==(const Entry&, const Entry&) = default;
};

// The note text: one line of RFC 8785 JSON and a newline.
//   {"actor":{"auth":…,"credential":…,"id":…},"at":…,"batch":[p,n],"data":{…},"index":i,"request":…,"surface":…,
//    "type":…,"v":1}
// where the actor has a credential only if one was shown.
std::string encode_entry_text(const Envelope& envelope, const Event& event);
// Errc::corrupt, About::entry; Errc::unsupported for a type, version or authentication that a newer
// version wrote, which is no damage.
Result<Entry> decode_entry_text(std::string_view text);
// The envelope alone, which does not depend on the type: for entries of unknown ones.
Result<Envelope> decode_envelope_text(std::string_view text);

// Does the event's data name this digest, as whatever? For finding events; what an event vouches
// for is subject_digest().
bool mentions_digest(const Event& event, const Digest& digest);
// The event's data as one line of JSON, for listings.
std::string data_json(const Event& event);

}  // namespace varve
