// Real RPMs, made by rpmbuild when a test asks for them. One thread.
#pragma once

#include <filesystem>
#include <string>

namespace varve::test {

// Runs rpmbuild over a spec file's text in `directory`, without the settings of whoever runs the
// test; the one package it makes. `what` is -bb for the package, -bs for its source.
std::filesystem::path build_rpm(const std::filesystem::path& directory, const std::string& spec,
                                const std::string& what = "-bb");

// One with all that repodata can say: an epoch, every kind of dependency, files of every kind, a
// changelog, text beyond ASCII and text that XML must escape.
std::string everything_spec();

std::string file_bytes(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace varve::test
