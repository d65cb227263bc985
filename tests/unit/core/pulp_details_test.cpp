// Bodies of packages: what is written stays readable for ever, and nothing else is read.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/base/bytes.h"
#include "core/pulp/details.h"
#include "tests/support/pulp_given.h"

namespace varve::pulp {
namespace {

std::string golden(std::string_view name) {
  const std::string path = std::string(VARVE_GOLDEN_DIR) + "/pulp/" + std::string(name);
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string encoded(const Details& details) {
  auto body = encode_details(details);
  EXPECT_TRUE(body) << body.error().what;
  return body ? *body : std::string();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(PulpDetails, AreWrittenAsTheyWereTheFirstTime) {
  EXPECT_EQ(encoded(given::full_details()), golden("details.json"));
  EXPECT_EQ(encoded(Details{}), golden("details-of-nothing.json"));
}

TEST(PulpDetails, AreReadAsTheyWereWritten) {
  const auto full = parse_details(golden("details.json"));
  ASSERT_TRUE(full) << full.error().what;
  EXPECT_EQ(*full, given::full_details());
  const auto nothing = parse_details(golden("details-of-nothing.json"));
  ASSERT_TRUE(nothing) << nothing.error().what;
  EXPECT_EQ(*nothing, Details{});
}

TEST(PulpDetails, TellAnEmptyVendorAndSizeFromNone) {
  Details details;
  details.vendor = "";
  details.size = 0;
  const auto read = parse_details(encoded(details));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->vendor, "");
  EXPECT_EQ(read->size, 0U);
  EXPECT_NE(encoded(details), encoded(Details{}));
}

TEST(PulpDetails, TellAnRpmThatSaysNothingFromNone) {
  Details details;
  details.rpm = Rpm{};
  const auto read = parse_details(encoded(details));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->rpm);
}

TEST(PulpDetails, WriteADependencyThatIsOnlyANameAsAString) {
  Details details;
  details.requires_ = {given::dependency("foo")};
  EXPECT_EQ(encoded(details), R"({"document":{"requires":["foo"]}})");
}

TEST(PulpDetails, RefuseWhatTheyWouldNotHaveWritten) {
  const std::string good = encoded(given::full_details());
  ASSERT_TRUE(parse_details(good));
  const std::string changed[] = {
      "",
      "{}",
      "[]",
      " " + good,
      good + "\n",
      replaced(good, "\"document\"", "\"documents\""),
      replaced(good, "4096", "4096.0"),
      replaced(good, "4096", "-1"),
      replaced(good, "4096", "\"4096\""),
      replaced(good, "\"bar\"", "{\"name\":\"bar\"}"),
      replaced(good, "\"bar\"", "[\"bar\"]"),
      replaced(good, "\"bar\"", "\"\""),
      replaced(good, "\"flags\":\"GE\"", "\"flags\":\"ge\""),
      replaced(good, "\"flags\":\"GE\"", "\"flags\":\"\""),
      replaced(good, "\"pre\":true", "\"pre\":false"),
      replaced(good, "\"group\"", "\"groups\""),
      replaced(good, "\"group\"", "\"gro\\u0075p\""),
      replaced(good, "[2,\"foo\",\"dir\"]", "[3,\"foo\",\"dir\"]"),
      replaced(good, "[2,\"foo\",\"dir\"]", "[2,\"foo\",\"link\"]"),
      replaced(good, "[2,\"foo\",\"dir\"]", "[2,\"foo\",\"\"]"),
      replaced(good, "[2,\"foo\",\"dir\"]", "[2,\"foo\",\"dir\",1]"),
      replaced(good, "[2,\"foo\",\"dir\"]", "[4294967298,\"foo\",\"dir\"]"),
      replaced(good, "1600000000", "16e8"),
      replaced(good, "\"- first\"", "\"- first\",1"),
      replaced(good, "\"url\"", "\"uri\""),
      replaced(good, "{\"archive_size\":12800,", "{\"archive_size\":0,"),
      replaced(good, "builder", "builde\xff"),
  };
  for (const std::string& body : changed) {
    const auto read = parse_details(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, Errc::corrupt) << body;
    EXPECT_EQ(read.error().about, About::body) << body;
  }
}

TEST(PulpDetails, AreCorruptAtWhateverByteTheyEnd) {
  const std::string good = encoded(given::full_details());
  for (std::size_t size = 0; size < good.size(); ++size)
    ASSERT_FALSE(parse_details(std::string_view(good).substr(0, size))) << size;
}

TEST(PulpDetails, AreNotWrittenWithTextThatIsNotUtf8) {
  const auto refused = [](auto change) {
    Details details = given::full_details();
    change(details);
    const auto body = encode_details(details);
    return !body && body.error().code == Errc::invalid && body.error().about == About::body;
  };
  const std::string bad = "caf\xe9";
  EXPECT_TRUE(refused([&](Details& d) { d.description = bad; }));
  EXPECT_TRUE(refused([&](Details& d) { d.vendor = bad; }));
  EXPECT_TRUE(refused([&](Details& d) { d.requires_[1].version = bad; }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->summary = bad; }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->enhances[0].name = bad; }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->directories[0] = bad; }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->files[0].name = bad; }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->changelogs[0].author = bad; }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->changelogs[0].text = bad; }));
}

