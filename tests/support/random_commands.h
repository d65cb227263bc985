// Random but repeatable command sequences over a small world, so that commands meet: the same tags
// move, the same manifests are put twice, deletes hit and miss. Swarm style: each seed leaves some
// kinds out.
//
// Packages of Warg are part of it too: their records follow each other, or what was refused, and
// share blobs with the images. So do Pulp's, which come into repositories and out of them.
//
// Accounts are part of it: principals come and go, and some commands are theirs instead of dev
// mode's, so that whether they are taken depends on what was decided just before. So are authors:
// their keys come and go, are those of packages too, and sign some of what is put, or something
// else.
#pragma once

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "tests/support/author_given.h"
#include "tests/support/log_rig.h"
#include "tests/support/packages_given.h"
#include "tests/support/warg_publisher.h"

namespace varve::test {

class RandomCommands {
 public:
  explicit RandomCommands(std::uint64_t seed) : random_(seed) {
    for (bool& enabled : enabled_) enabled = pick(4) != 0;
    enabled_[0] = true;
  }

  Command next() {
    // A record and its content mostly come one after another, with other commands in between.
    if (!soon_.empty() && pick(2) == 0) {
      Command command = std::move(soon_.front());
      soon_.pop_front();
      return command;
    }
    Command command = about_anything();
    if (pick(3) == 0) command.actor = somebody();
    return command;
  }

  // Refusals that such commands may meet.
  static bool expected(Errc code) {
    return code == Errc::not_found || code == Errc::conflict || code == Errc::invalid ||
           code == Errc::denied || code == Errc::unauthorized || code == Errc::unsupported ||
           code == Errc::locked;
  }

 private:
  static constexpr std::size_t kKinds = 12;
  static constexpr std::string_view kOrigin = "registry.example/test";  // LogRig's

  Command about_anything() {
    for (;;) {
      const std::size_t kind = pick(kKinds);
      if (!enabled_[kind]) continue;
      const std::string repo = "team/app" + std::to_string(pick(3));
      const std::string tag = "v" + std::to_string(pick(5));
      const std::uint64_t n = pick(12);
      switch (kind) {
        case 0:
          return by_somebody(put_manifest(repo, tag, n));
        case 1:
          return command_of(
              oci::DeleteTag{must(RepoName::parse(repo)), must(oci::Tag::parse(tag))});
        case 2: {
          const Command put = put_manifest(repo, tag, n);
          return command_of(oci::DeleteManifest{must(RepoName::parse(repo)),
                                                std::get<oci::PutManifest>(put.intent).digest});
        }
        case 3:
          return command_of(content::LinkBlob{must(RepoName::parse(repo)),
                                              Digest::of("blob" + std::to_string(n)), 5 + n / 10});
        case 4: {
          Command image = put_image(repo, tag, n);
          if (pick(2) == 0) soon_.push_back(by_somebody(put_index(repo, tag, image)));
          return by_somebody(std::move(image));
        }
        case 5:
          return command_of(content::UnlinkBlob{must(RepoName::parse(repo)),
                                                Digest::of("blob" + std::to_string(n))});
        case 6:
          return command_of(about_accounts());
        case 7:
          return command_of(about_locks(repo, tag, n));
        case 8:
          return about_packages();
        case 9:
          return about_rpms(repo, n);
        case 10:
          return command_of(about_namespaces(repo));
        default:
          if (pick(4) != 0) continue;
          return command_of(content::DeleteRepo{must(RepoName::parse(repo))});
      }
    }
  }

  // As an author signs it, mostly, and sometimes for another tag.
  Command by_somebody(Command command) {
    if (pick(2) == 0) return command;
    auto& put = std::get<oci::PutManifest>(command.intent);
    auto statement = statement_of(put, kOrigin);
    if (pick(8) == 0) statement.resource += "x";
    if (pick(8) == 0) put.tags.clear();
    put.author = authors_[pick(std::size(authors_))].sign(statement);
    return command;
  }

