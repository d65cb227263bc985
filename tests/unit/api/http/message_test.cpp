// Percent-encoding, queries and header look-up.
#include "api/http/message.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "core/base/limits.h"

namespace varve::http {
namespace {

TEST(PercentDecode, DecodesOnceAndOnlyOnce) {
  EXPECT_EQ(percent_decode("/v2/a%2Fb/sha256%3Aaf"), "/v2/a/b/sha256:af");
  EXPECT_EQ(percent_decode("%252F"), "%2F");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("%c3%A9"), "\xc3\xa9");
  EXPECT_EQ(percent_decode(""), "");
}

TEST(PercentDecode, RefusesHalfEscapesAndNul) {
  for (const std::string_view bad :
       {std::string_view("%"), std::string_view("%2"), std::string_view("a%zz"),
        std::string_view("%0g"), std::string_view("%00"), std::string_view("a\0b", 3),
        std::string_view("%%20"), std::string_view("%+1")}) {
    EXPECT_FALSE(percent_decode(bad)) << bad;
  }
}

TEST(Query, KeepsPairsInOrderAndPlusAsPlus) {
  const auto query = Query::parse("tag=a&tag=b%2Cc&artifactType=application/x+json&flag&=v&&x==1");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->all("tag"), (std::vector<std::string_view>{"a", "b,c"}));
  EXPECT_EQ(query->get("tag"), "a");
  EXPECT_EQ(query->get("artifactType"), "application/x+json");
  EXPECT_EQ(query->get("flag"), "");
  EXPECT_EQ(query->get(""), "v");
  EXPECT_EQ(query->get("x"), "=1");
  EXPECT_EQ(query->get("absent"), std::nullopt);
  EXPECT_TRUE(Query::parse("")->empty());
}

TEST(Query, RefusesBadEncodingInNamesAndValues) {
  EXPECT_FALSE(Query::parse("a=%"));
  EXPECT_FALSE(Query::parse("%0=1"));
  EXPECT_FALSE(Query::parse("a=1&b=%00"));
}

TEST(Request, FindsHeadersWhateverTheirCase) {
  Request request;
  request.headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  EXPECT_EQ(request.header("CONTENT-TYPE"), "a");
  EXPECT_EQ(request.header("Content-Typ"), "");
}

// Counts what it is asked to hold, up to some bound.
class Counting final : public Body {
 public:
  net::awaitable<Result<std::string_view>> read() override { co_return std::string_view(); }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  bool hold(std::size_t bytes) override {
    held += bytes;
    return held <= 100;
  }
  std::size_t held = 0;
};

TEST(ReadAgain, GivesTheSameBytesInWindows) {
  const std::string bytes(limits::kBodyWindowBytes * 2 + 7, 'x');
  Counting source;
  const auto body = read_again(bytes, source);
  EXPECT_EQ(body->length(), bytes.size());
  net::io_context io;
  std::string got;
  std::vector<std::size_t> windows;
  net::co_spawn(
      io,
      [&]() -> net::awaitable<void> {
        for (;;) {
          auto window = co_await body->read();
          if (!window || window->empty()) co_return;
          windows.push_back(window->size());
          got += *window;
        }
      },
      net::detached);
  io.run();
  EXPECT_EQ(got, bytes);
  EXPECT_EQ(windows,
            (std::vector<std::size_t>{limits::kBodyWindowBytes, limits::kBodyWindowBytes, 7}));
}

TEST(ReadAgain, CountsWhatIsHeldWithTheBodyItCameFrom) {
  Counting source;
  const auto body = read_again("x", source);
  EXPECT_TRUE(body->hold(60));
  EXPECT_FALSE(body->hold(60));
  EXPECT_EQ(source.held, 120U);
}

TEST(Response, JsonHasNoCharsetParameter) {
  EXPECT_EQ(json(200, "{}").headers.at(0).second, "application/json");
  EXPECT_EQ(text(200, "").headers.at(0).second, "text/plain; charset=utf-8");
}

TEST(MomentaryAnswers, AreKeptByNoCacheAndSayWhenToAskAgain) {
  const auto header = [](const Response& response, std::string_view name) {
    std::string all;
    for (const auto& [key, value] : response.headers)
      if (key == name) all += value + ";";
    return all;
  };
  const Response up = momentary(text(200, "ok"));
  EXPECT_EQ(header(up, "Cache-Control"), "no-store;");
  EXPECT_EQ(header(up, "Retry-After"), "");
  const Response busy = momentary(json(503, "{}"));
  EXPECT_EQ(busy.status, 503U);
  EXPECT_EQ(header(busy, "Content-Type"), "application/json;");
  EXPECT_EQ(header(busy, "Retry-After"), "1;");
}

}  // namespace
}  // namespace varve::http
