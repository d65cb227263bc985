// One record's way into the log. The thread of main() only.
#include "api/cli/warg_publish.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "api/cli/warg_content.h"
#include "api/cli/warg_wish.h"

namespace varve::cli {
namespace {

using namespace std::chrono_literals;

constexpr int kAttemptsMax = 8;  // others may publish to the package at the same time
constexpr std::chrono::milliseconds kWaitMax = 5min;
constexpr std::chrono::milliseconds kPollMax = 1s;
constexpr int kLooksMax = 6;
constexpr std::size_t kAnswerBytesMax = 1 << 20;

// A record that another publisher's log waits for.
struct Pending {
  warg::RecordId id;
};
using Posted = std::variant<RecordStatus, Pending>;

std::string state_name(const RecordStatus& status) {
  const auto* sourcing = std::get_if<Sourcing>(&status.state);
  if (sourcing == nullptr) return "is processed";
  if (sourcing->missing.empty()) return "waits for content";
  const std::size_t others = sourcing->missing.size() - 1;
  return "waits for the content " + sourcing->missing.begin()->first.to_string() +
         (others == 0 ? "" : " and " + std::to_string(others) + " more");
}

class Publishing {
 public:
  Publishing(WargClient& client, const RecordWish& wish, const warg::PrivateKey& key, bool wait,
             std::chrono::seconds max_age)
      : client_(client),
        wish_(wish),
        key_(key),
        wait_(wait),
        max_age_(max_age),
        target_("/v1/package/" + warg::package_log_id(wish.name).to_string() + "/record") {}

  Outcome<Receipt> run() {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      // However old the checkpoint is: a registry that rests has an old one until this record
      // comes.
      VARVE_CLI_TRY(view_, client_.look(wish_.name, std::nullopt));
      VARVE_CLI_TRY(const auto envelope, sign());
      const auto id = warg::package_record_id(*envelope.content);
      VARVE_CLI_TRY(auto posted, post(envelope, id));
      if (auto* status = std::get_if<RecordStatus>(&posted)) {
        VARVE_CLI_TRY(auto receipt, see_through({id, !view_->package, 0, {}}, *std::move(status)));
        if (receipt) return *std::move(receipt);
      } else {
        VARVE_CLI_TRY(auto receipt, make_way_for(std::get<Pending>(posted).id));
        if (receipt) return *std::move(receipt);
      }
    }
    return refuse(
        ExitCode::conflict, "others keep publishing to " + wish_.name.text(),
        "the registry was taking another record each of " + std::to_string(kAttemptsMax) + " times",
        "try again when they are done");
  }

 private:
  // ---- the record ----

  Outcome<warg::Envelope> sign() const {
    VARVE_CLI_CHECK(check_wish(wish_, *view_, key_.public_key().id()));
    if (!view_->package && view_->absence_unproven)
      client_.console().warn("the registry does not prove that there is no package " +
                             wish_.name.text() + " yet");
    const Timestamp now = client_.around().now();
    warg::PackageRecord record{std::nullopt, 0, warg::RecordTime::of(now), {}};
    const warg::MemoryLog none;
    const warg::MemoryLog& log = view_->package ? view_->package->facts : none;
    if (const auto& head = log.state().head) {
      record.prev = head->id;
      record.time = std::max(record.time, head->time);
    } else {
      record.entries.emplace_back(warg::Init{key_.public_key().text()});
    }
    std::ranges::copy(wish_.entries, std::back_inserter(record.entries));
    auto content = std::make_shared<const std::string>(warg::encode(record));
    warg::Envelope envelope{content, key_.public_key().id(),
                            key_.sign(warg::Purpose::package_record, *content)};
    const auto allowed = [&]() -> Result<void> {
      VARVE_TRY(const auto checked, SignatureChecks::package_record(envelope, key_.public_key()));
      VARVE_TRY([[maybe_unused]] const auto change, warg::validate(*checked, log, now));
      return {};
    }();
    VARVE_CLI_CHECK(doing("the package's log would not take this", allowed));
    return envelope;
  }

  // ---- the registry's answers ----

  Outcome<Posted> post(const warg::Envelope& envelope, const warg::RecordId& id) {
    const auto answer = client_.server().ask({.target = target_,
                                              .bytes_max = kAnswerBytesMax,
                                              .patient = false,
                                              .method = "POST",
                                              .body = write_record(wish_.name, envelope)});
    if (!answer) return after_silence(id, answer.error());
    if (answer->status / 100 == 2) {
      VARVE_CLI_TRY(auto status, status_in(answer->body, id));
      return Posted(std::move(status));
    }
    const Refused refused = read_refusal(answer->body);
    if (answer->status == 409 && refused.type == "record") {
      const auto other = warg::RecordId::parse(refused.id);
      if (other) return Posted(Pending{*other});
    }
    return std::unexpected(refused_record(*answer, refused));
  }

