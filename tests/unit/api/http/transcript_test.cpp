// The transcript runner itself: that it sees what differs, not only what agrees.
#include "tests/http/transcript.h"

#include <gtest/gtest.h>

#include "api/http/server.h"
#include "memory_server.h"

namespace varve::transcript {
namespace {

class Runner : public testing::Test {
 protected:
  Runner() {
    auto started = http::Server::start(http::ServerOptions(), http::Router(http::test::surfaces()),
                                       services_, http::test::pool(), http::Hooks());
    VARVE_ASSERT(started);
    server_ = *std::move(started);
    options_.port = server_->port();
  }

  std::string trouble(std::string_view text) const {
    const auto found = play(text, options_);
    return found ? std::to_string(found->line) + ": " + found->what : "";
  }

  Services services_;
  std::unique_ptr<http::Server> server_;
  Options options_;
};

TEST_F(Runner, PlaysAWholeConversation) {
  EXPECT_EQ(trouble(R"(# a comment
set WHO = world
GET /v2/a/b/manifests/{{WHO}}?q=1
X-Request-Id: {{WHO}}-1

status 200
header X-Request-Id: world-1
header Content-Length: /^[0-9]+$/
header Nothing: absent
header Date: present
# a comment among checks
body == a/b|world|anonymous|q=1
body ~ /wor.d/
body-size 23
body-sha256 {{sha256:a/b|world|anonymous|q=1}}
capture ALL body
capture ID header X-Request-Id

PUT /v2/a/manifests/x
Content-Type: application/json

{"several":
[1]

}

status 201
body ==

GET /echo/{{ID}}

status 200
body == world-1|anonymous

PUT /v2/a/blobs/x
Transfer-Encoding: chunked

body-repeat 70000 ab

status 201

HEAD /v2/a/blobs/x

status 200
header Content-Length: 12345

GET /v2/a/unknown

status 404
json /errors/0/code == "NOT_FOUND"
json /errors/0/code ~ /^NOT_/
json /errors size 1
json /errors/1 absent
json /errors/0 == {"code": "NOT_FOUND", "message": "nothing is served here"}
capture CODE json /errors/0/code

GET /echo/{{CODE}}

status 200
body == NOT_FOUND|anonymous

connect
raw
GET /echo/x HTTP/1.1\r\nHost: x\n
\r\n

status 400
header Connection: close

GET /last

status 200
closed
)"),
            "");
  EXPECT_EQ(services_.received.size(), 140'000U);
}

TEST_F(Runner, PointsAtTheCheckThatFails) {
  EXPECT_TRUE(trouble("GET /v2/\n\nstatus 201\n").starts_with("3: '200' instead of '201'"));
  const std::string start = "GET /v2/\n\nstatus 200\n";
  for (const std::string_view check :
       {"header X-Nothing: present", "header Content-Length: 3", "header Content-Length: absent",
        "header Content-Type: /^text/", "body == []", "body ~ /x/", "body-size 3", "body-sha256 00",
        "json /a == 1", "json / == []", "json / size 1", "json / absent", "closed extra",
        "capture X header Nothing", "capture X json /a", "nonsense", "header x"}) {
    Options hasty = options_;
    hasty.patience = std::chrono::milliseconds(100);
    const auto found = play(start + std::string(check) + "\n", hasty);
    ASSERT_TRUE(found) << check;
    EXPECT_EQ(found->line, 4) << check;
  }
}

TEST_F(Runner, RefusesTranscriptsThatCheckNothing) {
  EXPECT_TRUE(trouble("").starts_with("1: an empty transcript"));
  EXPECT_TRUE(trouble("GET /v2/\n").starts_with("1: a request without a status"));
  EXPECT_TRUE(trouble("get /v2/\n\nstatus 200\n").starts_with("1: neither a request"));
  EXPECT_TRUE(trouble("GET /{{NOPE}}\n\nstatus 200\n").starts_with("1: no such variable: NOPE"));
  EXPECT_TRUE(trouble("GET /v2/\n\nstatus {{nope:x}}\n").starts_with("3: no such function: nope"));
}

TEST_F(Runner, GivesUpOnASilentServer) {
  options_.patience = std::chrono::milliseconds(100);
  EXPECT_EQ(trouble("raw\nGET /v2/ HTTP/1.1\\r\\n\n\nstatus 200\n"),
            "1: the server did not answer in time");
}

TEST(Script, ExpandsItsFunctions) {
  const Variables variables = {{"A", "b"}};
  EXPECT_EQ(expand("x{{A}}{{repeat:3:ab}}{{size:repeat:10:xy}}", variables, ""), "xbababab20");
  EXPECT_EQ(expand("{{sha256:}}", variables, ""),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(expand("{{sha256:repeat:3:a}}", variables, ""),
            expand("{{sha256:aaa}}", variables, ""));
  EXPECT_EQ(expand("{{base64:a:b}}", variables, ""), "YTpi");
  EXPECT_EQ(expand("{{size:{{A}}y}}{{A}}", variables, ""), "2b");
  EXPECT_FALSE(expand("{{size:{{A}}", variables, ""));
  EXPECT_FALSE(expand("{{A", variables, ""));
  EXPECT_EQ(unescape("a\\r\\n\\x00\\\\"), std::string("a\r\n\0\\", 5));
  EXPECT_FALSE(unescape("\\q"));
  EXPECT_FALSE(unescape("\\x0"));
}

}  // namespace
}  // namespace varve::transcript
