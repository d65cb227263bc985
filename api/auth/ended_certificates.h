// Who was allowed client certificates once: nobody who was and is no longer is taken for somebody
// who never was. Any thread.
//
// What was revoked stands in no row of its principal's, so it takes a walk over all credentials; a
// client shows its certificate with every request, so what the walk found is remembered until
// something happens to the principal's credentials.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/trust/names.h"
#include "log/reader.h"

namespace varve::auth {

class EndedCertificates {
 public:
  static constexpr std::size_t kNamesMax = 4'096;

  // Nothing: that is not known, look.
  std::optional<bool> known(const Reader& reader, const PrincipalName& principal) const;
  // Blocks: for as long as the principal had credentials, and when something happened to those, for
  // as long as there are any.
  Result<bool> look(const Reader& reader, const PrincipalName& principal);

 private:
  struct Found {
    bool ended;
    TreeSize size;
  };
  std::optional<Found> found_of(const PrincipalName& principal) const;
  void remember(const PrincipalName& principal, const Found& found);

  mutable std::mutex mutex_;
  std::map<std::string, Found, std::less<>> found_;
};

}  // namespace varve::auth
