// varve push. Blobs that are missing first, then manifests, children before what names them; the
// tag is set by the last request, so that nobody pulls half an image.
#include "api/cli/push.h"

#include <algorithm>
#include <set>

#include "api/cli/author.h"
#include "api/cli/connect.h"
#include "api/cli/files.h"
#include "api/cli/json_out.h"
#include "api/cli/layout.h"
#include "api/cli/reference.h"
#include "api/http/message.h"
#include "core/base/bytes.h"
#include "core/oci/manifest.h"

namespace varve::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 << 10;
constexpr int kDepthMax = 8;  // indexes within indexes

struct Pushed {
  Digest digest;
  std::uint64_t index;  // of the event that it rests on now
};

// A blob's file on its way, as long as its descriptor says.
class BlobUpload final : public Upload {
 public:
  static Result<BlobUpload> open(const std::filesystem::path& path, const oci::Reference& blob,
                                 Console& console) {
    VARVE_TRY(auto file, FileReader::open(path));
    if (file.size() == blob.size)
      return BlobUpload(std::move(file), "sending " + blob.digest.to_string(), console);
    return fail(Errc::corrupt, About::blob,
                "a file of the layout has another size than its descriptor says",
                blob.digest.to_string());
  }
  std::uint64_t size() const override { return file_.size(); }
  Result<void> rewind() override {
    sent_ = 0;
    return file_.rewind();
  }
  Result<std::string> next() override {
    VARVE_TRY(std::string piece, file_.next());
    sent_ += piece.size();
    console_.progress(what_, sent_, std::max(sent_, size()));
    return piece;
  }

 private:
  BlobUpload(FileReader file, std::string what, Console& console)
      : file_(std::move(file)), what_(std::move(what)), console_(console) {}
  FileReader file_;
  std::string what_;
  Console& console_;
  std::uint64_t sent_ = 0;
};

class Pusher {
 public:
  Pusher(Server& server, const RepoName& repo, const Layout& layout, const Author* author,
         Console& console)
      : server_(server),
        base_("/v2/" + repo.text()),
        repo_(repo),
        layout_(layout),
        author_(author),
        console_(console) {}

  // With all that it refers to. Under the tag, or under its digest.
  Result<Pushed> image(const Described& described, const std::optional<oci::Tag>& tag,
                       int depth = 0) {
    if (depth > kDepthMax)
      return fail(Errc::invalid, About::manifest, "this image has indexes in indexes without end");
    VARVE_TRY(auto bytes, layout_.manifest(described));
    VARVE_TRY(const auto manifest, oci::parse_manifest(bytes, described.media_type));
    if (!manifest.manifests.empty()) {
      VARVE_TRY(const auto children, described_in(bytes));
      for (const Described& child : children) VARVE_CHECK(image(child, std::nullopt, depth + 1));
    }
    for (const oci::Reference& reference : manifest.blobs) VARVE_CHECK(blob(reference));
    return put(described.digest, manifest.media_type, std::move(bytes), tag);
  }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t there() const { return there_; }

 private:
  Result<Answer> ask(Ask ask) {
    ask.bytes_max = kAnswerBytesMax;
    ask.patient = ask.head;
    return server_.ask(ask);
  }
  // The answer, when it has this status.
  Result<Answer> ask_for(unsigned status, Ask wish) {
    VARVE_TRY(auto answer, ask(wish));
    if (answer.status == status) return answer;
    return std::unexpected(refusal(server_, wish.target, answer));
  }

  Result<void> blob(const oci::Reference& reference) {
    if (!done_.insert(reference.digest).second) return {};
    const std::string target = base_ + "/blobs/" + reference.digest.to_string();
    VARVE_TRY(const auto answer, ask({.target = target, .head = true}));
    if (answer.status == 200) {
      ++there_;
      return {};
    }
    if (answer.status != 404) return std::unexpected(refusal(server_, target, answer));
    VARVE_TRY(auto file, BlobUpload::open(layout_.path_of(reference.digest), reference, console_));
    VARVE_CHECK(ask_for(201, {.target = base_ + "/blobs/uploads/?digest=" +
                                        http::percent_encode(reference.digest.to_string()),
                              .method = "POST",
                              .upload = &file}));
    ++sent_;
    return {};
  }

