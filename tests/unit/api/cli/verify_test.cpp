// varve verify attacked: nothing but the right proof under the right keys may ever exit 0.
#include "api/cli/verify.h"

#include <gtest/gtest.h>

#include "api/cli/policy.h"
#include "tests/support/author_given.h"
#include "tests/unit/api/cli/fake_log.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

const test::AuthorKey kAlice('a');
const test::AuthorKey kBob('b');

class Verifying : public testing::Test {
 protected:
  Verifying() {
    log.append_tag("1.0", "the manifest");
    log.grow(5);
    good.proof = scratch.write("app.tlog-proof", log.proof(1, 7));
    good.key = scratch.write("vkeys", log.vkeys());
  }
  static ExitCode code_of(const VerifyOptions& options) {
    const auto result = verify_files(options);
    return result ? result->code : result.error().code;
  }
  std::string log_line() const { return "log " + log.keys().log.to_string() + "\n"; }

  Scratch scratch;
  FakeLog log;
  VerifyOptions good;
};

TEST_F(Verifying, AcceptsTheRightProofAndTheRightFile) {
  EXPECT_EQ(code_of(good), ExitCode::ok);
  good.file = scratch.write("manifest.json", "the manifest");
  EXPECT_EQ(code_of(good), ExitCode::ok);
  Recorder recorder;
  EXPECT_EQ(*run_verify(good, recorder.console), ExitCode::ok);
  EXPECT_NE(recorder.out.str().find("✓ inclusion"), std::string::npos);
  EXPECT_NE(recorder.out.str().find("– publisher signature"), std::string::npos);
  EXPECT_NE(recorder.out.str().find("verified: oci.tag.set library/app:1.0"), std::string::npos);
  EXPECT_EQ(recorder.err.str(), "");
}

TEST_F(Verifying, TakesKeysAsTextToo) {
  std::string text = log.vkeys();
  text[text.find('\n')] = ' ';
  good.key = text;
  EXPECT_EQ(code_of(good), ExitCode::ok);
}

TEST_F(Verifying, RefusesEveryChangedByteOfTheProof) {
  const std::string proof = log.proof(1, 7);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    for (const int mask : {0x01, 0x80}) {
      std::string bad = proof;
      bad[i] = static_cast<char>(bad[i] ^ mask);
      scratch.write("app.tlog-proof", bad);
      ASSERT_EQ(code_of(good), ExitCode::proven_false) << "byte " << i << " xor " << mask;
    }
  }
}

TEST_F(Verifying, RefusesEveryMissingAndEveryAddedByteOfTheProof) {
  const std::string proof = log.proof(1, 7);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    scratch.write("app.tlog-proof", std::string(proof).erase(i, 1));
    ASSERT_EQ(code_of(good), ExitCode::proven_false) << "without byte " << i;
    scratch.write("app.tlog-proof", proof.substr(0, i));
    ASSERT_EQ(code_of(good), ExitCode::proven_false) << "cut at " << i;
    scratch.write("app.tlog-proof", std::string(proof).insert(i, "A"));
    ASSERT_EQ(code_of(good), ExitCode::proven_false) << "with a byte before " << i;
  }
}

TEST_F(Verifying, RefusesEveryChangedByteOfTheKeys) {
  const std::string keys = log.vkeys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (const int mask : {0x01, 0x80}) {
      std::string bad = keys;
      bad[i] = static_cast<char>(bad[i] ^ mask);
      scratch.write("vkeys", bad);
      const ExitCode code = code_of(good);
      ASSERT_TRUE(code == ExitCode::usage || code == ExitCode::proven_false) << "byte " << i;
    }
  }
}

TEST_F(Verifying, RefusesAnotherLogsKeys) {
  const FakeLog same_name;
  scratch.write("vkeys", same_name.vkeys());
  EXPECT_EQ(code_of(good), ExitCode::proven_false);
  scratch.write("vkeys", FakeLog("other.test/log").vkeys());
  EXPECT_EQ(code_of(good), ExitCode::proven_false);
}

TEST_F(Verifying, RefusesAProofOfAnotherEntryMovedHere) {
  auto bundle = *parse_bundle(log.proof(1, 7));
  bundle.entry = parse_bundle(log.proof(2, 7))->entry;
  scratch.write("app.tlog-proof", format_bundle(bundle));
  EXPECT_EQ(code_of(good), ExitCode::proven_false);
}

TEST_F(Verifying, RefusesAFileTheEntryDoesNotName) {
  good.file = scratch.write("manifest.json", "another manifest");
  EXPECT_EQ(code_of(good), ExitCode::proven_false);
  Recorder recorder;
  const auto outcome = run_verify(good, recorder.console);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ExitCode::proven_false);
  EXPECT_NE(recorder.out.str().find("✗ file digest"), std::string::npos);
  EXPECT_EQ(recorder.out.str().find("verified:"), std::string::npos);
}

