// The HTTP client against servers that stall, flood, vanish and talk nonsense.
#include "api/cli/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "api/cli/exit_code.h"
#include "api/cli/remote_source.h"
#include "tests/unit/api/cli/loopback.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nX-Thing: 7\r\n\r\n" + std::string(body);
}

std::unique_ptr<Server> client(const Loopback& server) {
  return *HttpClient::make(server.url(), {.deadlines = {.connect_ms = 250, .answer_ms = 250}});
}

Ask get(std::size_t bytes_max = 1000) {
  return {.target = "/x", .bytes_max = bytes_max};
}

TEST(HttpClient, AsksAgainOnTheSameConnection) {
  Loopback server([](int fd, int) {
    for (std::string request; !(request = read_request(fd)).empty();)
      say(fd, ok(request.substr(0, 15)));
  });
  auto http = client(server);
  for (int i = 0; i < 3; ++i) {
    const auto answer = http->ask(get());
    ASSERT_TRUE(answer) << answer.error().what << answer.error().detail;
    EXPECT_EQ(answer->status, 200u);
    EXPECT_EQ(answer->body, "GET /x HTTP/1.1");
    EXPECT_EQ(answer->header("x-thing"), "7");
  }
  EXPECT_EQ(server.connections(), 1);
  http.reset();
}

TEST(HttpClient, DoesNotWaitForTheBodyOfAHead) {
  Loopback server([](int fd, int) {
    for (std::string r; !(r = read_request(fd)).empty();)
      say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nVarve-Index: 3\r\n\r\n");
  });
  auto http = client(server);
  const auto answer = http->ask({.target = "/x", .bytes_max = 0, .head = true});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->header("Varve-Index"), "3");
  http.reset();
}

TEST(HttpClient, ReconnectsWhenTheServerClosedAnIdleConnection) {
  Loopback server([](int fd, int) {
    if (!read_request(fd).empty()) say(fd, ok("once"));
  });
  auto http = client(server);
  ASSERT_TRUE(http->ask(get()));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto again = http->ask(get());
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->body, "once");
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, StopsReadingWhatIsTooLarge) {
  Loopback announced([](int fd, int) {
    read_request(fd);
    say(fd, ok(std::string(1001, 'x')));
  });
  EXPECT_EQ(client(announced)->ask(get()).error().code, Errc::unavailable);
  Loopback endless([](int fd, int) {
    read_request(fd);
    say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100; ++i) say(fd, "40\r\n" + std::string(64, 'x') + "\r\n");
  });
  const auto answer = client(endless)->ask(get());
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("larger than 1000"), std::string::npos);
  Loopback header([](int fd, int) {
    read_request(fd);
    say(fd, "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
  });
  EXPECT_FALSE(client(header)->ask(get()));
}

