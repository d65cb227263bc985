// varve rpm push. Whatever is not there yet is uploaded in Pulp's three steps; then the packages
// become members. What was done before is not done twice, so a push that broke off is run again.
#include "api/cli/rpm_push.h"

#include <algorithm>
#include <utility>

#include "api/cli/connect.h"
#include "api/cli/files.h"
#include "api/cli/json_out.h"
#include "api/http/message.h"
#include "api/rpm/read_rpm.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/pulp/pulp.h"

namespace varve::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 8 << 20;  // a document with all that an RPM requires
constexpr std::size_t kQuoteMax = 200;
constexpr std::string_view kApi = "/pulp/api";

// A file that was read, and is what it says.
struct Local {
  std::string file;
  pulp::Nevra nevra;
  Digest digest;
  std::uint64_t size;
};

struct Pushed {
  std::string id;
  std::uint64_t index = 0;  // of the event that it rests on now
  bool uploaded = false;
};

Result<pulp::Nevra> nevra_of(const rpm::Nevra& is) {
  VARVE_TRY(auto name, pulp::Word::parse(is.name));
  VARVE_TRY(auto version, pulp::Word::parse(is.version));
  VARVE_TRY(auto release, pulp::Word::parse(is.release));
  VARVE_TRY(auto epoch, pulp::Word::parse(is.epoch));
  VARVE_TRY(auto arch, pulp::Word::parse(is.arch));
  return pulp::Nevra{std::move(name), std::move(version), std::move(release), std::move(epoch),
                     std::move(arch)};
}

Outcome<Local> read_local(const std::string& file) {
  const std::string what = file + " cannot be pushed";
  auto package = rpm::read_rpm(std::filesystem::path(file));
  if (!package && package.error().about == About::storage)
    return refuse(ExitCode::usage, what, describe(package.error()),
                  "check the path and its permissions");
  VARVE_CLI_TRY(const auto read, doing(what, std::move(package), "get the file again"));
  VARVE_CLI_TRY(auto nevra, doing(what, nevra_of(read.nevra)));
  return Local{file, std::move(nevra), read.digest, read.size};
}

// The file's bytes on their way.
class FileUpload final : public Upload {
 public:
  FileUpload(FileReader file, std::string what, Console& console)
      : file_(std::move(file)), what_(std::move(what)), console_(console) {}
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
  FileReader file_;
  std::string what_;
  Console& console_;
  std::uint64_t sent_ = 0;
};

// Pulp says what is wrong as a JSON string.
Error pulp_refusal(const Server& server, const std::string& target, const Answer& answer) {
  Answer told = answer;
  simdjson::dom::parser parser;
  const auto root = json::parse_strict(parser, answer.body, About::request, 4);
  std::string_view sentence;
  if (root && root->get(sentence) == simdjson::SUCCESS)
    told.body = std::string(sentence.substr(0, kQuoteMax));
  return refusal(server, target, told);
}

class RpmPusher {
 public:
  RpmPusher(Server& server, pulp::RepositoryId repository, const Author* author, Console& console)
      : server_(server), repository_(std::move(repository)), author_(author), console_(console) {}

  Result<void> need_repository(bool create) {
    const std::string target = repository_target();
    VARVE_TRY(const auto answer, ask({.target = target}));
    if (answer.status == 200) return {};
    if (answer.status != 404 || !create)
      return std::unexpected(pulp_refusal(server_, target, answer));
    std::string body;
    json::Writer(body)
        .begin_object()
        .key("id")
        .string(repository_.text())
        .key("name")
        .string(repository_.text())
        .end_object();
    VARVE_TRY(
        const auto made,
        ask({.target = std::string(kApi) + "/repositories/", .method = "POST", .body = body}));
    // 409: somebody was quicker, which is as good.
    if (made.status == 201 || made.status == 409) return {};
    return std::unexpected(pulp_refusal(server_, std::string(kApi) + "/repositories/", made));
  }

  Result<Pushed> push(const Local& local) {
    VARVE_TRY(auto there, find(local));
    if (there) return *std::move(there);
    return upload(local);
  }

  // The index of the last event that made members of them.
  Result<std::uint64_t> add(const std::string& package) {
    const std::string target = repository_target() + "add_package/";
    std::string body;
    json::Writer(body)
        .begin_object()
        .key("packageid")
        .begin_array()
        .string(package)
        .end_array()
        .end_object();
    VARVE_TRY(const auto answer, ask_for(200, {.target = target, .method = "POST", .body = body}));
    VARVE_CHECK(check_added(target, answer.body));
    return index_of(target, answer);
  }

 private:
  std::string repository_target() const {
    return std::string(kApi) + "/repositories/" + http::percent_encode(repository_.text()) + "/";
  }

