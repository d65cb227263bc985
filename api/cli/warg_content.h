// A package's bytes, to and from wherever the registry says: its own address or another host, which
// is shown no credentials. The thread of main() only. Every address that a registry names is
// hostile.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/files.h"
#include "api/cli/warg_client.h"

namespace varve::cli {

// Where an address that a registry named leads. `server` is empty for the registry itself.
struct Destination {
  std::string server;  // "https://host:port"
  std::string target;  // "/path?query"
};
// `url`: absolute, or relative to the registry's own. Errors: invalid/About::request, also for
// plain HTTP named by a registry that is asked over TLS.
Result<Destination> resolve_url(std::string_view registry, std::string_view url);

class ContentMover {
 public:
  explicit ContentMover(const WargClient& client) : client_(client) {}

  // Sends a file's bytes to the first place that takes them; again, a few times, when that breaks
  // off or none can take them just now.
  Outcome<void> upload(const Digest& content, const std::filesystem::path& file,
                       const std::vector<UploadPlace>& places);
  // Brings the content to `file`, which appears only when every byte was checked. Failures: 3 for
  // other bytes, 6 when no place has any.
  Outcome<void> download(const Digest& content, const std::filesystem::path& file);

 private:
  struct Place {
    Server* server;
    std::string target;
  };
  struct RefusedUpload {
    Error why;
    bool may_pass;  // one of the places may take it later
  };
  Outcome<Place> place_of(const std::string& url);
  // Nothing: a place took it.
  Outcome<std::optional<RefusedUpload>> upload_once(Upload& bytes,
                                                    const std::vector<UploadPlace>& places);
  Outcome<void> download_from(const ContentPlace& from, const Digest& content, NewFile& file);

  const WargClient& client_;
  std::map<std::string, std::unique_ptr<Server>> elsewhere_;  // by address
};

}  // namespace varve::cli