  Result<Pushed> put(const Digest& digest, const std::string& media_type, std::string bytes,
                     const std::optional<oci::Tag>& tag) {
    Ask wish{.target = base_ + "/manifests/" + (tag ? tag->text() : digest.to_string()),
             .method = "PUT",
             .content_type = media_type};
    if (author_ != nullptr) {
      VARVE_TRY(auto header, signature_over(digest, media_type, bytes, tag));
      wish.headers.emplace_back(trust::kAuthorHeader, std::move(header));
    }
    wish.body = std::move(bytes);
    VARVE_TRY(const auto answer, ask_for(201, wish));
    const auto index = parse_decimal(answer.header("Varve-Index"));
    // By tag, SHA-256 names what is there.
    const Digest named = tag ? Digest::of(wish.body) : digest;
    if (!index || answer.header("Docker-Content-Digest") != named.to_string())
      return fail(Errc::unavailable, About::manifest,
                  server_.url() + wish.target + " does not say what it did");
    return Pushed{named, *index};
  }

  Result<std::string> signature_over(const Digest& digest, const std::string& media_type,
                                     std::string_view bytes,
                                     const std::optional<oci::Tag>& tag) const {
    return author_->header_for(
        media_type, tag ? oci::signed_resource(repo_, *tag) : oci::signed_resource(repo_, digest),
        sha256(bytes));
  }

  Server& server_;
  const std::string base_;
  const RepoName repo_;
  const Layout& layout_;
  const Author* author_;
  Console& console_;
  std::set<Digest> done_;
  std::uint64_t sent_ = 0;
  std::uint64_t there_ = 0;
};

Outcome<Ref> place_in(const std::string& text) {
  const std::string fix = "give REPOSITORY:TAG, as in library/app:1.0, or REPOSITORY@DIGEST";
  VARVE_CLI_TRY(auto ref, doing("this names no image", parse_ref(text), fix));
  if (!ref.tag && !ref.digest) return refuse(ExitCode::usage, "this names no image", text, fix);
  return ref;
}

void print_report(const Ref& ref, const Pushed& pushed, const Pusher& pusher, const Author* author,
                  Console& console) {
  const std::string key = author == nullptr ? "" : author->key_id();
  if (console.json()) {
    JsonObject report;
    report.text("schema", "varve.push/v1")
        .text("ref", ref.to_string())
        .text("digest", pushed.digest.to_string())
        .number("index", pushed.index)
        .number("blobs_sent", pusher.sent())
        .number("blobs_there", pusher.there());
    if (author != nullptr) report.text("key_id", key);
    console.out() << report.str() << '\n';
    return;
  }
  console.out() << ref.to_string() << " is " << pushed.digest.to_string() << ", by event "
                << pushed.index << '\n';
  console.say(std::to_string(pusher.sent()) + " blobs sent, " + std::to_string(pusher.there()) +
              " were there" + (author == nullptr ? "; not signed" : "; signed by " + key));
}

}  // namespace

Outcome<ExitCode> run_push(const PushOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto ref, place_in(options.ref));
  const std::string name = options.image.value_or(ref.tag ? ref.tag->text() : "");
  VARVE_CLI_TRY(const auto layout, doing("this is no image layout", Layout::open(options.from),
                                         "give --from a directory with oci-layout and index.json"));
  VARVE_CLI_TRY(const auto image, doing("there is nothing to push", layout.find(ref.digest, name),
                                        "name one of them with --image"));
  VARVE_CLI_TRY(const auto author, author_for(options.key, options.server, console));
  VARVE_CLI_TRY(auto server, open_server(options.server));
  const Author* signing = author ? &*author : nullptr;
  Pusher pusher(*server, ref.repo, layout, signing, console);
  auto pushed = pusher.image(image, ref.tag);
  console.end_progress();
  VARVE_CLI_TRY(const auto done, doing("the image was not pushed", std::move(pushed)));
  print_report(ref, done, pusher, signing, console);
  return ExitCode::ok;
}

}  // namespace varve::cli