  // The record may be there all the same: whoever just runs the command again would make another.
  Outcome<Posted> after_silence(const warg::RecordId& id, const Error& error) {
    auto status = fetch_status(id);
    if (status && *status) return Posted(**std::move(status));
    return refuse(ExitCode::cannot_tell, "whether the record was published is not known",
                  describe(error) + "; its id is " + id.to_string(),
                  "`varve warg info " + wish_.name.text() +
                      "` shows whether it is there; publish again if it is not");
  }

  Failure refused_record(const Answer& answer, const Refused& refused) const {
    const std::string what = "the registry does not take the record";
    Failure failure(warg_refusal(client_.server(), target_, answer));
    if (answer.status == 422) failure.code = ExitCode::policy;
    if (refused.type == "namespace") failure.why = "it has no namespace " + wish_.name.ns().text();
    if (refused.type == "namespaceImport")
      failure.why = "its namespace " + wish_.name.ns().text() + " belongs to another registry";
    if (failure.why.empty()) failure.why = failure.what;
    return {failure.code, what, failure.why, usual_next_step(failure.code)};
  }

  Outcome<RecordStatus> status_in(std::string_view body, const warg::RecordId& id) const {
    const std::string what = "what became of record " + id.to_string() + " cannot be told";
    VARVE_CLI_TRY(auto status, doing(what, read_record_status(body)));
    if (status.id == id) return status;
    return refuse(ExitCode::cannot_tell, what,
                  "the registry speaks of " + status.id.to_string() + " instead",
                  usual_next_step(ExitCode::cannot_tell));
  }

  // Nothing: the registry knows no such record.
  Outcome<std::optional<RecordStatus>> fetch_status(const warg::RecordId& id) const {
    const std::string what = "what became of record " + id.to_string() + " cannot be told";
    const std::string target = target_ + "/" + id.to_string();
    VARVE_CLI_TRY(
        const auto answer,
        doing(what, client_.server().ask({.target = target, .bytes_max = kAnswerBytesMax})));
    if (answer.status == 404 && read_refusal(answer.body).type == "record") return std::nullopt;
    VARVE_CLI_CHECK(must_be_an_answer(client_.server(), target, answer, what));
    VARVE_CLI_TRY(auto status, status_in(answer.body, id));
    return status;
  }

  // Asks again and again until the record is decided; nothing when that takes too long.
  Outcome<std::optional<RecordStatus>> poll(const warg::RecordId& id) const {
    std::chrono::milliseconds step = 50ms;
    for (std::chrono::milliseconds waited{0}; waited < kWaitMax; waited += step) {
      VARVE_CLI_TRY(const auto status, fetch_status(id));
      if (!status) return std::nullopt;
      const bool open = std::holds_alternative<Sourcing>(status->state) ||
                        std::holds_alternative<Processing>(status->state);
      if (!open) return status;
      step = std::min(2 * step, kPollMax);
      client_.around().sleep(step);
    }
    return std::nullopt;
  }

  // ---- a record that comes first ----

  // Nothing: it is decided, and the wish is still to be signed. A record whose uploads broke off
  // keeps the package from everybody for a day. This may be the very command that made it, run
  // again, which signs another time and so another record: it finishes the first one.
  Outcome<std::optional<Receipt>> make_way_for(const warg::RecordId& id) {
    client_.console().say("another record of " + wish_.name.text() + " comes first: waiting for " +
                          id.to_string());
    VARVE_CLI_TRY(const auto status, fetch_status(id));
    if (!status) return std::nullopt;
    std::size_t uploads = 0;
    if (const auto* sourcing = std::get_if<Sourcing>(&status->state);
        sourcing != nullptr && have_all(*sourcing)) {
      client_.console().say("all that it still waits for is released here, too: uploading it");
      VARVE_CLI_TRY(uploads, upload(id, *sourcing));
    }
    VARVE_CLI_TRY(const auto decided, poll(id));
    if (!decided)
      return refuse(ExitCode::conflict, "another record of the package is not decided yet",
                    id.to_string() + " " + state_name(*status),
                    "wait until whoever published it has uploaded its content, then try again; if "
                    "that was you, publish all that it releases again");
    const auto* published = std::get_if<Published>(&decided->state);
    if (uploads == 0 || published == nullptr) return std::nullopt;
    return fulfilled_by({id, false, uploads, {}}, *published);
  }

  bool have_all(const Sourcing& sourcing) const {
    return !sourcing.missing.empty() &&
           std::ranges::all_of(sourcing.missing, [&](const auto& missing) {
             return wish_.content.contains(missing.first);
           });
  }

  // Nothing: what was published by it is not all that is wished for.
  Outcome<std::optional<Receipt>> fulfilled_by(Receipt receipt, const Published& published) {
    VARVE_CLI_TRY(receipt.published, find(receipt.record, published));
    const WargLog& log = *view_->package;
    // Somebody else may have begun the package with the same content.
    VARVE_CLI_TRY(const auto signer, log.facts.key(key_.public_key().id()));
    if (!signer) return std::nullopt;
    for (const auto& entry : wish_.entries) {
      const auto* wished = std::get_if<warg::Release>(&entry);
      if (wished == nullptr) return std::nullopt;
      VARVE_CLI_TRY(const auto there, log.facts.release(wished->version));
      if (!there || there->yanked || there->content != wished->content) return std::nullopt;
    }
    receipt.began_log = log.records.front().id == receipt.record;
    return receipt;
  }

