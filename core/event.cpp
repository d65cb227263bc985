// What is true of every kind of event.
#include "core/event.h"

#include <type_traits>

namespace varve {

std::string_view type_of(const Event& event) {
  return std::visit([](const auto& e) { return std::decay_t<decltype(e)>::kType; }, event);
}

}  // namespace varve
