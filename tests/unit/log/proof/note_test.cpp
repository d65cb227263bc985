// Signed notes: published examples, strict parsing, who counts as a signer.
#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "log/proof/note.h"
#include "tests/unit/log/proof/mutate.h"
#include "tests/unit/log/proof/test_keys.h"

namespace varve {
namespace {

using namespace testing;  // the keys

std::string operator+(std::string_view a, std::string_view b) {
  return std::string(a).append(b);
}

VerifierKey key(std::string_view vkey) {
  return VerifierKey::parse(vkey).value();
}

// The signers' names, or the error.
Result<std::vector<std::string>> signers_of(std::string_view bytes,
                                            const std::vector<VerifierKey>& known) {
  VARVE_TRY(const Note note, parse_note(bytes));
  VARVE_TRY(const auto signers, verify_note(note, known));
  std::vector<std::string> names;
  for (const VerifierKey& signer : signers) names.push_back(signer.name());
  return names;
}

const std::string kFactNote = kFact + "\n" + std::string(kFactLogLine);

TEST(Note, OfThePublicDocumentationVerifies) {
  const std::string note =
      std::string(kPublicNoteText) + '\n' + (kPeterNeumannLine + kEnochRootLine);
  using Names = std::vector<std::string>;
  EXPECT_EQ(signers_of(note, {key(kPeterNeumannVkey), key(kEnochRootVkey)}).value(),
            (Names{"PeterNeumann", "EnochRoot"}));
  EXPECT_EQ(signers_of(note, {key(kEnochRootVkey)}).value(), (Names{"EnochRoot"}));
  EXPECT_EQ(parse_note(note)->text, kPublicNoteText);
}

TEST(Note, RoundTripsThroughItsParts) {
  const std::string lines[] = {std::string(kFactLogLine), std::string(kFactEventLine)};
  const std::string bytes = format_note(kFact, lines);
  EXPECT_EQ(bytes, kFact + "\n" + (kFactLogLine + kFactEventLine));
  const auto note = parse_note(bytes);
  ASSERT_TRUE(note.has_value());
  EXPECT_EQ(note->text, kFact);
  ASSERT_EQ(note->signatures.size(), 2u);
  EXPECT_EQ(note->signatures[0].name, "log.example");
  EXPECT_EQ(note->signatures[0].id, key(kLogVkey).id());
  EXPECT_EQ(note->signatures[0].bytes.size(), 64u);
  EXPECT_EQ(note->signatures[1].name, "log.example/events");
}

TEST(Note, HasItsBoundaryAtTheLastEmptyLine) {
  const std::string text = "first\n\n" + std::string(kFactLogLine) + "\nsecond\n";
  const std::string line = log_signer().sign_line(text);
  const std::string bytes = format_note(text, {&line, 1});
  const auto note = parse_note(bytes);
  ASSERT_TRUE(note.has_value());
  EXPECT_EQ(note->text, text);
  EXPECT_EQ(note->signatures.size(), 1u);
  EXPECT_TRUE(verify_note(*note, std::vector{key(kLogVkey)}).has_value());
}

struct BadNote {
  const char* why;
  std::string bytes;
};

std::vector<BadNote> bad_notes() {
  const std::string line(kFactLogLine);
  const std::string blob = line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2);
  const std::string head = "A fact.\n\n";
  const std::string name = "— log.example ";
  return {
      {"nothing", ""},
      {"no signatures", "A fact.\n"},
      {"no signatures behind the empty line", head},
      {"no empty line", "A fact.\n" + line},
      {"text without newline", "A fact." + line},
      {"no text at all", "\n" + line},
      {"no final newline", head + line.substr(0, line.size() - 1)},
      {"empty line at the end", head + line + "\n"},
      {"two empty lines at the end", head + line + "\n\n"},
      {"bytes behind the signatures", head + line + "more"},
      {"a line that is no signature", head + line + "more\n"},
      {"a line that is no signature before one", head + "more\n" + line},
      {"a hyphen for a dash", head + "- log.example " + blob + "\n"},
      {"an en dash", head + "– log.example " + blob + "\n"},
      {"no space after the dash", head + "—log.example " + blob + "\n"},
      {"two spaces after the dash", head + "—  log.example " + blob + "\n"},
      {"two spaces before the base64", head + name + " " + blob + "\n"},
      {"a space behind the base64", head + name + blob + " \n"},
      {"no name", head + "— " + blob + "\n"},
      {"an empty name", head + "—  " + blob + "\n"},
      {"a plus in the name", head + "— log+example " + blob + "\n"},
      {"a wide space in the name", head + "— log\u00a0example " + blob + "\n"},
      {"no base64", head + name + "\n"},
      {"no base64 and no space", head + "— log.example\n"},
      {"base64 without padding", head + name + blob.substr(0, blob.size() - 1) + "\n"},
      {"base64 of the URL alphabet", head + name + "slLQz5-_" + "\n"},
      {"base64 with stray bits", head + name + "AAAAAAB=\n"},
      {"4 bytes", head + name + "AAAAAA==\n"},
      {"a carriage return", head + line.substr(0, line.size() - 1) + "\r\n"},
      {"a tab in the text", "A\tfact.\n\n" + line},
      {"a carriage return in the text", "A fact.\r\n\n" + line},
      {"a NUL in the text", std::string("A\0fact.\n\n", 9) + line},
      {"an escape in the text", "\x1b[31m\n\n" + line},
      {"half a character", "A fact\xc3.\n\n" + line},
      {"a surrogate", "\xed\xa0\x80\n\n" + line},
  };
}

TEST(Note, IsRefusedInEveryOtherShape) {
  ASSERT_TRUE(parse_note(kFactNote).has_value());
  for (const BadNote& bad : bad_notes()) {
    const auto note = parse_note(bad.bytes);
    ASSERT_FALSE(note.has_value()) << bad.why;
    EXPECT_EQ(note.error().code, Errc::invalid) << bad.why;
    EXPECT_EQ(note.error().about, About::signature) << bad.why;
  }
}

TEST(Note, FromAStrangerWithAFiveByteSignatureIsStillANote) {
  EXPECT_TRUE(parse_note("A fact.\n\n— who AAAAAAA=\n").has_value());
}

TEST(Note, MayBeAMebibyteLongAndNoLonger) {
  const std::string line(kFactLogLine);
  const auto of_size = [&](std::size_t size) {
    return std::string(size - line.size() - 2, 'x') + "\n\n" + line;
  };
  const std::string largest = of_size(1 << 20);
  const std::string too_large = of_size((1 << 20) + 1);
  EXPECT_TRUE(parse_note(largest).has_value());
  EXPECT_EQ(parse_note(too_large).error().code, Errc::too_large);
}

TEST(Note, CarriesAHundredSignaturesAndNotOneMore) {
  std::string bytes = kFactNote;
  for (int i = 1; i < 100; ++i) bytes += "— witness" + std::to_string(i) + " AAAAAAAA\n";
  EXPECT_EQ(parse_note(bytes).value().signatures.size(), 100u);
  EXPECT_TRUE(signers_of(bytes, {key(kLogVkey)}).has_value());
  bytes += "— witness100 AAAAAAAA\n";
  EXPECT_FALSE(parse_note(bytes).has_value());
}

TEST(Note, WithoutAKnownSignerIsRefused) {
  EXPECT_FALSE(signers_of(kFactNote, {key(kEventVkey)}).has_value());
  EXPECT_FALSE(signers_of(kFactNote, {}).has_value());
}

TEST(Note, UnknownSignaturesAreIgnored) {
  const std::string stranger = Signer::generate("stranger").sign_line("something else\n");
  const std::string bytes = kFact + "\n" + stranger + std::string(kFactLogLine) + "— x AAAAAAAA\n";
  EXPECT_EQ(signers_of(bytes, {key(kLogVkey)}).value(), std::vector<std::string>{"log.example"});
}

TEST(Note, ASignatureWithAKnownNameButAnotherIdIsUnknown) {
  const Signer namesake = Signer::generate("log.example");
  const std::string bytes =
      kFact + "\n" + namesake.sign_line("another text\n") + std::string(kFactLogLine);
  EXPECT_TRUE(signers_of(bytes, {key(kLogVkey)}).has_value());
}

TEST(Note, AFailingKnownSignatureCondemnsItEvenIfAnotherVerifies) {
  const std::string wrong = event_signer().sign_line("another text\n");
  for (const std::string& bytes : {kFact + "\n" + wrong + std::string(kFactLogLine),
                                   kFact + "\n" + std::string(kFactLogLine) + wrong}) {
    EXPECT_TRUE(signers_of(bytes, {key(kLogVkey)}).has_value());
    const auto refused = signers_of(bytes, {key(kLogVkey), key(kEventVkey)});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().about, About::signature);
    EXPECT_EQ(refused.error().detail, "log.example/events");
  }
}

