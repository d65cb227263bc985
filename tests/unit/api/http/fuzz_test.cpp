// Thousands of damaged requests from a printed seed: whatever comes in, what goes out is a run of
// whole answers, and the session ends when the client does.
#include <gtest/gtest.h>

#include <random>

#include "memory_server.h"

namespace varve::http::test {
namespace {

const std::vector<std::string>& corpus() {
  static const std::vector<std::string> kCorpus = {
      get("/v2/a/manifests/x"),
      get("/v2/a%2Fb/manifests/x?q=%20&n=1", "X-Request-Id: a\r\nConnection: keep-alive\r\n"),
      "PUT /v2/a/blobs/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
      "PUT /v2/a/blobs/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;a=b\r\nabc\r\n0\r\nT: u\r\n\r\n",
      "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 3\r\n\r\nabc",
      "HEAD /v2/a/blobs/x HTTP/1.0\r\nConnection: close\r\n\r\n",
  };
  return kCorpus;
}

void damage(std::string& bytes, std::mt19937_64& random) {
  static constexpr std::string_view kSpice[] = {"\r\n",
                                                "\n",
                                                "\r",
                                                " ",
                                                ":",
                                                "%",
                                                "0",
                                                "\0",
                                                "chunked",
                                                "Content-Length: 1\r\n",
                                                "\r\n\r\n",
                                                "Transfer-Encoding: chunked\r\n",
                                                "ffffffffffffffff"};
  const std::size_t at = random() % (bytes.size() + 1);
  switch (random() % 4) {
    case 0:
      bytes.insert(at, kSpice[random() % std::size(kSpice)]);
      return;
    case 1:
      bytes.erase(at, 1 + random() % 8);
      return;
    case 2:
      if (at < bytes.size()) bytes[at] = static_cast<char>(random());
      return;
    default:
      bytes.insert(at, corpus()[random() % corpus().size()].substr(0, random() % 60));
  }
}

TEST(DamagedRequests, AlwaysGetWholeAnswersOrNone) {
  const std::uint64_t seed =
      testing::UnitTest::GetInstance()->random_seed() != 0
          ? static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed())
          : std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 1500; ++round) {
    std::string bytes = corpus()[random() % corpus().size()] + corpus()[random() % corpus().size()];
    for (std::size_t n = random() % 4; n-- > 0;) damage(bytes, random);
    MemoryServer server(surfaces());
    server.services().file = std::make_shared<MemoryFile>("file");
    const std::size_t split = random() % (bytes.size() + 1);
    server.send(bytes.substr(0, split));
    server.send(bytes.substr(split));
    const std::string got = server.take();
    if (!got.empty()) {
      ASSERT_FALSE(parse_answers(got).empty()) << bytes << "\n---\n" << got;
    }
    server.hang_up();
    ASSERT_TRUE(server.ended()) << bytes;
  }
}

}  // namespace
}  // namespace varve::http::test
