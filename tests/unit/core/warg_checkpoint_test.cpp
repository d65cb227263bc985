// The bytes of Warg's checkpoint, against the reference's.
#include "core/warg/checkpoint.h"

#include <gtest/gtest.h>

#include "tests/support/warg_rig.h"
#include "tests/support/warg_vectors.h"

namespace varve::warg {
namespace {

using namespace testing;

TEST(WargCheckpoint, HasTheReferencesIdAndSignedBytes) {
  ASSERT_FALSE(warg_vectors().records.empty());
  for (const WargRecord& record : warg_vectors().records) {
    const WargCheckpoint& expected = record.checkpoint;
    EXPECT_EQ(hex(checkpoint_id(expected.contents)), expected.id_hex);
    EXPECT_EQ("WARG-CHECKPOINT-SIGNATURE-V0:" + timestamped_bytes(expected.contents),
              expected.signed_bytes);
  }
}

TEST(WargCheckpoint, RootsAreTextsInWhatIsHashed) {
  const Checkpoint checkpoint{300, numbered_hash("log", 1), numbered_hash("map", 1), 1};
  EXPECT_EQ(
      checkpoint_bytes(checkpoint),
      "WARG-CHECKPOINT-V0\xac\x02G" + log_root_text(checkpoint) + "G" + map_root_text(checkpoint));
  EXPECT_EQ(log_root_text(checkpoint), "sha256:" + hex(checkpoint.log_root));
}

TEST(WargCheckpoint, TheTimeIsSignedButNotPartOfTheId) {
  const Checkpoint early = warg_vectors().records.front().checkpoint.contents;
  Checkpoint late = early;
  ++late.timestamp;
  EXPECT_EQ(checkpoint_id(early), checkpoint_id(late));
  EXPECT_NE(timestamped_bytes(early), timestamped_bytes(late));
}

TEST(WargCheckpoint, EveryMemberChangesWhatIsSigned) {
  const Checkpoint original = warg_vectors().records.front().checkpoint.contents;
  Checkpoint longer = original, log = original, map = original;
  ++longer.log_length;
  log.log_root[31] ^= 1;
  map.map_root[0] ^= 1;
  for (const Checkpoint& changed : {longer, log, map}) {
    EXPECT_NE(timestamped_bytes(changed), timestamped_bytes(original));
    EXPECT_NE(checkpoint_id(changed), checkpoint_id(original));
  }
}

}  // namespace
}  // namespace varve::warg
