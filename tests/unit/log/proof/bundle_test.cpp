// Offline proof files: golden bytes, every check by name, and no changed byte believed.
#include "log/proof/bundle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "core/base/bytes.h"
#include "log/proof/merkle.h"
#include "log/proof/tile.h"
#include "tests/support/author_given.h"
#include "tests/unit/log/proof/mutate.h"
#include "tests/unit/log/proof/test_keys.h"

namespace varve {
namespace {

using namespace testing;  // the keys
using Outcome = Check::Outcome;

std::string golden(const std::string& name) {
  std::ifstream file(VARVE_PROOF_GOLDEN_DIR "/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TrustedKeys test_keys() {
  return {.log = VerifierKey::parse(kLogVkey).value(),
          .event = VerifierKey::parse(kEventVkey).value()};
}

const Check* find(const Verdict& verdict, std::string_view name) {
  for (const Check& check : verdict.checks)
    if (check.name == name) return &check;
  return nullptr;
}

std::optional<Outcome> outcome(const Verdict& verdict, std::string_view name) {
  const Check* check = find(verdict, name);
  return check != nullptr ? std::optional(check->outcome) : std::nullopt;
}

std::set<std::string> failures(const Verdict& verdict) {
  std::set<std::string> names;
  for (const Check& check : verdict.checks)
    if (check.outcome == Outcome::failed) names.insert(check.name);
  return names;
}
using Names = std::set<std::string>;

Verdict verify(const ProofBundle& bundle) {
  return verify_bundle(bundle, test_keys(), std::nullopt, std::nullopt);
}

// ---- making proofs ------------------------------------------------------------------------------

constexpr std::uint64_t kIndex = 4;
constexpr std::uint64_t kSize = 7;

std::string signed_by(const Signer& signer, const std::string& text) {
  const std::string line = signer.sign_line(text);
  return format_note(text, {&line, 1});
}

std::string entry_text(std::uint64_t index, const Event& event) {
  Envelope envelope;
  envelope.index = EntryIndex{index};
  envelope.request = "01JD7Z3W9G8Q4T2N5V6X1R0Y8K";
  envelope.surface = "oci";
  return encode_entry_text(envelope, event);
}

std::string blob_committed(std::uint64_t index) {
  return entry_text(index, content::BlobCommitted{.digest = Digest::of("layer"), .size = 5});
}

// A true proof that these bytes are entry 4 of a log of 7.
ProofBundle prove(const std::string& entry) {
  TreeEdge edge;
  std::vector<TreeEdge::FullTile> none;
  for (std::uint64_t i = 0; i < kSize; ++i)
    edge.append(leaf_hash(i == kIndex ? entry : std::to_string(i)), none);
  const TileReader tiles = [&](unsigned level, std::uint64_t, unsigned) -> Result<std::string> {
    return std::string(edge.partial(level));
  };
  const auto nodes = nodes_from_tiles(tiles, edge.size());
  ProofBundle bundle;
  bundle.entry = entry;
  bundle.index = EntryIndex{kIndex};
  bundle.hashes = inclusion_proof(bundle.index, edge.size(), nodes).value();
  bundle.checkpoint = sign_checkpoint(
      {.origin = "log.example", .size = edge.size(), .root = edge.root()}, log_signer());
  return bundle;
}

ProofBundle good_bundle() {
  return prove(signed_by(event_signer(), blob_committed(kIndex)));
}

// ---- the file -----------------------------------------------------------------------------------

TEST(ProofFile, OfAnotherImplementationVerifiesForEver) {
  const auto keys = parse_trusted_keys(golden("log.example.vkey"));
  ASSERT_TRUE(keys.has_value()) << keys.error().what;
  const std::string file = golden("manifest_put.tlog-proof");
  const auto bundle = parse_bundle(file);
  ASSERT_TRUE(bundle.has_value()) << bundle.error().what;
  EXPECT_EQ(format_bundle(*bundle), file);
  const Digest manifest = Digest::of(R"({"schemaVersion":2})");
  const Verdict verdict = verify_bundle(*bundle, *keys, manifest, std::nullopt);
  EXPECT_TRUE(verdict.proven());
  EXPECT_EQ(failures(verdict), Names{});
  ASSERT_TRUE(verdict.entry.has_value());
  EXPECT_EQ(verdict.entry->envelope.index, EntryIndex{4});
  EXPECT_EQ(verdict.entry->envelope.actor.id, "builder");
  EXPECT_EQ(type_of(verdict.entry->event), "oci.manifest.put");
}

TEST(ProofFile, RoundTrips) {
  const ProofBundle bundle = good_bundle();
  const std::string file = format_bundle(bundle);
  const auto parsed = parse_bundle(file);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  EXPECT_EQ(parsed->entry, bundle.entry);
  EXPECT_EQ(parsed->index, bundle.index);
  EXPECT_EQ(parsed->hashes, bundle.hashes);
  EXPECT_EQ(parsed->checkpoint, bundle.checkpoint);
  EXPECT_EQ(format_bundle(*parsed), file);
}

TEST(ProofFile, OfALogOfOneEntryHasNoHashes) {
  ProofBundle bundle = good_bundle();
  bundle.hashes.clear();
  EXPECT_EQ(format_bundle(parse_bundle(format_bundle(bundle)).value()), format_bundle(bundle));
}

// A changed file either does not parse, or fails a check and gives no entry.
void expect_not_believed(const std::string& file, const TrustedKeys& keys, const std::string& how) {
  const auto bundle = parse_bundle(file);
  if (!bundle) return;
  ASSERT_EQ(format_bundle(*bundle), file) << how << ": two spellings of one proof";
  const Verdict verdict = verify_bundle(*bundle, keys, std::nullopt, std::nullopt);
  ASSERT_FALSE(verdict.proven()) << how;
  ASSERT_FALSE(failures(verdict).empty()) << how;
  ASSERT_FALSE(verdict.entry.has_value()) << how;
}

TEST(ProofFile, IsNotBelievedAfterAnyOneByteChange) {
  const TrustedKeys keys = test_keys();
  const std::string good = golden("manifest_put.tlog-proof");
  change_each_byte(good, [&](const std::string& bad, std::size_t at) {
    expect_not_believed(bad, keys, "byte " + std::to_string(at));
  });
}

TEST(ProofFile, IsNotBelievedWithAnyByteMissingOrDoubledOrCutOff) {
  const TrustedKeys keys = test_keys();
  const std::string good = golden("manifest_put.tlog-proof");
  for (std::size_t at = 0; at < good.size(); ++at) {
    const std::string where = " " + std::to_string(at);
    std::string bad = good;
    bad.erase(at, 1);
    expect_not_believed(bad, keys, "without byte" + where);
    bad = good;
    bad.insert(at, 1, good[at]);
    expect_not_believed(bad, keys, "with byte twice" + where);
    expect_not_believed(good.substr(0, at), keys, "cut at" + where);
  }
}

struct BadFile {
  const char* why;
  std::string bytes;
};

std::vector<BadFile> bad_files() {
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::string extra = "extra aGVsbG8=\n";
  const std::string index = "index 4\n";
  const std::string hash = "n/U3thiiV++CkIxFkVrLrrbZ3qA11tk5ZPyIwZ6YyLM=\n";
  const std::string rest = "\ncheckpoint\n";
  std::string hashes;
  for (int i = 0; i < 64; ++i) hashes += hash;
  return {
      {"nothing", ""},
      {"another version", "c2sp.org/tlog-proof@v2\n" + extra + index + rest},
      {"no header", extra + index + rest},
      {"carriage returns", "c2sp.org/tlog-proof@v1\r\n" + extra + index + rest},
      {"an empty entry", head + "extra \n" + index + rest},
      {"no space behind extra", head + "extraaGVsbG8=\n" + index + rest},
      {"bad base64 in extra", head + "extra aGVsbG8\n" + index + rest},
      {"extra twice", head + extra + extra + index + rest},
      {"no index", head + extra + hash + rest},
      {"index twice", head + extra + index + index + rest},
      {"an index with a leading zero", head + extra + "index 04\n" + rest},
      {"a negative index", head + extra + "index -4\n" + rest},
      {"an index of 2^64", head + extra + "index 18446744073709551616\n" + rest},
      {"a short hash", head + extra + index + "AAAA\n" + rest},
      {"a long hash", head + extra + index + hash.substr(0, 43) + "A\n" + rest},
      {"no empty line", head + extra + index + hash + "checkpoint\n"},
      {"no checkpoint", head + extra + index + hash + "\n"},
      {"64 hashes", head + extra + index + hashes + rest},
  };
}

TEST(ProofFile, IsRefusedInEveryOtherShape) {
  for (const BadFile& bad : bad_files())
    EXPECT_FALSE(parse_bundle(bad.bytes).has_value()) << bad.why;
}

TEST(ProofFile, WithoutItsEntryIsUnsupportedSinceNothingCouldBeHashed) {
  const auto parsed = parse_bundle("c2sp.org/tlog-proof@v1\nindex 4\n\ncheckpoint\n");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().code, Errc::unsupported);
}

TEST(ProofFile, HasALimitForTheEntryAndOneForTheWhole) {
  ProofBundle bundle = good_bundle();
  bundle.entry = std::string(65'535, 'e');
  EXPECT_TRUE(parse_bundle(format_bundle(bundle)).has_value());
  bundle.entry += 'e';
  EXPECT_EQ(parse_bundle(format_bundle(bundle)).error().code, Errc::too_large);
  bundle.entry = "e";
  bundle.checkpoint.resize(kProofFileBytesMax, 'c');
  EXPECT_EQ(parse_bundle(format_bundle(bundle)).error().code, Errc::too_large);
}

// ---- the checks ---------------------------------------------------------------------------------

TEST(VerifyBundle, NamesEveryCheckInOrder) {
  const Verdict verdict =
      verify_bundle(good_bundle(), test_keys(), Digest::of("layer"), std::nullopt);
  std::vector<std::string> names;
  for (const Check& check : verdict.checks) names.push_back(check.name);
  EXPECT_EQ(names, (std::vector<std::string>{"checkpoint signature", "origin", "inclusion",
                                             "event signature", "index", "publisher signature",
                                             "file digest"}));
  EXPECT_TRUE(verdict.proven());
  ASSERT_TRUE(verdict.entry.has_value());
  EXPECT_EQ(type_of(verdict.entry->event), "blob.committed");
}

TEST(VerifyBundle, TellsAPersonIdsAndSizes) {
  const Verdict verdict =
      verify_bundle(good_bundle(), test_keys(), Digest::of("layer"), std::nullopt);
  EXPECT_EQ(find(verdict, "checkpoint signature")->detail,
            "tree of size 7, signed by log.example+b252d0cf");
  EXPECT_EQ(find(verdict, "origin")->detail, "log.example");
  EXPECT_TRUE(find(verdict, "inclusion")->detail.starts_with("entry 4 is in the tree of size 7"));
  EXPECT_EQ(find(verdict, "event signature")->detail, "signed by log.example/events+a49295b9");
  EXPECT_EQ(find(verdict, "file digest")->detail,
            "blob.committed at index 4 names " + Digest::of("layer").to_string());
}

TEST(VerifyBundle, AForgedCheckpointLeavesInclusionUnchecked) {
  ProofBundle bundle = good_bundle();
  const std::string text = bundle.checkpoint.substr(0, bundle.checkpoint.find("\n\n") + 1);
  bundle.checkpoint = signed_by(Signer::generate("log.example"), text);
  const Verdict verdict = verify(bundle);
  EXPECT_EQ(failures(verdict), Names{"checkpoint signature"});
  EXPECT_EQ(outcome(verdict, "origin"), Outcome::absent);
  EXPECT_EQ(outcome(verdict, "inclusion"), Outcome::absent);
  EXPECT_FALSE(verdict.proven());
  EXPECT_FALSE(verdict.entry.has_value());
}

TEST(VerifyBundle, ACheckpointOfAnotherOriginIsRefusedThoughTheKeySignedIt) {
  ProofBundle bundle = good_bundle();
  std::string text = bundle.checkpoint.substr(0, bundle.checkpoint.find("\n\n") + 1);
  text.replace(0, 11, "log.another");
  bundle.checkpoint = signed_by(log_signer(), text);
  const Verdict verdict = verify(bundle);
  EXPECT_EQ(failures(verdict), Names{"origin"});
  EXPECT_FALSE(verdict.entry.has_value());
  // Not even when the event key is one of that other origin.
  TrustedKeys keys = test_keys();
  keys.event = VerifierKey("log.another/events", keys.event.public_key());
  const Verdict mixed = verify_bundle(bundle, keys, std::nullopt, std::nullopt);
  EXPECT_EQ(outcome(mixed, "origin"), Outcome::failed);
  EXPECT_EQ(find(mixed, "origin")->detail,
            "the checkpoint is of log.another, the key of log.example");
}

TEST(VerifyBundle, ACheckpointWithExtensionLinesIsRefused) {
  ProofBundle bundle = good_bundle();
  const std::string text = bundle.checkpoint.substr(0, bundle.checkpoint.find("\n\n") + 1);
  bundle.checkpoint = signed_by(log_signer(), text + "extension\n");
  EXPECT_EQ(failures(verify(bundle)), Names{"checkpoint signature"});
}

TEST(VerifyBundle, AnEntryThatIsNotInTheTreeFailsInclusionAlone) {
  ProofBundle bundle = good_bundle();
  bundle.hashes[1][0] ^= 1;
  const Verdict verdict = verify(bundle);
  EXPECT_EQ(failures(verdict), Names{"inclusion"});
  EXPECT_EQ(outcome(verdict, "event signature"), Outcome::passed);
  EXPECT_FALSE(verdict.entry.has_value());
}

TEST(VerifyBundle, AnotherSignedEntryInTheSamePlaceFailsInclusion) {
  ProofBundle bundle = good_bundle();
  bundle.entry = golden("manifest_put.tlog-proof");
  bundle.entry = parse_bundle(bundle.entry).value().entry;
  EXPECT_EQ(failures(verify(bundle)), Names{"inclusion"});
}

TEST(VerifyBundle, AnEntryInTheLogThatNoEventKeySignedIsRefused) {
  for (const char* name : {"log.example", "log.example/events/", "log.another/events"}) {
    const auto signer = Signer::generate(name);
    const Verdict verdict = verify(prove(signed_by(signer, blob_committed(kIndex))));
    EXPECT_EQ(failures(verdict), Names{"event signature"}) << name;
    EXPECT_EQ(outcome(verdict, "inclusion"), Outcome::passed);
    EXPECT_EQ(outcome(verdict, "index"), Outcome::absent);
    EXPECT_FALSE(verdict.entry.has_value());
  }
}

TrustedKeys rotated_keys(const std::vector<VerifierKey>& later) {
  TrustedKeys keys = test_keys();
  for (const VerifierKey& key : later) keys.rotate_to(key);
  return keys;
}

TEST(VerifyBundle, AnEntryFromBeforeARotationVerifiesWithTheKeyThatSignedIt) {
  const Signer second = Signer::generate("log.example/events");
  const TrustedKeys keys =
      rotated_keys({second.verifier(), Signer::generate("log.example/events").verifier()});
  const auto old = verify_bundle(good_bundle(), keys, Digest::of("layer"), std::nullopt);
  EXPECT_TRUE(old.proven());
  EXPECT_EQ(find(old, "event signature")->detail, "signed by log.example/events+a49295b9");
  const auto bundle = prove(signed_by(second, blob_committed(kIndex)));
  EXPECT_TRUE(verify_bundle(bundle, keys, std::nullopt, std::nullopt).proven());
}

TEST(VerifyBundle, AnEventKeyThatIsNotAmongTheGivenOnesProvesNothingEitherWay) {
  const Signer stranger = Signer::generate("log.example/events");
  const std::string text = blob_committed(kIndex);
  const Verdict verdict = verify_bundle(prove(signed_by(stranger, text)), test_keys(),
                                        Digest::of("layer"), test::AuthorKey('a').id());
  EXPECT_EQ(failures(verdict), Names{});
  EXPECT_EQ(outcome(verdict, "event signature"), Outcome::unknown);
  EXPECT_EQ(outcome(verdict, "index"), Outcome::absent);
  EXPECT_EQ(outcome(verdict, "file digest"), Outcome::absent);
  EXPECT_FALSE(verdict.proven());
  EXPECT_FALSE(verdict.disproven());
  EXPECT_FALSE(verdict.entry.has_value());
  // It excuses no other failure.
  auto bad = prove(signed_by(stranger, text));
  bad.hashes[0][0] ^= 1;
  EXPECT_EQ(failures(verify(bad)), Names{"inclusion"});
}

// Not even when a stranger, whom nothing is known about, signed as well.
TEST(VerifyBundle, AFailingSignatureOfAKnownEventKeyIsFalse) {
  const std::string text = blob_committed(kIndex);
  const std::string wrong = event_signer().sign_line("something else\n");
  const std::string strange = Signer::generate("log.example/events").sign_line(text);
  const TrustedKeys later = rotated_keys({Signer::generate("log.example/events").verifier()});
  for (const auto& lines :
       {std::vector{wrong}, std::vector{wrong, strange}, std::vector{strange, wrong}})
    for (const TrustedKeys& keys : {test_keys(), later}) {
      const auto verdict =
          verify_bundle(prove(format_note(text, lines)), keys, std::nullopt, std::nullopt);
      EXPECT_EQ(failures(verdict), Names{"event signature"});
    }
}

TEST(VerifyBundle, AnEntryThatIsNoNoteIsRefused) {
  EXPECT_EQ(failures(verify(prove("not a note"))), Names{"event signature"});
  EXPECT_EQ(failures(verify(prove(""))), Names{"event signature"});
}

TEST(VerifyBundle, AnEntryThatNamesAnotherIndexIsRefused) {
  for (const std::uint64_t says : {kIndex - 1, kIndex + 1, std::uint64_t{0}}) {
    const Verdict verdict = verify(prove(signed_by(event_signer(), blob_committed(says))));
    EXPECT_EQ(failures(verdict), Names{"index"});
    EXPECT_NE(find(verdict, "index")->detail.find(std::to_string(says)), std::string::npos);
    EXPECT_FALSE(verdict.entry.has_value());
  }
}

// Signed and in the log, and yet not an entry.
TEST(VerifyBundle, AnEntryThatCannotBeReadInOneWayOnlyIsRefused) {
  const std::string good = blob_committed(kIndex);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  const std::string bad[] = {
      "hello\n",
      "{}\n",
      "[]\n",
      good + good,
      "\n" + good,
      " " + good,
      with("{\"actor\"", "{ \"actor\""),
      with("\"v\":1", "\"v\": 1"),
      with("\"v\":1", "\"v\":1,\"a\":2"),
      with("\"v\":1", "\"v\":1,\"v\":1"),
      with("\"v\":1", "\"v\":1,\"x\":1.5"),
      with("\"v\":1", "\"v\":1,\"x\":1e3"),
      with("\"v\":1", "\"v\":1,\"x\":9007199254740992"),
      with("\"v\":1", "\"v\":1,\"x\":18446744073709551615"),
      with("\"v\":1", "\"v\":1,\"x\":-0"),
      with("\"v\":1", "\"v\":1,\"x\":\"\\u0061\""),
      with("\"v\":1", "\"v\":1,\"x\":\"\\/\""),
      with("\"v\":1", "\"v\":1,\"x\":\"\\ud800\""),
      with("\"v\":1", "\"v\":1,\"\u00fc\":1"),
      with("\"v\":1", "\"v\":1,\"x\":{\"b\":1,\"a\":1}"),
      with("\"v\":1", "\"v\":1,\"x\":[1, 2]"),
      with("blob.committed\",", "blob.imagined\", "),
  };
  for (const std::string& text : bad) {
    const Verdict verdict = verify(prove(signed_by(event_signer(), text)));
    EXPECT_EQ(failures(verdict), Names{"entry"}) << text;
    EXPECT_EQ(outcome(verdict, "index"), Outcome::absent) << text;
    EXPECT_FALSE(verdict.entry.has_value()) << text;
  }
}

// Signed, in the log, and of a kind that only a newer version knows: neither true nor false here.
std::vector<std::string> later_entries(std::uint64_t index) {
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = blob_committed(index);
    return text.replace(text.find(from), from.size(), to);
  };
  return {with("blob.committed", "blob.imagined"), with("\"v\":1", "\"v\":2")};
}

TEST(VerifyBundle, AnEntryOfALaterVersionIsNeitherProvenNorDisproven) {
  for (const std::string& text : later_entries(kIndex)) {
    const auto bundle = prove(signed_by(event_signer(), text));
    const Verdict verdict =
        verify_bundle(bundle, test_keys(), Digest::of("layer"), test::AuthorKey('a').id());
    EXPECT_EQ(failures(verdict), Names{}) << text;
    EXPECT_EQ(outcome(verdict, "entry"), Outcome::unknown) << text;
    EXPECT_EQ(outcome(verdict, "index"), Outcome::passed) << text;
    EXPECT_EQ(outcome(verdict, "file digest"), Outcome::absent) << text;
    EXPECT_FALSE(verdict.proven()) << text;
    EXPECT_FALSE(verdict.disproven()) << text;
    EXPECT_FALSE(verdict.entry.has_value()) << text;
  }
}

TEST(VerifyBundle, ALaterVersionExcusesNothingElse) {
  for (const std::string& text : later_entries(kIndex)) {
    const auto good = prove(signed_by(event_signer(), text));
    auto bad = good;
    bad.hashes[0][0] ^= 1;
    EXPECT_EQ(failures(verify(bad)), Names{"inclusion"});
    bad = good;
    bad.checkpoint = signed_by(Signer::generate("log.example"), "log.example\n");
    EXPECT_EQ(failures(verify(bad)), Names{"checkpoint signature"});
    EXPECT_EQ(failures(verify(prove(
                  format_note(text, std::vector<std::string>{log_signer().sign_line(text)})))),
              Names{"event signature"});
    bad = prove(signed_by(event_signer(), text.substr(0, text.size() - 2) + ",\"v\":1}\n"));
    EXPECT_EQ(failures(verify(bad)), Names{"entry"});
    EXPECT_TRUE(verify(bad).disproven());
  }
  for (const std::string& text : later_entries(kIndex + 1))
    EXPECT_EQ(failures(verify(prove(signed_by(event_signer(), text)))), Names{"index"}) << text;
}

TEST(VerifyBundle, MembersOfALaterVersionAreNoReasonToRefuse) {
  std::string text = blob_committed(kIndex);
  const std::string more = R"("v":1,"x":{"a":[true,null,-7,"ü"],"b":9007199254740991})";
  text.replace(text.find("\"v\":1"), 5, more);
  EXPECT_TRUE(verify(prove(signed_by(event_signer(), text))).proven()) << text;
}

TEST(VerifyBundle, AFileWithAnotherDigestIsProvenFalseButTheEntryStands) {
  const Verdict verdict =
      verify_bundle(good_bundle(), test_keys(), Digest::of("another layer"), std::nullopt);
  EXPECT_EQ(failures(verdict), Names{"file digest"});
  EXPECT_FALSE(verdict.proven());
  EXPECT_TRUE(verdict.entry.has_value());
}

// The entry names the file's digest, and says the opposite of what a passed check would say.
TEST(VerifyBundle, AFileThatTheEventReplacesOrDeletesIsProvenFalse) {
  const Digest old = Digest::of("the old file");
  const RepoName repo = RepoName::parse("library/app").value();
  const oci::Tag tag = oci::Tag::parse("1.0").value();
  const Event removing[] = {oci::TagSet{Digest::of("the new file"), old, repo, tag},
                            oci::TagDeleted{old, repo, tag}, oci::ManifestDeleted{old, repo}};
  for (const Event& event : removing) {
    const auto bundle = prove(signed_by(event_signer(), entry_text(kIndex, event)));
    const Verdict verdict = verify_bundle(bundle, test_keys(), old, std::nullopt);
    EXPECT_EQ(failures(verdict), Names{"file digest"}) << type_of(event);
    EXPECT_NE(find(verdict, "file digest")->detail.find("this event removes it"),
              std::string::npos);
    EXPECT_FALSE(verdict.proven());
    EXPECT_TRUE(verdict.entry.has_value());
  }
}

TEST(VerifyBundle, NoFileIsComparedWithAnEntryThatIsNotProven) {
  ProofBundle bundle = good_bundle();
  bundle.hashes[0][0] ^= 1;
  const Verdict verdict = verify_bundle(bundle, test_keys(), Digest::of("layer"), std::nullopt);
  EXPECT_EQ(outcome(verdict, "file digest"), Outcome::absent);
  EXPECT_FALSE(verdict.proven());
}

TEST(VerifyBundle, AMissingPublisherIsReportedAndARequiredOneIsAFailure) {
  const Verdict reported = verify(good_bundle());
  EXPECT_EQ(outcome(reported, "publisher signature"), Outcome::absent);
  EXPECT_TRUE(reported.proven());
  const warg::KeyId alice = test::AuthorKey('a').id();
  const Verdict required = verify_bundle(good_bundle(), test_keys(), std::nullopt, alice);
  EXPECT_EQ(outcome(required, "publisher signature"), Outcome::absent);
  EXPECT_EQ(failures(required), Names{"required publisher"});
  EXPECT_NE(find(required, "required publisher")->detail.find(alice.to_string()),
            std::string::npos);
  EXPECT_FALSE(required.proven());
  EXPECT_TRUE(required.entry.has_value());
}

// ---- authors ----

oci::TagSet tag_signed_by(const test::AuthorKey& key, std::string_view origin = "log.example") {
  const auto author =
      key.claim({std::string(origin), "PUT", "a/b", "library/app:1.0", sha256("manifest")});
  return {Digest::of("manifest"), std::nullopt, RepoName::parse("library/app").value(),
          oci::Tag::parse("1.0").value(), author};
}

Verdict verify_authored(const Event& event, const std::optional<warg::KeyId>& required) {
  return verify_bundle(prove(signed_by(event_signer(), entry_text(kIndex, event))), test_keys(),
                       std::nullopt, required);
}

TEST(VerifyBundle, APublishersSignatureIsCheckedFromTheEntryAlone) {
  const test::AuthorKey alice('a');
  const Event event = tag_signed_by(alice);
  for (const auto& required : {std::optional<warg::KeyId>(), std::optional(alice.id())}) {
    const Verdict verdict = verify_authored(event, required);
    EXPECT_TRUE(verdict.proven());
    EXPECT_EQ(outcome(verdict, "publisher signature"), Outcome::passed);
    EXPECT_EQ(find(verdict, "publisher signature")->detail, "signed by " + alice.id().to_string());
    EXPECT_EQ(outcome(verdict, "required publisher"),
              required ? std::optional(Outcome::passed) : std::nullopt);
  }
}

TEST(VerifyBundle, AnotherPublisherThanTheRequiredOneFailsThatCheckOnly) {
  const Verdict verdict =
      verify_authored(tag_signed_by(test::AuthorKey('a')), test::AuthorKey('b').id());
  EXPECT_EQ(failures(verdict), Names{"required publisher"});
  EXPECT_EQ(outcome(verdict, "publisher signature"), Outcome::passed);
}

TEST(VerifyBundle, AFalsePublishersSignatureIsAFailureWhetherOrNotItIsRequired) {
  const test::AuthorKey alice('a');
  oci::TagSet forged = tag_signed_by(alice);
  forged.author->signature = test::AuthorKey('b').signature(forged.author->statement);
  for (const Event& event : {Event(forged), Event(tag_signed_by(alice, "other.example"))}) {
    const Verdict verdict = verify_authored(event, std::nullopt);
    EXPECT_EQ(failures(verdict), Names{"publisher signature"});
    EXPECT_FALSE(verdict.proven());
    EXPECT_EQ(failures(verify_authored(event, alice.id())), Names{"publisher signature"});
  }
}

TEST(VerifyBundle, WhatCannotBeReadIsSaidToBeUnchecked) {
  ProofBundle bundle = good_bundle();
  bundle.entry[10] ^= 1;
  const Verdict verdict =
      verify_bundle(bundle, test_keys(), std::nullopt, test::AuthorKey('a').id());
  EXPECT_EQ(outcome(verdict, "publisher signature"), Outcome::absent);
  EXPECT_EQ(outcome(verdict, "required publisher"), Outcome::absent);
  EXPECT_FALSE(verdict.proven());
}

TEST(VerifyBundle, KeysOfTwoLogsNeverProveAnything) {
  TrustedKeys keys = test_keys();
  keys.event = VerifierKey("another.example/events", keys.event.public_key());
  const Verdict verdict = verify_bundle(good_bundle(), keys, std::nullopt, std::nullopt);
  EXPECT_EQ(failures(verdict), (Names{"origin", "event signature"}));
}

TEST(VerifyBundle, ACosignatureOfAStrangerNeitherHelpsNorHarms) {
  ProofBundle bundle = good_bundle();
  bundle.checkpoint += Signer::generate("witness.example").sign_line("whatever\n");
  EXPECT_TRUE(verify(bundle).proven());
}

TEST(Verdict, WithoutAnyCheckProvesNothing) {
  EXPECT_FALSE(Verdict{}.proven());
  EXPECT_FALSE((Verdict{.checks = {{"a", Outcome::absent, ""}}, .entry = {}}).proven());
  EXPECT_TRUE(
      (Verdict{.checks = {{"a", Outcome::passed, ""}, {"b", Outcome::absent, ""}}, .entry = {}})
          .proven());
  EXPECT_FALSE(
      (Verdict{.checks = {{"a", Outcome::passed, ""}, {"b", Outcome::unknown, ""}}, .entry = {}})
          .proven());
}

// ---- the keys -----------------------------------------------------------------------------------

std::string key_lines() {
  return std::string(kLogVkey) + "\n" + std::string(kEventVkey) + "\n";
}

TEST(TrustedKeysFile, MayHaveCommentsEmptyLinesAndAnyOrder) {
  const std::string log(kLogVkey);
  const std::string event(kEventVkey);
  for (const std::string& file : {key_lines(), log + "\n" + event, event + "\n" + log + "\n",
                                  "# ours\n\n" + log + "\n# events\n" + event + "\n\n#"}) {
    const auto keys = parse_trusted_keys(file);
    ASSERT_TRUE(keys.has_value()) << file;
    EXPECT_EQ(keys->log.to_string(), kLogVkey);
    EXPECT_EQ(keys->event.to_string(), kEventVkey);
  }
}

TEST(TrustedKeysFile, IsRefusedAfterAnyChangedByte) {
  change_each_byte(key_lines(), [](const std::string& bad, std::size_t at) {
    ASSERT_FALSE(parse_trusted_keys(bad).has_value()) << "byte " << at << "\n" << bad;
  });
}

std::string three_keys() {
  return key_lines() + Signer::generate("log.example/events").verifier().to_string() + "\n";
}

TEST(TrustedKeysFile, HoldsEveryEventKeyOldestFirst) {
  const std::string file = three_keys();
  const auto keys = parse_trusted_keys(file);
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->log.to_string(), kLogVkey);
  ASSERT_EQ(keys->earlier.size(), 1U);
  EXPECT_EQ(keys->earlier.front().to_string(), kEventVkey);
  EXPECT_EQ(keys->event_keys().back(), keys->event);
  EXPECT_EQ(format_trusted_keys(*keys), file);
  for (const std::string& again : {std::string(kEventVkey), keys->event.to_string()})
    EXPECT_FALSE(parse_trusted_keys(file + again).has_value());
}

// A changed first byte can make a line a comment: then a key is missing, and none is another one.
TEST(TrustedKeysFile, NeverNamesAnotherKeyAfterAnyChangedByte) {
  const std::string file = three_keys();
  const auto good = parse_trusted_keys(file)->event_keys();
  change_each_byte(file + "#", [&](const std::string& bad, std::size_t at) {
    const auto keys = parse_trusted_keys(bad);
    if (!keys) return;
    ASSERT_EQ(keys->log.to_string(), kLogVkey) << "byte " << at;
    for (const VerifierKey& key : keys->event_keys())
      ASSERT_NE(std::ranges::find(good, key), good.end()) << "byte " << at;
  });
}

TEST(TrustedKeysFile, RotationKeepsEachKeyOnce) {
  TrustedKeys keys = test_keys();
  const VerifierKey first = keys.event;
  const VerifierKey second = Signer::generate("log.example/events").verifier();
  keys.rotate_to(first);
  EXPECT_TRUE(keys.earlier.empty());
  keys.rotate_to(second);
  EXPECT_EQ(keys.event_keys(), (std::vector{first, second}));
  keys.rotate_to(first);
  EXPECT_EQ(keys.event_keys(), (std::vector{second, first}));
}

TEST(TrustedKeysFile, NeedsTheKeysOfOneLog) {
  const std::string log(kLogVkey);
  const std::string event(kEventVkey);
  const auto log_bytes = VerifierKey::parse(kLogVkey)->public_key();
  const std::string same_key = VerifierKey("log.example/events", log_bytes).to_string();
  const std::string deeper = VerifierKey("log.example/events/events", log_bytes).to_string();
  for (const std::string& file :
       {std::string(), std::string("# nothing\n"), log, event, log + "\n" + log,
        event + "\n" + event, key_lines() + std::string(kPeterNeumannVkey), key_lines() + log,
        log + "\n" + std::string(kPeterNeumannVkey), event + "\n" + std::string(kPeterNeumannVkey),
        log + "\n" + same_key, log + "\n" + deeper, " " + key_lines(), log + " \n" + event,
        log + "\r\n" + event + "\r\n", std::string(kLogPrivateKey) + "\n" + event}) {
    const auto keys = parse_trusted_keys(file);
    ASSERT_FALSE(keys.has_value()) << file;
    EXPECT_EQ(keys.error().about, About::key) << file;
  }
}

}  // namespace
}  // namespace varve