  Result<Answer> ask(Ask wish) {
    wish.bytes_max = kAnswerBytesMax;
    wish.patient = wish.method.empty();
    return server_.ask(wish);
  }
  Result<Answer> ask_for(unsigned status, const Ask& wish) {
    VARVE_TRY(auto answer, ask(wish));
    if (answer.status == status) return answer;
    return std::unexpected(pulp_refusal(server_, wish.target, answer));
  }
  std::unexpected<Error> strange(const std::string& target) const {
    return fail(Errc::unavailable, About::request,
                server_.url() + target + " does not answer as Pulp does");
  }
  Result<std::uint64_t> index_of(const std::string& target, const Answer& answer) const {
    const auto index = parse_decimal(answer.header("Varve-Index"));
    if (!index) return strange(target);
    return *index;
  }

  struct Document {
    std::string id;
    bool has_file = false;
  };
  Result<Document> document_in(const std::string& target, std::string_view body) const {
    simdjson::dom::parser parser;
    const auto root = json::parse_strict(parser, body, About::request, 8);
    std::string_view id;
    if (!root || root->at_key("id").get(id) != simdjson::SUCCESS || !pulp::PackageId::parse(id))
      return strange(target);
    std::string_view url;
    return Document{std::string(id), root->at_key("download_url").get(url) == simdjson::SUCCESS};
  }

  // The package, if it is there already.
  Result<std::optional<Pushed>> find(const Local& local) {
    const pulp::Nevra& is = local.nevra;
    std::string target = std::string(kApi) + "/packages/";
    for (const pulp::Word* part : {&is.name, &is.version, &is.release, &is.epoch, &is.arch})
      target += http::percent_encode(part->text()) + "/";
    target += "?checksum_type=sha256&checksum=" + local.digest.hex();
    VARVE_TRY(const auto answer, ask({.target = target}));
    if (answer.status == 404) return std::nullopt;
    if (answer.status != 200) return std::unexpected(pulp_refusal(server_, target, answer));
    VARVE_TRY(auto document, document_in(target, answer.body));
    if (!document.has_file)
      return fail(Errc::conflict, About::request,
                  "the registry has this package without its file; delete it first", document.id);
    VARVE_TRY(const auto index, index_of(target, answer));
    return Pushed{std::move(document.id), index, false};
  }

  struct Started {
    std::string id;
    bool complete = false;
  };
  Result<Started> start(const Local& local) {
    const std::string target = std::string(kApi) + "/services/upload/";
    std::string body;
    json::Writer(body)
        .begin_object()
        .key("checksum")
        .string(local.digest.hex())
        .key("name")
        .string(local.nevra.name.text())
        .key("size")
        .number(local.size)
        .end_object();
    VARVE_TRY(const auto answer, ask_for(200, {.target = target, .method = "POST", .body = body}));
    simdjson::dom::parser parser;
    const auto root = json::parse_strict(parser, answer.body, About::request, 4);
    std::string_view id;
    std::int64_t offset = 0;
    if (!root || root->at_key("id").get(id) != simdjson::SUCCESS ||
        root->at_key("offset").get(offset) != simdjson::SUCCESS || (offset != 0 && offset != -1))
      return strange(target);
    return Started{std::string(id), offset == -1};
  }

  Result<void> send(const Local& local, const std::string& upload) {
    VARVE_TRY(auto reader, FileReader::open(local.file));
    FileUpload bytes(std::move(reader), "sending " + local.nevra.to_string(), console_);
    if (bytes.size() != local.size)
      return fail(Errc::invalid, About::request, "the file changed while it was being pushed",
                  local.file);
    VARVE_CHECK(ask_for(200, {.target = std::string(kApi) + "/services/upload/append/" +
                                        http::percent_encode(upload) + "/",
                              .method = "PUT",
                              .content_type = "application/octet-stream",
                              .upload = &bytes}));
    return {};
  }

  // Everything about the package is read from the file, by the server once more.
  Result<Pushed> import(const Local& local, const std::string& upload) {
    Ask wish{.target = std::string(kApi) + "/services/upload/import/", .method = "POST"};
    json::Writer(wish.body).begin_object().key("uploadid").string(upload).end_object();
    if (author_ != nullptr) {
      VARVE_TRY(auto header,
                author_->header_for(pulp::kSignedType, pulp::signed_resource(local.nevra),
                                    hash_from(local.digest.raw())));
      wish.headers.emplace_back(trust::kAuthorHeader, std::move(header));
    }
    VARVE_TRY(const auto answer, ask_for(201, wish));
    VARVE_TRY(auto document, document_in(wish.target, answer.body));
    VARVE_TRY(const auto index, index_of(wish.target, answer));
    return Pushed{std::move(document.id), index, true};
  }

