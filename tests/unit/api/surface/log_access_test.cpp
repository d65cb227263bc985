// Who may read entries, bodies and proofs: they tell of every repository.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/api/surface/accounts.h"

namespace varve::test {
namespace {

using http::Method;

class LogAccess : public testing::Test {
 protected:
  void SetUp() override {
    proof = "/log/proof/" + std::to_string(accounts.push("writer", "lib/app", "v1", bytes).value);
    server.wait_published();
  }
  unsigned status(const std::string& target, const std::string& who) {
    return accounts.ask(who, Method::get, target).status;
  }
  std::string caching(const std::string& target) {
    const http::Response response = accounts.ask("root", Method::get, target);
    for (const auto& [name, value] : response.headers)
      if (name == "Cache-Control") return value;
    return "none";
  }
  void open_to_everybody() {
    accounts.run(trust::SetGrant{
        PrincipalName::anonymous(), Resource::everything(), {Right::pull, Right::read_log}});
  }

  const std::string bytes =
      R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) + R"(","manifests":[]})";
  const std::string body = "/log/body/" + Digest::of(bytes).to_string();
  const std::string bundle = "/log/tile/entries/000.p/1";
  std::string proof;
  TestServer server{{.dev = false}};
  Accounts accounts{server};
};

TEST_F(LogAccess, BundlesAreForWhoMayReadAllOfIt) {
  EXPECT_EQ(status(bundle, "root"), 200U);
  for (const std::string who : {"reader", "writer", "stranger"})
    EXPECT_EQ(status(bundle, who), 403U) << who;
  for (const std::string who : {"nobody", "gone"}) EXPECT_EQ(status(bundle, who), 401U) << who;
}

TEST_F(LogAccess, BundlesFromMemoryAreGuardedToo) {
  for (int n = 0; n < 80; ++n)
    accounts.push("writer", "lib/app", "t" + std::to_string(n),
                  R"({"schemaVersion":2,"manifests":[],"n":)" + std::to_string(n) + "}");
  for (int n = 0; n < 80; ++n)
    accounts.push("writer", "lib/app", "u" + std::to_string(n),
                  R"({"schemaVersion":2,"manifests":[],"u":)" + std::to_string(n) + "}");
  server.wait_published();
  const std::string full = "/log/tile/entries/000";
  EXPECT_EQ(status(full, "root"), 200U);
  EXPECT_EQ(status(full, "root"), 200U);
  EXPECT_EQ(status(full, "reader"), 403U);
  EXPECT_EQ(status(full, "nobody"), 401U);
}

TEST_F(LogAccess, AProofIsForWhoMayPullWhatItIsAbout) {
  for (const std::string who : {"reader", "writer", "root"})
    EXPECT_EQ(status(proof, who), 200U) << who;
  EXPECT_EQ(status(proof, "stranger"), 403U);
  EXPECT_EQ(status(proof, "nobody"), 401U);
  EXPECT_EQ(status(proof, "gone"), 401U);
}

TEST_F(LogAccess, AProofOfWhatIsAboutTheRegistryIsForWhoMayReadAllOfIt) {
  for (const std::string entry : {"/log/proof/0", "/log/proof/1"}) {
    EXPECT_EQ(status(entry, "root"), 200U) << entry;
    EXPECT_EQ(status(entry, "reader"), 403U) << entry;
    EXPECT_EQ(status(entry, "nobody"), 401U) << entry;
  }
}

TEST_F(LogAccess, ABodyIsForWhoMayPullFromARepositoryThatHoldsIt) {
  EXPECT_EQ(status(body, "root"), 200U);
  EXPECT_EQ(status(body, "reader"), 403U);
  EXPECT_EQ(status(body + "?repo=lib/app", "reader"), 200U);
  EXPECT_EQ(status(body + "?repo=lib/app", "stranger"), 403U);
  EXPECT_EQ(status(body + "?repo=lib/app", "nobody"), 401U);
  EXPECT_EQ(status(body + "?repo=lib/other", "reader"), 403U) << "which does not hold it";
  EXPECT_EQ(status(body + "?repo=../etc", "reader"), 400U);
}

TEST_F(LogAccess, ARefusalDoesNotTellWhatIsThere) {
  const auto said = [&](const std::string& target, const std::string& who) {
    const http::Response response = accounts.ask(who, Method::get, target);
    const auto* text = std::get_if<std::string>(&response.body);
    return std::to_string(response.status) + ' ' + (text == nullptr ? "" : *text);
  };
  for (const std::string who : {"stranger", "nobody", "gone"}) {
    const std::string known = said(body + "?repo=lib/app", who);
    EXPECT_EQ(known.find("lib/app"), std::string::npos) << known;
    EXPECT_EQ(said(body + "?repo=lib/other", who), known) << "no such repository";
    EXPECT_EQ(said("/log/body/" + Digest::of("nothing").to_string() + "?repo=lib/app", who), known);
    EXPECT_EQ(said(body, who), known);
    // Nor does a proof tell what its entry is about.
    EXPECT_EQ(said(proof, who), said("/log/proof/0", who));
    EXPECT_EQ(said(proof, who).find("lib"), std::string::npos);
  }
  EXPECT_EQ(said(body + "?repo=lib/other", "reader"), said(body, "reader"));
}

TEST_F(LogAccess, IsEverybodysWhereAnonymousIsGrantedIt) {
  open_to_everybody();
  for (const std::string& target : {std::string("/log/proof/0"), proof, bundle, body}) {
    for (const std::string who : {"nobody", "reader", "stranger"})
      EXPECT_EQ(status(target, who), 200U) << who << target;
    EXPECT_EQ(status(target, "gone"), 401U) << target;
  }
}

TEST_F(LogAccess, GoesWithPullFromAnything) {
  open_to_everybody();
  accounts.run(
      trust::SetGrant{PrincipalName::anonymous(), Resource::parse("secret/*").value(), {}});
  EXPECT_EQ(status(bundle, "nobody"), 401U);
  EXPECT_EQ(status("/log/proof/0", "nobody"), 401U);
  EXPECT_EQ(status(proof, "nobody"), 200U) << "of what anybody may still pull";
}

TEST_F(LogAccess, NoSharedCacheKeepsWhatNotEverybodyMayRead) {
  for (const std::string& target : {bundle, body})
    EXPECT_EQ(caching(target), "private, max-age=31536000, immutable") << target;
  EXPECT_EQ(caching("/log/tile/0/000.p/1"), "public, max-age=31536000, immutable");
  open_to_everybody();
  for (const std::string& target : {bundle, body})
    EXPECT_EQ(caching(target), "public, max-age=31536000, immutable") << target;
}

TEST_F(LogAccess, HashTilesAndCheckpointsAreEverybodys) {
  for (const char* target : {"/log/checkpoint", "/log/vkey", "/log/tile/0/000.p/1"})
    EXPECT_EQ(status(target, "nobody"), 200U) << target;
}

}  // namespace
}  // namespace varve::test