TEST(PulpDetails, AreNotWrittenWithWhatCouldNotBeReadAgain) {
  const auto refused = [](auto change) {
    Details details = given::full_details();
    change(details);
    const auto body = encode_details(details);
    return !body && body.error().code == Errc::invalid;
  };
  const std::uint64_t beyond = std::uint64_t{1} << 53;
  EXPECT_TRUE(refused([&](Details& d) { d.size = beyond; }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->build_time = beyond; }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->changelogs[0].time = beyond; }));
  EXPECT_TRUE(refused([&](Details& d) { d.provides[0].name.clear(); }));
  EXPECT_TRUE(refused([&](Details& d) { d.rpm->files[0].directory = 3; }));
}

TEST(PulpDetails, HaveABound) {
  Details details;
  const std::size_t around = encoded(details).size() + std::string_view(R"("group":"")").size();
  details.group.assign(kDetailsBytesMax - around, 'x');
  EXPECT_EQ(encoded(details).size(), kDetailsBytesMax);
  EXPECT_TRUE(parse_details(encoded(details)));
  details.group += 'x';
  const auto body = encode_details(details);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, Errc::too_large);
}

TEST(PulpDocument, IsReadWithoutWhatFollowsIt) {
  Details expected = given::full_details();
  expected.rpm.reset();
  const std::string body = encoded(given::full_details());
  const auto read = parse_document(body);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, expected);
  EXPECT_TRUE(parse_document(encoded(expected)));
  // That the rest is not even looked at is what makes it cheap.
  EXPECT_TRUE(parse_document(replaced(body, "\"archive_size\"", "what this is")));
}

TEST(PulpDocument, IsFoundWhereItsTextsHoldQuotesAndBraces) {
  Details details = given::full_details();
  details.description = "} \" \\ {{ \\\"";
  const auto read = parse_document(encoded(details));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->description, details.description);
}

TEST(PulpDocument, IsRefusedWhereItIsNotAsWritten) {
  const std::string good = R"({"document":{"group":"g"}})";
  ASSERT_TRUE(parse_document(good));
  for (const std::string& body :
       {std::string(), std::string("{\"document\":"), std::string("{\"document\":{"),
        std::string(R"({"document":{"group":"g"})"), good + "x", replaced(good, "group", "grupp"),
        std::string(R"({"document":{"group":"g"},"other":{}})"),
        std::string(R"({"document":{"group":"\u0067"}})")}) {
    const auto read = parse_document(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, Errc::corrupt);
  }
}

TEST(RpmText, StaysAsItIsWhenItIsUtf8) {
  EXPECT_EQ(as_utf8("naïve — 例"), "naïve — 例");
  EXPECT_EQ(as_utf8(""), "");
}

TEST(RpmText, IsLatin1WhenItIsNotUtf8) {
  EXPECT_EQ(as_utf8("caf\xe9"), "café");
  EXPECT_EQ(as_utf8("\x80\xff"), "\xc2\x80\xc3\xbf");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_TRUE(is_valid_utf8(as_utf8(all)));
}

TEST(Comparisons, HaveRepodatasWords) {
  for (const auto one : {Comparison::any, Comparison::eq, Comparison::lt, Comparison::le,
                         Comparison::gt, Comparison::ge})
    EXPECT_EQ(parse_comparison(to_string(one)), one);
  EXPECT_EQ(to_string(Comparison::ge), "GE");
  EXPECT_FALSE(parse_comparison("NE"));
}

TEST(PulpDetails, KeepPathsThatRepodataCanRepeat) {
  auto details = given::full_details();
  details.rpm->directories = {"/" + std::string(4'000, 'd') + "/"};
  details.rpm->files.assign(10, {0, "f", FileKind::file});
  EXPECT_TRUE(encode_details(details).has_value());
  details.rpm->files.front().name = std::string(100, 'f');
  const auto long_path = encode_details(details);
  ASSERT_FALSE(long_path.has_value());
  EXPECT_EQ(long_path.error().code, Errc::too_large);
  details.rpm->files.assign(5'000, {0, "f", FileKind::file});  // 20 MB of paths in 100 kB
  const auto many = encode_details(details);
  ASSERT_FALSE(many.has_value());
  EXPECT_EQ(many.error().code, Errc::too_large);
}

}  // namespace
}  // namespace varve::pulp