TEST_F(Verifying, RefusesAFileThatTheEventReplacesOrDeletes) {
  const auto repo = *RepoName::parse("a");
  const auto tag = *oci::Tag::parse("b");
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const Digest old = Digest::of("A", algorithm);
    good.file = scratch.write("A.json", "A");
    const Event removing[] = {oci::TagSet{Digest::of("B"), old, repo, tag},
                              oci::TagDeleted{old, repo, tag}, oci::ManifestDeleted{old, repo}};
    for (const Event& event : removing) {
      log.append(event);
      scratch.write("app.tlog-proof", log.proof(log.size() - 1, log.size()));
      EXPECT_EQ(code_of(good), ExitCode::proven_false) << type_of(event);
    }
  }
}

// Otherwise the digest that is replaced would be looked for, and the file that is put not be found.
TEST_F(Verifying, FindsTheFileThatReplacesItselfUnderAnotherAlgorithm) {
  log.append(oci::TagSet{Digest::of("A"), Digest::of("A", DigestAlgorithm::sha512),
                         *RepoName::parse("a"), *oci::Tag::parse("b")});
  scratch.write("app.tlog-proof", log.proof(7, 8));
  good.file = scratch.write("A.json", "A");
  EXPECT_EQ(code_of(good), ExitCode::ok);
}

TEST_F(Verifying, FindsAFileByItsSha512Digest) {
  log.append(oci::TagSet{Digest::of("long", DigestAlgorithm::sha512), std::nullopt,
                         *RepoName::parse("a"), *oci::Tag::parse("b")});
  scratch.write("app.tlog-proof", log.proof(7, 8));
  good.file = scratch.write("file", "long");
  EXPECT_EQ(code_of(good), ExitCode::ok);
}

TEST_F(Verifying, CannotTellAboutAnEntryOfANewerVersion) {
  std::string text(parse_bundle(log.proof(1, 7))->entry);
  text.resize(text.find("\n\n") + 1);
  const auto at = text.find("\"index\":1");
  text.replace(at, 9, "\"index\":7").replace(text.find("oci.tag.set"), 11, "oci.tag.sealed");
  log.append_later(text);
  const std::string proof = log.proof(7, 8);
  scratch.write("app.tlog-proof", proof);
  EXPECT_EQ(code_of(good), ExitCode::cannot_tell);
  good.file = scratch.write("manifest.json", "the manifest");
  good.required_author = kAlice.id().to_string();
  EXPECT_EQ(code_of(good), ExitCode::cannot_tell);
  Recorder recorder;
  const auto outcome = run_verify(good, recorder.console);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ExitCode::cannot_tell);
  EXPECT_NE(recorder.out.str().find("? entry"), std::string::npos);
  EXPECT_NE(outcome.error().next.find("newer version"), std::string::npos);
  for (std::size_t i = 0; i < proof.size(); i += 7) {
    std::string bad = proof;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    scratch.write("app.tlog-proof", bad);
    ASSERT_EQ(code_of(good), ExitCode::proven_false) << "byte " << i;
  }
}

class AfterARotation : public Verifying {
 protected:
  AfterARotation() {
    two_lines = log.vkeys();
    log.rotate_event_key();
    log.grow(3);
    scratch.write("app.tlog-proof", log.proof(1, 9));
    scratch.write("vkeys", log.vkeys());
  }
  // The log's key and the newest event key.
  std::string newest() const {
    return log.keys().log.to_string() + "\n" + log.keys().event.to_string() + "\n";
  }
  std::string two_lines;
};

TEST_F(AfterARotation, OldProofsAndNewOnesVerify) {
  EXPECT_EQ(code_of(good), ExitCode::ok);
  good.file = scratch.write("manifest.json", "the manifest");
  EXPECT_EQ(code_of(good), ExitCode::ok);
  good.file = scratch.write("manifest.json", "another manifest");
  EXPECT_EQ(code_of(good), ExitCode::proven_false);
  good.file.reset();
  scratch.write("app.tlog-proof", log.proof(9, 11));
  EXPECT_EQ(code_of(good), ExitCode::ok);
  scratch.write("vkeys", newest());
  EXPECT_EQ(code_of(good), ExitCode::ok);
}

TEST_F(AfterARotation, ProofsWhoseEventKeyIsNotGivenCannotBeTold) {
  scratch.write("vkeys", newest());
  EXPECT_EQ(code_of(good), ExitCode::cannot_tell);
  Recorder recorder;
  const auto outcome = run_verify(good, recorder.console);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ExitCode::cannot_tell);
  EXPECT_NE(recorder.out.str().find("? event signature"), std::string::npos);
  EXPECT_NE(outcome.error().next.find("/log/vkey"), std::string::npos);
  good.required_author = kAlice.id().to_string();
  EXPECT_EQ(code_of(good), ExitCode::cannot_tell);
  scratch.write("vkeys", two_lines);
  scratch.write("app.tlog-proof", log.proof(9, 11));
  EXPECT_EQ(code_of(good), ExitCode::cannot_tell);
}

