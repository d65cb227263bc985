// Real RPMs made by rpmbuild: what is read from them, and that no damage goes unnoticed.
#include "api/rpm/read_rpm.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/support/rpm_build.h"
#include "tests/support/rpm_bytes.h"
#include "tests/support/test_directory.h"

namespace varve::rpm {
namespace {

using pulp::Comparison;

const std::filesystem::path& everything() {
  static const test::TestDirectory directory;
  static const std::filesystem::path path =
      test::build_rpm(directory.path(), test::everything_spec());
  return path;
}

const pulp::Dependency* named(const std::vector<pulp::Dependency>& list, std::string_view name) {
  for (const auto& one : list)
    if (one.name == name) return &one;
  return nullptr;
}

std::string shown(const pulp::Dependency* one) {
  if (one == nullptr) return "none";
  return one->name + " " + std::string(to_string(one->flags)) + " " + one->epoch + ":" +
         one->version + "-" + one->release + (one->pre ? " pre" : "");
}

TEST(ReadRpm, SaysWhatARealPackageIsCalled) {
  const auto package = read_rpm(everything());
  ASSERT_TRUE(package) << package.error().what;
  EXPECT_EQ(package->nevra, (Nevra{"every-thing+", "2", "1.5~rc1", "3", "noarch"}));
  const std::string bytes = test::file_bytes(everything());
  EXPECT_EQ(package->digest, Digest::of(bytes));
  EXPECT_EQ(package->size, bytes.size());
  EXPECT_EQ(package->details.size, bytes.size());
}

TEST(ReadRpm, SaysHowARealPackageIsDescribed) {
  const auto package = read_rpm(everything());
  ASSERT_TRUE(package);
  const pulp::Details& details = package->details;
  EXPECT_EQ(details.description, "Does <things> & \"more\",\nover two lines — 例.");
  EXPECT_EQ(details.license, "MIT and \"others\"");
  EXPECT_EQ(details.group, "Applications/Text");
  EXPECT_EQ(details.vendor, "Example & Sons");
  EXPECT_FALSE(details.buildhost.empty());
  ASSERT_TRUE(details.rpm);
  EXPECT_EQ(details.rpm->summary, "Things & <more>, naïve");
  EXPECT_EQ(details.rpm->packager, "Jo <jo@example.org>");
  EXPECT_EQ(details.rpm->url, "https://every.example/?a=1&b=2");
  EXPECT_EQ(details.rpm->source_rpm, "every-thing+-1.5~rc1-3.src.rpm");
  EXPECT_GT(details.rpm->build_time, 1'700'000'000U);
  EXPECT_GT(details.rpm->archive_size, 0U);
  EXPECT_LT(details.rpm->header_end, package->size);
}

TEST(ReadRpm, SaysWhatARealPackageNeeds) {
  const auto package = read_rpm(everything());
  ASSERT_TRUE(package);
  const pulp::Details& details = package->details;
  EXPECT_EQ(shown(named(details.requires_, "libfoo")), "libfoo GE 1:2.3-4");
  EXPECT_EQ(shown(named(details.requires_, "plain")), "plain  :-");
  EXPECT_EQ(shown(named(details.requires_, "shadow")), "shadow LT 0:9- pre");
  EXPECT_EQ(shown(named(details.requires_, "/sbin/ldconfig")), "/sbin/ldconfig  :- pre");
  EXPECT_EQ(shown(named(details.provides, "things")), "things EQ 0:1.5-");
  EXPECT_EQ(shown(named(details.rpm->conflicts, "nothing")), "nothing GT 0:3-");
  EXPECT_EQ(shown(named(details.rpm->obsoletes, "something")), "something LE 2:1-1");
  EXPECT_EQ(shown(named(details.rpm->recommends, "good")), "good  :-");
  EXPECT_EQ(shown(named(details.rpm->suggests, "better")), "better EQ 0:1-");
  EXPECT_EQ(shown(named(details.rpm->supplements, "best")), "best  :-");
  EXPECT_EQ(shown(named(details.rpm->enhances, "rest")), "rest  :-");
}

TEST(ReadRpm, SaysWhichFilesARealPackageHas) {
  const auto package = read_rpm(everything());
  ASSERT_TRUE(package);
  const pulp::Rpm& rpm = *package->details.rpm;
  std::string files;
  for (const pulp::RpmFile& file : rpm.files)
    files += std::to_string(static_cast<int>(file.kind)) + " " + rpm.directories[file.directory] +
             file.name + "\n";
  EXPECT_EQ(files,
            "0 /etc/every.conf\n"
            "0 /usr/bin/every\n"
            "1 /usr/share/every\n"
            "0 /usr/share/every/a & b\n"
            "2 /usr/share/every/cache\n"
            "1 /usr/share/every/empty\n");
  ASSERT_EQ(rpm.changelogs.size(), 2U);
  EXPECT_EQ(rpm.changelogs[0].text, "- second");
  EXPECT_EQ(rpm.changelogs[1].text, "- third & last\n- über alles");
  EXPECT_EQ(rpm.changelogs[1].author, "Jo <jo@example.org> - 2:1.5~rc1-3");
  EXPECT_EQ(rpm.changelogs[1].time, 1'741'089'600U);  // noon of 2025-03-04
}

TEST(ReadRpm, GivesTheBodyThatSaysTheSame) {
  const auto package = read_rpm(everything());
  ASSERT_TRUE(package);
  const auto details = pulp::parse_details(package->body);
  ASSERT_TRUE(details) << details.error().what;
  EXPECT_EQ(*details, package->details);
}

TEST(ReadRpm, ReadsASourcePackage) {
  const test::TestDirectory directory;
  const auto package = read_rpm(test::build_rpm(directory.path(), test::everything_spec(), "-bs"));
  ASSERT_TRUE(package) << package.error().what;
  EXPECT_EQ(package->nevra.arch, "src");
}

TEST(ReadRpm, RefusesARealPackageCutAnywhere) {
  const std::string bytes = test::file_bytes(everything());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto package = read_rpm(MemorySource(std::string_view(bytes).substr(0, size)));
    ASSERT_FALSE(package) << size;
    ASSERT_EQ(package.error().code, Errc::invalid) << size << package.error().what;
    ASSERT_EQ(package.error().about, About::body) << size;
  }
}

TEST(ReadRpm, NoticesEveryDamagedByteThatMeansAnything) {
  const std::string bytes = test::file_bytes(everything());
  const auto good = read_rpm(MemorySource(bytes));
  ASSERT_TRUE(good);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x11);
    const auto package = read_rpm(MemorySource(damaged));
    // The lead's own name for it and reserved space mean nothing; another file it is all the same.
    if (package) {
      ASSERT_LT(at, good->details.rpm->header_start) << at;
      ASSERT_EQ(package->nevra, good->nevra) << at;
      ASSERT_NE(package->digest, good->digest) << at;
    } else {
      ASSERT_TRUE(package.error().code == Errc::invalid || package.error().code == Errc::too_large)
          << at << package.error().what;
      ASSERT_EQ(package.error().about, About::body);
    }
  }
}

TEST(ReadRpm, RefusesOnePackagesHeaderBeforeAnothersPayload) {
  const test::TestDirectory directory;
  std::string spec = test::everything_spec();
  spec.replace(spec.find("echo conf"), 9, "echo other");
  const std::string one = test::file_bytes(everything());
  const std::string other = test::file_bytes(test::build_rpm(directory.path(), spec));
  const auto first = read_frame(MemorySource(one));
  const auto second = read_frame(MemorySource(other));
  ASSERT_TRUE(first && second);
  const auto mixed =
      read_rpm(MemorySource(one.substr(0, first->header_end) + other.substr(second->header_end)));
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code, Errc::invalid);
}

