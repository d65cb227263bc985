// Repositories of packages on a TestServer, made by whoever holds its directory: what is read from
// them is tested, not how they came there. One thread.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "api/rpm/read_rpm.h"
#include "tests/support/rpm_bytes.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {

// A package of that name and version, which are all that is special about it.
inline std::string rpm_named(std::string_view name, std::string_view version) {
  return rpm_of(small_header().text(1000, name).text(1001, version));
}

class RpmRepository {
 public:
  RpmRepository(TestServer& server, const std::string& id)
      : server_(server), id_(pulp::RepositoryId::parse(id).value()) {
    run(pulp::CreateRepository{id_, "", ""});
  }

  // Its file, without a member yet.
  static std::string file_name(const rpm::Nevra& is) {
    return is.name + "-" + is.version + "-" + is.release + "." + is.arch + ".rpm";
  }

  pulp::PackageId create(const std::string& bytes, bool with_file = true) {
    const auto read = rpm::read_rpm(rpm::MemorySource(bytes));
    EXPECT_TRUE(read.has_value());
    const Digest details = Digest::of(read->body);
    pulp::CreatePackage wish{next_id(),
                             nevra(read->nevra),
                             {word("sha256"), word(read->digest.hex())},
                             word(file_name(read->nevra)),
                             details,
                             read->body.size()};
    if (with_file) {
      store(bytes, read->digest);
      wish.file = pulp::File{read->digest, read->size};
    }
    const pulp::PackageId id = wish.package;
    run(std::move(wish), {{details, std::make_shared<const std::string>(read->body)}});
    return id;
  }
  void add(const pulp::PackageId& package) { run(pulp::AddPackages{id_, {package}}); }
  void remove(const pulp::PackageId& package) { run(pulp::RemovePackages{id_, {package}}); }
  // Made and a member.
  pulp::PackageId publish(const std::string& bytes) {
    const pulp::PackageId id = create(bytes);
    add(id);
    return id;
  }
  void run(Intent intent, std::vector<Body> bodies = {}) {
    const auto receipt = server_.services().ledger->run(
        {Actor{"operator", Auth::local}, "r", "pulp", std::move(intent), std::move(bodies)});
    EXPECT_TRUE(receipt.has_value()) << receipt.error().what;
  }

  std::string repomd() {
    return server_.get("/pulp/repos/" + id_.text() + "/repodata/repomd.xml").body;
  }

 private:
  static pulp::Word word(const std::string& text) { return pulp::Word::parse(text).value(); }
  static pulp::Nevra nevra(const rpm::Nevra& is) {
    return {word(is.name), word(is.version), word(is.release), word(is.epoch), word(is.arch)};
  }
  pulp::PackageId next_id() {
    static unsigned made = 0;
    return pulp::PackageId::from_random(Digest::of(std::to_string(++made)).raw().substr(0, 16));
  }
  void store(const std::string& bytes, const Digest& digest) {
    auto upload = server_.services().blobs.start_upload();
    ASSERT_TRUE(upload.has_value());
    ASSERT_TRUE((*upload)->append(bytes).has_value());
    ASSERT_TRUE((*upload)->finish(digest).has_value());
  }

  TestServer& server_;
  pulp::RepositoryId id_;
};

// What repomd.xml says: "repodata/..." by type.
inline std::map<std::string, std::string> files_of(std::string_view repomd) {
  std::map<std::string, std::string> files;
  constexpr std::string_view kType = "<data type=\"";
  constexpr std::string_view kHref = "<location href=\"";
  while (repomd.find(kType) != repomd.npos) {
    repomd.remove_prefix(repomd.find(kType) + kType.size());
    const std::string_view type = repomd.substr(0, repomd.find('"'));
    repomd.remove_prefix(repomd.find(kHref) + kHref.size());
    files[std::string(type)] = repomd.substr(0, repomd.find('"'));
  }
  return files;
}

}  // namespace varve::test
