// Who may ask for what: every route and every form of asking as of then, for nobody, a reader, a
// writer, a writer of something else, an administrator, and a writer whose credential is revoked.
//
// What a route needs is said here a second time, on purpose: a route that somebody adds is not
// taken for public because nobody thought of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/api/surface/accounts.h"

namespace varve::test {
namespace {

using http::Method;

enum class Needs { nothing, pull, push, del, read_log, own_rules, unknown };

Needs needs_of(const http::Route& route) {
  const std::string_view pattern = route.pattern;
  if (pattern.find("{name...}") != pattern.npos) {
    if (route.method == Method::get || route.method == Method::head) return Needs::pull;
    // Whoever can take a lock off can delete what it holds.
    if (pattern.starts_with("/acr/")) return Needs::del;
    const bool upload = pattern.find("/blobs/uploads/") != pattern.npos;
    return route.method == Method::del && !upload ? Needs::del : Needs::push;
  }
  // SWR's words for a repository. Who shares it with whom is judged by more than one right.
  if (pattern.find("{repository...}") != pattern.npos) {
    if (route.method == Method::get) return Needs::pull;
    if (pattern.ends_with("/access")) return Needs::own_rules;
    return route.method == Method::del ? Needs::del : Needs::push;
  }
  const auto is = [pattern](std::initializer_list<std::string_view> known) {
    return std::ranges::find(known, pattern) != known.end();
  };
  if (is({"/log/tile/{path...}", "/log/proof/{index}", "/log/body/{digest}"}))
    return Needs::read_log;
  if (is({"/", "/log/checkpoint", "/log/vkey", "/healthz", "/readyz", "/v2/_oci/ext/discover"}))
    return Needs::nothing;
  // Warg's tree and map are hashes; what the packages are is seen by whoever may pull them, and
  // what publishers send vouches for itself: warg_sight_test.cpp.
  if (is({"/v1/fetch/checkpoint", "/v1/verify/checkpoint", "/v1/ledger",
          "/v1/ledger/records/{start}", "/.well-known/wasm-pkg/registry.json"}) ||
      pattern.starts_with("/v1/proof/"))
    return Needs::nothing;
  if (is({"/v1/fetch/logs", "/v1/fetch/names", "/v1/content/{digest}", "/content/{file}"}) ||
      pattern.starts_with("/v1/package/"))
    return Needs::own_rules;
  // What is seen of Pulp's packages, their files and repositories, and of the log:
  // pulp_sight_test.cpp, pulp_repos_test.cpp.
  for (const std::string_view prefix : {"/packages", "/repositories", "/services/", "/pulp/"})
    if (pattern.starts_with(prefix)) return Needs::own_rules;
  // Where one logs in, the token service, the accounts, and a list of what the caller may pull.
  if (is({"/v2", "/v2/", "/v2/_catalog", "/acr/v1/_catalog"}) || pattern.starts_with("/oauth2/") ||
      pattern == "/swr/auth/v2/registry/auth" || pattern.starts_with("/admin/v1/"))
    return Needs::own_rules;
  // What is listed is what the caller may pull, and namespaces are made by whoever manages them.
  if (pattern.starts_with("/v2/manage/") || pattern.starts_with("/dockyard/v2/"))
    return Needs::own_rules;
  return Needs::unknown;
}

// 401, 403, or 0: neither.
unsigned expected(Needs needs, const std::string& who) {
  if (needs == Needs::nothing || who == "root") return 0;
  if (who == "nobody" || who == "gone") return 401;
  if (needs == Needs::read_log || who == "stranger") return 403;
  if (who == "writer") return needs == Needs::del ? 403 : 0;
  return needs == Needs::pull ? 0 : 403;
}

unsigned refusal(unsigned status) {
  return status == 401 || status == 403 ? status : 0;
}

class AccessTable : public testing::Test {
 protected:
  void SetUp() override {
    accounts.push("writer", "lib/app", "v1", bytes);
    server.wait_published();
  }

