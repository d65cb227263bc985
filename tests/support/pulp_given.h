// Packages for tests of Pulp's family: one that says all there is to say, and how to say less.
#pragma once

#include "core/pulp/details.h"

namespace varve::given {

inline pulp::Dependency dependency(std::string name, pulp::Comparison flags = pulp::Comparison::any,
                                   std::string epoch = {}, std::string version = {},
                                   std::string release = {}) {
  return {std::move(name), flags, std::move(epoch), std::move(version), std::move(release), false};
}

// Every member has a value of its own, so that two that were mixed up show.
inline pulp::Details full_details() {
  using pulp::Comparison;
  pulp::Details details;
  details.buildhost = "builder.example";
  details.description = "Does <things> & \"more\",\nover two lines — naïvely.";
  details.group = "Applications/Text";
  details.license = "ASL 2.0";
  details.vendor = "Example Ltd";
  details.size = 4'096;
  details.requires_ = {
      dependency("/bin/sh"), dependency("libfoo", Comparison::ge, "1", "2.3", "4"),
      dependency("rpmlib(CompressedFileNames)", Comparison::le, "0", "3.0.4", "1")};
  details.requires_[0].pre = true;
  details.provides = {dependency("bar"), dependency("foo", Comparison::eq, "0", "1.0", "1")};
  pulp::Rpm rpm;
  rpm.summary = "Things";
  rpm.url = "https://foo.example/?a=1&b=2";
  rpm.packager = "Jo <jo@example.org>";
  rpm.source_rpm = "foo-1.0-1.src.rpm";
  rpm.build_time = 1'700'000'000;
  rpm.installed_size = 12'345;
  rpm.archive_size = 12'800;
  rpm.header_start = 4'504;
  rpm.header_end = 9'876;
  rpm.conflicts = {dependency("c", Comparison::lt, "0", "1", "")};
  rpm.obsoletes = {dependency("o", Comparison::le, "0", "1", "2")};
  rpm.recommends = {dependency("r", Comparison::gt, "2", "3", "")};
  rpm.suggests = {dependency("s")};
  rpm.supplements = {dependency("t")};
  rpm.enhances = {dependency("u")};
  rpm.directories = {"/etc/", "/usr/bin/", "/usr/share/"};
  rpm.files = {{0, "foo.conf", pulp::FileKind::file},
               {1, "foo", pulp::FileKind::file},
               {2, "foo", pulp::FileKind::directory},
               {2, "foo.cache", pulp::FileKind::ghost}};
  rpm.changelogs = {{"Jo <jo@example.org> - 0.9-1", 1'600'000'000, "- first"},
                    {"Jo <jo@example.org> - 1.0-1", 1'650'000'000, "- second & better"}};
  details.rpm = rpm;
  return details;
}

}  // namespace varve::given
