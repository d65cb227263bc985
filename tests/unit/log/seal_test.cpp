// Secrets that must be had again: sealed, opened, and not opened.
#include "log/seal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "log/secrets.h"
#include "tests/support/log_rig.h"
#include "tests/support/test_directory.h"

namespace varve::test {
namespace {

namespace fs = std::filesystem;

CredentialId id(char letter) {
  return must(CredentialId::parse("01JD7Q2V3W4X5Y6Z7A8B9C0D1" + std::string(1, letter)));
}

TEST(SecretKey, IsFortyLettersAndDigitsAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string key = random_secret_key();
    EXPECT_EQ(key.size(), 40U);
    EXPECT_TRUE(seen.insert(key).second);
    for (const char c : key) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) != 0) << key;
  }
}

TEST(Seal, OpensWhatItSealed) {
  const SealKey key = SealKey::generate();
  for (const std::string& secret : {std::string("s"), random_secret_key(), std::string()}) {
    const std::string line = key.seal(id('A'), secret);
    EXPECT_EQ(must(key.open(id('A'), line)), secret);
    EXPECT_EQ(line.find('\n'), line.npos);
  }
}

TEST(Seal, DoesNotShowThatTwoSecretsAreAlike) {
  const SealKey key = SealKey::generate();
  const std::string secret = random_secret_key();
  const std::string line = key.seal(id('A'), secret);
  EXPECT_NE(line, key.seal(id('A'), secret));
  EXPECT_EQ(line.find(secret), line.npos);
}

TEST(Seal, OpensForItsCredentialAndUnderItsKeyOnly) {
  const SealKey key = SealKey::generate();
  const std::string line = key.seal(id('A'), "secret");
  EXPECT_EQ(key.open(id('B'), line).error().code, Errc::corrupt);
  EXPECT_EQ(SealKey::generate().open(id('A'), line).error().code, Errc::corrupt);
}

TEST(Seal, NoticesEveryChangedByte) {
  const SealKey key = SealKey::generate();
  const std::string line = key.seal(id('A'), "secret");
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string damaged = line;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(key.open(id('A'), damaged).has_value()) << i;
    EXPECT_FALSE(key.open(id('A'), line.substr(0, i)).has_value()) << i;
  }
  EXPECT_FALSE(key.open(id('A'), line + "A").has_value());
}

TEST(Seal, IsNoHashThatAnythingFits) {
  const std::string secret = random_secret_key();
  const std::string line = SealKey::generate().seal(id('A'), secret);
  for (const std::string& guess : {secret, line, std::string()})
    EXPECT_FALSE(secret_fits(line, guess));
}

TEST(SealKeyFile, IsMadeOnceForItsOwnerOnlyAndStays) {
  const TestDirectory scratch;
  const SealKey made = must(load_or_make_seal_key(scratch.path()));
  const std::string line = made.seal(id('A'), "secret");
  EXPECT_EQ(must(must(load_or_make_seal_key(scratch.path())).open(id('A'), line)), "secret");
  const fs::path file = scratch.path() / "secrets" / "keys" / "seal";
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(SealKeyFile, IsNotReplacedWhenItIsDamaged) {
  const TestDirectory scratch;
  const std::string text = must(load_or_make_seal_key(scratch.path())).to_string();
  const fs::path file = scratch.path() / "secrets" / "keys" / "seal";
  for (const std::string& damaged : {std::string("no key"), std::string("varve-seal-v1:AAAA"),
                                     std::string(), text.substr(0, text.size() - 4)}) {
    std::ofstream(file) << damaged;
    EXPECT_EQ(load_or_make_seal_key(scratch.path()).error().code, Errc::corrupt) << damaged;
  }
}

TEST(SecretStore, SweepsSealedSecretsLikeAnyOther) {
  const TestDirectory scratch;
  const SecretStore secrets(scratch.path());
  const SealKey key = must(load_or_make_seal_key(scratch.path()));
  must(secrets.write(id('A'), key.seal(id('A'), "a")));
  must(secrets.write(id('B'), key.seal(id('B'), "b")));
  const auto keep_a = [](const CredentialId& found) -> Result<bool> { return found == id('A'); };
  EXPECT_EQ(must(secrets.sweep(keep_a)), 1U);
  EXPECT_EQ(must(key.open(id('A'), must(secrets.read(id('A'))).value())), "a");
  EXPECT_EQ(must(secrets.read(id('B'))), std::nullopt);
  EXPECT_TRUE(fs::exists(scratch.path() / "secrets" / "keys" / "seal"));
}

}  // namespace
}  // namespace varve::test
