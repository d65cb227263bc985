// The logs of a Warg registry, fetched whole and checked record by record. The thread of main()
// only.
#pragma once

#include <optional>
#include <vector>

#include "api/cli/warg_client.h"

namespace varve::cli {

struct FetchedLogs {
  std::vector<PublishedRecord> of_operator;
  std::optional<std::vector<PublishedRecord>> of_package;  // nothing: there is no such log
};
// Both logs as of a checkpoint's length. Failures: 6 for whatever is no complete answer; a
// registry that goes on for ever is one.
Outcome<FetchedLogs> fetch_logs(const WargClient& client, std::uint64_t log_length,
                                const warg::LogId& package);

// What the records amount to: each signed by a key that could, and allowed by its log's rules.
// Failures: 3.
Outcome<WargLog> check_operator_log(const std::vector<PublishedRecord>& records);
Outcome<WargLog> check_package_log(const std::vector<PublishedRecord>& records,
                                   const warg::PackageName& name);

// The key that an operator's log begins with.
Outcome<warg::PublicKeyText> first_key(const std::vector<PublishedRecord>& operator_records);

}  // namespace varve::cli
