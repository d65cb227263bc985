// Checkpoints by consistency bundles, logs by the records that were their newest. The thread of
// main() only.
#include "api/cli/warg_history.h"

#include <algorithm>

#include "core/base/bytes.h"

namespace varve::cli {
namespace {

constexpr std::size_t kProofAnswerBytesMax = 1 << 20;

class Comparison {
 public:
  Comparison(const WargClient& client, const WargStore& store, const WargMemory& memory,
             const WargView& view)
      : client_(client), store_(store), memory_(memory), view_(view) {}

  Outcome<void> run(const warg::PackageName& name) {
    if (view_.operator_key != memory_.operator_key)
      return two_histories("there is another registry at this address than before",
                           "its operator's log began with " + memory_.operator_key.text() +
                               " and now begins with " + view_.operator_key.text());
    VARVE_CLI_CHECK(compare_checkpoints());
    if (!goes_on(memory_.of_operator, view_.of_operator))
      return two_histories("the operator's log is not the one that was shown before",
                           shown_before(memory_.of_operator));
    const auto known = memory_.packages.find(name.text());
    if (known == memory_.packages.end()) return {};
    return compare_package(name, known->second);
  }

 private:
  const warg::Checkpoint& old() const { return memory_.checkpoint.contents; }
  const warg::Checkpoint& now() const { return view_.checkpoint.contents; }

  Outcome<void> compare_checkpoints() {
    if (now().log_length < old().log_length)
      return two_histories("the registry went back to an earlier state: rollback",
                           "it serves " + length_of(now()) + " after " + length_of(old()) +
                               " had been verified here");
    if (now().log_length > old().log_length) return compare_lengths();
    if (now().log_root == old().log_root && now().map_root == old().map_root) return {};
    return two_histories("the registry shows two different histories: fork",
                         "two signed checkpoints of " + length_of(old()) + " have different roots");
  }

  Outcome<void> compare_lengths() {
    const std::uint64_t from = old().log_length;
    const std::uint64_t to = now().log_length;
    if (from == 0) return {};  // the empty log is the start of every other
    auto bundle = fetch_bundle(from, to);
    if (!bundle) return cannot_tell(bundle.error().what + ": " + bundle.error().why);
    const auto verified =
        warg::verify_consistency(*bundle, from, to, old().log_root, now().log_root);
    if (verified) return {};
    const auto other = old_root_of(*bundle, from);
    // The new root is the signed one, and the old root that its log has is not.
    if (other && warg::verify_consistency(*bundle, from, to, *other, now().log_root))
      return two_histories(
          "the registry shows two different histories: fork",
          "the log of " + length_of(now()) + " does not continue the one of " + length_of(old()),
          bundle->encode());
    return cannot_tell("its proof proves nothing: " + describe(verified.error()));
  }

  Outcome<warg::LogBundle> fetch_bundle(std::uint64_t from, std::uint64_t to) const {
    const std::string what = "the proof that the log only grew cannot be had";
    VARVE_CLI_TRY(const auto body,
                  client_.ask("/v1/proof/consistency", write_consistency_question(from, to),
                              kProofAnswerBytesMax, what));
    return doing(what, read_consistency(body));
  }

  // The root of the older log that the bundle's own hashes make.
  static std::optional<Hash256> old_root_of(const warg::LogBundle& bundle, std::uint64_t length) {
    const auto root =
        root_of(TreeSize{length}, [&](unsigned level, std::uint64_t n) -> Result<Hash256> {
          const auto number = warg::node_number({level, n});
          const auto found =
              std::ranges::find(bundle.hashes, number, &std::pair<std::uint32_t, Hash256>::first);
          if (found == bundle.hashes.end())
            return fail(Errc::invalid, About::proof, "a hash is missing");
          return found->second;
        });
    return root ? std::optional(*root) : std::nullopt;
  }

  Outcome<void> compare_package(const warg::PackageName& name, const LogMark& mark) {
    if (view_.package && goes_on(mark, *view_.package)) return {};
    if (view_.package)
      return two_histories("the log of " + name.text() + " is not the one that was shown before",
                           shown_before(mark));
    if (view_.absence_unproven)
      return cannot_tell("it denies " + name.text() + ", which it has shown before, and does not " +
                             "prove it: " + *view_.absence_unproven,
                         "if not everybody may see the package, give the credentials that it was "
                         "seen with; ");
    return two_histories("the registry no longer has " + name.text(), shown_before(mark));
  }

  // A record's id covers the one before it, so that one id stands for a log up to there.
  static bool goes_on(const LogMark& mark, const WargLog& log) {
    return log.records.size() >= mark.count && log.records[mark.count - 1].id == mark.head;
  }
  static std::string shown_before(const LogMark& mark) {
    return "it had " + std::to_string(mark.count) + " records, the newest " + mark.head.to_string();
  }
  static std::string length_of(const warg::Checkpoint& checkpoint) {
    return "length " + std::to_string(checkpoint.log_length);
  }

  Outcome<StateDirectory::Evidence> save(std::string_view proof) const {
    return store_.save_evidence(client_.server().url(), memory_.checkpoint, view_.checkpoint,
                                proof);
  }
  std::unexpected<Failure> two_histories(std::string what, std::string why,
                                         std::string_view proof = {}) const {
    return refuse(ExitCode::equivocation, std::move(what),
                  std::move(why) + "; " + where(save(proof)),
                  "if this registry was made anew on purpose: run `varve key forget --server " +
                      client_.server().url() +
                      "`. Otherwise stop using it and show these files to its operator");
  }
  std::unexpected<Failure> cannot_tell(std::string why, std::string hint = {}) const {
    return refuse(
        ExitCode::cannot_tell, "whether the registry only grew cannot be told",
        std::move(why) + "; " + where(save({})),
        std::move(hint) +
            "try again; a registry that goes on like this may be hiding a second history: do not "
            "rely on it, and show both files to its operator");
  }

  const WargClient& client_;
  const WargStore& store_;
  const WargMemory& memory_;
  const WargView& view_;
};

}  // namespace

Outcome<void> must_continue(const WargClient& client, const WargStore& store,
                            const WargMemory& memory, const WargView& view,
                            const warg::PackageName& name) {
  return Comparison(client, store, memory, view).run(name);
}

}  // namespace varve::cli
