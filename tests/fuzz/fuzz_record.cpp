// Any bytes as the text of a log entry.
#include "core/codec.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entry = varve::decode_entry_text(varve::fuzz::text_of(data, size));
  if (!entry) {
    VARVE_ASSERT(entry.error().about == varve::About::entry);
    VARVE_ASSERT(entry.error().code == varve::Errc::corrupt ||
                 entry.error().code == varve::Errc::unsupported);
    return 0;
  }
  // What was read can be written, and reads the same.
  const std::string text = varve::encode_entry_text(entry->envelope, entry->event);
  const auto again = varve::decode_entry_text(text);
  VARVE_ASSERT(again && *again == *entry);
  VARVE_ASSERT(text.find(varve::data_json(entry->event)) != std::string::npos);
  return 0;
}
