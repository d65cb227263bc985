// /pulp/repos: what dnf reads of a repository, now, as of then, and while it changes.
#include <gtest/gtest.h>
#include <zlib.h>

#include "api/surface/gzip.h"
#include "tests/unit/api/surface/accounts.h"
#include "tests/unit/api/surface/rpm_repository.h"

namespace varve::test {
namespace {

std::string unzipped(const std::string& bytes) {
  z_stream stream{};
  std::string out(4 << 20, '\0');
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

const std::string kRepo = "/pulp/repos/stable/";

class PulpRepos : public testing::Test {
 protected:
  std::string primary(const std::string& base = kRepo) {
    const Answer repomd = server.get(base + "repodata/repomd.xml");
    EXPECT_EQ(repomd.status, 200U) << repomd.body;
    const Answer answer = server.get(base + files_of(repomd.body)["primary"]);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return unzipped(answer.body);
  }
  static std::string location(const std::string& bytes, const std::string& name) {
    return "Packages/" + Digest::of(bytes).hex() + "/" + name;
  }
  void forget() { server.services().state = std::make_shared<RunState>(); }

  TestServer server;
  RpmRepository repository{server, "stable"};
  const std::string one = rpm_named("one", "1.0");
  const std::string two = rpm_named("two", "1.0");
  const std::string one_file = "one-1.0-1.noarch.rpm";
};

TEST_F(PulpRepos, NamesFilesByTheirDigests) {
  repository.publish(one);
  const Answer repomd = server.get(kRepo + "repodata/repomd.xml");
  EXPECT_EQ(repomd.header("Content-Type"), "text/xml");
  EXPECT_EQ(repomd.header("Cache-Control"), "no-cache");
  EXPECT_EQ(repomd.number("Varve-Index") + 1, server.size());
  const auto files = files_of(repomd.body);
  ASSERT_EQ(files.size(), 3U);
  for (const auto& [type, href] : files) {
    const Answer file = server.get(kRepo + href);
    ASSERT_EQ(file.status, 200U) << href;
    const std::string digest = Digest::of(file.body).hex();
    EXPECT_EQ(href,
              "repodata/" + std::to_string(server.size()) + "-" + digest + "-" + type + ".xml.gz");
    EXPECT_NE(repomd.body.find("<open-checksum type=\"sha256\">" +
                               Digest::of(unzipped(file.body)).hex() + "<"),
              std::string::npos);
    EXPECT_NE(repomd.body.find("<open-size>" + std::to_string(unzipped(file.body).size()) + "<"),
              std::string::npos);
    EXPECT_EQ(file.header("Content-Type"), "application/gzip");
    EXPECT_NE(file.header("Cache-Control").find("immutable"), std::string::npos);
  }
}

TEST_F(PulpRepos, ListsItsMembersInOrderAndNobodyElses) {
  RpmRepository other(server, "other");
  other.publish(rpm_named("strange", "1"));
  repository.create(rpm_named("orphan", "1"));
  repository.publish(two);
  repository.publish(one);
  const std::string xml = primary();
  EXPECT_NE(xml.find("packages=\"2\""), std::string::npos);
  EXPECT_LT(xml.find("<name>one</name>"), xml.find("<name>two</name>"));
  EXPECT_EQ(xml.find("strange"), std::string::npos);
  EXPECT_EQ(xml.find("orphan"), std::string::npos);
  EXPECT_NE(xml.find("<location href=\"" + location(one, one_file) + "\"/>"), std::string::npos);
  EXPECT_NE(xml.find("<size package=\"" + std::to_string(one.size()) + "\""), std::string::npos);
}

TEST_F(PulpRepos, LeavesOutWhatHasNoFile) {
  repository.add(repository.create(one, false));
  EXPECT_NE(primary().find("packages=\"0\""), std::string::npos);
}

TEST_F(PulpRepos, IsEmptyAtFirst) {
  EXPECT_NE(primary().find("packages=\"0\""), std::string::npos);
}

TEST_F(PulpRepos, KeepsEveryRevisionsFilesWhenItChanges) {
  repository.publish(one);
  const std::string before = repository.repomd();
  std::map<std::string, std::string> bytes;
  for (const auto& [type, href] : files_of(before)) bytes[href] = server.get(kRepo + href).body;
  repository.publish(two);
  EXPECT_NE(repository.repomd(), before);
  // From memory, and made again.
  for (int round = 0; round < 2; ++round) {
    for (const auto& [href, expected] : bytes) {
      const Answer file = server.get(kRepo + href);
      EXPECT_EQ(file.status, 200U);
      EXPECT_EQ(file.body, expected) << href;
    }
    forget();
  }
}

TEST_F(PulpRepos, IsTheSameBytesWhenItIsMadeAgain) {
  repository.publish(one);
  const std::string before = repository.repomd();
  forget();
  EXPECT_EQ(repository.repomd(), before);
}

TEST_F(PulpRepos, IsChangedByNothingThatHappensElsewhere) {
  repository.publish(one);
  const Answer before = server.get(kRepo + "repodata/repomd.xml");
  RpmRepository other(server, "other");
  other.publish(two);
  server.push_blob("lib/app", "a blob");
  forget();
  const Answer again = server.call({http::Method::get,
                                    kRepo + "repodata/repomd.xml",
                                    {{"If-None-Match", before.header("ETag")}}});
  EXPECT_EQ(again.status, 304U);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(server.get(kRepo + "repodata/repomd.xml").body, before.body);
}

TEST_F(PulpRepos, IsAsItWasAsOfThen) {
  repository.publish(one);
  const std::string then = std::to_string(server.size());
  repository.publish(two);
  for (const std::string& base : {"/pulp/repos/asof." + then + "/stable/"}) {
    const std::string xml = primary(base);
    EXPECT_NE(xml.find("<name>one</name>"), std::string::npos);
    EXPECT_EQ(xml.find("<name>two</name>"), std::string::npos);
  }
  const std::string repomd =
      server.get("/pulp/repos/asof." + then + "/stable/repodata/repomd.xml").body;
  EXPECT_EQ(server.get(kRepo + "repodata/repomd.xml?as_of=" + then).body, repomd);
  EXPECT_NE(repository.repomd(), repomd);
}

TEST_F(PulpRepos, RefusesMomentsThatAreNone) {
  repository.publish(one);
  const auto status = [&](const std::string& path) {
    return server.get("/pulp/repos/" + path).status;
  };
  EXPECT_EQ(status("asof.1/stable/repodata/repomd.xml"), 404U);  // before it was there
  EXPECT_EQ(status("asof.999999/stable/repodata/repomd.xml"), 404U);
  EXPECT_EQ(status("asof.x/stable/repodata/repomd.xml"), 400U);
  EXPECT_EQ(status("asof.5/stable/repodata/repomd.xml?as_of=5"), 400U);
  EXPECT_EQ(status("other/stable/repodata/repomd.xml"), 404U);
  EXPECT_EQ(status("asof.5/repodata/repomd.xml"), 404U);
}

TEST_F(PulpRepos, KnowsNoOtherRepository) {
  for (const std::string name : {"absent", "UPPER", "a%2fb", "..", "%FF"})
    EXPECT_EQ(server.get("/pulp/repos/" + name + "/repodata/repomd.xml").status, 404U) << name;
}

TEST_F(PulpRepos, AnswersOnlyWhatIsWhatTheNameSays) {
  repository.publish(one);
  repository.repomd();
  const std::string size = std::to_string(server.size());
  const std::string real = files_of(repository.repomd())["primary"].substr(9);
  const std::string hex = real.substr(size.size() + 1, 64);
  ASSERT_EQ(server.get(kRepo + "repodata/" + real).status, 200U);
  for (const std::string& name :
       {size + "-" + Digest::of("x").hex() + "-primary.xml.gz", size + "-" + hex + "-other.xml.gz",
        std::to_string(server.size() - 1) + "-" + hex + "-primary.xml.gz",
        std::to_string(server.size() + 1) + "-" + hex + "-primary.xml.gz",
        "0-" + hex + "-primary.xml.gz", "18446744073709551615-" + hex + "-primary.xml.gz",
        hex + "-primary.xml.gz", std::string("primary.xml.gz"), std::string("repomd.xml.asc")})
    EXPECT_EQ(server.get(kRepo + "repodata/" + name).status, 404U) << name;
}

TEST_F(PulpRepos, ShowsNoRevisionThatCameAfterThen) {
  repository.publish(one);
  const std::string then = std::to_string(server.size());
  repository.publish(two);
  const std::string later = files_of(repository.repomd())["primary"];
  EXPECT_EQ(server.get(kRepo + later).status, 200U);
  EXPECT_EQ(server.get("/pulp/repos/asof." + then + "/stable/" + later).status, 404U);
}

TEST_F(PulpRepos, ServesThePackagesBytes) {
  repository.publish(one);
  const std::string target = kRepo + location(one, one_file);
  const Answer whole = server.get(target);
  EXPECT_EQ(whole.status, 200U);
  EXPECT_EQ(whole.body, one);
  EXPECT_EQ(whole.header("Accept-Ranges"), "bytes");
  const Answer head = server.head(target);
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.content_length, one.size());
  const Answer part = server.call({http::Method::get, target, {{"Range", "bytes=2-5"}}});
  EXPECT_EQ(part.status, 206U);
  EXPECT_EQ(part.body, one.substr(2, 4));
  const Answer beyond = server.call({http::Method::get, target, {{"Range", "bytes=99999-"}}});
  EXPECT_EQ(beyond.status, 416U);
  EXPECT_EQ(beyond.header("Content-Range"), "bytes */" + std::to_string(one.size()));
  const Answer same =
      server.call({http::Method::get, target, {{"If-None-Match", whole.header("ETag")}}});
  EXPECT_EQ(same.status, 304U);
}

TEST_F(PulpRepos, ServesNoOtherBytes) {
  RpmRepository other(server, "other");
  other.publish(two);
  repository.publish(one);
  server.push_blob("lib/app", "a blob");
  const auto status = [&](const std::string& path) { return server.get(kRepo + path).status; };
  EXPECT_EQ(status(location(two, "two-1.0-1.noarch.rpm")), 404U);
  EXPECT_EQ(status(location(one, "other.rpm")), 404U);
  EXPECT_EQ(status(location("a blob", "a")), 404U);
  EXPECT_EQ(status("Packages/xyz/" + one_file), 404U);
}

TEST_F(PulpRepos, ServesARemovedPackageToClientsThatReadTheMetadataBefore) {
  const std::string empty = std::to_string(server.size());
  const auto id = repository.publish(one);
  const std::string then = std::to_string(server.size());
  repository.remove(id);
  for (const std::string& base : {kRepo, "/pulp/repos/asof." + then + "/stable/"}) {
    const Answer answer = server.get(base + location(one, one_file));
    EXPECT_EQ(answer.status, 200U) << base;
    EXPECT_EQ(answer.body, one) << base;
  }
  EXPECT_EQ(server.get("/pulp/repos/asof." + empty + "/stable/" + location(one, one_file)).status,
            404U);
}

TEST_F(PulpRepos, SaysOfPurgedBytesThatTheyAreGone) {
  repository.publish(one);
  const auto removed =
      server.services().blobs.remove(Digest::of(one), []() -> Result<bool> { return true; });
  ASSERT_TRUE(removed.has_value() && *removed);
  EXPECT_EQ(server.get(kRepo + location(one, one_file)).status, 410U);
}

TEST_F(PulpRepos, EscapesFileNamesOnceForEveryClient) {
  const auto read = rpm::read_rpm(rpm::MemorySource(one));
  ASSERT_TRUE(read.has_value());
  pulp::PackageRow row{pulp::PackageId::from_random(std::string(16, 'x')),
                       {pulp::Word::parse("n").value(), pulp::Word::parse("1").value(),
                        pulp::Word::parse("1").value(), pulp::Word::parse("0").value(),
                        pulp::Word::parse("noarch").value()},
                       {pulp::Word::parse("sha256").value(), pulp::Word::parse("0").value()},
                       pulp::Word::parse("g++-1.0~rc1^git%2f#?.rpm").value(),
                       Digest::of("d"),
                       1,
                       Digest::of("f"),
                       0,
                       EntryIndex{0}};
  EXPECT_EQ(surface::package_location(row),
            "Packages/" + Digest::of("f").hex() + "/g++-1.0~rc1^git%252f%23%3F.rpm");
}

TEST(PulpReposAccess, IsThePullOfNowOnTheRepository) {
  TestServer server({.dev = false});
  RpmRepository repository(server, "stable");
  const std::string bytes = rpm_named("one", "1.0");
  const std::string then = std::to_string(server.size() + 1);
  repository.publish(bytes);
  Accounts accounts(server);
  const auto reader = PrincipalName::parse("reader").value();
  accounts.run(trust::SetGrant{reader, Resource::parse("rpm/stable").value(), Rights{Right::pull}});
  const std::string href =
      files_of(std::get<std::shared_ptr<const std::string>>(
                   accounts.ask("root", http::Method::get, kRepo + "repodata/repomd.xml").body)
                   ->c_str())["other"];
  for (const std::string& path :
       {kRepo + "repodata/repomd.xml", kRepo + href,
        kRepo + "Packages/" + Digest::of(bytes).hex() + "/one-1.0-1.noarch.rpm",
        "/pulp/repos/asof." + std::to_string(server.size()) + "/stable/repodata/repomd.xml",
        kRepo + "repodata/repomd.xml?as_of=" + std::to_string(server.size())}) {
    EXPECT_EQ(accounts.ask("nobody", http::Method::get, path).status, 401U) << path;
    EXPECT_EQ(accounts.ask("gone", http::Method::get, path).status, 401U) << path;
    EXPECT_EQ(accounts.ask("stranger", http::Method::get, path).status, 403U) << path;
    EXPECT_EQ(accounts.ask("reader", http::Method::get, path).status, 200U) << path;
    EXPECT_EQ(accounts.ask("root", http::Method::get, path).status, 200U) << path;
  }
  // Whether there is one is not told either.
  EXPECT_EQ(
      accounts.ask("stranger", http::Method::get, "/pulp/repos/no/repodata/repomd.xml").status,
      403U);
}

TEST(Gzip, IsTheSameBytesWithoutTimeOrSystem) {
  const auto zipped = [](const std::vector<std::string>& pieces) {
    surface::Gzip gzip;
    for (const std::string& piece : pieces) gzip.write(piece);
    return gzip.finish();
  };
  const std::string bytes = zipped({"some ", "text"});
  EXPECT_EQ(bytes, zipped({"some text"}));
  EXPECT_EQ(unzipped(bytes), "some text");
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x1f\x8b\x08\0\0\0\0\0", 8));
  EXPECT_EQ(bytes[9], '\xff');
  EXPECT_EQ(unzipped(zipped({})), "");
  std::string large;
  for (int i = 0; large.size() < 1'000'000; ++i) large += Digest::of(std::to_string(i)).raw();
  EXPECT_EQ(unzipped(zipped({large})), large);
}

}  // namespace
}  // namespace varve::test
