// Checkpoints: golden bytes, strict parsing, the key that must fit the origin.
#include <gtest/gtest.h>

#include <limits>

#include "core/base/bytes.h"
#include "log/proof/merkle.h"
#include "log/proof/note.h"
#include "tests/unit/log/proof/mutate.h"
#include "tests/unit/log/proof/test_keys.h"

namespace varve {
namespace {

using namespace testing;  // the keys

Checkpoint seven() {
  return {
      .origin = "log.example",
      .size = TreeSize{7},
      .root = hash_from(
          hex_decode("ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c").value())};
}

TEST(Checkpoint, HasTheBytesAndTheSignatureOfAnotherImplementation) {
  EXPECT_EQ(sign_checkpoint(seven(), log_signer()), kCheckpointNote);
  EXPECT_EQ(open_checkpoint(kCheckpointNote, log_signer().verifier()).value(), seven());
}

TEST(Checkpoint, RoundTripsAtEveryKindOfSize) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{70'000},
                                   std::numeric_limits<std::uint64_t>::max()}) {
    Checkpoint checkpoint = seven();
    checkpoint.size = TreeSize{size};
    if (size == 0) checkpoint.root = empty_root();
    EXPECT_EQ(parse_checkpoint(format_checkpoint(checkpoint)).value(), checkpoint);
    EXPECT_EQ(
        open_checkpoint(sign_checkpoint(checkpoint, log_signer()), log_signer().verifier()).value(),
        checkpoint);
  }
}

constexpr std::string_view kRoot = "3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=";

TEST(Checkpoint, IsRefusedInEveryOtherShape) {
  const std::string root(kRoot);
  ASSERT_TRUE(parse_checkpoint("log.example\n7\n" + root + "\n").has_value());
  const std::string bad[] = {
      "",
      "\n",
      "\n7\n" + root + "\n",
      "log example\n7\n" + root + "\n",
      "log+example\n7\n" + root + "\n",
      "log\xff\n7\n" + root + "\n",
      "log.example\r\n7\r\n" + root + "\r\n",
      "log.example\n" + root + "\n",
      "log.example\n\n" + root + "\n",
      "log.example\n07\n" + root + "\n",
      "log.example\n+7\n" + root + "\n",
      "log.example\n-7\n" + root + "\n",
      "log.example\n 7\n" + root + "\n",
      "log.example\n7 \n" + root + "\n",
      "log.example\n0x7\n" + root + "\n",
      "log.example\n7.0\n" + root + "\n",
      "log.example\n18446744073709551616\n" + root + "\n",
      "log.example\n7\n" + root,
      "log.example\n7\n\n",
      "log.example\n7\n" + root + root + "\n",
      "log.example\n7\n" + root.substr(0, 43) + "\n",
      "log.example\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTI==\n",
      "log.example\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIx=\n",
      "log.example\n7\n " + root + "\n",
      "log.example\n0\n" + root + "\n",  // the empty tree has one root
  };
  for (const std::string& text : bad) {
    const auto parsed = parse_checkpoint(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid) << text;
    EXPECT_EQ(parsed.error().about, About::checkpoint) << text;
  }
}

TEST(Checkpoint, WithExtensionLinesIsUnsupportedAsWitnessesHaveIt) {
  for (const std::string_view extension : {"extension\n", "\n", "no newline"}) {
    const auto parsed =
        parse_checkpoint("log.example\n7\n" + std::string(kRoot) + "\n" + std::string(extension));
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code, Errc::unsupported);
  }
}

TEST(Checkpoint, OpensOnlyWithTheKeyOfItsOrigin) {
  EXPECT_FALSE(open_checkpoint(kCheckpointNote, event_signer().verifier()).has_value());
  const std::string text = format_checkpoint(seven());
  const std::string line = event_signer().sign_line(text);
  const auto other = open_checkpoint(format_note(text, {&line, 1}), event_signer().verifier());
  ASSERT_FALSE(other.has_value()) << "signed well, by a key that is not the log's";
  EXPECT_EQ(other.error().about, About::checkpoint);
}

TEST(Checkpoint, AnyChangedByteOfTheSignedNoteIsRefused) {
  const VerifierKey key = log_signer().verifier();
  change_each_byte(std::string(kCheckpointNote), [&](const std::string& bad, std::size_t at) {
    EXPECT_FALSE(open_checkpoint(bad, key).has_value()) << "byte " << at << "\n" << bad;
  });
}

TEST(CheckpointDeathTest, AnotherLogsKeyNeverSignsOurCheckpoint) {
  EXPECT_DEATH((void)sign_checkpoint(seven(), event_signer()), "");
}

}  // namespace
}  // namespace varve
