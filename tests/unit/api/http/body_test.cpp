// Request bodies: windows, chunks, 100-continue, what is left unread.
#include <gtest/gtest.h>

#include "memory_server.h"

namespace varve::http::test {
namespace {

std::string put(std::string_view target, std::string_view body, std::string_view more = {}) {
  return "PUT " + std::string(target) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

std::string chunked(std::string_view method_and_target, std::string_view chunks) {
  return std::string(method_and_target) +
         " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks);
}

std::string pattern(std::size_t size) {
  std::string content(size, '\0');
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>((i * 2654435761U) >> 11);
  return content;
}

TEST(Body, ArrivesWhole) {
  MemoryServer server(surfaces());
  EXPECT_EQ(server.ask(put("/v2/a/manifests/x", "hello")).status, 201U);
  EXPECT_EQ(server.services().received, "hello");
  EXPECT_EQ(server.ask(put("/v2/a/manifests/x", "")).status, 201U);
  EXPECT_EQ(server.services().received, "");
  EXPECT_EQ(server.ask(get("/echo/x")).status, 200U);
}

// As when the body has to be seen before it is known who asks.
Hooks hooks_that_read(std::size_t bytes_max) {
  Hooks hooks;
  hooks.authenticate = [bytes_max](Request& request) -> net::awaitable<Result<void>> {
    auto bytes = co_await read_all(*request.body, bytes_max);
    if (!bytes) co_return std::unexpected(std::move(bytes).error());
    request.body_again = read_again(*std::move(bytes), *request.body);
    request.body = request.body_again.get();
    co_return Result<void>();
  };
  return hooks;
}

TEST(Body, ThatWasReadBeforeTheHandlerIsReadAgain) {
  MemoryBudget memory(limits::kBodiesBytesMax);
  MemoryServer server(surfaces(), hooks_that_read(100), memory);
  for (const std::string body : {"hello", "", "world"}) {
    EXPECT_EQ(server.ask(put("/v2/a/manifests/x", body)).status, 201U);
    EXPECT_EQ(server.services().received, body);
  }
  EXPECT_EQ(server.ask(chunked("PUT /v2/a/manifests/x", "3\r\nabc\r\n0\r\n\r\n")).status, 201U);
  EXPECT_EQ(server.services().received, "abc");
  EXPECT_EQ(server.ask(put("/v2/a/manifests/x", "x", "Expect: 100-continue\r\n")).status, 201U);
  EXPECT_EQ(server.services().received, "x");
  EXPECT_EQ(server.ask(get("/echo/x")).status, 200U);
  EXPECT_EQ(memory.used(), 0U);
}

TEST(Body, ThatIsTooLargeToBeReadBeforeTheHandlerIsRefused) {
  MemoryBudget memory(limits::kBodiesBytesMax);
  MemoryServer server(surfaces(), hooks_that_read(100), memory);
  EXPECT_EQ(server.ask(put("/v2/a/manifests/x", pattern(101))).status, 413U);
  EXPECT_EQ(server.services().calls, 0);
  EXPECT_EQ(server.ask(put("/v2/a/manifests/x", "next")).status, 201U);
  EXPECT_EQ(server.services().received, "next");
  EXPECT_EQ(memory.used(), 0U);
}

TEST(Body, ArrivesInWindowsNoLargerThanTheLimit) {
  const std::string content = pattern(2 * limits::kBodyWindowBytes + 777);
  MemoryServer server(surfaces());
  EXPECT_EQ(server.ask(put("/v2/a/blobs/x", content)).status, 201U);
  EXPECT_TRUE(server.services().received == content);
  EXPECT_EQ(server.services().windows,
            (std::vector<std::size_t>{limits::kBodyWindowBytes, limits::kBodyWindowBytes, 777}));
}

TEST(Body, ArrivesInSmallWindowsWhileMemoryIsShort) {
  MemoryBudget memory(limits::kBodyWindowBytes - 1);
  const std::string content = pattern(100'000);
  MemoryServer server(surfaces(), {}, memory);
  EXPECT_EQ(server.ask(put("/v2/a/blobs/x", content)).status, 201U);
  EXPECT_TRUE(server.services().received == content);
  EXPECT_EQ(server.services().windows.front(), kSmallWindowBytes);
  EXPECT_EQ(server.ask(chunked("PUT /v2/a/blobs/x", "3\r\nabc\r\n0\r\n\r\n")).status, 201U);
  EXPECT_EQ(server.services().received, "abc");
  server.services().file = std::make_shared<MemoryFile>(content);
  EXPECT_TRUE(server.ask(get("/v2/a/blobs/x")).body == content);
  EXPECT_EQ(memory.used(), 0U);
}

TEST(Body, GivesItsMemoryBackHoweverTheRequestEnds) {
  MemoryBudget memory(limits::kBodiesBytesMax);
  {
    MemoryServer server(surfaces(), {}, memory);
    server.send("PUT /v2/a/blobs/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nbegin");
    EXPECT_EQ(memory.used(), limits::kBodyWindowBytes);
  }
  EXPECT_EQ(memory.used(), 0U);
  MemoryServer server(surfaces(), {}, memory);
  auto file = std::make_shared<MemoryFile>(pattern(1 << 20));
  file->truncate_silently(600'000);
  server.services().file = file;
  server.exchange(get("/v2/a/blobs/x"));
  EXPECT_EQ(memory.used(), 0U);
}

TEST(Body, HeldWholeIsRefusedWhenTooManyAreHeld) {
  MemoryBudget memory(999);
  MemoryServer server(surfaces(), {}, memory);
  const Answer answer = server.ask(put("/v2/a/manifests/x", pattern(1000)));
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_EQ(memory.used(), 0U);
  MemoryServer another(surfaces(), {}, memory);
  EXPECT_EQ(another.ask(put("/v2/a/manifests/x", pattern(999))).status, 201U);
  EXPECT_EQ(another.ask(put("/v2/a/manifests/x", pattern(999))).status, 201U);
  EXPECT_EQ(memory.used(), 0U);
}

TEST(Body, LeftUnreadTakesNoWindowWhileItIsReadAway) {
  MemoryBudget memory(limits::kBodiesBytesMax);
  MemoryServer server(surfaces(), {}, memory);
  const std::string upload = "POST /v2/a/blobs/uploads/";
  const std::string body = pattern(1'000'000);
  server.send(upload + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  server.send(std::string_view(body).substr(0, 400'000));
  EXPECT_EQ(memory.used(), 0U);
  server.send(std::string_view(body).substr(400'000));
  server.send(chunked(upload, "f4240\r\n"));
  server.send(std::string_view(body).substr(0, 400'000));
  EXPECT_EQ(memory.used(), 0U);
  server.send(std::string_view(body).substr(400'000));
  const std::string got = server.exchange("\r\n0\r\n\r\n" + get("/echo/x"));
  const auto answers = parse_answers(got);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[2].body, "x|anonymous");
}

TEST(Body, ArrivesWhenItComesInDrops) {
  MemoryServer server(surfaces());
  const std::string request = put("/v2/a/blobs/x", "drop by drop") + get("/echo/x");
  std::string got;
  for (const char c : request) got += server.exchange(std::string(1, c));
  ASSERT_EQ(parse_answers(got).size(), 2U);
  EXPECT_EQ(server.services().received, "drop by drop");
}

TEST(Body, ArrivesFromChunksOfAnySize) {
  const std::string content = pattern(limits::kBodyWindowBytes + 300'000);
  for (const std::size_t size : {std::size_t{7001}, std::size_t{65'536}, content.size()}) {
    std::string chunks;
    for (std::size_t at = 0; at < content.size(); at += size) {
      const std::string_view part = std::string_view(content).substr(at, size);
      char head[32];
      std::snprintf(head, sizeof head, "%zX;name=\"v\"\r\n", part.size());
      chunks.append(head).append(part).append("\r\n");
    }
    chunks += "0\r\nTrailer: ignored\r\n\r\n";
    MemoryServer server(surfaces());
    const auto answers =
        parse_answers(server.exchange(chunked("PUT /v2/a/blobs/x", chunks) + get("/echo/x")));
    ASSERT_EQ(answers.size(), 2U) << size;
    EXPECT_EQ(answers[0].status, 201U);
    EXPECT_TRUE(server.services().received == content);
    EXPECT_EQ(answers[1].body, "x|anonymous");
  }
}

TEST(Body, ArrivesFromChunksThatComeByteByByte) {
  MemoryServer server(surfaces());
  std::string got;
  for (const char c :
       chunked("PUT /v2/a/blobs/x", "3\r\nabc\r\n2;e\r\nde\r\n0\r\n\r\n") + get("/echo/x")) {
    got += server.exchange(std::string(1, c));
  }
  ASSERT_EQ(parse_answers(got).size(), 2U);
  EXPECT_EQ(server.services().received, "abcde");
}

TEST(Body, IsAnErrorWhenChunksAreMalformed) {
  for (const std::string_view chunks :
       {"zz\r\n", "-1\r\nabc\r\n", "3\r\nabcX\r\n0\r\n\r\n", "fffffffffffffffff\r\n",
        "3 \nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n", "\r\n\r\n"}) {
    MemoryServer server(surfaces());
    const auto answers = parse_answers(server.exchange(chunked("PUT /v2/a/blobs/x", chunks)));
    ASSERT_EQ(answers.size(), 1U) << chunks;
    EXPECT_EQ(answers[0].status, 400U) << chunks;
    EXPECT_EQ(answers[0].header("Connection"), "close");
    server.hang_up();
    EXPECT_TRUE(server.ended());
  }
}

TEST(Body, IsAnErrorWhenAChunkHeaderNeverEnds) {
  MemoryServer server(surfaces());
  const auto answers = parse_answers(
      server.exchange(chunked("PUT /v2/a/blobs/x", "3;" + std::string(200'000, 'e'))));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 400U);
}

TEST(Body, OverItsLimitIs413WithoutBeingRead) {
  MemoryServer server(surfaces());
  EXPECT_EQ(server.ask(put("/v2/a/manifests/x", std::string(1000, 'a'))).status, 201U);
  const auto answers = parse_answers(
      server.exchange(put("/v2/a/manifests/x", std::string(1001, 'a')) + get("/echo/x")));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].status, 413U);
  EXPECT_EQ(answers[1].status, 200U);
  const std::string chunk = "3e9\r\n" + std::string(1001, 'a') + "\r\n0\r\n\r\n";
  EXPECT_EQ(server.ask(chunked("PUT /v2/a/manifests/x", chunk)).status, 413U);
}

TEST(Body, ThatEndsEarlyIsNeverTakenForWhole) {
  for (const std::string& request :
       {put("/v2/a/manifests/x", "hello").substr(0, put("/v2/a/manifests/x", "hello").size() - 1),
        chunked("PUT /v2/a/manifests/x", "5\r\nhello\r\n"),
        chunked("PUT /v2/a/manifests/x", "5\r\nhello\r\n0\r\n")}) {
    MemoryServer server(surfaces());
    server.send(request);
    server.hang_up();
    EXPECT_EQ(server.services().received, "");
    EXPECT_TRUE(server.ended());
  }
}

TEST(Continue, IsSaidOnlyWhenTheHandlerReads) {
  const std::string expect = "Expect: 100-continue\r\n";
  MemoryServer server(surfaces());
  const std::string head =
      "PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" + expect;
  EXPECT_EQ(server.exchange(head + "\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(server.ask("hello").status, 201U);
  EXPECT_EQ(server.services().received, "hello");
  // A client that does not wait is not told to go on.
  EXPECT_EQ(server.ask(head + "\r\nhello").status, 201U);
}

TEST(Continue, IsNotSaidToARefusedUpload) {
  MemoryServer server(surfaces());
  const Answer answer = server.ask(
      "PUT /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(answer.status, 404U);
  // Whether the five bytes come is the client's choice: the connection cannot be used again.
  EXPECT_EQ(answer.header("Connection"), "close");
  server.hang_up();
  EXPECT_TRUE(server.ended());
}

TEST(Continue, OtherExpectationsFail) {
  MemoryServer server(surfaces());
  EXPECT_EQ(server.ask(get("/v2/", "Expect: the-unexpected\r\n")).status, 417U);
}

TEST(UnreadBody, IsReadAwaySoThatTheNextRequestIsFound) {
  MemoryServer server(surfaces());
  const std::string post =
      "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n";
  // The "requests" inside the body must not be answered.
  std::string body;
  while (body.size() < 3'000'000) body += get("/echo/evil");
  body.resize(3'000'000);
  const auto answers = parse_answers(server.exchange(post + body + get("/echo/good")));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].status, 202U);
  EXPECT_EQ(answers[1].body, "good|anonymous");
}

TEST(UnreadBody, EndsTheConnectionWhenItIsLarge) {
  MemoryServer server(surfaces());
  const Answer answer = server.ask(
      "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\nabc");
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_EQ(server.exchange(get("/echo/x")), "");
  server.hang_up();
  EXPECT_TRUE(server.ended());
}

TEST(UnreadBody, OfEndlessChunksEndsTheConnection) {
  MemoryServer server(surfaces());
  server.send(chunked("POST /v2/a/blobs/uploads/", ""));
  const std::string chunk = "100000\r\n" + std::string(1 << 20, 'a') + "\r\n";
  for (int i = 0; i < 12; ++i) server.send(chunk);
  const auto answers = parse_answers(server.take());
  ASSERT_EQ(answers.size(), 1U);
  server.send("0\r\n\r\n" + get("/echo/x"));
  EXPECT_EQ(server.take(), "");
}

}  // namespace
}  // namespace varve::http::test
