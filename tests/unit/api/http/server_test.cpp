// The server over real sockets on the loopback.
#include "api/http/server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "memory_server.h"
#include "tests/support/test_certificate.h"
#include "tests/support/test_directory.h"

namespace varve::http::test {
namespace {

using namespace std::chrono_literals;
using net::ip::tcp;

// A file on disk, unlinked at once.
class DiskFile final : public BlobFile {
 public:
  explicit DiskFile(const std::string& content) : size_(content.size()) {
    std::string name = testing::TempDir() + "varve_http_XXXXXX";
    descriptor_ = mkstemp(name.data());
    VARVE_ASSERT(descriptor_ >= 0);
    unlink(name.c_str());
    VARVE_ASSERT(::write(descriptor_, content.data(), size_) == static_cast<ssize_t>(size_));
  }
  ~DiskFile() override { close(descriptor_); }
  std::uint64_t size() const override { return size_; }
  int descriptor() const override { return descriptor_; }
  Result<void> read(std::uint64_t offset, std::size_t length, char* out) const override {
    if (pread(descriptor_, out, length, static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(length)) {
      return fail(Errc::corrupt, About::blob, "short");
    }
    return {};
  }

 private:
  int descriptor_ = -1;
  std::size_t size_;
};

std::promise<void>* g_entered = nullptr;  // set by the test that uses /slow, before it asks
std::shared_future<void>* g_release = nullptr;

net::awaitable<Response> slow(Services&, Request&) {
  g_entered->set_value();
  net::steady_timer timer(co_await net::this_coro::executor);
  while (g_release->wait_for(0s) != std::future_status::ready) {
    timer.expires_after(5ms);
    co_await timer.async_wait(net::use_awaitable);
  }
  // Once more round the queue: what was posted to this thread before the release is through.
  co_await net::post(net::use_awaitable);
  Response response = text(200, "slow");
  co_return response;
}

Pool* g_stuck_pool = nullptr;  // set by the test that uses /stuck, before it asks

net::awaitable<Response> stuck(Services&, Request&) {
  g_entered->set_value();
  auto work = [] {
    std::this_thread::sleep_for(300ms);
    return 0;
  };
  co_await g_stuck_pool->run(work);
  Response response = text(200, "late");
  co_return response;
}

constexpr Route kSlow[] = {{Method::get, "/slow/it", Effect::none, slow},
                           {Method::get, "/slow/stuck", Effect::none, stuck}};

struct Fixture {
  Services services;
  std::vector<Surface> all{surfaces().begin(), surfaces().end()};
  std::unique_ptr<Server> server;

  explicit Fixture(ServerOptions options = {}) {
    all.push_back({"slow", "/slow", Dialect::plain, kSlow});
    auto started = Server::start(options, Router(all), services, pool(), Hooks());
    VARVE_ASSERT(started);
    server = *std::move(started);
  }
};

struct Client {
  net::io_context context;
  tcp::socket socket{context};

