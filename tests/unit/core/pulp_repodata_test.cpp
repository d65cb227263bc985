// Repodata: the same bytes for ever, and XML that says what the package says. That it is what
// createrepo_c makes of real RPMs is tested beside api/rpm.
#include "core/pulp/repodata.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/support/pulp_given.h"

namespace varve::pulp {
namespace {

std::string golden(std::string_view name) {
  const std::string path = std::string(VARVE_GOLDEN_DIR) + "/pulp/" + std::string(name);
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::string& checksum() {
  static const std::string hex = Digest::of("foo").hex();
  return hex;
}

Listed foo() {
  return {"foo",         "0",  "1.0", "1", "x86_64", checksum(), "Packages/foo-1.0-1.x86_64.rpm",
          1'700'000'001, 4'096};
}

std::string document(RepodataFile file, const Details& details = given::full_details()) {
  std::string out;
  append_head(file, 1, out);
  append_package(file, foo(), details, out);
  append_tail(file, out);
  return out;
}

std::string primary_with(auto change) {
  Details details = given::full_details();
  change(details);
  return document(RepodataFile::primary, details);
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Repodata, IsTheSameBytesForEver) {
  EXPECT_EQ(document(RepodataFile::primary), golden("primary.xml"));
  EXPECT_EQ(document(RepodataFile::filelists), golden("filelists.xml"));
  EXPECT_EQ(document(RepodataFile::other), golden("other.xml"));
}

TEST(Repodata, OfNoPackagesIsADocumentToo) {
  std::string out;
  append_head(RepodataFile::other, 0, out);
  append_tail(RepodataFile::other, out);
  EXPECT_EQ(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<otherdata xmlns=\"http://linux.duke.edu/metadata/other\" packages=\"0\">\n"
            "</otherdata>\n");
}

TEST(Repodata, EscapesMarkupInTextAndAttributes) {
  const std::string xml = primary_with([](Details& d) {
    d.license = "</rpm:license><a b='\"'>&amp;";
    d.rpm->conflicts[0].name = "\"><x a=\"&\n\t\r";
  });
  EXPECT_TRUE(
      holds(xml, "<rpm:license>&lt;/rpm:license&gt;&lt;a b='\"'&gt;&amp;amp;</rpm:license>"));
  EXPECT_TRUE(holds(xml, "name=\"&quot;&gt;&lt;x a=&quot;&amp;&#10;&#9;&#13;\""));
}

TEST(Repodata, LeavesOutWhatXmlCannotHold) {
  std::string text = "a";
  for (char c = 1; c < 0x20; ++c) text += c;
  text += "b\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd";
  text += '\0';
  text += "é";
  const std::string xml = primary_with([&](Details& d) { d.description = text; });
  EXPECT_TRUE(holds(xml, "<description>a\t\n&#13;b\xef\xbf\xbdé</description>"));
}

TEST(Repodata, LeavesOutWhatRpmItselfProvides) {
  EXPECT_FALSE(holds(document(RepodataFile::primary), "rpmlib("));
}

TEST(Repodata, LeavesOutRequirementsThatThePackageFulfils) {
  const auto requires_ = [](Dependency one) {
    return holds(primary_with([&](Details& d) { d.requires_ = {one}; }), "<rpm:requires>");
  };
  EXPECT_FALSE(requires_(given::dependency("/usr/bin/foo")));   // its own, and in primary
  EXPECT_TRUE(requires_(given::dependency("/usr/share/foo")));  // its own, not in primary
  EXPECT_FALSE(requires_(given::dependency("bar")));            // provided
  EXPECT_TRUE(requires_(given::dependency("foo", Comparison::ge, "0", "2")));  // provided, older
  EXPECT_TRUE(requires_(given::dependency("/usr/bin/other")));
}

TEST(Repodata, SaysARequirementOnceUnlessItIsNeededEarlier) {
  const std::string xml = primary_with([](Details& d) {
    d.requires_ = {given::dependency("x"), given::dependency("x"), given::dependency("x")};
    d.requires_[2].pre = true;
  });
  EXPECT_TRUE(holds(xml,
                    "    <rpm:requires>\n"
                    "      <rpm:entry name=\"x\"/>\n"
                    "      <rpm:entry name=\"x\" pre=\"1\"/>\n"
                    "    </rpm:requires>\n"));
}

TEST(Repodata, ListsInPrimaryTheFilesThatOthersRequireByPath) {
  const std::string xml = primary_with([](Details& d) {
    d.rpm->directories = {"/etc/x/", "/opt/sbin/", "/usr/lib/", "/usr/libexec/"};
    d.rpm->files = {{0, "a", FileKind::directory},
                    {1, "b", FileKind::ghost},
                    {2, "sendmail", FileKind::file},
                    {2, "sendmail2", FileKind::file},
                    {3, "c", FileKind::file}};
  });
  EXPECT_TRUE(holds(xml,
                    "    <file type=\"dir\">/etc/x/a</file>\n"
                    "    <file type=\"ghost\">/opt/sbin/b</file>\n"
                    "    <file>/usr/lib/sendmail</file>\n"
                    "  </format>"));
}

TEST(Repodata, IsInTheOrderOfNameVersionArchitectureAndChecksum) {
  std::vector<Listed> list(6, foo());
  list[0].name = "g";
  list[1].epoch = "1";
  list[2].version = "1.1";
  list[3].release = "2";
  list[4].arch = "z";
  list[5].checksum = "ffff";
  std::ranges::sort(list, listed_before);
  EXPECT_EQ(list[0].checksum, "ffff");
  EXPECT_EQ(list[1].arch, "z");
  EXPECT_EQ(list[2].release, "2");
  EXPECT_EQ(list[3].version, "1.1");
  EXPECT_EQ(list[4].epoch, "1");
  EXPECT_EQ(list[5].name, "g");
  EXPECT_FALSE(listed_before(foo(), foo()));
}

TEST(Repomd, IsTheSameBytesForEver) {
  const std::vector<RepodataEntry> entries = {
      {RepodataFile::primary, Digest::of("p.gz"), Digest::of("p"), 10, 20},
      {RepodataFile::filelists, Digest::of("f.gz"), Digest::of("f"), 11, 21},
      {RepodataFile::other, Digest::of("o.gz"), Digest::of("o"), 12, 22}};
  EXPECT_EQ(repomd(184'467, 1'795'000'000, entries), golden("repomd.xml"));
}

TEST(RepodataNames, ComeBack) {
  for (const RepodataFile file : kRepodataFiles) {
    const RepodataName name{7, Digest::of("x"), file};
    const auto read = parse_repodata_name(to_string(name));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->revision, 7U);
    EXPECT_EQ(read->checksum, name.checksum);
    EXPECT_EQ(read->file, file);
  }
}

TEST(RepodataNames, AreOfOneForm) {
  const std::string hex = checksum();
  for (const std::string& text :
       {std::string(), std::string("repomd.xml"), hex + "-primary.xml.gz",
        "07-" + hex + "-primary.xml.gz", "7-" + hex.substr(2) + "-primary.xml.gz",
        "7-" + hex + "00-primary.xml.gz", "7-" + hex + "-secondary.xml.gz",
        "7-" + hex + "-primary.xml", "7-" + hex + "-primary-x.xml.gz",
        "-7-" + hex + "-primary.xml.gz", "99999999999999999999-" + hex + "-primary.xml.gz",
        "7-" + hex + ".xml.gz"})
    EXPECT_FALSE(parse_repodata_name(text)) << text;
}

}  // namespace
}  // namespace varve::pulp
