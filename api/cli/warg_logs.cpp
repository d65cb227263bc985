// Fetching pages, and folding records with the rules that the server has too. The thread of main()
// only.
#include "api/cli/warg_logs.h"

#include <utility>

namespace varve::cli {
namespace {

constexpr unsigned kPageRecords = 100;
// Two lists of as many records as large as records may be, in base 64.
constexpr std::size_t kPageBytesMax = std::size_t{300} << 20;
constexpr std::size_t kPagesMax = 10'000;  // a registry that never ends is lying
// Of both logs, before anything of them is checked: a release has some two hundred bytes.
constexpr std::size_t kLogsBytesMax = std::size_t{256} << 20;
constexpr const char* kTarget = "/v1/fetch/logs";

std::unexpected<Failure> cannot_tell(const WargClient& client, std::string why) {
  return refuse(ExitCode::cannot_tell, "the logs of " + client.server().url() + " cannot be read",
                std::move(why), "try again; a registry that goes on like this cannot be relied on");
}

// Registry indexes grow from record to record and end before the checkpoint.
Outcome<void> append(const WargClient& client, std::vector<PublishedRecord>&& page,
                     std::uint64_t log_length, std::size_t& bytes,
                     std::vector<PublishedRecord>& log) {
  for (PublishedRecord& record : page) {
    bytes += record.envelope.content->size();
    if (bytes > kLogsBytesMax) return cannot_tell(client, "they are larger than any log is");
    if (record.registry_index >= log_length)
      return cannot_tell(client, "it shows a record that its checkpoint does not cover");
    if (!log.empty() && record.registry_index <= log.back().registry_index)
      return cannot_tell(client, "it shows records out of order, or again and again");
    log.push_back(std::move(record));
  }
  return {};
}

struct PageAnswer {
  LogsPage page;
  bool no_such_log = false;
};

Outcome<PageAnswer> fetch_page(const WargClient& client, const LogsQuestion& question) {
  const std::string what = "the logs of " + client.server().url() + " cannot be fetched";
  VARVE_CLI_TRY(const auto answer,
                doing(what, client.server().ask({.target = kTarget,
                                                 .bytes_max = kPageBytesMax,
                                                 .method = "POST",
                                                 .body = write_logs_question(question),
                                                 .question = true})));
  if (answer.status == 404 && question.package) {
    const Refused refused = read_refusal(answer.body);
    if (refused.type == "log" && refused.id == question.package->to_string())
      return PageAnswer{{}, true};
  }
  VARVE_CLI_CHECK(must_be_an_answer(client.server(), kTarget, answer, what));
  VARVE_CLI_TRY(auto page, doing(what, read_logs_page(answer.body, question)));
  return PageAnswer{std::move(page), false};
}

void continue_behind(const FetchedLogs& logs, LogsQuestion& question) {
  if (!logs.of_operator.empty()) question.operator_token = logs.of_operator.back().fetch_token;
  if (logs.of_package && !logs.of_package->empty())
    question.package_token = logs.of_package->back().fetch_token;
}

// ---- checking ----

// `open` reads a record, `check` verifies its signature by a key: the operator's, or a package's.
template <class Open, class Check>
class Folding {
 public:
  Folding(Open open, Check check) : open_(open), check_(check) {}

  Outcome<WargLog> fold(const std::vector<PublishedRecord>& records, const std::string& whose) {
    WargLog log;
    for (const PublishedRecord& record : records) {
      const auto added = add(record, log);
      if (added) continue;
      return refuse(ExitCode::proven_false,
                    "the registry shows a record that " + whose + " cannot hold",
                    "record " + std::to_string(log.records.size()) + ": " + describe(added.error()),
                    usual_next_step(ExitCode::proven_false));
    }
    return log;
  }

 private:
  Result<void> add(const PublishedRecord& published, WargLog& log) {
    VARVE_TRY(const auto opened, open_(published.envelope));
    VARVE_TRY(const auto text, warg::find_signing_key(opened, log.facts));
    VARVE_TRY(const auto key, keys_.parse(text.text()));
    VARVE_TRY(const auto record, check_(published.envelope, key));
    VARVE_TRY(const auto change, warg::validate(*record, log.facts, std::nullopt));
    log.facts.apply(change);
    log.records.push_back({record->id, published.registry_index});
    return {};
  }

  Open open_;
  Check check_;
  warg::PublicKeyMemo keys_;
};

}  // namespace

Outcome<FetchedLogs> fetch_logs(const WargClient& client, std::uint64_t log_length,
                                const warg::LogId& package) {
  LogsQuestion question{log_length, kPageRecords, std::nullopt, package, std::nullopt};
  FetchedLogs logs;
  std::size_t bytes = 0;
  for (std::size_t pages = 0; pages < kPagesMax; ++pages) {
    VARVE_CLI_TRY(auto answer, fetch_page(client, question));
    if (answer.no_such_log) {
      if (logs.of_package) return cannot_tell(client, "it denies a log in the middle of it");
      question.package.reset();
      continue;
    }
    LogsPage& page = answer.page;
    const bool moved = !page.of_operator.empty() || !page.of_package.empty();
    if (question.package && !logs.of_package) logs.of_package.emplace();
    VARVE_CLI_CHECK(
        append(client, std::move(page.of_operator), log_length, bytes, logs.of_operator));
    if (logs.of_package)
      VARVE_CLI_CHECK(
          append(client, std::move(page.of_package), log_length, bytes, *logs.of_package));
    if (!page.more) return logs;
    if (!moved) return cannot_tell(client, "it says that there is more and shows nothing");
    continue_behind(logs, question);
  }
  return cannot_tell(client, "there is no end to them");
}

Outcome<WargLog> check_operator_log(const std::vector<PublishedRecord>& records) {
  return Folding(warg::open_operator_record, SignatureChecks::operator_record)
      .fold(records, "the operator's log");
}

Outcome<WargLog> check_package_log(const std::vector<PublishedRecord>& records,
                                   const warg::PackageName& name) {
  return Folding(warg::open_package_record, SignatureChecks::package_record)
      .fold(records, "the log of " + name.text());
}

Outcome<warg::PublicKeyText> first_key(const std::vector<PublishedRecord>& operator_records) {
  VARVE_CLI_TRY(const auto first, warg::open_operator_record(operator_records.front().envelope));
  const auto* init = std::get_if<warg::Init>(&first.record.entries.front());
  VARVE_ASSERT(init != nullptr);  // the log's rules want it there, and were kept
  return init->key;
}

}  // namespace varve::cli