  // Targets of the pattern about lib/app; for reads also as of before everything and as of now, in
  // both ways of asking.
  std::vector<std::string> targets_of(const http::Route& route) const {
    std::string target(route.pattern);
    fill(target, "{digest}", Digest::of(bytes).to_string());
    fill(target, "{upload}", std::string(32, '0'));
    fill(target, "{reference}", "v1");
    fill(target, "{tag}", "v1");
    fill(target, "{path...}", "entries/000.p/1");
    fill(target, "{index}", "0");
    fill(target, "{start}", "0");
    fill(target, "{namespace}", "lib");
    fill(target, "{repository...}", "app");
    std::vector<std::string> names{"lib/app"};
    std::vector<std::string> queries{""};
    if (needs_of(route) == Needs::pull) {
      const std::string now = std::to_string(server.size());
      names.insert(names.end(),
                   {"asof.1/lib/app", "asof." + now + "/lib/app", "asof.20010101t000000z/lib/app"});
      queries.insert(queries.end(), {"?as_of=1", "?as_of=" + now, "?as_of=2001-01-01T00:00:00Z"});
    }
    std::vector<std::string> targets;
    for (const std::string& name : names)
      for (const std::string& query : queries) {
        targets.push_back(target + query);
        fill(targets.back(), "{name...}", name);
      }
    return targets;
  }
  static void fill(std::string& target, std::string_view what, const std::string& by) {
    if (const std::size_t at = target.find(what); at != std::string::npos)
      target.replace(at, what.size(), by);
  }
  unsigned status(const std::string& target, const std::string& who) {
    return accounts.ask(who, Method::get, target).status;
  }

  const std::string bytes =
      R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) + R"(","manifests":[]})";
  TestServer server{{.dev = false}};
  Accounts accounts{server};
};

TEST_F(AccessTable, HoldsForEveryRouteAndEveryFormOfAsking) {
  std::size_t asked = 0;
  for (const http::Surface& surface : server.router().surfaces())
    for (const http::Route& route : surface.routes) {
      const Needs needs = needs_of(route);
      EXPECT_NE(needs, Needs::unknown) << route.pattern << " is in nobody's table";
      if (needs == Needs::own_rules || needs == Needs::unknown) continue;
      for (const std::string& target : targets_of(route))
        for (const std::string who : {"nobody", "reader", "writer", "stranger", "gone", "root"}) {
          if (needs == Needs::nothing && who == "gone") continue;  // refused when it is shown
          EXPECT_EQ(refusal(accounts.ask(who, route.method, target).status), expected(needs, who))
              << who << ": " << http::to_string(route.method) << ' ' << target;
          ++asked;
        }
    }
  EXPECT_GT(asked, 300U);
}

TEST_F(AccessTable, TheListOfRepositoriesHoldsWhatTheCallerMayPull) {
  accounts.push("root", "other/app", "v1", bytes);
  const auto listed = [&](const std::string& who) {
    const http::Response response = accounts.ask(who, Method::get, "/v2/_catalog");
    const auto* text = std::get_if<std::string>(&response.body);
    return text != nullptr ? *text : "status " + std::to_string(response.status);
  };
  EXPECT_EQ(listed("reader"), R"({"repositories":["lib/app"]})");
  EXPECT_EQ(listed("stranger"), R"({"repositories":["other/app"]})");
  EXPECT_EQ(listed("root"), R"({"repositories":["lib/app","other/app"]})");
  EXPECT_EQ(accounts.ask("nobody", Method::get, "/v2/_catalog").status, 401U);
}

// The rights of now decide about every earlier state: what was open then is not open for ever.
TEST_F(AccessTable, ReadsOfEarlierStatesFollowTheRightsOfNow) {
  const auto anonymous = PrincipalName::anonymous();
  accounts.run(trust::SetGrant{anonymous, Resource::everything(), {Right::pull}});
  const std::string open = std::to_string(server.size());
  EXPECT_EQ(status("/v2/asof." + open + "/lib/app/manifests/v1", "nobody"), 200U);
  accounts.run(trust::RemoveGrant{anonymous, Resource::everything()});
  EXPECT_EQ(status("/v2/asof." + open + "/lib/app/manifests/v1", "nobody"), 401U);
  EXPECT_EQ(status("/v2/lib/app/manifests/v1?as_of=" + open, "nobody"), 401U);
}

}  // namespace
}  // namespace varve::test
