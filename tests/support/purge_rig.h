// A registry without HTTP whose blobs can be pushed, mounted, deleted and purged: what the surfaces
// do, step by step, over a real blob store in a test directory. Any thread, as its parts allow.
#pragma once

#include <string>
#include <thread>

#include "core/oci/query.h"
#include "log/purger.h"
#include "tests/support/log_rig.h"
#include "tests/support/test_directory.h"

namespace varve::test {

class PurgeRig {
 public:
  explicit PurgeRig(std::chrono::milliseconds grace) : grace_(grace) {
    rig.open();
    open();
  }

  // Everything but the store and its files begins anew.
  void restart() {
    purger.reset();
    blobs.reset();
    rig.open();
    open();
  }

  static RepoName repo(const std::string& name) { return must(RepoName::parse(name)); }

  // An upload and its link, as the final PUT does it.
  Result<Digest> push_blob(const std::string& repository, const std::string& content) {
    const Digest digest = Digest::of(content);
    const Leases::Hold hold = wait_for_hold(digest);
    VARVE_TRY(const auto upload, blobs->start_upload());
    VARVE_CHECK(upload->append(content));
    VARVE_CHECK(upload->finish(digest));
    VARVE_CHECK(rig.run(command_of(content::LinkBlob{repo(repository), digest, content.size()})));
    return digest;
  }

  // HEAD: what a client skips an upload for.
  bool has_blob(const std::string& repository, const Digest& digest) {
    if (!leases->renew(digest)) return false;
    return must(oci::find_blob(*rig.reader().view(), repo(repository), digest)).has_value();
  }

  Result<Receipt> mount(const std::string& to, const std::string& from, const Digest& digest) {
    const Leases::Hold hold = wait_for_hold(digest);
    const auto row = must(oci::find_blob(*rig.reader().view(), repo(from), digest));
    if (!row) return fail(Errc::not_found, About::blob, "not there");
    return rig.run(command_of(content::LinkBlob{repo(to), digest, row->size, repo(from)}));
  }

  // A manifest with these blobs as layers, the first one as its config too.
  struct Image {
    std::string body;
    Digest digest;
  };
  static Image image_of(const std::vector<std::string>& contents, const std::string& note) {
    const auto descriptor = [](const std::string& content) {
      return R"({"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
             Digest::of(content).to_string() + R"(","size":)" + std::to_string(content.size()) +
             "}";
    };
    std::string layers;
    for (const std::string& content : contents)
      layers += (layers.empty() ? "" : ",") + descriptor(content);
    std::string body =
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" +
        descriptor(contents.front()) + R"(,"layers":[)" + layers + R"(],"annotations":{"n":")" +
        note + "\"}}";
    const Digest digest = Digest::of(body);
    return {std::move(body), digest};
  }
  Result<Receipt> put_image(const std::string& repository, const Image& image) {
    const auto parsed =
        must(oci::parse_manifest(image.body, "application/vnd.oci.image.manifest.v1+json"));
    auto body = std::make_shared<const std::string>(image.body);
    oci::PutManifest put{repo(repository),  {},           image.digest,    body->size(),
                         parsed.media_type, parsed.blobs, parsed.manifests};
    return rig.run(command_of(std::move(put), {{image.digest, body}}));
  }
  Result<Receipt> delete_image(const std::string& repository, const Digest& digest) {
    return rig.run(command_of(oci::DeleteManifest{repo(repository), digest}));
  }
  bool has_image(const std::string& repository, const Digest& digest) {
    return must(oci::find_manifest(*rig.reader().view(), repo(repository), digest)).has_value();
  }
  bool has_bytes(const Digest& digest) const { return blobs->open(digest).has_value(); }

  PurgeReport pass(bool dry_run = false) { return must(purger->pass(dry_run)); }
  void let_pass(std::chrono::milliseconds time) {
    steady = steady.load() + time;
    rig.clock += std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  }

  TestDirectory directory;
  LogRig rig;
  std::atomic<Leases::Clock::duration> steady{std::chrono::hours(1'000)};
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<Leases> leases;
  std::unique_ptr<Purger> purger;

 private:
  void open() {
    blobs = must(open_file_blob_store(directory.path() / "data"));
    const auto now = [this] { return Leases::Clock::time_point(steady.load()); };
    leases = std::make_unique<Leases>(grace_, now);
    Purger::Options options;
    options.grace = grace_;
    options.steady = now;
    // Files are made by the real clock.
    options.clock = [this] {
      return Timestamp{std::chrono::duration_cast<std::chrono::microseconds>(
                           std::chrono::system_clock::now().time_since_epoch() + steady.load() -
                           std::chrono::hours(1'000))
                           .count()};
    };
    options.request = [] { return std::string("01JD0000000000000000000000"); };
    purger = std::make_unique<Purger>(*rig.ledger, rig.head, *blobs, *leases, std::move(options));
  }
  Leases::Hold wait_for_hold(const Digest& digest) {
    for (;;) {
      if (auto hold = leases->hold(digest)) return *std::move(hold);
      std::this_thread::yield();
    }
  }

  const std::chrono::milliseconds grace_;
};

}  // namespace varve::test
