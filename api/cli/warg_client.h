// A Warg registry as far as it proves what it says. Everything a command uses was verified before
// it is returned: records by their signatures and their log's rules, the checkpoint by a key that
// the operator's log lets sign now, both logs' newest records by proofs of inclusion, and all of
// it against what this client remembers. The thread of main() only. Every answer is hostile.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/server.h"
#include "api/cli/warg_json.h"
#include "api/cli/warg_trust.h"
#include "core/base/time.h"
#include "core/warg/validate.h"

namespace varve::cli {

// What a command needs besides the registry: clocks, and other hosts.
struct Surroundings {
  std::function<Timestamp()> now;
  std::function<void(std::chrono::milliseconds)> sleep;
  // A server at another address, which is shown no credentials.
  std::function<Outcome<std::unique_ptr<Server>>(const std::string& url)> elsewhere;
};
Surroundings real_surroundings(std::optional<std::string> ca);

// A record that is in its log, at this place of the registry's.
struct RecordSeen {
  warg::RecordId id;
  std::uint64_t registry_index = 0;
};
struct WargLog {
  warg::MemoryLog facts;
  std::vector<RecordSeen> records;  // oldest first
  LogMark mark() const { return {records.back().id, records.size()}; }
};

// The registry at one checkpoint, as far as one package goes.
struct WargView {
  warg::SignedCheckpoint checkpoint;
  warg::PublicKeyText operator_key;
  WargLog of_operator;
  std::optional<WargLog> package;  // nothing: the registry says there is none
  // Of what is not there: why its absence is not proven; nothing when it is.
  std::optional<std::string> absence_unproven;
};

class WargClient {
 public:
  // The server and the console must outlive this.
  WargClient(Server& server, WargStore store, Surroundings surroundings, Console& console)
      : server_(&server),
        store_(std::move(store)),
        around_(std::move(surroundings)),
        console_(&console) {}

  // Fetched anew and remembered. Failures: 3 for what is proven false, 6 for what is not told or
  // too old (`max_age`; none: as old as it likes), 7 for two histories, both checkpoints saved.
  Outcome<WargView> look(const warg::PackageName& name,
                         std::optional<std::chrono::seconds> max_age);
  // That a record of the package's log is in the registry's tree at the view's checkpoint: its
  // newest one was proven with the view, any other is asked for here.
  Outcome<void> prove_record(const WargView& view, const warg::PackageName& name,
                             const RecordSeen& record) const;

  Server& server() const { return *server_; }
  const Surroundings& around() const { return around_; }
  Console& console() const { return *console_; }

  // A question whose only good answer is 200. Failures: 8 without the right to ask, else 6: an
  // error of a registry is no knowledge about what it holds.
  Outcome<std::string> ask(std::string target, std::optional<std::string> body,
                           std::size_t bytes_max, std::string what) const;

 private:
  Outcome<WargView> look_once(const warg::PackageName& name,
                              std::optional<std::chrono::seconds> max_age,
                              const std::optional<WargMemory>& memory) const;
  Outcome<warg::SignedCheckpoint> fetch_checkpoint() const;
  Outcome<void> prove_heads(const WargView& view, const warg::PackageName& name) const;
  Outcome<std::optional<std::string>> why_absence_is_unproven(const WargView& view,
                                                              const warg::LogId& log) const;

  Server* server_;
  WargStore store_;
  Surroundings around_;
  Console* console_;
};

// 200, or a failure as ask() has it.
Outcome<void> must_be_an_answer(const Server& server, std::string_view target, const Answer& answer,
                                const std::string& what);
// Why a registry refused, as far as it says: for what a person asked about.
Error warg_refusal(const Server& server, std::string_view target, const Answer& answer);

}  // namespace varve::cli
