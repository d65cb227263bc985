// How fast is a log replayed into fresh tables, without checking signatures and with, against
// libsodium's own verification rate times the cores?
//
//   replay_bench [--entries N]     default 1,000,000
#include <sodium.h>

#include <array>
#include <thread>

#include "bench/rig.h"
#include "log/replay.h"
#include "log/store/open.h"

namespace varve::bench {
namespace {

// One core of this machine, verifying messages of an entry's length.
double verify_rate(std::size_t message_bytes) {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_key;
  std::array<unsigned char, crypto_sign_BYTES> signature;
  crypto_sign_keypair(public_key.data(), secret_key.data());
  const std::vector<unsigned char> message(message_bytes, 'x');
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                       secret_key.data());
  constexpr int kRounds = 20'000;
  const auto begin = Clock::now();
  for (int i = 0; i < kRounds; ++i)
    if (crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                    public_key.data()) != 0)
      std::exit(1);
  return kRounds / seconds_since(begin);
}

double replay_rate(const Rig& rig, const std::filesystem::path& out, bool verify) {
  auto store = must(open_store(out, StoreUse::fill));
  StoreSource source(rig.head());
  ReplayOptions options;
  options.verify_signatures = verify;
  options.threads = std::max(1u, std::thread::hardware_concurrency());
  const auto begin = Clock::now();
  const auto report = must(replay(source, *store, options));
  const double whole = seconds_since(begin);
  // The digests of the tables are a second pass over everything; the question is about the replay.
  const auto again = Clock::now();
  must(table_digests(*store->snapshot()));
  const double digests = seconds_since(again);
  fmt::print("    {:.1f} s, of which {:.1f} s for the digests of all tables\n", whole, digests);
  return static_cast<double>(report.size.value) / (whole - digests);
}

int run(std::uint64_t entries) {
  if (sodium_init() < 0) return 1;
  const BenchDirectory directory;
  Rig rig(directory.path() / "data");
  fill(rig, entries);
  Report report(fmt::format("Replay of {} entries", rig.size().value));
  const double plain = replay_rate(rig, directory.path() / "plain", false);
  const double cores = std::max(1u, std::thread::hardware_concurrency());
  const double limit = verify_rate(rig.entry_bytes()) * cores;
  const double checked = replay_rate(rig, directory.path() / "checked", true);
  report.at_least("without signature checks", plain, 100'000, "entries/s");
  report.figure("libsodium verifications, all cores", limit, "/s");
  report.figure("with signature checks", checked, "entries/s");
  report.at_least("ratio", checked / limit, 0.55, "x");
  return report.exit_code();
}

}  // namespace
}  // namespace varve::bench

int main(int argc, char** argv) {
  std::uint64_t entries = 1'000'000;
  if (argc == 3 && std::string_view(argv[1]) == "--entries") entries = std::stoull(argv[2]);
  return varve::bench::run(entries);
}
