// A value whose signature was checked, or a key that was found sound. Any thread.
//
// Only SignatureChecks makes one (log/proof/warg_keys.h: core holds no signature code), and what
// needs a signature takes nothing else: an unchecked record cannot reach the ledger, because it
// does not compile.
#pragma once

#include <utility>

namespace varve {

class SignatureChecks;

template <class T>
class Verified {
 public:
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  friend class SignatureChecks;
  explicit Verified(T value) : value_(std::move(value)) {}
  T value_;
};

}  // namespace varve
