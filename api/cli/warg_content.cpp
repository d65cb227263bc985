// Addresses, uploads, downloads. The thread of main() only.
#include "api/cli/warg_content.h"

#include <algorithm>
#include <utility>

#include "api/cli/client.h"
#include "api/http/message.h"

namespace varve::cli {
namespace {

constexpr std::size_t kUrlBytesMax = 4'096;
constexpr std::size_t kAnswerBytesMax = 256 << 10;
constexpr int kUploadsMax = 4;
constexpr std::chrono::milliseconds kUploadPause{500};  // and twice as long each time
// A registry must not fill the disk of whoever asks it for a component of some megabytes.
constexpr std::uint64_t kContentBytesMax = std::uint64_t{4} << 30;
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

std::unexpected<Error> bad_address(std::string why, std::string_view url) {
  return fail(Errc::invalid, About::request, std::move(why), std::string(url));
}

// What may stand in a request line; '#' is never sent, and dots would lead out of a prefix.
Result<void> check_target(std::string_view target, std::string_view url) {
  const bool visible = std::ranges::all_of(
      target, [](char c) { return c > ' ' && c <= '~' && c != '#' && c != '\\'; });
  if (!visible) return bad_address("the address has characters that a request cannot have", url);
  // Decoded whole: a server that does so before it splits sees the dots of "%2e%2e" and "..%2f".
  const auto decoded = http::percent_decode(target.substr(0, target.find('?')));
  if (!decoded) return bad_address("the address is not percent-encoded correctly", url);
  std::string_view path = *decoded;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find_first_of("/\\"));
    if (segment == "." || segment == "..")
      return bad_address("the address leads somewhere else than it says", url);
    path.remove_prefix(segment.size());
  }
  return {};
}

// "scheme://authority" in its one form, and what comes behind it.
Result<Destination> split_url(std::string_view url) {
  const std::size_t begin = url.starts_with(kHttps) ? kHttps.size() : kHttp.size();
  const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
  VARVE_TRY(const Address address, parse_url(url.substr(0, end)));
  std::string target(url.substr(end));
  if (!target.starts_with('/')) target.insert(0, 1, '/');
  return Destination{address.url(), std::move(target)};
}

bool is_absolute(std::string_view url) {
  return url.starts_with(kHttp) || url.starts_with(kHttps);
}

// Counts what passes, for a person to see.
class Meter {
 public:
  Meter(Console& console, std::string what, std::uint64_t total)
      : console_(console), what_(std::move(what)), total_(total) {}
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;
  ~Meter() { console_.end_progress(); }
  void restart() { done_ = 0; }
  void passed(std::size_t bytes) {
    done_ += bytes;
    console_.progress(what_ + " bytes", done_, std::max(done_, total_));
  }
  std::uint64_t done() const { return done_; }

 private:
  Console& console_;
  std::string what_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
};

class FileUpload final : public Upload {
 public:
  FileUpload(FileReader& file, Meter& meter) : file_(file), meter_(meter) {}
  std::uint64_t size() const override { return file_.size(); }
  Result<void> rewind() override {
    meter_.restart();
    return file_.rewind();
  }
  Result<std::string> next() override {
    VARVE_TRY(std::string piece, file_.next());
    meter_.passed(piece.size());
    return piece;
  }

 private:
  FileReader& file_;
  Meter& meter_;
};

std::string short_name(const Digest& content) {
  return content.to_string().substr(0, 19);
}

// An address may hold a secret that opens it.
std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find('?'));
}

// Nothing: taken, or nobody wants it any more, since somebody else was quicker.
std::optional<Error> refusal_of_upload(const Server& server, std::string_view target,
                                       const Answer& answer) {
  if (answer.status / 100 == 2 || answer.status == 405) return std::nullopt;
  return warg_refusal(server, without_query(target), answer);
}

// Broken off, or a server or gateway that cannot just now. The same bytes may be sent again: a
// content is taken once, whoever sends it.
bool may_pass(const Result<Answer>& answer) {
  if (!answer) return answer.error().code == Errc::unavailable;
  return answer->status == 429 || (answer->status >= 502 && answer->status <= 504);
}

Failure other_bytes(const Digest& content, const std::string& found) {
  return {ExitCode::proven_false, "the registry serves other bytes than were released",
          "they are " + found + " and not " + content.to_string(),
          usual_next_step(ExitCode::proven_false)};
}

}  // namespace

Result<Destination> resolve_url(std::string_view registry, std::string_view url) {
  if (url.empty() || url.size() > kUrlBytesMax || url.starts_with("//"))
    return bad_address("the registry names no usable address", url.substr(0, 200));
  if (!is_absolute(url) && url.substr(0, url.find_first_of("/?")).find(':') != url.npos)
    return bad_address("the registry names an address that is not HTTP", url);
  VARVE_TRY(const Destination own, split_url(registry));
  const std::string base = own.server + (own.target == "/" ? "" : own.target);
  std::string whole(url);
  if (url.starts_with('/')) whole = own.server + whole;
  if (!url.starts_with('/') && !is_absolute(url)) whole = base + "/" + whole;
  VARVE_TRY(Destination to, split_url(whole));
  VARVE_CHECK(check_target(to.target, url));
  if (own.server.starts_with(kHttps) && !to.server.starts_with(kHttps))
    return bad_address("the registry leads from HTTPS to plain HTTP", url);
  const std::string absolute = to.server + to.target;
  if (!absolute.starts_with(base + "/")) return to;
  return Destination{"", absolute.substr(base.size())};
}