  Intent about_locks(const std::string& repo, const std::string& tag, std::uint64_t n) {
    content::AttributesChange change;
    for (auto* flag : {&change.del, &change.list, &change.read, &change.write})
      if (pick(2) == 0) *flag = pick(3) != 0;
    const auto name = must(RepoName::parse(repo));
    if (pick(4) == 0) return content::SetRepoAttributes{name, change};
    if (pick(2) == 0) return oci::SetTagAttributes{name, must(oci::Tag::parse(tag)), change};
    const Command put = put_manifest(repo, tag, n);
    return oci::SetManifestAttributes{name, std::get<oci::PutManifest>(put.intent).digest, change};
  }

  // Namespaces, descriptions, and who may come, as SWR's clients say it.
  Intent about_namespaces(const std::string& repo) {
    constexpr const char* kNames[] = {"team", "other", "fresh"};
    const auto name = must(NamespaceName::parse(kNames[pick(3)]));
    const auto open = pick(2) == 0 ? std::nullopt : std::optional(pick(2) == 0);
    const auto category = pick(2) == 0 ? content::Category::arm : content::Category::other;
    const std::string text = pick(2) == 0 ? "" : "a description";
    switch (pick(5)) {
      case 0:
        return content::CreateNamespace{name};
      case 1:
        return content::DeleteNamespace{name};
      case 2:
        return content::CreateRepo{must(RepoName::parse(name.text() + "/app" + repo.back())),
                                   category, text, open};
      case 3:
        return content::UpdateRepo{must(RepoName::parse(repo)), category, text, open};
      default: {
        const auto kind = static_cast<trust::ChangeAccess::Kind>(pick(3));
        const auto rights = *Rights::from_bits(static_cast<std::uint8_t>(pick(8)));
        return trust::ChangeAccess{kind, resource(), {{principal(), rights}}};
      }
    }
  }

  static std::string described(const Digest& digest, std::uint64_t size) {
    return R"({"mediaType":"a/b","digest":")" + digest.to_string() + R"(","size":)" +
           std::to_string(size) + "}";
  }
  // One whose body says what it needs, and what it is about.
  Command put_image(const std::string& repo, const std::string& tag, std::uint64_t n) {
    const Command subject = put_manifest(repo, tag, n);
    const Digest blob = Digest::of("blob" + std::to_string(n));
    auto body = std::make_shared<const std::string>(
        R"({"schemaVersion":2,"config":)" + described(blob, 5 + n / 10) +
        R"(,"layers":[],"subject":)" +
        described(std::get<oci::PutManifest>(subject.intent).digest, 1) + "}");
    return put_body(repo, tag, body, "application/vnd.oci.image.manifest.v1+json");
  }
  // One of that image alone.
  Command put_index(const std::string& repo, const std::string& tag, const Command& image) {
    const auto& child = std::get<oci::PutManifest>(image.intent);
    auto body = std::make_shared<const std::string>(R"({"schemaVersion":2,"manifests":[)" +
                                                    described(child.digest, child.size) + "]}");
    return put_body(repo, tag, body, "application/vnd.oci.image.index.v1+json");
  }
  Command put_body(const std::string& repo, const std::string& tag,
                   const std::shared_ptr<const std::string>& body, std::string_view media_type) {
    auto parsed = must(oci::parse_manifest(*body, media_type));
    const Digest digest = Digest::of(*body);
    return command_of(oci::PutManifest{must(RepoName::parse(repo)),
                                       {must(oci::Tag::parse(tag))},
                                       digest,
                                       body->size(),
                                       std::move(parsed.media_type),
                                       std::move(parsed.blobs),
                                       std::move(parsed.manifests)},
                      {{digest, body}});
  }

  // ---- packages ----