TEST_F(AfterARotation, AChangedKeyFileAcceptsNothingNew) {
  const std::string keys = log.vkeys();
  // An entry of the log that none of its event keys signed.
  log.append_signed(encode_entry_text({.index = {log.size()},
                                       .at = {1},
                                       .actor = {},
                                       .request = "01JD00000000000000000000ZZ",
                                       .surface = "oci"},
                                      content::BlobCommitted{Digest::of("x"), 1}),
                    Signer::generate(log.origin() + "/events"));
  scratch.write("app.tlog-proof", log.proof(log.size() - 1, log.size()));
  ASSERT_EQ(code_of(good), ExitCode::cannot_tell);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (const int mask : {0x01, 0x80, 'r' ^ '#'}) {  // the last makes a line a comment
      std::string bad = keys;
      bad[i] = static_cast<char>(bad[i] ^ mask);
      scratch.write("vkeys", bad);
      const ExitCode code = code_of(good);
      ASSERT_TRUE(code == ExitCode::usage || code == ExitCode::proven_false ||
                  code == ExitCode::cannot_tell)
          << "byte " << i;
    }
  }
}

TEST_F(AfterARotation, EveryChangedByteOfTheProofIsFalse) {
  const std::string proof = log.proof(1, 9);
  for (std::size_t i = 0; i < proof.size(); i += 3) {
    std::string bad = proof;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    scratch.write("app.tlog-proof", bad);
    for (const std::string& keys : {log.vkeys(), newest()}) {
      scratch.write("vkeys", keys);
      ASSERT_EQ(code_of(good), ExitCode::proven_false) << "byte " << i;
    }
  }
}

TEST_F(AfterARotation, APolicyTakesEveryEventKey) {
  good.policy = scratch.write("policy", log_line() + "quorum none\n");
  EXPECT_EQ(code_of(good), ExitCode::ok);
  const std::string keys = log.vkeys();
  const std::string events = keys.substr(keys.find('\n') + 1);
  scratch.write("vkeys", events);
  EXPECT_EQ(code_of(good), ExitCode::ok);
  scratch.write("vkeys", log.keys().event.to_string());
  EXPECT_EQ(code_of(good), ExitCode::cannot_tell);
  for (const std::string& bad : {std::string(), log.keys().log.to_string(), events + events,
                                 events + Signer::generate(log.origin()).verifier().to_string(),
                                 events + Signer::generate("a/events").verifier().to_string()}) {
    scratch.write("vkeys", bad);
    EXPECT_EQ(code_of(good), ExitCode::usage) << bad;
  }
}

TEST_F(Verifying, TellsUnusableInputFromAFalseProof) {
  VerifyOptions options = good;
  options.proof = (scratch.path() / "missing").string();
  EXPECT_EQ(code_of(options), ExitCode::usage);
  options = good;
  options.proof = scratch.path().string();
  EXPECT_EQ(code_of(options), ExitCode::usage);
  options = good;
  options.key = (scratch.path() / "missing").string();
  EXPECT_EQ(code_of(options), ExitCode::usage);
  options.key = std::nullopt;
  EXPECT_EQ(code_of(options), ExitCode::usage);
  options = good;
  options.file = (scratch.path() / "missing").string();
  EXPECT_EQ(code_of(options), ExitCode::usage);
  options = good;
  options.key = log.keys().log.to_string();
  EXPECT_EQ(code_of(options), ExitCode::usage);
}

TEST_F(Verifying, SaysThatARequiredPublisherIsMissing) {
  good.required_author = kAlice.id().to_string();
  EXPECT_EQ(code_of(good), ExitCode::policy);
  good.file = scratch.write("manifest.json", "another manifest");
  EXPECT_EQ(code_of(good), ExitCode::proven_false);
}

// library/app:1.0 as alice signed it; what she signed is about this log, or another.
oci::TagSet tag_by_alice(const std::string& origin) {
  return {Digest::of("the manifest"), std::nullopt, *RepoName::parse("library/app"),
          *oci::Tag::parse("1.0"),
          kAlice.claim({origin, "PUT", "a/b", "library/app:1.0", sha256("the manifest")})};
}

