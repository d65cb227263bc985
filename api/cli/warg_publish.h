// Publishing a record to a Warg registry: looked at first, signed, sent, its content uploaded,
// waited for, and found in the log in the end. The thread of main() only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "api/cli/warg_client.h"

namespace varve::cli {

// One record, as a person means it.
struct RecordWish {
  warg::PackageName name;
  std::vector<warg::PackageEntry> entries;  // without the init
  enum class Init : std::uint8_t { never, if_needed, only };
  Init init = Init::never;                          // a log's first entry, made with the signer
  std::map<Digest, std::filesystem::path> content;  // of the releases among the entries
};

struct Receipt {
  warg::RecordId record;
  bool began_log = false;
  std::size_t uploads = 0;
  // Where the record is, and in a log of how many records that was verified; nothing when nobody
  // waited for it.
  struct Published {
    std::uint64_t registry_index;
    std::uint64_t log_length;
  };
  std::optional<Published> published;
};

// A record that others come before is signed again, a few times. Failures: 2, 4, 8, 9 for a wish
// that the package's log would not take, before anything is sent; 5 for a record that was rejected,
// 9 when others come first again and again; 6 when the outcome is not known.
Outcome<Receipt> publish(WargClient& client, const RecordWish& wish, const warg::PrivateKey& key,
                         bool wait, std::chrono::seconds max_age);

}  // namespace varve::cli
