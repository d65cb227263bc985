// What proves credentials: words, hashes and files.
#include "log/secrets.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>

#include "core/base/limits.h"
#include "tests/support/log_rig.h"
#include "tests/support/test_directory.h"

namespace varve::test {
namespace {

namespace fs = std::filesystem;

CredentialId id(char letter) {
  return must(CredentialId::parse("01JD7Q2V3W4X5Y6Z7A8B9C0D1" + std::string(1, letter)));
}

TEST(MachineToken, NamesItsCredentialAndNothingElseDoes) {
  const std::string token = make_machine_token(id('A'));
  EXPECT_EQ(token.size(), 6U + 26U + 1U + 43U);
  EXPECT_EQ(credential_in_token(token), id('A'));
  EXPECT_NE(token, make_machine_token(id('A')));
  const std::string secret = token.substr(33);
  for (const std::string& other :
       {std::string(), std::string("varve_"), token.substr(1), token + "x",
        token.substr(0, token.size() - 1), "varve_" + id('A').text() + "-" + secret,
        "varve_../../../../etc/passwd0000_" + secret, "Varve_" + token.substr(6),
        token.substr(0, token.size() - 1) + "=", token.substr(0, token.size() - 1) + "\n"})
    EXPECT_EQ(credential_in_token(other), std::nullopt) << other;
}

TEST(MachineToken, FitsItsOwnHashOnly) {
  const std::string token = make_machine_token(id('A'));
  const std::string hash = hash_machine_token(token);
  EXPECT_TRUE(secret_fits(hash, token));
  EXPECT_FALSE(secret_fits(hash, make_machine_token(id('A'))));
  EXPECT_FALSE(secret_fits(hash, ""));
  EXPECT_FALSE(secret_fits(hash, hash));
  EXPECT_FALSE(secret_fits(hash.substr(0, hash.size() - 1), token));
  EXPECT_FALSE(secret_fits("sha256:", token));
  EXPECT_EQ(hash.find(token.substr(33)), std::string::npos);
}

TEST(Password, FitsItsOwnHashOnly) {
  const std::string hash = must(hash_password("correct: horse"));
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(secret_fits(hash, "correct: horse"));
  EXPECT_FALSE(secret_fits(hash, "correct: horsf"));
  EXPECT_FALSE(secret_fits(hash, ""));
  EXPECT_FALSE(secret_fits(hash, hash));
}

TEST(Password, IsSaltedSoThatTwoAlikeDoNotShow) {
  EXPECT_NE(must(hash_password("same")), must(hash_password("same")));
}

TEST(Password, HasBounds) {
  const std::string long_one(limits::kPasswordBytesMax, 'x');
  EXPECT_TRUE(hash_password(long_one).has_value());
  for (const std::string& bad : {std::string(), long_one + "x", std::string("a\nb"),
                                 std::string("a\0b", 3), std::string("\x7f"), std::string("\xff")})
    EXPECT_EQ(hash_password(bad).error().code, Errc::invalid);
}

TEST(Password, ADamagedHashFitsNothing) {
  const std::string hash = must(hash_password("p"));
  for (std::size_t n = 0; n < hash.size(); n += 7)
    EXPECT_FALSE(secret_fits(hash.substr(0, n), "p"));
  EXPECT_FALSE(secret_fits(hash + std::string(500, 'x'), "p"));
  EXPECT_FALSE(secret_fits(std::string("\0", 1) + hash, "p"));
}

TEST(Password, NobodysFitsNothing) {
  EXPECT_TRUE(hash_of_nobody().starts_with("$argon2id$"));
  for (const char* guess : {"", "admin", "password"})
    EXPECT_FALSE(secret_fits(hash_of_nobody(), guess));
}

TEST(RandomPassword, IsNeverTheSameAndCanBeTyped) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string password = random_password();
    EXPECT_EQ(password.size(), 22U);
    EXPECT_TRUE(seen.insert(password).second);
    for (const char c : password) EXPECT_TRUE(c > ' ' && c < 0x7f && c != ':') << password;
  }
}

TEST(SecretStore, KeepsOneLineThatOnlyItsOwnerReads) {
  const TestDirectory scratch;
  const SecretStore secrets(scratch.path());
  EXPECT_EQ(must(secrets.read(id('A'))), std::nullopt);
  must(secrets.write(id('A'), "hash"));
  EXPECT_EQ(must(secrets.read(id('A'))), "hash");
  const fs::path file = scratch.path() / "secrets" / "credentials" / id('A').text();
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(file.parent_path()).permissions(), fs::perms::owner_all);
  must(secrets.write(id('A'), "newer"));
  EXPECT_EQ(must(secrets.read(id('A'))), "newer");
  must(secrets.remove(id('A')));
  must(secrets.remove(id('A')));
  EXPECT_EQ(must(secrets.read(id('A'))), std::nullopt);
}

TEST(SecretStore, SweepsWhatNoEventKnows) {
  const TestDirectory scratch;
  const SecretStore secrets(scratch.path());
  const auto keep_a = [](const CredentialId& found) -> Result<bool> { return found == id('A'); };
  EXPECT_EQ(must(secrets.sweep(keep_a)), 0U);
  must(secrets.write(id('A'), "a"));
  must(secrets.write(id('B'), "b"));
  const fs::path directory = scratch.path() / "secrets" / "credentials";
  std::ofstream(directory / (id('A').text() + ".new")) << "half";
  std::ofstream(directory / "notes.txt") << "somebody else's";
  EXPECT_EQ(must(secrets.sweep(keep_a)), 2U);
  EXPECT_EQ(must(secrets.read(id('A'))), "a");
  EXPECT_EQ(must(secrets.read(id('B'))), std::nullopt);
  EXPECT_FALSE(fs::exists(directory / (id('A').text() + ".new")));
  EXPECT_TRUE(fs::exists(directory / "notes.txt"));
}

TEST(SecretStore, SweepsNothingWhenItCannotAsk) {
  const TestDirectory scratch;
  const SecretStore secrets(scratch.path());
  must(secrets.write(id('A'), "a"));
  const auto swept = secrets.sweep([](const CredentialId&) -> Result<bool> {
    return fail(Errc::unavailable, About::storage, "the disk is gone");
  });
  EXPECT_EQ(swept.error().code, Errc::unavailable);
  EXPECT_EQ(must(secrets.read(id('A'))), "a");
}

TEST(TokenKey, IsMadeOnceAndStays) {
  const TestDirectory scratch;
  const Signer made = must(load_or_make_token_key(scratch.path(), "registry.example/a"));
  const Signer again = must(load_or_make_token_key(scratch.path(), "registry.example/a"));
  EXPECT_EQ(made.verifier(), again.verifier());
  EXPECT_EQ(made.verifier().name(), "registry.example/a/tokens");
  const fs::path file = scratch.path() / "secrets" / "keys" / "token";
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(file) << "no key";
  EXPECT_FALSE(load_or_make_token_key(scratch.path(), "registry.example/a").has_value());
}

}  // namespace
}  // namespace varve::test
