// Clients that are slow, silent or half gone, with the clock in the test's hand; and the drain.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "memory_server.h"

namespace varve::http::test {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, EndsAnIdleConnection) {
  MemoryServer server(surfaces());
  EXPECT_EQ(server.ask(get("/echo/x")).status, 200U);
  server.advance(limits::kIdleMax - 1s);
  EXPECT_FALSE(server.ended());
  EXPECT_EQ(server.ask(get("/echo/x")).status, 200U);
  server.advance(limits::kIdleMax - 1s);
  EXPECT_FALSE(server.ended());
  server.advance(2s);
  EXPECT_TRUE(server.ended());
}

TEST(Deadline, CountsAHeaderFromItsFirstByteHoweverItTrickles) {
  MemoryServer server(surfaces());
  server.advance(30s);
  const std::string request = get("/echo/x");
  for (int i = 0; i < 10; ++i) {
    server.send(request.substr(static_cast<std::size_t>(i), 1));
    server.advance(900ms);
    ASSERT_FALSE(server.ended()) << i;
  }
  server.send("x");
  server.advance(1100ms);
  EXPECT_TRUE(server.ended());
  EXPECT_EQ(server.take(), "");
}

const char* const kPut = "PUT /v2/a/blobs/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";

TEST(Deadline, EndsABodyThatStalls) {
  MemoryServer server(surfaces());
  server.send(kPut + std::string(300'000, 'a'));
  server.advance(limits::kBodyStallMax - 1s);
  EXPECT_FALSE(server.ended());
  server.send("b");
  server.advance(limits::kBodyStallMax - 1s);
  EXPECT_FALSE(server.ended());
  server.advance(2s);
  EXPECT_TRUE(server.ended());
}

TEST(Deadline, EndsABodyThatTricklesBelowTheMinimumRate) {
  MemoryServer server(surfaces());
  server.send(kPut);
  int seconds = 0;
  for (; seconds < 120 && !server.ended(); ++seconds) {
    server.send(std::string(limits::kBodyRateMinBytes - 100, 'a'));
    server.advance(1s);
  }
  EXPECT_GE(seconds, 30);
  EXPECT_LT(seconds, 40);
}

TEST(Deadline, LetsASlowButSteadyBodyThrough) {
  MemoryServer server(surfaces());
  server.send(kPut);
  for (std::size_t sent = 0; sent < 1'000'000; sent += 2000) {
    server.send(std::string(2000, 'a'));
    server.advance(1s);
  }
  EXPECT_EQ(parse_answers(server.take()).at(0).status, 201U);
}

TEST(Deadline, EndsAClientThatDoesNotCloseAfterARefusal) {
  MemoryServer server(surfaces());
  EXPECT_EQ(server.ask("bad\n").status, 400U);
  EXPECT_FALSE(server.ended());
  server.advance(2s);
  server.send("still here");  // sending on buys no time
  server.advance(2s);
  EXPECT_TRUE(server.ended());
}

TEST(HalfOpen, ClientsAreNoticedWhereverTheyStop) {
  const std::string request =
      "PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    MemoryServer server(surfaces());
    server.send(request.substr(0, cut));
    server.hang_up();
    EXPECT_TRUE(server.ended()) << cut;
    EXPECT_EQ(server.services().received, "");
  }
}

TEST(Drain, EndsIdleConnectionsAtOnceAndBusyOnesAfterTheirAnswer) {
  MemoryServer idle(surfaces());
  EXPECT_EQ(idle.ask(get("/echo/x")).header("Connection"), "");
  idle.loop().drain();
  idle.settle();
  EXPECT_TRUE(idle.ended());

  MemoryServer busy(surfaces());
  busy.send("PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
  busy.loop().drain();
  busy.settle();
  EXPECT_FALSE(busy.ended());
  const Answer answer = busy.ask("llo");
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(busy.ended());
}

// A client that asks for a file and reads nothing; the kernel's buffers fill, then nothing moves.
TEST(Deadline, EndsAClientThatDoesNotReadItsAnswer) {
  using net::ip::tcp;
  net::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(net::ip::address_v4::loopback(), 0));
  tcp::socket client(context);
  client.connect(acceptor.local_endpoint());
  tcp::socket accepted = acceptor.accept();
  accepted.set_option(net::socket_base::send_buffer_size(16 << 10));
  Services services;
  services.file = std::make_shared<MemoryFile>(std::string(32 << 20, 'x'));
  const Environment environment{Router(surfaces()), services, pool(), Hooks()};
  Loop loop;
  Time now{1h};
  loop.tick(now, 0);
  bool ended = false;
  auto session = serve(std::move(accepted), environment, loop, "test");
  net::co_spawn(context, std::move(session), [&ended](const std::exception_ptr&) { ended = true; });
  const std::string request = get("/v2/a/blobs/x");
  net::write(client, net::buffer(request));
  const auto run = [&context] { context.restart(), context.run_for(300ms); };
  run();
  EXPECT_FALSE(ended);
  now += limits::kBodyStallMax - 1s;
  loop.tick(now, 0);
  run();
  EXPECT_FALSE(ended);
  now += 2s;
  loop.tick(now, 0);
  run();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace varve::http::test