TEST(Note, AFailingSignatureBesideAGoodOneOfTheSameKeyCondemnsIt) {
  const std::string wrong = log_signer().sign_line("another text\n");
  EXPECT_FALSE(
      signers_of(kFact + "\n" + std::string(kFactLogLine) + wrong, {key(kLogVkey)}).has_value());
}

TEST(Note, AKnownSignatureOfTheWrongLengthCondemnsIt) {
  const KeyId id = key(kLogVkey).id();
  const std::string blob = std::string(id.begin(), id.end()) + std::string(63, 's');
  const std::string bytes = kFactNote + "— log.example " + base64_encode(blob) + "\n";
  EXPECT_FALSE(signers_of(bytes, {key(kLogVkey)}).has_value());
}

TEST(Note, ASignerThatSignedTwiceCountsOnce) {
  EXPECT_EQ(signers_of(kFactNote + std::string(kFactLogLine), {key(kLogVkey)}).value().size(), 1u);
  EXPECT_EQ(signers_of(kFactNote, {key(kLogVkey), key(kLogVkey)}).value().size(), 1u);
}

// Two "keys" that share the id of the name log.example, found by trying some 50,000 of them.
VerifierKey colliding_key(std::uint32_t number) {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return {"log.example", bytes};
}

TEST(Note, TwoKnownKeysWithOneNameAndIdAreAmbiguousAndNeitherIsTried) {
  const VerifierKey first = colliding_key(16'883);
  const VerifierKey second = colliding_key(50'742);
  ASSERT_EQ(first.id(), second.id());
  ASSERT_NE(first, second);
  const std::string blob(first.id().begin(), first.id().end());
  const std::string bytes =
      kFactNote + "— log.example " + base64_encode(blob + std::string(64, 's')) + "\n";
  const auto refused = signers_of(bytes, {key(kLogVkey), first, second});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().about, About::key);
}

TEST(Note, AnyChangedByteOfTextOrOnlySignatureCondemnsIt) {
  const std::vector<VerifierKey> known = {key(kLogVkey)};
  change_each_byte(kFactNote, [&](const std::string& bad, std::size_t at) {
    EXPECT_FALSE(signers_of(bad, known).has_value()) << "byte " << at << "\n" << bad;
  });
}

TEST(NoteDeathTest, TextWithoutAFinalNewlineIsADefectOfTheCaller) {
  EXPECT_DEATH((void)format_note("no newline", {}), "");
  EXPECT_DEATH((void)format_note("", {}), "");
}

TEST(NoteText, IsWhatStandsBeforeTheLastEmptyLineAndNothingElseIsLookedAt) {
  for (const std::string text : {"A fact.\n", "one\n\ntwo\n", "\n"}) {
    const std::string note = text + "\nno signature";
    EXPECT_EQ(note_text(note).value(), text);
    const std::string good = text + "\n" + std::string(kFactLogLine);
    EXPECT_EQ(note_text(good).value(), parse_note(good).value().text);
  }
  for (const std::string bad : {"", "\n", "A fact.\n", "A fact."})
    EXPECT_FALSE(note_text(bad).has_value());
}

}  // namespace
}  // namespace varve