  // ---- after it was taken ----

  // Nothing: another record came first, and this one can no longer follow the one it names.
  Outcome<std::optional<Receipt>> see_through(Receipt receipt, RecordStatus status) {
    if (const auto* sourcing = std::get_if<Sourcing>(&status.state)) {
      VARVE_CLI_TRY(receipt.uploads, upload(receipt.record, *sourcing));
    }
    if (!wait_ && !std::holds_alternative<Rejected>(status.state)) return receipt;
    const bool decided = std::holds_alternative<Rejected>(status.state) ||
                         std::holds_alternative<Published>(status.state);
    if (!decided) {
      VARVE_CLI_TRY(const auto later, poll(receipt.record));
      if (!later)
        return refuse(ExitCode::cannot_tell, "the record is not published yet",
                      "the registry has not decided about " + receipt.record.to_string(),
                      "`varve warg info " + wish_.name.text() + "` shows whether it is there");
      status = *later;
    }
    if (const auto* rejected = std::get_if<Rejected>(&status.state)) {
      VARVE_CLI_CHECK(must_have_been_overtaken(*rejected));
      return std::nullopt;
    }
    VARVE_CLI_TRY(receipt.published, find(receipt.record, std::get<Published>(status.state)));
    return receipt;
  }

  Outcome<std::size_t> upload(const warg::RecordId& id, const Sourcing& sourcing) const {
    ContentMover mover(client_);
    for (const auto& [digest, places] : sourcing.missing) {
      const auto file = wish_.content.find(digest);
      if (file == wish_.content.end())
        return refuse(ExitCode::cannot_tell, "the registry asks for content that is not released",
                      digest.to_string(), "tell the registry's operator");
      const auto uploaded = mover.upload(digest, file->second, places);
      if (!uploaded && still_missing(id, digest)) return std::unexpected(uploaded.error());
    }
    return sourcing.missing.size();
  }

  // Two who publish the same content upload it for one record: whoever is later is refused.
  bool still_missing(const warg::RecordId& id, const Digest& digest) const {
    const auto status = fetch_status(id);
    if (!status || !*status) return true;
    const auto* sourcing = std::get_if<Sourcing>(&(*status)->state);
    return sourcing != nullptr && sourcing->missing.contains(digest);
  }

  // Somebody else's record in between explains it; else the registry does not want this one.
  Outcome<void> must_have_been_overtaken(const Rejected& rejected) {
    VARVE_CLI_TRY(const auto now, client_.look(wish_.name, std::nullopt));
    const auto length = [](const WargView& view) {
      return view.package ? view.package->records.size() : 0;
    };
    if (length(now) == length(*view_))
      return refuse(ExitCode::policy, "the registry rejected the record", rejected.reason,
                    "change what the reason names");
    client_.console().say("another record of " + wish_.name.text() +
                          " came first: signing this one anew");
    return {};
  }

  // That it says "published" proves nothing. What answers may be a mirror that lags behind, so only
  // a checkpoint that covers the record's place tells that it is not there.
  Outcome<Receipt::Published> find(const warg::RecordId& id, const Published& told) {
    std::chrono::milliseconds pause = 100ms;
    for (int looks = 1;; ++looks, pause *= 2) {
      VARVE_CLI_TRY(view_, client_.look(wish_.name, max_age_));
      const std::uint64_t length = view_->checkpoint.contents.log_length;
      if (const RecordSeen* found = seen(id)) {
        VARVE_CLI_CHECK(client_.prove_record(*view_, wish_.name, *found));
        return Receipt::Published{found->registry_index, length};
      }
      const std::string at_length = " at length " + std::to_string(length);
      if (length > told.registry_index)
        return refuse(ExitCode::proven_false, "the registry says that the record is published",
                      "but " + id.to_string() + " is not in the package's log" + at_length,
                      "tell the registry's operator");
      if (looks == kLooksMax)
        return refuse(ExitCode::cannot_tell, "that the record is published is not proven yet",
                      "it is to be record " + std::to_string(told.registry_index) +
                          " of a registry that shows its log" + at_length,
                      "`varve warg info " + wish_.name.text() + "` shows whether it is there");
      client_.around().sleep(pause);
    }
  }

  const RecordSeen* seen(const warg::RecordId& id) const {
    if (!view_->package) return nullptr;
    const auto& records = view_->package->records;
    const auto found = std::ranges::find(records, id, &RecordSeen::id);
    return found == records.end() ? nullptr : &*found;
  }

  WargClient& client_;
  const RecordWish& wish_;
  const warg::PrivateKey& key_;
  const bool wait_;
  const std::chrono::seconds max_age_;
  const std::string target_;
  std::optional<WargView> view_;
};

}  // namespace

Outcome<Receipt> publish(WargClient& client, const RecordWish& wish, const warg::PrivateKey& key,
                         bool wait, std::chrono::seconds max_age) {
  return Publishing(client, wish, key, wait, max_age).run();
}

}  // namespace varve::cli
