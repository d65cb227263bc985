// gzip that is the same bytes for the same text: a fixed level, and neither a time nor a system in
// its header. One thread at a time; it computes, so not an I/O thread.
//
// Another version of zlib may compress otherwise. What is compressed here is named by its digest,
// so that nobody mistakes one for the other.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace varve::surface {

class Gzip {
 public:
  Gzip();
  ~Gzip();
  Gzip(Gzip&&) noexcept;
  Gzip& operator=(Gzip&&) noexcept;
  void write(std::string_view text);
  std::string finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve::surface