  explicit Client(const Server& server) {
    socket.connect(tcp::endpoint(net::ip::make_address(server.address()), server.port()));
    const timeval limit{10, 0};
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void send(std::string_view bytes) { net::write(socket, net::buffer(bytes.data(), bytes.size())); }
  // Until the server closes.
  std::string rest() {
    std::string out;
    boost::system::error_code end;
    net::read(socket, net::dynamic_buffer(out), end);
    return out;
  }
};

TEST(Server, ServesManyConnectionsOnAllItsThreads) {
  Fixture fixture;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<Client>(*fixture.server));
  for (auto& client : clients)
    client->send(get("/echo/x") + get("/echo/y", "Connection: close\r\n"));
  for (auto& client : clients) {
    const auto answers = parse_answers(client->rest());
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[1].body, "y|anonymous");
  }
}

TEST(Server, SendsAFileFromDiskByteForByte) {
  std::string content(5'000'011, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 >> 2);
  Fixture fixture;
  fixture.services.file = std::make_shared<DiskFile>(content);
  Client client(*fixture.server);
  client.send(get("/v2/a/blobs/x", "Connection: close\r\n"));
  const auto answers = parse_answers(client.rest());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(answers[0].body == content);
}

TEST(Server, SendsTheSameFileOverTls) {
  std::string content(5'000'011, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 >> 2);
  const varve::test::TestDirectory directory;
  write_certificate(varve::test::make_certificate(), directory.path().string());
  const auto tls = Tls::load({directory.path() / "cert.pem", directory.path() / "key.pem"}).value();
  ServerOptions options;
  options.tls = tls.get();
  Fixture fixture(options);
  fixture.services.file = std::make_shared<DiskFile>(content);
  Client client(*fixture.server);
  net::ssl::context believing(net::ssl::context::tls_client);
  net::ssl::stream<tcp::socket&> stream(client.socket, believing);
  stream.handshake(net::ssl::stream_base::client);
  const std::string request = get("/v2/a/blobs/x") + get("/echo/x", "Connection: close\r\n");
  net::write(stream, net::buffer(request));
  std::string got;
  boost::system::error_code end;
  net::read(stream, net::dynamic_buffer(got), end);
  EXPECT_EQ(end, net::error::eof) << "the end must be said: " << end.message();
  const auto answers = parse_answers(got);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(answers[0].body == content);
  EXPECT_EQ(answers[1].body, "x|anonymous");
}

TEST(Server, CutsHandshakesThatAreNotFinishedWhenItDrains) {
  const varve::test::TestDirectory directory;
  write_certificate(varve::test::make_certificate(), directory.path().string());
  const auto tls = Tls::load({directory.path() / "cert.pem", directory.path() / "key.pem"}).value();
  ServerOptions options;
  options.tls = tls.get();
  Fixture fixture(options);
  Client silent(*fixture.server);
  while (fixture.server->connections() == 0) std::this_thread::sleep_for(1ms);
  const auto began = std::chrono::steady_clock::now();
  fixture.server->drain();
  fixture.server->join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_EQ(silent.rest(), "");
}

TEST(Server, DeliversARefusalToAClientThatIsStillSending) {
  Fixture fixture;
  Client client(*fixture.server);
  client.send("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
  boost::system::error_code ignored;
  const std::string body(1 << 20, 'a');
  for (int i = 0; i < 20; ++i) net::write(client.socket, net::buffer(body), ignored);
  client.socket.shutdown(tcp::socket::shutdown_send, ignored);
  const auto answers = parse_answers(client.rest());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 404U);
}

TEST(Server, RefusesAPortThatIsTaken) {
  Fixture first;
  ServerOptions options;
  options.port = first.server->port();
  Services services;
  const auto second = Server::start(options, Router(surfaces()), services, pool(), Hooks());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_EQ(second.error().what,
            "another server is listening on 127.0.0.1:" + std::to_string(options.port));
}

TEST(Server, RefusesAnAddressThatIsNone) {
  Services services;
  ServerOptions options;
  options.address = "localhost";
  const auto server = Server::start(options, Router(surfaces()), services, pool(), Hooks());
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Errc::invalid);
}

TEST(Server, TurnsAwayConnectionsBeyondItsCap) {
  ServerOptions options;
  options.connections_max = 2;
  Fixture fixture(options);
  Client one(*fixture.server);
  Client two(*fixture.server);
  one.send(get("/echo/x"));
  two.send(get("/echo/x"));
  char byte = 0;
  net::read(one.socket, net::buffer(&byte, 1));
  net::read(two.socket, net::buffer(&byte, 1));
  Client three(*fixture.server);
  EXPECT_TRUE(three.rest().starts_with("HTTP/1.1 503 "));
  one.socket.close();
  for (int i = 0; i < 500 && fixture.server->connections() == 2; ++i)
    std::this_thread::sleep_for(10ms);
  Client four(*fixture.server);
  four.send(get("/last"));
  EXPECT_EQ(parse_answers(four.rest()).at(0).status, 200U);
}

TEST(Server, DrainsByFinishingWhatRunsAndClosingWhatIsIdle) {
  std::promise<void> entered;
  std::promise<void> release;
  std::shared_future<void> released(release.get_future());
  g_entered = &entered;
  g_release = &released;
  Fixture fixture;
  Client idle(*fixture.server);
  idle.send(get("/echo/x"));
  char byte = 0;
  net::read(idle.socket, net::buffer(&byte, 1));
  Client busy(*fixture.server);
  busy.send(get("/slow/it"));
  entered.get_future().wait();
  fixture.server->drain();
  idle.rest();  // ends by itself, while the other still waits
  boost::system::error_code error;
  net::io_context context;
  tcp::socket refused(context);
  refused.connect(tcp::endpoint(net::ip::address_v4::loopback(), fixture.server->port()), error);
  EXPECT_TRUE(error) << "a draining server must not accept";
  release.set_value();
  const auto answers = parse_answers(busy.rest());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].body, "slow");
  EXPECT_EQ(answers[0].header("Connection"), "close");
  fixture.server->join();
  EXPECT_EQ(fixture.server->connections(), 0U);
}

// The order in which a process comes to its end: the pool's last completions find their thread's
// queue.
TEST(Server, OutlivesAPoolThatWorksLongerThanTheDrainWaits) {
  std::promise<void> entered;
  g_entered = &entered;
  Pool slow_pool(1);
  g_stuck_pool = &slow_pool;
  ServerOptions options;
  options.drain_max = 0ms;
  options.unwind_max = 0ms;
  Fixture fixture(options);
  Client client(*fixture.server);
  client.send(get("/slow/stuck"));
  entered.get_future().wait();
  fixture.server->drain();
  fixture.server->join();
  EXPECT_EQ(fixture.server->connections(), 1U) << "left behind, with work in the pool";
  slow_pool.join();
  fixture.server.reset();
  EXPECT_EQ(client.rest(), "");
}

TEST(Server, CutsWhatDoesNotFinishWithinTheDrain) {
  ServerOptions options;
  options.drain_max = 100ms;
  Fixture fixture(options);
  Client client(*fixture.server);
  client.send("PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
  while (fixture.server->connections() == 0) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);
  const auto began = std::chrono::steady_clock::now();
  fixture.server->drain();
  fixture.server->join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_EQ(fixture.services.received, "");
}

}  // namespace
}  // namespace varve::http::test
