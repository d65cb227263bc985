// Pushes, mounts, deletes and re-pushes race the purger with no grace period at all, and the
// process starts anew in between: a blob that a manifest needs is never lost.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tests/support/purge_rig.h"

namespace varve {
namespace {

using namespace std::chrono_literals;
using test::must;
using test::PurgeRig;

constexpr int kRestarts = 4;
constexpr int kClients = 3;
constexpr int kRoundsEach = 300;  // of each client, between two restarts
constexpr int kBlobs = 12;        // few, so that everybody meets at the same ones
constexpr int kRepos = 2;

std::uint64_t seed() {
  if (const char* text = std::getenv("VARVE_TEST_SEED")) return std::strtoull(text, nullptr, 10);
  return std::random_device{}();
}

class Client {
 public:
  Client(PurgeRig& rig, std::uint64_t seed) : rig_(rig), random_(seed) {}

  void run() {
    for (int round = 0; round < kRoundsEach; ++round) {
      const std::string repo = "repo" + std::to_string(below(kRepos));
      const std::string other = "repo" + std::to_string(below(kRepos));
      const std::vector<std::string> layers = {content(), content()};
      switch (below(4)) {
        case 0:
          for (const auto& layer : layers)
            static_cast<void>(rig_.mount(repo, other, Digest::of(layer)));
          break;
        default:
          push(repo, layers);
      }
      while (images_.size() > below(3)) remove_one();
    }
    push("repo0", {content(), content()});  // so that something is needed at the end
  }
  std::uint64_t pushed() const { return pushed_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Mine {
    std::string repo;
    PurgeRig::Image image;
    std::vector<std::string> layers;
  };

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::string content() { return "blob " + std::to_string(below(kBlobs)); }

  // As a client does it: ask, send what is missing, put the manifest. When the manifest is refused
  // because a layer went after all, start over.
  void push(const std::string& repo, const std::vector<std::string>& layers) {
    const auto image = PurgeRig::image_of(layers, std::to_string(random_()));
    for (;;) {
      for (const auto& layer : layers)
        if (!rig_.has_blob(repo, Digest::of(layer))) must(rig_.push_blob(repo, layer));
      const auto put = rig_.put_image(repo, image);
      if (put) break;
      ASSERT_EQ(put.error().about, About::manifest_blob) << put.error().what;
      ++refused_;
    }
    ++pushed_;
    images_.push_back({repo, image, layers});
    check(images_.back());
  }

  void check(const Mine& mine) {
    ASSERT_TRUE(rig_.has_image(mine.repo, mine.image.digest));
    for (const auto& layer : mine.layers)
      ASSERT_TRUE(rig_.has_bytes(Digest::of(layer)))
          << mine.repo << " needs " << layer << ", and its bytes are gone";
  }

  void remove_one() {
    std::swap(images_[below(images_.size())], images_.back());
    check(images_.back());
    must(rig_.delete_image(images_.back().repo, images_.back().image.digest));
    images_.pop_back();
  }

  PurgeRig& rig_;
  std::mt19937_64 random_;
  std::vector<Mine> images_;
  std::uint64_t pushed_ = 0;
  std::uint64_t refused_ = 0;
};

// Every manifest's blobs are linked and their files are there.
void expect_whole(PurgeRig& rig) {
  const Reader reader(rig.rig.head.get());
  const auto view = reader.view();
  std::size_t needed = 0;
  must(view->scan(Table::blob_in, {}, {}, [&](std::string_view key, const Row&) {
    const auto end = key.find('\0');
    const RepoName repo = PurgeRig::repo(std::string(key.substr(0, end)));
    const auto digest = must(Digest::from_row(key.substr(end + 1, 33)));
    EXPECT_TRUE(must(oci::find_blob(*view, repo, digest)));
    EXPECT_TRUE(rig.has_bytes(digest));
    ++needed;
    return true;
  }));
  EXPECT_GT(needed, 0u);
}

TEST(PurgeRace, NeverLosesABlobThatAManifestNeeds) {
  const std::uint64_t start = seed();
  SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(start));
  PurgeRig rig(0ms);
  std::uint64_t pushed = 0, purged = 0;
  for (int life = 0; life < kRestarts; ++life) {
    std::atomic<bool> ended = false;
    std::jthread purger([&] {
      while (!ended) {
        const auto report = rig.pass();
        if (report.counts.contains(PurgeReport::Outcome::purged))
          purged += report.counts.at(PurgeReport::Outcome::purged);
      }
    });
    std::vector<Client> clients;
    for (int n = 0; n < kClients; ++n)
      clients.emplace_back(rig, start + static_cast<std::uint64_t>(life * kClients + n));
    {
      std::vector<std::jthread> threads;
      for (Client& client : clients) threads.emplace_back([&client] { client.run(); });
    }
    ended = true;
    purger.join();
    for (const Client& client : clients) pushed += client.pushed();
    expect_whole(rig);
    rig.restart();
    expect_whole(rig);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(pushed, 1'000u);
  EXPECT_GT(purged, 10u) << "the race did not happen";
}

}  // namespace
}  // namespace varve
