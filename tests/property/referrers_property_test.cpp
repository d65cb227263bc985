// One subject with a hundred thousand referrers: every page is bounded, none is left out, and what
// the server holds does not grow with how many were listed.
#include <gtest/gtest.h>
#include <malloc.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "core/base/limits.h"
#include "core/oci/manifest.h"
#include "tests/unit/api/surface/test_server.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#define VARVE_ASAN 1
#endif
#endif

namespace varve::test {
namespace {

constexpr int kReferrers = 100'000;
constexpr std::size_t kInFlight = 2'000;  // well below what the ledger's queue takes

std::size_t allocated_bytes() {
#ifdef VARVE_ASAN
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

// Lets at most kInFlight commands wait for the ledger.
class InFlight {
 public:
  void begin() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ < kInFlight; });
    ++count_;
  }
  void end(bool good) {
    const std::lock_guard lock(mutex_);
    --count_;
    failed_ += good ? 0 : 1;
    changed_.notify_all();
  }
  int wait_for_all() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ == 0; });
    return failed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  int failed_ = 0;
};

std::string referrer(const std::string& subject, int n) {
  return R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) +
         R"(","artifactType":"application/x.sig","manifests":[],"subject":{"mediaType":")" +
         std::string(kImageType) + R"(","digest":")" + subject +
         R"(","size":7},"annotations":{"n":")" + std::to_string(n) + "\"}}";
}

// As a client's PUT by digest, without waiting for each.
void push_all(TestServer& server, const std::string& subject) {
  InFlight in_flight;
  for (int n = 0; n < kReferrers; ++n) {
    auto bytes = std::make_shared<const std::string>(referrer(subject, n));
    const Digest digest = Digest::of(*bytes);
    oci::PutManifest put{RepoName::parse("app").value(), {}, digest, bytes->size(),
                         std::string(kIndexType),        {}, {}};
    in_flight.begin();
    server.services().ledger->submit(
        Command{Actor{"anonymous", Auth::dev}, "r", "oci", std::move(put), {{digest, bytes}}},
        [&in_flight](const Result<Receipt>& receipt) { in_flight.end(receipt.has_value()); });
  }
  ASSERT_EQ(in_flight.wait_for_all(), 0);
}

std::string next_page(const Answer& page) {
  const std::string link = page.header("Link");
  return link.empty() ? "" : link.substr(1, link.find('>') - 1);
}

// The "n" of each descriptor's annotations.
void take_numbers(const std::string& body, std::set<int>& numbers) {
  constexpr std::string_view kBefore = R"("annotations":{"n":")";
  for (std::size_t at = 0; (at = body.find(kBefore, at)) != body.npos;) {
    at += kBefore.size();
    EXPECT_TRUE(numbers.insert(std::stoi(body.substr(at, 8))).second) << "listed twice";
  }
}

TEST(HundredThousandReferrers, AreListedInBoundedPagesWithoutHoldingMore) {
  TestServer server;
  const std::string subject = Digest::of("a subject that was never pushed").to_string();
  push_all(server, subject);
  if (HasFatalFailure()) return;
  std::set<int> numbers;
  std::size_t pages = 0, after_first = 0, most = 0;
  for (std::string target = "/v2/app/referrers/" + subject; !target.empty(); ++pages) {
    ASSERT_LE(pages, kReferrers / limits::kReferrersPageMax + 1) << "it never ends";
    const std::size_t before = numbers.size();
    {
      const Answer page = server.get(target);
      ASSERT_EQ(page.status, 200U) << page.body;
      EXPECT_LE(page.body.size(), 1U << 20);
      take_numbers(page.body, numbers);
      target = next_page(page);
    }
    EXPECT_LE(numbers.size() - before, limits::kReferrersPageMax);
    const std::size_t ours = numbers.size() * 128;  // of this test's own set, at most
    const std::size_t held = allocated_bytes() - std::min(allocated_bytes(), ours);
    if (pages == 0) after_first = held;
    most = std::max(most, held);
  }
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(kReferrers));
  EXPECT_LE(most, after_first + (4U << 20)) << "what is held grows with what was listed";
}

}  // namespace
}  // namespace varve::test
