// Routing tables: names that contain keywords, precedence, methods.
#include "api/http/route.h"

#include <gtest/gtest.h>

namespace varve::http {
namespace {

net::awaitable<Response> never(Services&, Request&) {
  co_return Response();
}

constexpr Route kOci[] = {
    {Method::get, "/v2/", Effect::none, never},
    {Method::get, "/v2", Effect::none, never},
    {Method::get, "/v2/_catalog", Effect::none, never},
    {Method::get, "/v2/{name...}/blobs/{digest}", Effect::none, never},
    {Method::head, "/v2/{name...}/blobs/{digest}", Effect::none, never},
    {Method::del, "/v2/{name...}/blobs/{digest}", Effect::event, never},
    {Method::post, "/v2/{name...}/blobs/uploads/", Effect::session, never},
    {Method::post, "/v2/{name...}/blobs/uploads", Effect::session, never},
    {Method::get, "/v2/{name...}/blobs/uploads/{id}", Effect::none, never},
    {Method::patch, "/v2/{name...}/blobs/uploads/{id}", Effect::session, never},
    {Method::get, "/v2/{name...}/manifests/{reference}", Effect::none, never},
    {Method::put, "/v2/{name...}/manifests/{reference}", Effect::event, never},
    {Method::get, "/v2/{name...}/tags/list", Effect::none, never},
    {Method::get, "/v2/{name...}/referrers/{digest}", Effect::none, never},
};
constexpr Route kManage[] = {
    {Method::get, "/v2/manage/{one}", Effect::none, never},
};
constexpr Route kLog[] = {
    {Method::get, "/log/checkpoint", Effect::none, never},
    {Method::get, "/log/tile/{path...}", Effect::none, never},
    {Method::get, "/log/{a}/fixed", Effect::none, never},
    {Method::get, "/log/{a}/{b}", Effect::none, never},
};
constexpr Route kOps[] = {
    {Method::get, "/healthz", Effect::none, never},
};
const Surface kSurfaces[] = {
    {"ops", "", Dialect::plain, kOps},
    {"oci", "/v2", Dialect::oci, kOci},
    {"manage", "/v2/manage", Dialect::plain, kManage},
    {"log", "/log", Dialect::plain, kLog},
};

struct Case {
  Method method;
  std::string_view path;
  std::string_view pattern;  // empty: none
  std::vector<std::string_view> params;
};

TEST(Router, MatchesFromTheRight) {
  const Router router(kSurfaces);
  const std::string_view blob = "/v2/{name...}/blobs/{digest}";
  const std::string_view manifest = "/v2/{name...}/manifests/{reference}";
  const std::string_view tags = "/v2/{name...}/tags/list";
  const std::string_view upload = "/v2/{name...}/blobs/uploads/{id}";
  for (const Case& c : std::vector<Case>{
           {Method::get, "/v2/", "/v2/", {}},
           {Method::get, "/v2", "/v2", {}},
           {Method::get, "/v2/a/blobs/d", blob, {"a", "d"}},
           {Method::get, "/v2/a/b/c/manifests/x", manifest, {"a/b/c", "x"}},
           {Method::get, "/v2/blobs/x/manifests/y", manifest, {"blobs/x", "y"}},
           {Method::get, "/v2/manifests/manifests/manifests", manifest, {"manifests", "manifests"}},
           {Method::get, "/v2/a/manifests/tags/list", tags, {"a/manifests"}},
           {Method::get, "/v2/tags/list/tags/list", tags, {"tags/list"}},
           {Method::get, "/v2/a/tags/list/manifests/v1", manifest, {"a/tags/list", "v1"}},
           {Method::get, "/v2/a/blobs/uploads/blobs/d", blob, {"a/blobs/uploads", "d"}},
           {Method::get, "/v2/a/blobs/uploads/blobs/uploads/7", upload, {"a/blobs/uploads", "7"}},
           {Method::patch, "/v2/uploads/blobs/uploads/7", upload, {"uploads", "7"}},
           {Method::post, "/v2/a/blobs/uploads/", "/v2/{name...}/blobs/uploads/", {"a"}},
           {Method::post, "/v2/a/blobs/uploads", "/v2/{name...}/blobs/uploads", {"a"}},
           // The name's own grammar is for the handler to refuse.
           {Method::get, "/v2/a//b/manifests/x", manifest, {"a//b", "x"}},
           {Method::get, "/v2/../manifests/x", manifest, {"..", "x"}},
           // No name, no reference: nothing.
           {Method::get, "/v2/manifests/x", "", {}},
           {Method::get, "/v2//manifests/x", "", {}},
           {Method::get, "/v2/a/manifests/", "", {}},
           {Method::get, "/v2/a/manifests/x/", "", {}},
           {Method::get, "/v2/a/tags/list/", "", {}},
           {Method::get, "/v2x/a/manifests/x", "", {}},
           {Method::get, "/log/tile/0/x001/067", "/log/tile/{path...}", {"0/x001/067"}},
           {Method::get, "/log/tile/", "", {}},
           {Method::get, "/log/a/fixed", "/log/{a}/fixed", {"a"}},
           {Method::get, "/log/a/b", "/log/{a}/{b}", {"a", "b"}},
           {Method::get, "/log/a/b/c", "", {}},
           {Method::get, "/healthz", "/healthz", {}},
           {Method::get, "/", "", {}},
           {Method::get, "*", "", {}},
           {Method::get, "", "", {}},
       }) {
    const Match match = router.match(c.method, c.path);
    if (c.pattern.empty()) {
      EXPECT_EQ(match.route, nullptr) << c.path;
      continue;
    }
    ASSERT_NE(match.route, nullptr) << c.path;
    EXPECT_EQ(match.route->pattern, c.pattern) << c.path;
    EXPECT_EQ(match.params, c.params) << c.path;
  }
}

TEST(Router, GivesPathsToTheLongestPrefixAlone) {
  const Router router(kSurfaces);
  EXPECT_EQ(router.match(Method::get, "/v2/manage/x").surface->name, "manage");
  EXPECT_EQ(router.match(Method::get, "/v2/manage/manifests/x").route, nullptr);
  EXPECT_EQ(router.match(Method::get, "/v2/managed/manifests/x").surface->name, "oci");
  EXPECT_EQ(router.match(Method::get, "/v2/nothing").surface->name, "oci");
  EXPECT_EQ(router.match(Method::get, "/elsewhere").surface->name, "ops");
}

TEST(Router, AnswersHeadWithGetUnlessHeadHasItsOwn) {
  const Router router(kSurfaces);
  EXPECT_EQ(router.match(Method::head, "/v2/a/manifests/x").route->method, Method::get);
  EXPECT_EQ(router.match(Method::head, "/v2/a/blobs/x").route->method, Method::head);
  EXPECT_EQ(router.match(Method::head, "/v2/a/tags/list").route->method, Method::get);
}

TEST(Router, TellsAnUnknownMethodFromAnUnknownPath) {
  const Router router(kSurfaces);
  const Match method = router.match(Method::put, "/v2/a/blobs/d");
  EXPECT_EQ(method.route, nullptr);
  EXPECT_EQ(method.allow, "GET, HEAD, DELETE");
  EXPECT_EQ(router.match(Method::other, "/healthz").allow, "GET, HEAD");
  EXPECT_EQ(router.match(Method::put, "/v2/a/nothing/d").allow, "");
}

TEST(Router, MatchesAPathOfSlashesWithoutHarm) {
  const Router router(kSurfaces);
  const std::string path = "/v2/" + std::string(8000, '/') + "manifests/x";
  const Match match = router.match(Method::get, path);
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.params.at(0).size(), 7999U);
}

TEST(RouterDeathTest, RefusesTwoRoutesOfOneShape) {
  static constexpr Route kTwice[] = {
      {Method::get, "/v2/{name...}/x/{one}", Effect::none, never},
      {Method::get, "/v2/{other...}/x/{two}", Effect::none, never},
  };
  const Surface surfaces[] = {{"oci", "/v2", Dialect::oci, kTwice}};
  EXPECT_DEATH(Router{surfaces}, "two routes for GET");
}

TEST(RouterDeathTest, RefusesMalformedPatterns) {
  static constexpr Route kOutside[] = {{Method::get, "/other", Effect::none, never}};
  static constexpr Route kTwoRests[] = {{Method::get, "/v2/{a...}/{b...}", Effect::none, never}};
  static constexpr Route kUnclosed[] = {{Method::get, "/v2/{a", Effect::none, never}};
  for (const std::span<const Route> routes :
       {std::span<const Route>(kOutside), std::span<const Route>(kTwoRests),
        std::span<const Route>(kUnclosed)}) {
    const Surface surfaces[] = {{"oci", "/v2", Dialect::oci, routes}};
    EXPECT_DEATH(Router{surfaces}, "broken invariant");
  }
}

}  // namespace
}  // namespace varve::http
