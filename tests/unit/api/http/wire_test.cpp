// Header sections as raw bytes, and the heads of answers.
#include "api/http/wire.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace varve::http {
namespace {

using State = HeadScan::State;

TEST(HeadScan, FindsTheEmptyLineWhereverTheBytesWereSplit) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
  const std::string all = head + "\x01 body\n";
  for (std::size_t first = 0; first < head.size(); ++first) {
    ASSERT_EQ(scan_head(std::string_view(all).substr(0, first), 0).state, State::incomplete)
        << first;
    const HeadScan scan = scan_head(all, first);
    ASSERT_EQ(scan.state, State::complete) << first;
    ASSERT_EQ(scan.length, head.size());
  }
}

TEST(HeadScan, RefusesWhatProxiesReadDifferently) {
  for (const std::string_view bad : {
           std::string_view("GET / HTTP/1.1\nHost: x\r\n\r\n"),               // bare LF
           std::string_view("GET / HTTP/1.1\r\nHost: x\n\r\n"),               //
           std::string_view("GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"),  // bare CR
           std::string_view("GET / HTTP/1.1\r\nHost: x\r\n b\r\n\r\n"),       // folded
           std::string_view("GET / HTTP/1.1\r\nHost: x\r\n\tb\r\n\r\n"),      //
           std::string_view("GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 36),
           std::string_view("GET / HTTP/1.1\r\nHost: x\r\nA: \x7f\r\n\r\n"),
           std::string_view("GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"),
       }) {
    EXPECT_EQ(scan_head(bad, 0).state, State::malformed) << bad;
  }
}

TEST(HeadScan, SeesAFoldedLineWhoseFirstByteArrivesLater) {
  const std::string_view all = "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n";
  const std::size_t before_space = all.find("\r\n y") + 2;
  EXPECT_EQ(scan_head(all.substr(0, before_space), 0).state, State::incomplete);
  EXPECT_EQ(scan_head(all.substr(0, before_space + 1), before_space).state, State::malformed);
}

TEST(HeadScan, EndsEndlessHeaders) {
  const std::string line(limits::kTargetBytesMax + 100, 'a');
  EXPECT_EQ(scan_head("GET /" + line, 0).state, State::target_too_long);
  const std::string head = "GET / HTTP/1.1\r\nA: " + std::string(limits::kHeaderBytesMax, 'b');
  EXPECT_EQ(scan_head(head, 0).state, State::too_large);
  EXPECT_EQ(scan_head(head + "\r\n\r\n", 0).state, State::too_large);
}

std::expected<Framing, Refusal> framed(
    std::vector<std::pair<std::string_view, std::string_view>> fields, bool http11 = true) {
  if (http11) fields.emplace_back("Host", "x");
  return frame(fields, http11);
}

TEST(Framing, RefusesEveryAmbiguousLength) {
  for (const std::string_view value : {"", "+5", "-1", "5, 5", "0x10", "5 ", "5\t5", "１",
                                       "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_FALSE(framed({{"Content-Length", value}})) << value;
  }
  EXPECT_FALSE(framed({{"Content-Length", "5"}, {"content-length", "5"}}));
  EXPECT_FALSE(framed({{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}));
  EXPECT_FALSE(framed({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}));
  EXPECT_FALSE(framed({{"Transfer-Encoding", "chunked"}}, false));
  EXPECT_EQ(framed({{"Transfer-Encoding", "gzip, chunked"}}).error().status, 501U);
  EXPECT_EQ(framed({{"Transfer-Encoding", "xchunked"}}).error().status, 501U);
  EXPECT_EQ(framed({{"Content-Length", "18446744073709551615"}})->length, UINT64_MAX);
  EXPECT_TRUE(framed({{"TRANSFER-ENCODING", "Chunked"}})->chunked);
}

TEST(Framing, WantsOneHostInHttp11AndNoneInHttp10) {
  EXPECT_FALSE(frame({}, true));
  EXPECT_TRUE(frame({}, false));
  EXPECT_FALSE(framed({{"Host", "y"}}));
}

TEST(Framing, UnderstandsNoExpectationButContinue) {
  EXPECT_TRUE(framed({{"Expect", "100-Continue"}})->expects_continue);
  EXPECT_EQ(framed({{"Expect", "200-ok"}}).error().status, 417U);
  EXPECT_FALSE(framed({{"Expect", "100-continue"}}, false)->expects_continue);
}

TEST(Framing, EchoesARequestIdOnlyWhenItIsShortVisibleAscii) {
  EXPECT_EQ(framed({{"x-request-id", "abc-123"}})->request_id, "abc-123");
  EXPECT_EQ(framed({{"X-Request-Id", std::string(128, 'a')}})->request_id.size(), 128U);
  for (const std::string& bad :
       {std::string(129, 'a'), std::string("a b"), std::string("\xc3\xa9")}) {
    EXPECT_EQ(framed({{"X-Request-Id", bad}})->request_id, "");
  }
}

TEST(AnswerHead, MaySendRefusesSplittingAndTheSessionsOwnFields) {
  EXPECT_TRUE(may_send("Location", "/v2/a"));
  EXPECT_TRUE(may_send("Warning", "299 - \"caf\xc3\xa9\""));
  EXPECT_FALSE(may_send("Location", "/a\r\nSet-Cookie: x"));
  EXPECT_FALSE(may_send("Location", "/a\nb"));
  EXPECT_FALSE(may_send("Location", std::string_view("a\0b", 3)));
  EXPECT_FALSE(may_send("", "x"));
  EXPECT_FALSE(may_send("content-length", "5"));
  EXPECT_FALSE(may_send("Transfer-Encoding", "chunked"));
}

TEST(AnswerHead, DateIsInTheOnlyFormAllowed) {
  EXPECT_EQ(date_line(784111777), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}

TEST(AnswerHead, IsExactlyTheFieldsInOrder) {
  std::string out;
  HeadParts parts;
  parts.status = 206;
  parts.content_length = 7;
  parts.connection = "close";
  parts.request_id = "id";
  parts.date = "Date: x\r\n";
  parts.dialect_lines = "D: y\r\n";
  const std::vector<std::pair<std::string_view, std::string>> headers = {{"A", "1"}, {"B", "2"}};
  append_head(out, parts, headers);
  EXPECT_EQ(out,
            "HTTP/1.1 206 Partial Content\r\nA: 1\r\nB: 2\r\nContent-Length: 7\r\n"
            "Connection: close\r\nD: y\r\nX-Request-Id: id\r\nDate: x\r\n\r\n");
}

TEST(GuessTarget, TakesWhatStandsAfterTheFirstSpace) {
  EXPECT_EQ(guess_target("GET /v2/x HTTP/1.1\r\n"), "/v2/x");
  EXPECT_EQ(guess_target("GET /v2/x"), "/v2/x");
  EXPECT_EQ(guess_target("GET"), "");
  EXPECT_EQ(guess_target("GET /v2\nx"), "/v2");
}

}  // namespace
}  // namespace varve::http