TEST_F(Verifying, TellsWhoseSignatureAnEntryCarries) {
  log.append(tag_by_alice(log.origin()));
  good.proof = scratch.write("signed.tlog-proof", log.proof(7, 8));
  Recorder recorder;
  EXPECT_EQ(*run_verify(good, recorder.console), ExitCode::ok);
  EXPECT_NE(recorder.out.str().find("✓ publisher signature: signed by " + kAlice.id().to_string()),
            std::string::npos);
  for (const std::string& author : {kAlice.id().to_string(), kAlice.text().text()}) {
    good.required_author = author;
    EXPECT_EQ(code_of(good), ExitCode::ok);
  }
  for (const std::string& author : {kBob.id().to_string(), kBob.text().text()}) {
    good.required_author = author;
    EXPECT_EQ(code_of(good), ExitCode::policy);
  }
}

// What the registry accepted it should have refused: that outweighs whom the reader wants.
TEST_F(Verifying, AFalsePublishersSignatureIsProvenFalse) {
  oci::TagSet forged = tag_by_alice(log.origin());
  forged.author->signature = kBob.signature(forged.author->statement);
  log.append(forged);
  log.append(tag_by_alice("registry.test/other"));
  for (const std::size_t index : {7u, 8u}) {
    good.proof = scratch.write("signed.tlog-proof", log.proof(index, 9));
    for (const auto& author : {std::optional<std::string>(), std::optional(kAlice.id().to_string()),
                               std::optional(kBob.id().to_string())}) {
      good.required_author = author;
      EXPECT_EQ(code_of(good), ExitCode::proven_false);
    }
  }
}

TEST_F(Verifying, WantsAnAuthorThatCanBeOne) {
  for (const char* author : {"alice", "sha256:0123", "", "ed25519:AAAA"}) {
    good.required_author = author;
    EXPECT_EQ(code_of(good), ExitCode::usage) << author;
  }
}

TEST_F(Verifying, FollowsAPolicy) {
  good.key = log.keys().event.to_string();
  good.policy = scratch.write("policy", "# who we believe\n" + log_line() + "quorum none\n");
  EXPECT_EQ(code_of(good), ExitCode::ok);
  good.key = std::nullopt;
  EXPECT_EQ(code_of(good), ExitCode::usage);
  good.key = scratch.write("vkeys", log.vkeys());
  EXPECT_EQ(code_of(good), ExitCode::ok);
  good.key = scratch.write("vkeys", FakeLog().vkeys());
  EXPECT_EQ(code_of(good), ExitCode::usage);
}

TEST_F(Verifying, DoesNotClaimAWitnessQuorumItCannotCheck) {
  const std::string witness = "witness w " + Signer::generate("w").verifier().to_string() + "\n";
  good.policy = scratch.write("policy", log_line() + witness + "quorum w\n");
  EXPECT_EQ(code_of(good), ExitCode::policy);
  scratch.write("app.tlog-proof", log.proof(1, 7).replace(100, 1, "_"));
  EXPECT_EQ(code_of(good), ExitCode::proven_false);
}

TEST_F(Verifying, RefusesALogThePolicyDoesNotName) {
  good.policy = scratch.write(
      "policy", "log " + FakeLog("other.test/log").keys().log.to_string() + "\nquorum none\n");
  EXPECT_EQ(code_of(good), ExitCode::policy);
  good.policy =
      scratch.write("policy", "log " + FakeLog().keys().log.to_string() + "\nquorum none\n");
  good.key = log.keys().event.to_string();
  EXPECT_EQ(code_of(good), ExitCode::proven_false);
}

TEST(Policies, AreRefusedWholeWhenOneLineIsWrong) {
  const std::string a = Signer::generate("a").verifier().to_string();
  const std::string b = Signer::generate("b").verifier().to_string();
  const std::string c = Signer::generate("c").verifier().to_string();
  EXPECT_TRUE(parse_policy("log " + a + " http://x\nwitness w1 " + b + "\nwitness w2 " + c +
                           " http://y\ngroup g 1 w1 w2\nquorum g\n"));
  EXPECT_TRUE(parse_policy("quorum none"));
  for (const std::string& bad : std::vector<std::string>{
           "", "log " + a, "quorum w\n", "quorum none\nquorum none\n",
           "log " + a + "\nlog " + a + "\nquorum none\n",
           "log " + a + "\nwitness w " + a + "\nquorum none\n", "log nothing\nquorum none\n",
           "frob\nquorum none\n", "quorum none\r\n", "witness none " + b + "\nquorum none\n",
           "witness w " + b + "\nwitness w " + c + "\nquorum none\n",
           "group g any w\nwitness w " + b + "\nquorum none\n",
           "witness w " + b + "\ngroup g 2 w\nquorum none\n",
           "witness w " + b + "\ngroup g 0 w\nquorum none\n",
           "witness w " + b + "\ngroup g any w\ngroup h any w\nquorum none\n"})
    EXPECT_FALSE(parse_policy(bad)) << bad;
}

}  // namespace
}  // namespace varve::cli
