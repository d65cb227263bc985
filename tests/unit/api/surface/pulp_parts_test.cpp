// The parts of Pulp's surface by themselves: bodies, documents, expressions, checksums.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "api/http/problem.h"
#include "api/surface/pulp.h"
#include "api/surface/pulp_checksum.h"
#include "api/surface/pulp_document.h"
#include "api/surface/pulp_filters.h"
#include "api/surface/pulp_json.h"
#include "tests/support/packages_given.h"
#include "tests/support/pulp_given.h"

namespace varve::surface {
namespace {

// ---- bodies ----

PulpDocument document(std::string_view text) {
  return PulpDocument::parse(text).value();
}

TEST(PulpBody, TakesWhatIsOfTheRightType) {
  const auto d = document(R"({"t":"x","n":7,"b":true,"l":["a","b"],"o":{"i":"y"},"z":null})");
  EXPECT_EQ(d.text("t").value(), "x");
  EXPECT_EQ(d.optional_number("n").value(), 7U);
  EXPECT_EQ(d.optional_flag("b").value(), true);
  EXPECT_EQ(d.optional_texts("l").value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(d.optional_object("o").value()->text("i").value(), "y");
  EXPECT_EQ(d.optional_text_or_number("n").value(), "7");
  EXPECT_EQ(d.optional_text("z").value(), std::nullopt);
  EXPECT_EQ(d.optional_text("none").value(), std::nullopt);
  EXPECT_TRUE(d.has("t"));
  EXPECT_FALSE(d.has("z"));
}

TEST(PulpBody, NamesTheParameterOfAnotherType) {
  const auto d = document(R"({"x":[1],"neg":-1,"f":1.5})");
  for (const auto& error :
       {d.text("x").error(), d.optional_number("x").error(), d.optional_flag("x").error(),
        d.optional_texts("x").error(), d.optional_object("x").error()}) {
    EXPECT_EQ(error.code, Errc::invalid);
    EXPECT_EQ(error.about, About::body);
    EXPECT_EQ(error.what.rfind("parameter x: ", 0), 0U) << error.what;
  }
  for (const char* name : {"neg", "f"}) {
    EXPECT_FALSE(d.optional_number(name)) << name;
    EXPECT_FALSE(d.optional_text_or_number(name)) << name;
  }
}

TEST(PulpBody, TakesDependenciesInBothForms) {
  const auto d = document(R"({"r":["a",["b","GE",["0","1","2"]]],"bad":[[]],"worse":[{}]})");
  EXPECT_EQ(d.optional_first_texts("r").value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(d.optional_first_texts("bad"));
  EXPECT_FALSE(d.optional_first_texts("worse"));
}

TEST(PulpBody, IsOneObjectThatEverybodyReadsAlike) {
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{"),
                                  std::string("{\"a\":1,\"a\":2}"), std::string("{\"a\":\"\xff\"}"),
                                  std::string("{}{}"), std::string("{\"a\":18446744073709551616}"),
                                  "{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}"})
    EXPECT_FALSE(PulpDocument::parse(text)) << text;
  EXPECT_EQ(parse_texts(R"(["a","b"])").value(), (std::vector<std::string>{"a", "b"}));
  for (const char* text : {"{}", "[1]", "[[\"a\"]]", "", "[\"a\""}) EXPECT_FALSE(parse_texts(text));
}

// ---- documents ----

std::string golden(const std::string& name) {
  std::ifstream file(std::string(VARVE_GOLDEN_DIR) + "/pulp/" + name);
  std::stringstream text;
  text << file.rdbuf();
  std::string whole = text.str();
  if (whole.ends_with('\n')) whole.pop_back();
  return whole;
}

pulp::PackageRow full_row() {
  return {test::package_id(7),
          {test::word("foo+bar"), test::word("1.0~rc1"), test::word("1"), test::word("2"),
           test::word("noarch")},
          test::sha256("rpm"),
          test::word("foo+bar-1.0~rc1-1.noarch.rpm"),
          Digest::of("details"),
          7,
          Digest::of("rpm"),
          0,
          EntryIndex{9}};
}

TEST(PulpPackageDocument, OfAPackageThatSaysEverythingIsTheGoldenOne) {
  const auto row = full_row();
  std::string out;
  write_package(out,
                {row, given::full_details(), {test::rpm_repo("el9"), test::rpm_repo("el9-test")}},
                "https://registry.example", PackageFields::all());
  EXPECT_EQ(out, golden("package.json"));
}

TEST(PulpPackageDocument, HasTheMembersThatAreAskedForAndItsId) {
  const auto row = full_row();
  std::string out;
  const auto fields = PackageFields::of({"version", "name", "_ns", "x"});
  EXPECT_FALSE(fields.needs_details());
  write_package(out, {row, {}, {}}, "", fields);
  EXPECT_EQ(out, R"({"_id":"00000007-0000-4000-8000-000000000000","_ns":"packages",)"
                 R"("name":"foo+bar","version":"1.0~rc1"})");
  EXPECT_TRUE(PackageFields::of({"requires"}).needs_details());
}

// ---- expressions ----

TEST(PulpExpressions, AreLookedForAnywhereAndAnyOfThemWill) {
  const auto any = AnyOf::parse({"^ba", "x$"});
  ASSERT_TRUE(any);
  EXPECT_TRUE(any->in("bash"));
  EXPECT_TRUE(any->in("unix"));
  EXPECT_FALSE(any->in("gtk"));
  EXPECT_TRUE(AnyOf::parse({"a.c"})->in("xabcx"));
}

TEST(PulpExpressions, TakeLinearTimeWhateverTheyAre) {
  const auto evil = AnyOf::parse({"(a*)*(a*)*(a|a)*b"});
  ASSERT_TRUE(evil);
  EXPECT_FALSE(evil->in(std::string(255, 'a')));
}

TEST(PulpExpressions, AreBounded) {
  EXPECT_TRUE(AnyOf::parse({std::string(AnyOf::kBytesMax - 2, 'a')}));
  EXPECT_FALSE(AnyOf::parse({std::string(AnyOf::kBytesMax - 1, 'a')}));
  for (const char* text : {"(", "*", "[z-a]", "a**", "(?<name>", "\\1", "\xff", "(x{100}){100}"})
    EXPECT_EQ(AnyOf::parse({text}).error().code, Errc::invalid) << text;
}

// ---- checksums ----

class Bytes final : public BlobFile {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<void> read(std::uint64_t offset, std::size_t length, char* out) const override {
    bytes_.copy(out, length, offset);
    return {};
  }
  int descriptor() const override { return -1; }

 private:
  std::string bytes_;
};

TEST(PulpChecksum, IsComputedForEveryTypeThatRpmsUse) {
  const Bytes abc("abc");
  EXPECT_EQ(checksum_of(abc, "md5").value(), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(checksum_of(abc, "sha1").value(), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(checksum_of(abc, "sha").value(), checksum_of(abc, "sha1").value());
  EXPECT_EQ(checksum_of(abc, "sha224").value(),
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
  EXPECT_EQ(checksum_of(abc, "sha256").value(), Digest::of("abc").hex());
  EXPECT_EQ(checksum_of(abc, "sha384").value().size(), 96U);
  EXPECT_EQ(checksum_of(abc, "sha512").value(), Digest::of("abc", DigestAlgorithm::sha512).hex());
  EXPECT_EQ(checksum_of(abc, "crc32").error().code, Errc::invalid);
  const std::string large(1'000'000, 'x');  // several windows
  EXPECT_EQ(checksum_of(Bytes(large), "sha512").value(),
            Digest::of(large, DigestAlgorithm::sha512).hex());
}

TEST(PulpChecksum, SourceEndsWhereTheFileEnds) {
  const Bytes abc("abc");
  const BlobSource source(abc);
  char two[2];
  EXPECT_TRUE(source.read(1, two));
  EXPECT_FALSE(source.read(2, two));
  EXPECT_FALSE(source.read(UINT64_MAX, two));
}

// ---- words ----

TEST(PulpWords, AreSpokenBelowItsAddressesOnly) {
  for (const char* path : {"/packages", "/packages/x", "/pulp/api/events/", "/pulp/repos/el9/x"})
    EXPECT_TRUE(speaks_pulp(path)) << path;
  for (const char* path : {"/", "/packagesx", "/v2/packages/", "/content/x"})
    EXPECT_FALSE(speaks_pulp(path)) << path;
}

TEST(PulpProblem, IsAJsonStringAndACodeWord) {
  const auto body = [](const Error& error) {
    return std::get<std::string>(http::problem(error, http::Dialect::pulp).body);
  };
  EXPECT_EQ(body({Errc::not_found, About::repository, "No repository", "el9"}),
            "\"No repository el9\"");
  EXPECT_EQ(body({Errc::invalid, About::body, "missing parameter", "name"}),
            "\"missing parameter: name\"");
  EXPECT_EQ(body({Errc::unauthorized, About::request, "who", "a scope"}), "\"who\"");
  EXPECT_EQ(body({Errc::invalid, About::name, "bad", "\xff\"\r\n"}), "\"bad: ?\\\"\\r\\n\"");
}

TEST(PulpProblem, StaysJsonWhateverItIsAbout) {
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code)
    for (int about = 0; about <= static_cast<int>(About::storage); ++about) {
      const Error error(static_cast<Errc>(code), static_cast<About>(about), "why", "\xfe\\");
      const auto response = http::problem(error, http::Dialect::pulp);
      ASSERT_EQ(response.status, http::status_of(error));
      simdjson::dom::parser parser;
      ASSERT_TRUE(parser.parse(std::get<std::string>(response.body)).is_string());
    }
}

}  // namespace
}  // namespace varve::surface
