// Requests that two HTTP implementations could read as different ones: all refused, all closed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory_server.h"

namespace varve::http::test {
namespace {

class Smuggling : public testing::TestWithParam<std::string> {};

TEST_P(Smuggling, IsRefusedAndNothingAfterItIsAnswered) {
  MemoryServer server(surfaces());
  const std::string got = server.exchange(GetParam() + get("/echo/smuggled"));
  const auto answers = parse_answers(got);
  ASSERT_EQ(answers.size(), 1U) << got;
  EXPECT_THAT(answers[0].status, testing::AnyOf(400U, 501U, 505U)) << got;
  EXPECT_EQ(answers[0].header("Connection"), "close");
  EXPECT_EQ(server.services().calls, 0);
  server.hang_up();
  EXPECT_TRUE(server.ended());
}

std::string post(const std::string& fields, const std::string& body = "0\r\n\r\n") {
  return "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Smuggling,
    testing::Values(
        post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        post("Content-Length: 5\r\nContent-Length: 6\r\n"),
        post("Content-Length: 5\r\nContent-Length: 5\r\n"), post("Content-Length: 5, 5\r\n"),
        post("Content-Length: +5\r\n"), post("Content-Length: 0x5\r\n"),
        post("Content-Length:\r\n"),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
        post("Transfer-Encoding: identity\r\n"), post("Transfer-Encoding: chunked, identity\r\n"),
        post("Transfer-Encoding:\x0b"
             "chunked\r\n"),
        post("Transfer-Encoding : chunked\r\n"), post(" Transfer-Encoding: chunked\r\n"),
        post("X: y\r\n Transfer-Encoding: chunked\r\n"),
        post("X: y\nTransfer-Encoding: chunked\r\n"), post("X: y\rTransfer-Encoding: chunked\r\n"),
        post(std::string("X: y\0z\r\n", 8)), post("Content-Length: 5\n"), post("Host: y\r\n"),
        post("No colon\r\n"), post(": no name\r\n"), post("X\xc3\xa9: y\r\n"),
        std::string("POST /v2/a/blobs/uploads/ HTTP/1.1\r\n\r\n"),
        std::string("POST  /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("POST /v2/a/blobs/uploads/ x HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("POST /v2/a/blobs/uploads/\tHTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("POST /v2/a/blobs/uploads/\r\nHost: x\r\n\r\n"),
        std::string("POST /v2/a/blobs/uploads/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        std::string("\nGET /echo/x HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)));

TEST(Version, OtherThanOneIsRefused) {
  for (const std::string_view version : {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2"}) {
    MemoryServer server(surfaces());
    const auto answers = parse_answers(
        server.exchange("GET /echo/x " + std::string(version) + "\r\nHost: x\r\n\r\n"));
    ASSERT_EQ(answers.size(), 1U) << version;
    EXPECT_EQ(answers[0].status, 505U) << version;
  }
  MemoryServer server(surfaces());
  EXPECT_EQ(parse_answers(server.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).at(0).status, 505U);
}

}  // namespace
}  // namespace varve::http::test