  struct Made {
    std::size_t package;
    Verified<warg::SignedPackageRecord> record;
  };
  static Command with_record(Intent intent, const warg::Envelope& envelope) {
    return command_of(std::move(intent), {{Digest::of(*envelope.content), envelope.content}});
  }
  static warg::PackageName package_name(std::size_t n) {
    return package("test:p" + std::to_string(n));
  }
  warg::RecordTime record_time() {
    return {1'795'000'000, static_cast<std::int32_t>(made_.size())};
  }

  Command about_packages() {
    if (made_.empty() || pick(20) == 0) {
      const auto founding = op_.sign(warg::OperatorRecord{
          std::nullopt, 0, {}, {warg::Init{op_.text()}, warg::DefineNamespace{"test"}}});
      Command command = with_record(warg::AppendOperatorRecord{founding}, founding->envelope);
      soon_.push_front(command);
      if (made_.empty()) make_record();
      return command;
    }
    if (pick(2) == 0) {
      make_record();
      plan(made_.back());
    }
    const Made& made = made_[made_.size() - 1 - pick(std::min<std::size_t>(made_.size(), 5))];
    if (pick(3) == 0) return submission(made);
    return upload(made, blob_of(made));
  }
  void plan(const Made& made) {
    soon_.push_back(submission(made));
    for (std::size_t n = 0; n < 12; ++n)
      if (pick(8) != 0 && releases(made, n)) soon_.push_back(upload(made, n));
  }
  Command submission(const Made& made) {
    return with_record(warg::SubmitRecord{package_name(made.package), made.record, pick(2) == 0},
                       made.record->envelope);
  }
  Command upload(const Made& made, std::size_t blob) {
    const std::string content = "blob" + std::to_string(blob);
    return with_record(
        warg::ReceiveContent{package_name(made.package), made.record->id,
                             made.record->envelope.content, Digest::of(content), content.size()},
        made.record->envelope);
  }
  static bool releases(const Made& made, std::size_t blob) {
    for (const auto& entry : made.record->record.entries)
      if (const auto* released = std::get_if<warg::Release>(&entry))
        if (released->content == Digest::of("blob" + std::to_string(blob))) return true;
    return false;
  }
  // Often content that the record waits for, or waited for.
  std::size_t blob_of(const Made& made) {
    for (std::size_t n = 0; n < 12; ++n)
      if (releases(made, n) && pick(2) == 0) return n;
    return pick(12);
  }

  // Pulp's packages: they share blobs with the images, and are called the same by chance.
  Command about_rpms(const std::string& repo, std::uint64_t n) {
    const pulp::PackageId known =
        package_id(made_rpms_ == 0 ? 0 : 1 + static_cast<unsigned>(pick(made_rpms_)));
    const pulp::RepositoryId where = rpm_repo("el" + std::to_string(pick(3)));
    switch (pick(10)) {
      case 0:
        return command_of(pulp::CreateRepository{where, "a name", "noarch"});
      case 1:
        return pick(3) == 0 ? command_of(pulp::DeleteRepository{where})
                            : command_of(pulp::RemovePackages{where, {known}});
      case 2:
        return command_of(pulp::DeletePackage{known});
      case 3:
      case 4:
      case 5:
        return command_of(
            pulp::AddPackages{where, {known, package_id(1 + static_cast<unsigned>(n))}});
      default:
        return make_rpm(repo, n);
    }
  }
  Command make_rpm(const std::string& repo, std::uint64_t n) {
    const auto body = std::make_shared<const std::string>("details" + std::to_string(pick(3)));
    auto wish = create_package(++made_rpms_, "p" + std::to_string(pick(4)),
                               "blob" + std::to_string(n), *body);
    if (pick(2) == 0) wish.file = pulp::File{Digest::of("blob" + std::to_string(n)), 5 + n / 10};
    if (wish.file && pick(2) == 0) wish.file->from = must(RepoName::parse(repo));
    return command_of(std::move(wish), {{Digest::of(*body), body}});
  }
  unsigned made_rpms_ = 0;

  void make_record() {
    const std::size_t which = pick(3);
    std::vector<const Made*> before;
    for (const Made& made : made_)
      if (made.package == which) before.push_back(&made);
    warg::PackageRecord record{std::nullopt, 0, record_time(), {}};
    if (before.empty() || pick(20) == 0) {
      record.entries.emplace_back(init(publishers_[0]));
    } else {
      const std::size_t back = pick(3) == 0 ? pick(std::min<std::size_t>(before.size(), 4)) : 0;
      record.prev = before[before.size() - 1 - back]->record->id;
    }
    if (pick(3) != 0)
      record.entries.emplace_back(
          release("2." + std::to_string(made_.size()) + ".0", "blob" + std::to_string(pick(4))));
    else
      for (std::size_t n = pick(3); n > 0; --n) record.entries.push_back(package_entry());
    const std::size_t signer = pick(4) == 0 ? pick(std::size(publishers_)) : 0;
    made_.push_back({which, publishers_[signer].sign(record)});
  }
  warg::PackageEntry package_entry() {
    const std::string text = "1." + std::to_string(pick(40)) + ".0";
    const Publisher& somebody_else = publishers_[1 + pick(2)];
    switch (pick(5)) {
      case 0:
        return grant(somebody_else, kReleaseAndYank);
      case 1:
        return revoke(somebody_else, kYank);
      case 2:
        return yank(text);
      default:
        return release(text, "blob" + std::to_string(pick(12)));
    }
  }

  const Publisher op_{'r'};
  const Publisher publishers_[3]{Publisher{'o'}, Publisher{'f'}, Publisher{'g'}};
  const AuthorKey authors_[4]{AuthorKey{'o'}, AuthorKey{'f'}, AuthorKey{'h'}, AuthorKey{'i'}};
  std::vector<Made> made_;
  std::deque<Command> soon_;

  // ---- accounts ----

  Intent about_accounts() {
    const PrincipalName who = principal();
    switch (pick(12)) {
      case 0:
        return trust::CreatePrincipal{who, trust::PrincipalKind::user};
      case 1:
        return trust::DisablePrincipal{who, "a reason"};
      case 2:
        return trust::EnablePrincipal{who};
      case 3: {
        constexpr trust::CredentialKind kCredentials[] = {
            trust::CredentialKind::password, trust::CredentialKind::password,
            trust::CredentialKind::token, trust::CredentialKind::x509, trust::CredentialKind::aksk};
        std::optional<Timestamp> expires;
        if (pick(3) == 0) expires = in_a_moment();
        return trust::AddCredential{who, credential(), kCredentials[pick(std::size(kCredentials))],
                                    expires};
      }
      case 4:
        return trust::RevokeCredential{who, credential(), "a reason"};
      case 5:
        return trust::RemoveGrant{who, resource(), pick(4) == 0};
      case 6:
        return trust::SetPolicy{resource(), pick(2) == 0, pick(2) == 0};
      case 7:
        return trust::RemovePolicy{resource()};
      case 8:
      case 9:
        return authors_[pick(std::size(authors_))].registration(who);
      case 10:
        return trust::RevokeKey{who, authors_[pick(std::size(authors_))].id(), "a reason"};
      default: {
        const Resource where = resource();
        const auto bits = static_cast<std::uint8_t>(pick(where.is_everything() ? 32 : 8));
        return trust::SetGrant{who, where, *Rights::from_bits(bits), pick(4) == 0};
      }
    }
  }

  Actor somebody() {
    if (pick(4) == 0) return {};
    Actor actor{principal().text(), Auth::bearer, credential()};
    if (pick(3) == 0) actor.limit = {{resource(), Rights::of_a_repository()}};
    return actor;
  }
  // Some of these expire while the test runs: LogRig's clock starts here.
  Timestamp in_a_moment() {
    return Timestamp{1'795'000'000'000'000 + 1'000 * static_cast<std::int64_t>(pick(60))};
  }
  PrincipalName principal() {
    constexpr const char* kNames[] = {"anonymous", "ann", "bob", "ci"};
    return must(PrincipalName::parse(kNames[pick(4)]));
  }
  CredentialId credential() {
    return must(CredentialId::parse("0000000000000000000000000" + std::to_string(pick(8))));
  }
  Resource resource() {
    constexpr const char* kResources[] = {"*",       "team/*",     "team/app0", "team/app1",
                                          "other/*", "packages/*", "rpm/el1"};
    return must(Resource::parse(kResources[pick(7)]));
  }
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::mt19937_64 random_;
  bool enabled_[kKinds] = {};
};

// Printed by every property test, and taken from VARVE_SEED to run a failure again.
inline std::uint64_t property_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("VARVE_SEED");
    const std::uint64_t value =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::printf("VARVE_SEED=%llu\n", static_cast<unsigned long long>(value));
    return value;
  }();
  return seed;
}

// Every present row of a view, as text: what two views must agree on.
inline std::string dump(const View& view) {
  std::string text;
  for (const Table table : kTables)
    must(view.scan(table, "", "", [&](std::string_view key, const Row& row) {
      text += std::string(table_name(table)) + " " + hex_encode(key) + " @" +
              std::to_string(row.index.value) + " " + hex_encode(row.value) + "\n";
      return true;
    }));
  return text;
}

}  // namespace varve::test