TEST(HttpClient, GivesUpOnAServerThatStalls) {
  for (const char* start :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"}) {
    Loopback server([start](int fd, int) {
      read_request(fd);
      say(fd, start);
      read_request(fd);
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = client(server)->ask(get());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
}

TEST(HttpClient, RefusesNonsenseAndCutAnswers) {
  for (const char* nonsense :
       {"hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"}) {
    Loopback server([nonsense](int fd, int) {
      read_request(fd);
      say(fd, nonsense);
    });
    const auto answer = client(server)->ask(get());
    ASSERT_FALSE(answer) << nonsense;
    EXPECT_EQ(answer.error().code, Errc::unavailable);
  }
}

TEST(HttpClient, AsksAgainAfterA503ThatInvitesIt) {
  std::atomic<int> requests{0};
  Loopback server([&](int fd, int) {
    for (std::string r; !(r = read_request(fd)).empty();)
      say(fd, ++requests == 1 ? "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
                              : ok("done"));
  });
  auto http = client(server);
  EXPECT_EQ(http->ask(get())->body, "done");
  EXPECT_EQ(requests, 2);
  requests = 0;
  EXPECT_EQ(http->ask({.target = "/x", .bytes_max = 10, .head = false, .patient = false})->status,
            503u);
  http.reset();
}

TEST(HttpClient, SaysWhenNobodyListens) {
  std::string url;
  {
    Loopback server([](int, int) {});
    url = server.url();
  }
  const auto answer = (*HttpClient::make(url))->ask(get());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
}

// A server could otherwise have memory set aside that it never sends anything for.
TEST(HttpClient, SetsAsideNoMemoryForWhatIsOnlyAnnounced) {
  Loopback server([](int fd, int) {
    read_request(fd);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(1ull << 46) + "\r\n\r\nab");
  });
  const auto answer = client(server)->ask(get(std::size_t{1} << 47));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
}

// Bytes that keep coming do not move the deadline.
TEST(HttpClient, GivesAWholeAnswerOneDeadline) {
  for (const char* start :
       {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 200 OK\r\nX: "}) {
    Loopback server([start](int fd, int) {
      read_request(fd);
      say(fd, start);
      for (int i = 0; i < 100 && say(fd, "x"); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = client(server)->ask(get());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().detail, "it took too long");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
  }
}

// ---- in pieces ----

// So many bytes, in pieces of ten; and a wait before each of them.
class Dripping final : public Upload {
 public:
  explicit Dripping(std::uint64_t size, std::chrono::milliseconds wait = {})
      : size_(size), wait_(wait) {}
  std::uint64_t size() const override { return size_; }
  Result<void> rewind() override {
    sent_ = 0;
    return {};
  }
  Result<std::string> next() override {
    if (sent_ >= ends_at) return std::string();
    std::this_thread::sleep_for(wait_);
    std::string piece(std::min<std::uint64_t>(10, size_ - sent_), 'u');
    sent_ += piece.size();
    return piece;
  }
  std::uint64_t ends_at = UINT64_MAX;

 private:
  std::uint64_t size_;
  std::chrono::milliseconds wait_;
  std::uint64_t sent_ = 0;
};

// Serves one request: reads its body, if it is announced, and answers with what came.
std::string take_upload(int fd) {
  const std::string request = read_request(fd);
  const std::size_t at = request.find("Content-Length: ");
  const auto length =
      at == request.npos ? 0ul : std::strtoul(request.c_str() + at + 16, nullptr, 10);
  std::string body;
  for (char c = 0; body.size() < length && ::read(fd, &c, 1) == 1;) body += c;
  return request + body;
}

TEST(HttpClient, SendsWhatIsLongInPiecesEachWithItsDeadline) {
  std::string got;
  {
    Loopback server([&](int fd, int) {
      got = take_upload(fd);
      say(fd, ok("taken"));
    });
    Dripping upload(60, std::chrono::milliseconds(100));  // longer than one deadline in all
    auto http = client(server);
    const auto answer =
        http->ask({.target = "/up?t=1", .bytes_max = 100, .method = "PUT", .upload = &upload});
    ASSERT_TRUE(answer) << answer.error().what << answer.error().detail;
    EXPECT_EQ(answer->body, "taken");
    http.reset();
  }
  EXPECT_TRUE(got.starts_with("PUT /up?t=1 HTTP/1.1\r\n"));
  EXPECT_TRUE(got.ends_with("\r\n\r\n" + std::string(60, 'u')));
  EXPECT_NE(got.find("application/octet-stream"), std::string::npos);
}

TEST(HttpClient, SendsAnEmptyFile) {
  Loopback server([&](int fd, int) {
    take_upload(fd);
    say(fd, ok(""));
  });
  Dripping upload(0);
  EXPECT_TRUE(
      client(server)->ask({.target = "/up", .bytes_max = 9, .method = "POST", .upload = &upload}));
}

TEST(HttpClient, EndsAnUploadOfAFileThatShrank) {
  Loopback server([&](int fd, int) { take_upload(fd); });
  Dripping upload(100);
  upload.ends_at = 50;
  const auto answer =
      client(server)->ask({.target = "/up", .bytes_max = 9, .method = "POST", .upload = &upload});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::conflict);
}

// A server that does not want a body says so before it came, and hangs up.
TEST(HttpClient, HearsARefusalInTheMiddleOfAnUpload) {
  Loopback server([&](int fd, int) {
    read_request(fd);
    say(fd, "HTTP/1.1 413 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    char window[1024];
    while (::read(fd, window, sizeof window) > 0) {
    }
  });
  Dripping upload(4'000);
  const auto answer =
      client(server)->ask({.target = "/up", .bytes_max = 9, .method = "POST", .upload = &upload});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 413u);
  EXPECT_EQ(answer->body, "no");
}

Ask into(std::string& sunk) {
  return {
      .target = "/x", .bytes_max = 1'000'000, .sink = [&](std::string_view piece) -> Result<void> {
        sunk += piece;
        return {};
      }};
}

TEST(HttpClient, HandsOnWhatIsLongAsItComes) {
  const std::string bytes(300'000, 'b');
  for (const bool chunked : {false, true}) {
    Loopback server([&](int fd, int) {
      read_request(fd);
      say(fd, chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n" + bytes +
                            "\r\n0\r\n\r\n"
                      : ok(bytes));
    });
    std::string sunk;
    const auto answer = client(server)->ask(into(sunk));
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(sunk, bytes);
    EXPECT_EQ(answer->body, "");
  }
}

TEST(HttpClient, GivesEachPieceOfALongAnswerItsDeadline) {
  Loopback server([](int fd, int) {
    read_request(fd);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n");
    for (int i = 0; i < 6; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      say(fd, std::string(10, 'b'));
    }
  });
  std::string sunk;
  const auto answer = client(server)->ask(into(sunk));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(sunk, std::string(60, 'b'));
}

TEST(HttpClient, HandsOnNothingOfARefusal) {
  for (const std::size_t size : {std::size_t{2}, std::size_t{200'000}}) {
    Loopback server([size](int fd, int) {
      read_request(fd);
      say(fd, "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n");
      std::string body(size, 'n');
      std::ostringstream chunk;
      chunk << std::hex << size << "\r\n" << body << "\r\n0\r\n\r\n";
      say(fd, chunk.str());
    });
    std::string sunk;
    const auto answer = client(server)->ask(into(sunk));
    EXPECT_EQ(sunk, "");
    EXPECT_EQ(answer.has_value(), size == 2);
    if (answer) EXPECT_EQ(answer->body, "nn");
  }
}

TEST(HttpClient, StopsWhenNobodyTakesWhatComes) {
  Loopback server([](int fd, int) {
    read_request(fd);
    say(fd, ok(std::string(300'000, 'b')));
  });
  std::size_t pieces = 0;
  const auto answer = client(server)->ask(
      {.target = "/x", .bytes_max = 1'000'000, .sink = [&](std::string_view) -> Result<void> {
         ++pieces;
         return fail(Errc::internal, About::storage, "the disk is full");
       }});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, "the disk is full");
  EXPECT_EQ(pieces, 1u);
}

TEST(HttpClient, GivesUpOnALongAnswerThatStalls) {
  Loopback server([](int fd, int) {
    read_request(fd);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nb");
    read_request(fd);
  });
  std::string sunk;
  const auto answer = client(server)->ask(into(sunk));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().detail, "it took too long");
}

// What only asks may be asked again; what changes something never is.
TEST(HttpClient, AsksAQuestionAgainWhenTheConnectionWasClosed) {
  for (const bool question : {true, false}) {
    Loopback server([](int fd, int) {
      take_upload(fd);
      say(fd, ok("x"));
    });
    auto http = client(server);
    const Ask ask{
        .target = "/q", .bytes_max = 9, .method = "POST", .body = "{}", .question = question};
    EXPECT_TRUE(http->ask(ask));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(http->ask(ask).has_value(), question);
    http.reset();
  }
}

TEST(RemoteBodies, AreNotFetchedInSizesNoRegistryAccepts) {
  const Scratch scratch;
  Recorder recorder;
  FakeLog log;
  const auto session =
      Session::open(log, TrustStore(scratch.path()), std::nullopt, recorder.console);
  ASSERT_TRUE(session);
  RemoteSource source(*session);
  const BodyName huge{Digest::of("body"), std::uint64_t{1} << 52};
  const auto refused = source.body(huge);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::too_large);
  EXPECT_EQ(log.asked["/log/body/" + huge.digest.to_string()], 0);
  log.tamper = [&](const std::string& target, Answer& answer) {
    if (target.starts_with("/log/body/")) answer = {200, "body", {}};
  };
  EXPECT_EQ(*source.body({Digest::of("body"), 4}), "body");
  EXPECT_FALSE(source.body({Digest::of("body"), 5}));
}

TEST(Answers, MeanDifferentThings) {
  Loopback server([](int fd, int) {
    for (std::string r; !(r = read_request(fd)).empty();)
      say(fd, "HTTP/1.1 " + r.substr(5, 3) + " X\r\nContent-Length: 0\r\n\r\n");
  });
  auto http = client(server);
  const std::tuple<const char*, Errc, Errc> kCases[] = {
      {"/400", Errc::invalid, Errc::unavailable},
      {"/401", Errc::unauthorized, Errc::unauthorized},
      {"/403", Errc::denied, Errc::denied},
      {"/404", Errc::not_found, Errc::unavailable},
      {"/405", Errc::unsupported, Errc::unavailable},
      {"/409", Errc::conflict, Errc::unavailable},
      {"/410", Errc::gone, Errc::unavailable},
      {"/413", Errc::invalid, Errc::unavailable},
      {"/500", Errc::unavailable, Errc::unavailable},
      {"/302", Errc::unavailable, Errc::unavailable},
      {"/429", Errc::throttled, Errc::unavailable}};
  for (const auto& [target, asked_about, part_of_the_log] : kCases) {
    EXPECT_EQ(refusal(*http, target, *http->ask({.target = target, .bytes_max = 10})).code,
              asked_about)
        << target;
    EXPECT_EQ(fetch(*http, target, 10).error().code, part_of_the_log) << target;
  }
  Answer locked;
  locked.status = 405;
  locked.body =
      R"({"errors":[{"code":"REGISTRY_DISALLOWED_OPERATION","message":"m","detail":{}}]})";
  const Error refused = refusal(*http, "/v2/a", locked);
  EXPECT_EQ(refused.code, Errc::locked);
  EXPECT_EQ(exit_code_of(refused), ExitCode::policy);
  http.reset();
}

}  // namespace
}  // namespace varve::cli
