// Repodata of real RPMs, against what createrepo_c makes of the same files: every byte.
#include "core/pulp/repodata.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "api/rpm/read_rpm.h"
#include "tests/support/rpm_build.h"
#include "tests/support/test_directory.h"

namespace varve::rpm {
namespace {

// Says next to nothing, needs what it brings along, and says it twice.
constexpr const char* kMinimalSpec = R"(Name: minimal
Version: 1
Release: 1
Summary: M
License: L
BuildArch: noarch
AutoReqProv: no
Requires: /usr/bin/minimal
Requires: minimal-virtual
Requires: twice
Requires: twice
Requires(pre): twice
Provides: minimal-virtual
Conflicts: twice
%description
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/lib/minimal
touch %{buildroot}/usr/bin/minimal %{buildroot}/usr/lib/sendmail %{buildroot}/usr/lib/minimal/x
ln -s x %{buildroot}/usr/lib/minimal/link
%files
/usr/bin/minimal
/usr/lib/sendmail
/usr/lib/minimal
)";

// Named so that the order of createrepo_c, which goes by file name, is ours too.
struct Folder {
  test::TestDirectory directory;
  std::vector<std::filesystem::path> files;

  Folder() {
    files.push_back(test::build_rpm(directory.path(), test::everything_spec()));
    files.push_back(test::build_rpm(directory.path(), test::everything_spec(), "-bs"));
    files.push_back(test::build_rpm(directory.path(), kMinimalSpec));
    std::filesystem::remove_all(directory.path() / "rpmbuild");
  }
};

const Folder& folder() {
  static const Folder made;
  return made;
}

std::string by_createrepo(std::string_view file) {
  static const std::string path = folder().directory.path().string();
  static const int status =
      std::system(("createrepo_c --quiet --no-database --simple-md-filenames '" + path +
                   "' && gzip -d '" + path + "'/repodata/*.gz")
                      .c_str());
  EXPECT_EQ(status, 0);
  return test::file_bytes(path + "/repodata/" + std::string(file) + ".xml");
}

std::string by_us(pulp::RepodataFile file) {
  std::string out;
  pulp::append_head(file, folder().files.size(), out);
  for (const std::filesystem::path& path : folder().files) {
    const auto package = read_rpm(path);
    EXPECT_TRUE(package) << package.error().what;
    if (!package) return out;
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    const std::string checksum = package->digest.hex();
    const std::string location = path.filename().string();
    const Nevra& is = package->nevra;
    pulp::append_package(file,
                         {is.name, is.epoch, is.version, is.release, is.arch, checksum, location,
                          static_cast<std::uint64_t>(status.st_mtime), package->size},
                         package->details, out);
  }
  pulp::append_tail(file, out);
  return out;
}

TEST(RepodataOfRealRpms, IsWhatCreaterepoMakes) {
  for (const pulp::RepodataFile file : pulp::kRepodataFiles) {
    const std::string theirs = by_createrepo(to_string(file));
    ASSERT_FALSE(theirs.empty());
    EXPECT_EQ(by_us(file), theirs + "\n") << to_string(file);
  }
}

}  // namespace
}  // namespace varve::rpm
