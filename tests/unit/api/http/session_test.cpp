// One connection: answers, keep-alive, pipelining, errors in each dialect's shape.
#include <gtest/gtest.h>

#include "api/http/forwarded.h"
#include "over_every_transport.h"

namespace varve::http::test {
namespace {

VARVE_OVER_EVERY_TRANSPORT(Session);

TEST_P(Session, AnswersWithExactLengthDateIdAndDialectHeader) {
  const Answer answer = server.ask(get("/v2/a/b/manifests/x?q=1%202"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "a/b|x|anonymous|q=1 2");
  EXPECT_EQ(answer.header("Content-Length"), std::to_string(answer.body.size()));
  EXPECT_EQ(answer.header("Docker-Distribution-API-Version"), "registry/2.0");
  EXPECT_EQ(answer.header("Date"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(answer.header("X-Request-Id").size(), 26U);
  EXPECT_EQ(answer.header("ETag"), "\"e\"");
  EXPECT_EQ(answer.count("Connection"), 0);
  EXPECT_EQ(server.ask(get("/echo/x")).header("Docker-Distribution-API-Version"), "");
}

TEST_P(Session, EchoesTheClientsRequestId) {
  EXPECT_EQ(server.ask(get("/v2/", "X-Request-Id: mine\r\n")).header("X-Request-Id"), "mine");
  EXPECT_EQ(server.ask(get("/v2/", "X-Request-Id: not mine\r\n")).header("X-Request-Id").size(),
            26U);
}

TEST_P(Session, AnswersPipelinedRequestsInOrder) {
  const auto answers = parse_answers(
      server.exchange(get("/echo/1") + get("/echo/2") + get("/nowhere") + get("/echo/3")));
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].body, "1|anonymous");
  EXPECT_EQ(answers[1].body, "2|anonymous");
  EXPECT_EQ(answers[2].status, 404U);
  EXPECT_EQ(answers[3].body, "3|anonymous");
  EXPECT_FALSE(server.ended());
}

TEST_P(Session, UnderstandsARequestThatComesByteByByte) {
  const std::string request = "\r\n" + get("/echo/x");
  std::string got;
  for (const char c : request) got += server.exchange(std::string(1, c));
  ASSERT_EQ(parse_answers(got).size(), 1U);
  EXPECT_EQ(parse_answers(got)[0].body, "x|anonymous");
}

TEST_P(Session, AnswersHeadLikeGetWithoutItsBytes) {
  const Answer get_answer = server.ask(get("/v2/a/manifests/x"));
  const std::string head = server.exchange("HEAD /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_NE(head.find("Content-Length: " + get_answer.header("Content-Length")), std::string::npos);
  const std::string blob = server.exchange("HEAD /v2/a/blobs/x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(blob.find("Content-Length: 12345\r\n"), std::string::npos);
  const std::string absent = server.exchange("HEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(absent.starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(absent.ends_with("\r\n\r\n"));
  EXPECT_EQ(server.ask(get("/v2/")).body, "{}");
}

TEST_P(Session, SendsNoBodyAndNoLengthWith204And304) {
  const std::string got = server.exchange(get("/nothing") + get("/unmodified") + get("/echo/x"));
  const auto answers = parse_answers(got);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].status, 204U);
  EXPECT_EQ(answers[0].count("Content-Length"), 0);
  EXPECT_EQ(answers[1].status, 304U);
  EXPECT_EQ(answers[1].count("Content-Length"), 0);
  EXPECT_EQ(answers[2].body, "x|anonymous");
}

TEST_P(Session, SendsWhatIsMadeMeanwhileInChunks) {
  const std::string got = server.exchange(get("/produced?pieces=2") + get("/echo/x"));
  EXPECT_NE(got.find("\r\nTransfer-Encoding: chunked\r\n"), got.npos);
  const std::size_t body = got.find("\r\n\r\n") + 4;
  const std::string chunks =
      "14\r\n" + std::string(20, 'a') + "\r\n14\r\n" + std::string(20, 'b') + "\r\n0\r\n\r\n";
  EXPECT_EQ(got.substr(body, chunks.size()), chunks);
  EXPECT_EQ(got.find("Content-Length"), got.rfind("Content-Length"));  // that of the second answer
  EXPECT_TRUE(got.ends_with("x|anonymous"));
  EXPECT_FALSE(server.ended());
}

TEST_P(Session, SendsNothingMadeAsOneLastChunk) {
  EXPECT_TRUE(server.exchange(get("/produced")).ends_with("\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(server.ask(get("/echo/x")).body, "x|anonymous");
}

TEST_P(Session, TellsAClientOfHttp10TheEndOfWhatIsMadeByClosing) {
  MemoryServer one = fresh();
  const std::string got =
      one.exchange("GET /produced?pieces=2 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(got.find("chunked"), got.npos);
  EXPECT_NE(got.find("\r\nConnection: close\r\n"), got.npos);
  EXPECT_TRUE(got.ends_with("\r\n\r\n" + std::string(20, 'a') + std::string(20, 'b')));
  EXPECT_TRUE(one.ended());
}

TEST_P(Session, AnswersHeadOfWhatWouldBeMadeWithoutMakingIt) {
  const std::string got =
      server.exchange("HEAD /produced?pieces=2&bad=0 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(got.ends_with("\r\n\r\n"));
  EXPECT_EQ(server.ask(get("/echo/x")).body, "x|anonymous");
}

TEST_P(Session, AnswersAnErrorOfTheFirstPieceAsSuch) {
  const Answer answer = server.ask(get("/produced?pieces=2&bad=0"));
  EXPECT_EQ(answer.status, 500U);
  const Answer thrown = server.ask(get("/produced?pieces=2&bad=0&throws=1"));
  EXPECT_EQ(thrown.status, 500U);
  EXPECT_EQ(server.ask(get("/echo/x")).body, "x|anonymous");
}

TEST_P(Session, BreaksOffWhereALaterPieceFails) {
  for (const std::string how : {"", "&throws=1"}) {
    MemoryServer one = fresh();
    const std::string got = one.exchange(get("/produced?pieces=2&bad=1" + how));
    EXPECT_TRUE(got.ends_with("14\r\n" + std::string(20, 'a'))) << got;
    EXPECT_TRUE(one.ended());
  }
}

TEST_P(Session, ClosesWhenTheClientOrTheHandlerSaysSo) {
  for (const std::string& request : {get("/echo/x", "Connection: close\r\n"), get("/last"),
                                     std::string("GET /echo/x HTTP/1.0\r\n\r\n")}) {
    MemoryServer one = fresh();
    const Answer answer = one.ask(request + get("/echo/never"));
    EXPECT_EQ(answer.status, 200U) << request;
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(one.ended());
  }
}

TEST_P(Session, KeepsAnHttp10ConnectionThatAsksForIt) {
  const Answer answer = server.ask("GET /echo/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(answer.header("Connection"), "keep-alive");
  EXPECT_FALSE(server.ended());
}

TEST_P(Session, GivesErrorsTheShapeOfThePathsDialect) {
  const Answer oci = server.ask(get("/v2/a/nothing/x"));
  EXPECT_EQ(oci.status, 404U);
  EXPECT_TRUE(oci.body.starts_with(R"({"errors":[{"code":"NOT_FOUND")")) << oci.body;
  const Answer plain = server.ask(get("/nothing/x"));
  EXPECT_EQ(plain.status, 404U);
  EXPECT_EQ(plain.body, "nothing is served here\n");
  const Answer method = server.ask("DELETE /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(method.status, 405U);
  EXPECT_EQ(method.header("Allow"), "GET, HEAD, PUT");
  EXPECT_TRUE(method.body.starts_with(R"({"errors":[{"code":"UNSUPPORTED")"));
}

TEST_P(Session, RefusesTargetsThatDoNotDecode) {
  for (const std::string_view target :
       {"/v2/a%/manifests/x", "/v2/a%00/manifests/x", "/v2/?a=%zz"}) {
    MemoryServer one = fresh();
    const Answer answer = one.ask(get(target));
    EXPECT_EQ(answer.status, 400U) << target;
    EXPECT_TRUE(answer.body.starts_with(R"({"errors":[{"code":"BAD_REQUEST")")) << answer.body;
    EXPECT_EQ(answer.header("Connection"), "close");
    one.hang_up();
    EXPECT_TRUE(one.ended());
  }
}

TEST_P(Session, DecodesSlashesBeforeRouting) {
  EXPECT_EQ(server.ask(get("/v2/az%2Frepo/manifests/sha256%3Aab")).body,
            "az/repo|sha256:ab|anonymous");
}

// RFC 3986 has them escaped; Huawei's clients send filters as people write them.
TEST_P(Session, TakesCharactersInAQueryThatShouldHaveBeenEscaped) {
  EXPECT_EQ(server.ask(get("/echo/x?q=center::self|name::ng*nx|limit::10")).body,
            "x|anonymous|q=center::self|name::ng*nx|limit::10");
  EXPECT_EQ(server.ask(get("/echo/x?q={a}[b]<c>\"d\"^`\\$")).body,
            "x|anonymous|q={a}[b]<c>\"d\"^`\\$");
}

TEST_P(Session, AcceptsTheAbsoluteForm) {
  EXPECT_EQ(server.ask(get("http://proxy.example/echo/x?q=/y")).body, "x|anonymous|q=/y");
  EXPECT_EQ(server.ask(get("http://proxy.example")).status, 404U);
}

TEST_P(Session, LimitsTargetAndHeader) {
  const std::string long_path = "/v2/" + std::string(limits::kTargetBytesMax, 'a') + "/manifests/x";
  MemoryServer target = fresh();
  const Answer too_long = target.ask(get(long_path));
  EXPECT_EQ(too_long.status, 414U);
  EXPECT_TRUE(too_long.body.starts_with("{\"errors\""));
  MemoryServer header = fresh();
  const std::string field = "A: " + std::string(limits::kHeaderBytesMax, 'a') + "\r\n";
  EXPECT_EQ(header.ask(get("/v2/", field)).status, 431U);
  MemoryServer fields = fresh();
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "A: b\r\n";
  EXPECT_EQ(fields.ask(get("/v2/", many)).status, 431U);
  MemoryServer fits = fresh();
  const std::string path = "/v2/" + std::string(limits::kTargetBytesMax - 50, 'a') + "/manifests/x";
  EXPECT_EQ(fits.ask(get(path)).status, 200U);
}

TEST_P(Session, TurnsAHandlersExceptionInto500WithoutItsText) {
  const Answer answer = server.ask(get("/throws"));
  EXPECT_EQ(answer.status, 500U);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(server.ask(get("/echo/x")).status, 200U);
}

TEST_P(Session, NeverSendsAHeaderThatSplitsTheAnswer) {
  EXPECT_EQ(server.ask(get("/splits?to=/fine")).header("Location"), "/fine");
  for (const std::string_view evil : {"%0d%0aX:%20y", "a%0ab", "a%0db", "a%01"}) {
    const std::string got = server.exchange(get("/splits?to=" + std::string(evil)));
    EXPECT_TRUE(got.starts_with("HTTP/1.1 500")) << got;
    EXPECT_EQ(got.find("X: y"), std::string::npos);
  }
}

TEST_P(Session, Answers500WhenAHandlerMisstatesItsLength) {
  EXPECT_EQ(server.ask(get("/lies")).status, 500U);
}

TEST_P(Session, SendsABodyHeldByOthers) {
  EXPECT_EQ(server.ask(get("/big")).body, std::string(1 << 20, 'b'));
}

TEST_P(Session, AuthenticatesThenGatesThenHandles) {
  Hooks hooks;
  hooks.authenticate = [](Request& request) -> net::awaitable<Result<void>> {
    request.actor.id = std::string(request.header("Who"));
    co_return Result<void>();
  };
  hooks.gate = [](const Route& route, const Request& request) -> Result<void> {
    if (route.effect != Effect::none && request.actor.id != "alice") {
      return fail(Errc::denied, About::request, "read only");
    }
    return {};
  };
  MemoryServer one = fresh(std::move(hooks));
  EXPECT_EQ(one.ask(get("/echo/x", "Who: bob\r\n")).body, "x|bob");
  const std::string put = "PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nWho: ";
  const Answer denied = one.ask(put + "bob\r\n\r\nhi");
  EXPECT_EQ(denied.status, 403U);
  EXPECT_EQ(one.services().received, "");
  EXPECT_EQ(one.ask(put + "alice\r\n\r\nhi").status, 201U);
  EXPECT_EQ(one.services().received, "hi");
  // The next request on the connection is nobody's again.
  EXPECT_EQ(one.ask(put + "\r\n\r\nhi").status, 403U);
}

TEST_P(Session, RunsNoHandlerForWhoeverPresentsSomethingWrong) {
  Hooks hooks;
  hooks.authenticate = [](Request& request) -> net::awaitable<Result<void>> {
    if (request.header("Authorization").empty()) co_return Result<void>();
    co_return fail(Errc::unauthorized, About::request, "wrong");
  };
  MemoryServer one = fresh(std::move(hooks));
  const std::string put = "PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n";
  const Answer refused = one.ask(put + "Authorization: x\r\n\r\nhi");
  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(one.services().received, "");
  EXPECT_EQ(one.ask(put + "\r\nhi").status, 201U);
}

TEST_P(Session, ChallengesEach401OnceWithWhatTheRequestNeeds) {
  Hooks hooks;
  hooks.gate = [](const Route&, const Request&) -> Result<void> {
    return fail(Errc::unauthorized, About::request, "who?");
  };
  const std::string bare = fresh(hooks).exchange(get("/v2/a/manifests/x"));
  EXPECT_NE(bare.find("WWW-Authenticate: Basic realm=\"varve\"\r\n"), bare.npos) << bare;
  hooks.challenge = [](const Route* route, const Request& request) {
    return std::string(request.header("Host")) + (route == nullptr ? "" : " routed");
  };
  const std::string got = fresh(hooks).exchange(get("/v2/a/manifests/x"));
  const std::size_t at = got.find("WWW-Authenticate: x routed\r\n");
  EXPECT_NE(at, got.npos) << got;
  EXPECT_EQ(got.find("WWW-Authenticate", at + 1), got.npos) << got;
}

TEST_P(Session, TellsHandlersWhetherTheRequestCameOverTls) {
  std::vector<bool> secure;
  Hooks hooks;
  hooks.authenticate = [&](Request& request) -> net::awaitable<Result<void>> {
    secure.push_back(request.secure);
    co_return Result<void>();
  };
  MemoryServer one = fresh(std::move(hooks));
  EXPECT_EQ(one.ask(get("/echo/x")).status, 200U);
  EXPECT_EQ(one.ask(get("/echo/x")).status, 200U);
  EXPECT_EQ(secure, (std::vector<bool>(2, GetParam() == Transport::tls)));
}

TEST_P(Session, KnowsTheClientOfEachRequestWhomeverTheOneBeforeCameFrom) {
  std::vector<std::string> peers;
  std::vector<bool> secure;
  Hooks hooks;
  hooks.authenticate = [&](Request& request) -> net::awaitable<Result<void>> {
    peers.emplace_back(request.peer);
    secure.push_back(request.secure);
    see_through(request, TrustedProxies::parse(peers.front()).value());
    peers.emplace_back(request.peer);
    co_return Result<void>();
  };
  MemoryServer one = fresh(std::move(hooks));
  const std::string padding = "X-Padding: " + std::string(500, 'p') + "\r\n";
  EXPECT_EQ(one.ask(get("/echo/x", padding + "X-Forwarded-For: 203.0.113.9\r\n"
                                             "X-Forwarded-Proto: https\r\n"))
                .status,
            200U);
  EXPECT_EQ(one.ask(get("/echo/x", "X-Forwarded-For: 198.51.100.7\r\n")).status, 200U);
  ASSERT_EQ(peers.size(), 4U);
  EXPECT_EQ(peers[1], "203.0.113.9");
  EXPECT_EQ(peers[2], peers[0]);
  EXPECT_EQ(peers[3], "198.51.100.7");
  EXPECT_EQ(secure[1], secure[0]);
}

TEST_P(Session, SendsFilesInWindows) {
  std::string content(700'001, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 >> 3);
  server.services().file = std::make_shared<MemoryFile>(content);
  const Answer answer = server.ask(get("/v2/a/blobs/x"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("Content-Length"), "700001");
  EXPECT_TRUE(answer.body == content);
  server.services().file = std::make_shared<MemoryFile>("");
  EXPECT_EQ(server.ask(get("/v2/a/blobs/x")).header("Content-Length"), "0");
  EXPECT_EQ(server.ask(get("/echo/x")).status, 200U);
}

TEST_P(Session, Answers500WhenAFileCannotBeReadAtAll) {
  auto file = std::make_shared<MemoryFile>(std::string(1000, 'x'));
  file->truncate_silently(10);
  server.services().file = file;
  EXPECT_EQ(server.ask(get("/v2/a/blobs/x")).status, 500U);
}

TEST_P(Session, CutsTheConnectionWhenAFileEndsInTheMiddle) {
  auto file = std::make_shared<MemoryFile>(std::string(1'000'000, 'x'));
  file->truncate_silently(600'000);
  server.services().file = file;
  const std::string got = server.exchange(get("/v2/a/blobs/x") + get("/echo/x"));
  EXPECT_TRUE(server.ended());
  EXPECT_NE(got.find("Content-Length: 1000000\r\n"), std::string::npos);
  const std::string body = got.substr(got.find("\r\n\r\n") + 4);
  EXPECT_EQ(body.find_first_not_of('x'), std::string::npos);  // nothing but the file's own bytes
  EXPECT_LT(body.size(), 600'001U);
  EXPECT_FALSE(server.said_goodbye());  // or a TLS client would take it for whole
}

}  // namespace
}  // namespace varve::http::test