TEST(ReadRpm, RefusesADescriptionThatIsTooLong) {
  const std::string bytes =
      test::rpm_of(test::small_header().text(1005, std::string(pulp::kDetailsBytesMax, 'd')));
  const auto package = read_rpm(MemorySource(bytes));
  ASSERT_FALSE(package);
  EXPECT_EQ(package.error().code, Errc::too_large);
}

TEST(ReadRpm, LeavesADescriptorWhereItIs) {
  const int fd = ::open(everything().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::lseek(fd, 7, SEEK_SET), 7);
  EXPECT_TRUE(read_rpm(fd));
  EXPECT_EQ(::lseek(fd, 0, SEEK_CUR), 7);
  ::close(fd);
}

TEST(ReadRpm, SaysWhatIsWrongWithAFileThatIsNone) {
  const test::TestDirectory directory;
  EXPECT_EQ(read_rpm(directory.path() / "absent.rpm").error().code, Errc::not_found);
  EXPECT_EQ(read_rpm(directory.path()).error().code, Errc::invalid);
  const std::filesystem::path pipe = directory.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read_rpm(pipe).error().code, Errc::invalid);
}

TEST(ReadRpm, MayBeAskedByManyThreadsAtOnce) {
  const std::string bytes = test::file_bytes(everything());
  const std::string body = read_rpm(MemorySource(bytes))->body;
  std::vector<std::jthread> threads;
  std::atomic<int> same = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        const auto package = read_rpm(MemorySource(bytes));
        if (package && package->body == body) ++same;
      }
    });
  threads.clear();
  EXPECT_EQ(same, 100);
}

}  // namespace
}  // namespace varve::rpm
