// rpmbuild as a child process.
#include "tests/support/rpm_build.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "core/base/error.h"

namespace varve::test {

std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  VARVE_ASSERT(out.flush());
}

std::filesystem::path build_rpm(const std::filesystem::path& directory, const std::string& spec,
                                const std::string& what) {
  const std::filesystem::path top = directory / "rpmbuild";
  std::filesystem::remove_all(top);
  std::filesystem::create_directories(top);
  const std::filesystem::path spec_file = top / "package.spec";
  write_file(spec_file, spec);
  const std::string command = "HOME='" + top.string() + "' LC_ALL=C.UTF-8 rpmbuild " + what +
                              " --quiet --define '_topdir " + top.string() + "' '" +
                              spec_file.string() + "' >'" + top.string() + "/log' 2>&1";
  const int status = std::system(command.c_str());
  if (status != 0) std::fputs(file_bytes(top / "log").c_str(), stderr);
  VARVE_ASSERT(status == 0);
  std::filesystem::path made;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top))
    if (entry.path().extension() == ".rpm") made = directory / entry.path().filename();
  VARVE_ASSERT(!made.empty());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top))
    if (entry.path().filename() == made.filename()) {
      std::filesystem::rename(entry.path(), made);
      break;
    }
  return made;
}

std::string everything_spec() {
  return R"(Name: every-thing+
Epoch: 2
Version: 1.5~rc1
Release: 3
Summary: Things & <more>, naïve
License: MIT and "others"
Group: Applications/Text
Vendor: Example & Sons
Packager: Jo <jo@example.org>
URL: https://every.example/?a=1&b=2
BuildArch: noarch
AutoReqProv: no
Requires: /bin/sh
Requires: libfoo >= 1:2.3-4
Requires: plain
Requires(pre): shadow < 9
Requires(post): /sbin/ldconfig
Requires: /etc/every.conf
Provides: things = 1.5
Conflicts: nothing > 3
Obsoletes: something <= 2:1-1
Recommends: good
Suggests: better = 1
Supplements: best
Enhances: rest

%description
Does <things> & "more",
over two lines — 例.

%prep
%build
%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/bin %{buildroot}/usr/share/every/empty
echo conf >%{buildroot}/etc/every.conf
echo program >%{buildroot}/usr/bin/every
echo text >'%{buildroot}/usr/share/every/a & b'
echo cache >%{buildroot}/usr/share/every/cache

%files
%config /etc/every.conf
/usr/bin/every
%dir /usr/share/every
%dir /usr/share/every/empty
"/usr/share/every/a & b"
%ghost /usr/share/every/cache

%changelog
* Tue Mar 04 2025 Jo <jo@example.org> - 2:1.5~rc1-3
- third & last
- über alles
* Mon Feb 03 2025 Jo <jo@example.org> - 2:1.4-1
- second
)";
}

}  // namespace varve::test