  Result<Pushed> upload(const Local& local) {
    VARVE_TRY(const auto started, start(local));
    if (!started.complete) VARVE_CHECK(send(local, started.id));
    return import(local, started.id);
  }

  // [errors, how many were filtered out]
  Result<void> check_added(const std::string& target, std::string_view body) const {
    simdjson::dom::parser parser;
    const auto root = json::parse_strict(parser, body, About::request, 8);
    simdjson::dom::array errors;
    if (!root || root->at(0).get(errors) != simdjson::SUCCESS) return strange(target);
    if (errors.begin() == errors.end()) return {};
    return fail(Errc::conflict, About::request,
                "the registry did not take the package into the repository",
                simdjson::minify(errors).substr(0, kQuoteMax));
  }

  Server& server_;
  const pulp::RepositoryId repository_;
  const Author* author_;
  Console& console_;
};

struct Done {
  Local local;
  Pushed pushed;
};

void print_text(const Done& done, const Author* author, Console& console) {
  console.out() << done.local.nevra.to_string() << " is " << done.pushed.id << ", by event "
                << done.pushed.index << '\n';
  if (!done.pushed.uploaded)
    console.say(done.local.file + " was there already" +
                (author == nullptr ? "" : ": nothing was signed"));
  if (done.pushed.uploaded && author != nullptr)
    console.say(done.local.file + " is signed by " + author->key_id());
}

void print_json(const std::string& repository, const std::vector<Done>& all, const Author* author,
                Console& console) {
  JsonArray packages;
  for (const Done& done : all) {
    JsonObject package;
    package.text("file", done.local.file)
        .text("nevra", done.local.nevra.to_string())
        .text("id", done.pushed.id)
        .text("digest", done.local.digest.to_string())
        .number("index", done.pushed.index)
        .boolean("uploaded", done.pushed.uploaded);
    if (done.pushed.uploaded && author != nullptr) package.text("key_id", author->key_id());
    packages.raw(package.str());
  }
  JsonObject report;
  report.text("schema", "varve.rpm-push/v1").text("repository", repository);
  report.raw("packages", packages.str());
  console.out() << report.str() << '\n';
}

Outcome<std::vector<Local>> read_all(const std::vector<std::string>& files) {
  std::vector<Local> all;
  for (const std::string& file : files) {
    VARVE_CLI_TRY(auto local, read_local(file));
    all.push_back(std::move(local));
  }
  return all;
}

Outcome<Done> push_one(RpmPusher& pusher, Local local, Console& console) {
  const std::string what = local.file + " was not pushed";
  auto pushed = pusher.push(local);
  console.end_progress();
  VARVE_CLI_TRY(auto done, doing(what, std::move(pushed)));
  VARVE_CLI_TRY(done.index, doing(what, pusher.add(done.id)));
  return Done{std::move(local), std::move(done)};
}

Outcome<void> need_repository(RpmPusher& pusher, const RpmPushOptions& options) {
  auto there = pusher.need_repository(options.create);
  if (!there && there.error().code == Errc::not_found)
    return doing("there is no repository " + options.repository, std::move(there),
                 "make it with --create");
  return doing("the repository " + options.repository + " cannot be used", std::move(there));
}

Outcome<ExitCode> push_files(Server& server, const RpmPushOptions& options,
                             std::vector<Local> files, const Author* author, Console& console) {
  VARVE_CLI_TRY(auto repository,
                doing("this names no repository", pulp::RepositoryId::parse(options.repository),
                      "give --repo one lower-case word, as in --repo stable"));
  RpmPusher pusher(server, std::move(repository), author, console);
  VARVE_CLI_CHECK(need_repository(pusher, options));
  std::vector<Done> all;
  for (Local& local : files) {
    VARVE_CLI_TRY(auto done, push_one(pusher, std::move(local), console));
    if (!console.json()) print_text(done, author, console);
    all.push_back(std::move(done));
  }
  if (console.json()) print_json(options.repository, all, author, console);
  return ExitCode::ok;
}

}  // namespace

Outcome<ExitCode> push_rpms(Server& server, const RpmPushOptions& options, const Author* author,
                            Console& console) {
  VARVE_CLI_TRY(auto files, read_all(options.files));
  return push_files(server, options, std::move(files), author, console);
}

// A file that cannot be pushed needs no registry: nobody is asked anything before all were read.
Outcome<ExitCode> run_rpm_push(const RpmPushOptions& options, Console& console) {
  VARVE_CLI_TRY(auto files, read_all(options.files));
  VARVE_CLI_TRY(const auto author, author_for(options.key, options.server, console));
  VARVE_CLI_TRY(auto server, open_server(options.server));
  return push_files(*server, options, std::move(files), author ? &*author : nullptr, console);
}

}  // namespace varve::cli
