// Who shares a namespace or a repository with whom, in SWR's numbers.
#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "tests/unit/api/surface/swr_json.h"

namespace varve::test {
namespace {

using http::Method;

class SwrAccess : public testing::Test {
 protected:
  void SetUp() override {
    keeper = "Bearer " + server.add_account("keeper", "maintainer", "team/*");
    friend_ = "Bearer " + server.add_account("friend", "reader", "elsewhere/*");
    const std::string admin = basic("admin", kAdminPassword);
    const std::string target = "/v2/team/app/blobs/uploads/?digest=" + Digest::of("x").to_string();
    ASSERT_EQ(send(server, Method::post, target, "x", admin).status, 201U);
    server.administer(Method::put, "/admin/v1/grants",
                      R"({"principal":"anonymous","resource":"team/*","role":"none"})");
  }
  Answer ask(Method method, const std::string& target, const std::string& body,
             const std::string& who) {
    return send(server, method, target, body, who);
  }

  const std::string of_repo = "/v2/manage/namespaces/team/repos/app/access";
  const std::string of_namespace = "/v2/manage/namespaces/team/access";
  TestServer server{{.dev = false}};
  std::string keeper;
  std::string friend_;
};

TEST_F(SwrAccess, IsGivenChangedShownAndTaken) {
  EXPECT_EQ(ask(Method::get, "/v2/team/app/tags/list", "", friend_).status, 403U);
  const Answer given =
      ask(Method::post, of_repo, R"([{"user_id":"friend","user_name":"friend","auth":1}])", keeper);
  EXPECT_EQ(given.status, 201U) << given.body;
  EXPECT_EQ(ask(Method::get, "/v2/team/app/tags/list", "", friend_).status, 200U);
  const Answer shown = ask(Method::get, of_repo, "", keeper);
  EXPECT_EQ(shown.status, 200U) << shown.body;
  EXPECT_EQ(at(shown.body, "/name"), "app");
  EXPECT_EQ(at(shown.body, "/self_auth/user_name"), "keeper");
  EXPECT_EQ(at(shown.body, "/self_auth/auth"), "7");
  EXPECT_EQ(at(shown.body, "/others_auths"),
            R"([{"auth":1,"user_id":"friend","user_name":"friend"}])");
  EXPECT_EQ(ask(Method::patch, of_repo, R"([{"user_id":"friend","auth":3}])", keeper).status, 201U);
  EXPECT_EQ(at(ask(Method::get, of_repo, "", keeper).body, "/others_auths/0/auth"), "3");
  EXPECT_EQ(ask(Method::del, of_repo, R"(["friend"])", keeper).status, 204U);
  EXPECT_EQ(ask(Method::get, "/v2/team/app/tags/list", "", friend_).status, 403U);
}

TEST_F(SwrAccess, ToANamespaceIsToAllBelowIt) {
  EXPECT_EQ(ask(Method::post, of_namespace, R"([{"user_name":"friend","auth":3}])", keeper).status,
            201U);
  EXPECT_EQ(ask(Method::get, "/v2/team/app/tags/list", "", friend_).status, 200U);
  const Answer shown = ask(Method::get, of_namespace, "", keeper);
  EXPECT_EQ(at(shown.body, "/name"), "team");
  // Whoever is granted it themselves is not among the others.
  EXPECT_EQ(at(shown.body, "/others_auths"),
            R"([{"auth":3,"user_id":"friend","user_name":"friend"}])");
  const Answer own = ask(Method::get, of_namespace, "", friend_);
  EXPECT_EQ(at(own.body, "/self_auth/auth"), "3");
  EXPECT_EQ(at(own.body, "/others_auths"), "[]");  // who else comes is for whoever manages it
  EXPECT_EQ(ask(Method::del, of_namespace, R"(["friend"])", keeper).status, 204U);
}

TEST_F(SwrAccess, IsForWhoeverManagesIt) {
  const std::string body = R"([{"user_id":"friend","auth":7}])";
  EXPECT_EQ(ask(Method::post, of_repo, body, friend_).status, 403U);
  EXPECT_EQ(ask(Method::post, of_repo, body, "").status, 401U);
  EXPECT_EQ(ask(Method::post, "/v2/manage/namespaces/none/access", body, keeper).status, 404U);
  EXPECT_EQ(ask(Method::post, "/v2/manage/namespaces/team/repos/none/access", body, keeper).status,
            404U);
}

TEST_F(SwrAccess, TellsNobodyElseWhetherANamespaceIsThere) {
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"anonymous","resource":"hidden/*","role":"none"})");
  const std::string absent = "/v2/manage/namespaces/absent";
  const std::string hidden = "/v2/manage/namespaces/hidden";
  for (const Method method : {Method::get, Method::post, Method::patch, Method::del}) {
    const std::string body =
        method == Method::del ? R"(["keeper"])" : R"([{"user_id":"keeper","auth":1}])";
    for (const std::string& who : {friend_, std::string()}) {
      const Answer there = ask(method, of_namespace, body, who);
      // Nothing is there, whether or not everybody may pull what would be.
      for (const std::string& nothing : {absent, hidden}) {
        const Answer none = ask(method, nothing + "/access", body, who);
        EXPECT_EQ(there.status, none.status) << there.body;
        EXPECT_EQ(swr_code(there), swr_code(none));
      }
      if (!who.empty()) EXPECT_EQ(there.status, 404U) << there.body;
    }
  }
  const Answer shown = ask(Method::get, "/v2/manage/namespaces/team", "", friend_);
  const Answer access = ask(Method::get, of_namespace, "", friend_);
  EXPECT_EQ(access.status, shown.status);
  EXPECT_EQ(swr_code(access), swr_code(shown));
  EXPECT_EQ(at(access.body, "/error_msg"), at(shown.body, "/error_msg"));
}

TEST_F(SwrAccess, OfANamespaceThatIsSeenIsStillForWhoeverManagesIt) {
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"friend","resource":"team/*","role":"reader"})");
  const std::string body = R"([{"user_id":"friend","auth":7}])";
  EXPECT_EQ(ask(Method::get, of_namespace, "", friend_).status, 200U);
  EXPECT_EQ(ask(Method::post, of_namespace, body, friend_).status, 403U);
  EXPECT_EQ(ask(Method::patch, of_namespace, body, friend_).status, 403U);
}

// What is shown is what whoever asks could do.
TEST_F(SwrAccess, IsSevenOnlyForWhoeverManagesAllOfIt) {
  const std::string team = "/v2/manage/namespaces/team";
  const auto shown = [&] {
    return at(ask(Method::get, team, "", keeper).body, "/auth") +
           at(ask(Method::get, of_namespace, "", keeper).body, "/self_auth/auth") +
           at(ask(Method::get, "/v2/manage/namespaces", "", keeper).body, "/namespaces/0/auth");
  };
  const std::string body = R"([{"user_id":"friend","auth":1}])";
  EXPECT_EQ(shown(), "777");
  EXPECT_EQ(ask(Method::post, of_namespace, body, keeper).status, 201U);
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"keeper","resource":"team/part","role":"reader"})");
  EXPECT_EQ(shown(), "333");
  EXPECT_EQ(at(ask(Method::get, of_namespace, "", keeper).body, "/others_auths"), "[]");
  EXPECT_EQ(ask(Method::patch, of_namespace, body, keeper).status, 403U);
  EXPECT_EQ(at(ask(Method::get, of_repo, "", keeper).body, "/self_auth/auth"), "7");
}

TEST_F(SwrAccess, ToWhatIsBelowNoNamespaceIsAccessToEverything) {
  const std::string admin = basic("admin", kAdminPassword);
  const std::string none = "/v2/manage/namespaces/_";
  const std::string bare = R"({"repository":"bare","is_public":false})";
  EXPECT_EQ(ask(Method::post, none + "/repos", bare, admin).status, 201U);
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"keeper","resource":"bare","role":"reader"})");
  EXPECT_EQ(at(ask(Method::get, none, "", admin).body, "/auth"), "7");
  EXPECT_EQ(at(ask(Method::get, none, "", keeper).body, "/auth"), "1");
}

TEST_F(SwrAccess, IsAddedOnceAndChangedWhereItIs) {
  const std::string body = R"([{"user_id":"friend","auth":1}])";
  EXPECT_EQ(ask(Method::patch, of_repo, body, keeper).status, 404U);
  EXPECT_EQ(ask(Method::del, of_repo, R"(["friend"])", keeper).status, 404U);
  EXPECT_EQ(ask(Method::post, of_repo, body, keeper).status, 201U);
  const Answer twice = ask(Method::post, of_repo, body, keeper);
  EXPECT_EQ(twice.status, 409U);
  EXPECT_EQ(swr_code(twice), "4090076");
  EXPECT_EQ(ask(Method::post, of_repo, R"([{"user_id":"ghost","auth":1}])", keeper).status, 404U);
}

TEST_F(SwrAccess, IsOneRunOrNothing) {
  server.wait_published();
  const std::uint64_t before = server.size();
  EXPECT_EQ(ask(Method::post, of_repo,
                R"([{"user_id":"friend","auth":1},{"user_id":"ghost","auth":1}])", keeper)
                .status,
            404U);
  EXPECT_EQ(server.size(), before);
}

TEST_F(SwrAccess, SaysWhichMemberIsWrong) {
  for (const auto& [body, code] :
       {std::pair{R"([{"auth":1}])", "4001036"}, std::pair{R"([{"user_id":"friend"}])", "4001036"},
        std::pair{R"([{"user_id":"friend","auth":2}])", "4000014"},
        std::pair{R"([{"user_id":"friend","auth":"1"}])", "4001036"},
        std::pair{R"([{"user_id":"a","user_name":"b","auth":1}])", "4000014"},
        std::pair{R"([{"user_id":"UPPER","auth":1}])", "4000014"},
        std::pair{R"([{"user_id":5,"user_name":"friend","auth":1}])", "4000014"},
        std::pair{R"([{"user_id":"friend","user_name":["friend"],"auth":1}])", "4000014"},
        std::pair{R"({"user_id":"friend","auth":1})", "4000014"}, std::pair{R"([1])", "4001036"},
        std::pair{R"(["friend"])", "4001036"}, std::pair{"nonsense", "4000014"}}) {
    const Answer answer = ask(Method::post, of_repo, body, keeper);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_EQ(swr_code(answer), code) << body;
  }
  EXPECT_EQ(ask(Method::del, of_repo, R"([{"user_id":"friend"}])", keeper).status, 400U);
  EXPECT_EQ(ask(Method::post, of_repo, R"([{"user_id":"anonymous","auth":1}])", keeper).status,
            400U);
  EXPECT_EQ(ask(Method::post, of_repo, "[]", keeper).status, 400U);
  std::string many = "[";
  for (std::size_t i = 0; i <= limits::kAccessChangesMax; ++i)
    many +=
        std::string(i == 0 ? "" : ",") + R"({"user_id":"p)" + std::to_string(i) + R"(","auth":1})";
  EXPECT_EQ(ask(Method::post, of_repo, many + "]", keeper).status, 413U);
}

}  // namespace
}  // namespace varve::test