Outcome<ContentMover::Place> ContentMover::place_of(const std::string& url) {
  auto to = resolve_url(client_.server().url(), url);
  if (!to)
    return refuse(ExitCode::cannot_tell, "the registry names an address that cannot be used",
                  describe(to.error()), "tell the registry's operator");
  if (to->server.empty()) return Place{&client_.server(), std::move(to->target)};
  auto& server = elsewhere_[to->server];
  if (!server) {
    VARVE_CLI_TRY(server, client_.around().elsewhere(to->server));
  }
  return Place{server.get(), std::move(to->target)};
}

// ---- up ----

Outcome<void> ContentMover::upload(const Digest& content, const std::filesystem::path& file,
                                   const std::vector<UploadPlace>& places) {
  const std::string what = "the content " + content.to_string() + " was not uploaded";
  if (places.empty())
    return refuse(ExitCode::cannot_tell, what, "the registry names no place for it",
                  "tell the registry's operator");
  VARVE_CLI_TRY(auto reader, doing(what, FileReader::open(file)));
  Meter meter(client_.console(), "uploading " + short_name(content), reader.size());
  FileUpload bytes(reader, meter);
  std::chrono::milliseconds pause = kUploadPause;
  for (int attempt = 1;; ++attempt, pause *= 2) {
    VARVE_CLI_TRY(auto refused, upload_once(bytes, places));
    if (!refused) return {};
    if (!refused->may_pass || attempt == kUploadsMax)
      return doing(what, Result<void>(std::unexpected(std::move(refused->why))));
    client_.console().say(what + ": " + clean(describe(refused->why)) + "; trying again");
    client_.around().sleep(pause);
  }
}

Outcome<std::optional<ContentMover::RefusedUpload>> ContentMover::upload_once(
    Upload& bytes, const std::vector<UploadPlace>& places) {
  std::optional<RefusedUpload> last;
  for (const UploadPlace& place : places) {
    VARVE_CLI_TRY(const auto to, place_of(place.url));
    if (to.server != &client_.server())
      client_.console().say("the registry wants the content to go to " + to.server->url());
    const auto answer = to.server->ask({.target = to.target,
                                        .bytes_max = kAnswerBytesMax,
                                        .patient = false,
                                        .method = place.method,
                                        .upload = &bytes});
    auto refused = answer ? refusal_of_upload(*to.server, to.target, *answer) : answer.error();
    if (!refused) return std::nullopt;
    const bool another_may = last && last->may_pass;
    last = RefusedUpload{*std::move(refused), another_may || may_pass(answer)};
  }
  return last;
}

// ---- down ----

Outcome<void> ContentMover::download(const Digest& content, const std::filesystem::path& file) {
  const std::string what = "the content " + content.to_string() + " cannot be had";
  VARVE_CLI_TRY(const auto body, client_.ask("/v1/content/" + content.to_string(), std::nullopt,
                                             kAnswerBytesMax, what));
  VARVE_CLI_TRY(const auto places, doing(what, read_content_places(body, content)));
  Outcome<void> last;
  for (const ContentPlace& place : places) {
    VARVE_CLI_TRY(auto made, doing("the content cannot be written", NewFile::create(file),
                                   "give --out a place that can be written"));
    last = download_from(place, content, made);
    if (last)
      return doing("the content cannot be written", made.place(0644, NewFile::Existing::replace),
                   "give --out a place that can be written");
    if (last.error().code != ExitCode::cannot_tell) return last;
  }
  return last;
}

Outcome<void> ContentMover::download_from(const ContentPlace& from, const Digest& content,
                                          NewFile& file) {
  const std::string what = "the content " + content.to_string() + " cannot be had";
  VARVE_CLI_TRY(const auto place, place_of(from.url));
  const std::uint64_t bytes_max = std::min(from.size.value_or(kContentBytesMax), kContentBytesMax);
  Meter meter(client_.console(), "downloading " + short_name(content), from.size.value_or(0));
  Hasher hasher(content.algorithm());
  const auto take = [&](std::string_view piece) -> Result<void> {
    hasher.update(piece);
    meter.passed(piece.size());
    if (meter.done() > bytes_max)
      return fail(Errc::unavailable, About::request,
                  "more bytes come than the " + std::to_string(bytes_max) + " there should be");
    return file.write(piece);
  };
  VARVE_CLI_TRY(const auto answer,
                doing(what, place.server->ask(
                                {.target = place.target, .bytes_max = bytes_max, .sink = take})));
  VARVE_CLI_CHECK(must_be_an_answer(*place.server, without_query(place.target), answer, what));
  const Digest found = hasher.finish();
  if (found != content) return std::unexpected(other_bytes(content, found.to_string()));
  return {};
}

}  // namespace varve::cli
