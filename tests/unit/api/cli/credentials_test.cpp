// Which credentials a command shows to which server.
#include "api/cli/credentials.h"

#include <gtest/gtest.h>

#include <map>

#include "api/cli/files.h"
#include "core/base/bytes.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

Environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string login(std::string_view key, std::string_view pair) {
  return R"({"auths":{")" + std::string(key) + R"(":{"auth":")" + base64_encode(pair) + R"("}}})";
}

TEST(Credentials, AreNoneWhereNothingIsSet) {
  EXPECT_EQ(authorization_for("127.0.0.1:5000", with({})).value(), std::nullopt);
}

TEST(Credentials, ComeFromVariablesFirst) {
  EXPECT_EQ(
      authorization_for("r", with({{"VARVE_USER", "alice"}, {"VARVE_PASSWORD", "a:b"}})).value(),
      "Basic " + base64_encode("alice:a:b"));
  EXPECT_EQ(authorization_for("r", with({{"VARVE_TOKEN", "varve_x_y"}})).value(),
            "Bearer varve_x_y");
}

TEST(Credentials, ThatAreHalfOrTwiceThereAreRefused) {
  for (const auto& variables : std::vector<std::map<std::string, std::string>>{
           {{"VARVE_USER", "alice"}},
           {{"VARVE_PASSWORD", "x"}},
           {{"VARVE_USER", "alice"}, {"VARVE_PASSWORD", "x"}, {"VARVE_TOKEN", "t"}},
           {{"VARVE_TOKEN", "two words"}},
           {{"VARVE_TOKEN", "a\r\nX-Evil: 1"}}}) {
    const auto found = authorization_for("r", with(variables));
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, Errc::invalid);
  }
}

TEST(Credentials, OfALoginAreForItsServerAlone) {
  const std::string file = login("127.0.0.1:5000", "alice:secret");
  EXPECT_EQ(authorization_in(file, "127.0.0.1:5000").value(),
            "Basic " + base64_encode("alice:secret"));
  for (const std::string_view other : {"127.0.0.1:500", "127.0.0.1:50000", "127.0.0.1", "evil"})
    EXPECT_EQ(authorization_in(file, other).value(), std::nullopt) << other;
  EXPECT_EQ(authorization_in(login("https://r.example/", "a:b"), "r.example").value(),
            "Basic " + base64_encode("a:b"));
  // A login to one namespace of a server is none to the server.
  EXPECT_EQ(authorization_in(login("r.example/team", "a:b"), "r.example").value(), std::nullopt);
}

TEST(Credentials, OfADockerLoginMayBeARefreshToken) {
  EXPECT_EQ(authorization_in(R"({"auths":{"r":{"identitytoken":"x.y.z"}}})", "r").value(),
            "Basic " + base64_encode("00000000-0000-0000-0000-000000000000:x.y.z"));
}

TEST(Credentials, InADamagedFileAreAnErrorThatShowsNothing) {
  for (const std::string file : {"", "[]", "{\"auths\":", "null"})
    EXPECT_FALSE(authorization_in(file, "r").has_value()) << file;
  const auto bad = authorization_in(R"({"auths":{"r":{"auth":"c2VjcmV0"}}})", "r");
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ((bad.error().what + bad.error().detail).find("secret"), std::string::npos);
  EXPECT_EQ(authorization_in("{}", "r").value(), std::nullopt);
  EXPECT_EQ(authorization_in(R"({"auths":{"r":{}}})", "r").value(), std::nullopt);
}

TEST(Credentials, AreLookedForWherePodmanAndDockerWriteThem) {
  const auto files = auth_files(with({{"HOME", "/h"}, {"XDG_RUNTIME_DIR", "/r"}}));
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0], "/r/containers/auth.json");
  EXPECT_EQ(files[1], "/h/.config/containers/auth.json");
  EXPECT_EQ(files[2], "/h/.docker/config.json");
  EXPECT_EQ(auth_files(with({{"HOME", "/h"}, {"REGISTRY_AUTH_FILE", "/f"}})).size(), 1U);
}

TEST(Credentials, AreReadFromTheFirstFileThatKnowsTheServer) {
  Scratch scratch;
  const auto file = scratch.path() / "auth.json";
  ASSERT_TRUE(write_file(file, login("r", "a:b"), 0600).has_value());
  const auto environment = with({{"REGISTRY_AUTH_FILE", file.string()}});
  EXPECT_EQ(authorization_for("r", environment).value(), "Basic " + base64_encode("a:b"));
  EXPECT_EQ(authorization_for("other", environment).value(), std::nullopt);
  ASSERT_TRUE(write_file(file, "not JSON", 0600).has_value());
  EXPECT_FALSE(authorization_for("r", environment).has_value());
}

}  // namespace
}  // namespace varve::cli
