// What tokens are made for: the part of what was asked that the actor holds. Pure but for the
// newest head; any thread.
#include <algorithm>

#include "api/auth/authenticator.h"
#include "log/reader.h"

namespace varve::auth {
namespace {

// Registry-wide things that a token can be made for, and the right behind each.
struct RegistryThing {
  std::string_view name;
  // None: one's own account, and listing, which is filtered by what may be pulled.
  std::optional<Right> right;
  bool list = false;
};
constexpr RegistryThing kRegistryThings[] = {{"account", std::nullopt},
                                             {"admin", Right::administer},
                                             {"catalog", std::nullopt, true},
                                             {"log", Right::read_log}};

const RegistryThing* registry_thing(const Access& access) {
  if (access.type != "registry" || !access.type_class.empty()) return nullptr;
  const auto found = std::ranges::find(kRegistryThings, access.name, &RegistryThing::name);
  return found == std::end(kRegistryThings) ? nullptr : found;
}

// Docker's words for rights, and Azure's for the same. What Azure calls writing metadata is locking
// and unlocking: not for those who only push.
struct ActionWord {
  std::string_view word;
  Right right;
};
constexpr ActionWord kActionWords[] = {{"delete", Right::del},
                                       {"metadata_read", Right::pull},
                                       {"metadata_write", Right::del},
                                       {"pull", Right::pull},
                                       {"push", Right::push}};

Rights rights_of(const std::vector<std::string>& actions) {
  Rights rights;
  for (const std::string& action : actions) {
    if (action == "*") return Rights::of_a_repository();
    const auto found = std::ranges::find(kActionWords, action, &ActionWord::word);
    if (found != std::end(kActionWords)) rights = rights | Rights{found->right};
  }
  return rights;
}

// "*" becomes the words it stands for here, and stays when all of them are held.
std::vector<std::string> held(const std::vector<std::string>& asked, Rights rights) {
  const bool everything = std::ranges::find(asked, "*") != asked.end();
  std::vector<std::string> words;
  if (everything && (rights & Rights::of_a_repository()) == Rights::of_a_repository())
    words.emplace_back("*");
  for (const auto& [word, right] : kActionWords) {
    const bool wanted =
        everything ? word == to_string(right) : std::ranges::find(asked, word) != asked.end();
    if (wanted && rights.has(right)) words.emplace_back(word);
  }
  return words;
}

Result<std::vector<std::string>> actions_on(const View& view, const Actor& actor,
                                            const Access& asked, Timestamp now) {
  if (const RegistryThing* thing = registry_thing(asked)) {
    if (!thing->right) return asked.actions;
    VARVE_TRY(const Rights rights, trust::rights_on(view, actor, Resource::everything(), now));
    return rights.has(*thing->right) ? asked.actions : std::vector<std::string>{};
  }
  const auto repo = repository_in(asked.name);
  if (asked.type != "repository" || !asked.type_class.empty() || !repo)
    return std::vector<std::string>{};
  VARVE_TRY(const Rights rights, trust::rights_on(view, actor, Resource(*repo), now));
  return held(asked.actions, rights);
}

std::int64_t seconds_of(Timestamp time) {
  return time.micros / 1'000'000;
}

}  // namespace

std::optional<RepoName> repository_in(std::string_view scope_name) {
  if (scope_name.starts_with("asof.")) {
    const std::size_t slash = scope_name.find('/');
    if (slash == scope_name.npos) return std::nullopt;
    scope_name.remove_prefix(slash + 1);
  }
  auto repo = RepoName::parse(scope_name);
  return repo ? std::optional(*std::move(repo)) : std::nullopt;
}

std::vector<Scope> limit_of(const std::vector<Access>& accesses) {
  std::vector<Scope> limit;
  for (const Access& access : accesses) {
    if (const RegistryThing* thing = registry_thing(access))
      limit.push_back(
          {Resource::everything(), thing->right ? Rights{*thing->right} : Rights{}, thing->list});
    else if (const auto repo = repository_in(access.name); repo && access.type == "repository")
      limit.push_back({Resource(*repo), rights_of(access.actions)});
  }
  return limit;
}

bool may_list(const Actor& actor) {
  return !actor.limit || std::ranges::any_of(*actor.limit, &Scope::list);
}

Result<std::vector<Access>> Authenticator::grant(const Actor& actor,
                                                 const std::vector<Access>& asked) const {
  const auto view = Reader(head_.get()).view();
  std::vector<Access> granted;
  for (const Access& access : asked) {
    VARVE_TRY(auto actions, actions_on(*view, actor, access, now()));
    if (actions.empty()) continue;
    granted.push_back(access);
    granted.back().actions = std::move(actions);
  }
  return granted;
}

std::string Authenticator::access_token(const Actor& actor, std::vector<Access> granted,
                                        const std::string& id, Timestamp now) const {
  const std::int64_t at = seconds_of(now);
  return make_token(
      {TokenUse::access, actor.id, actor.credential ? actor.credential->text() : "",
       options_.service, id, at, at + options_.access_lifetime.count(), std::move(granted)},
      key_);
}

std::string Authenticator::refresh_token(const Actor& actor, const std::string& id,
                                         Timestamp now) const {
  VARVE_ASSERT(actor.credential.has_value() && !actor.limit);
  const std::int64_t at = seconds_of(now);
  std::int64_t end = at + options_.refresh_lifetime.count();
  if (actor.until) end = std::min(end, seconds_of(*actor.until));
  return make_token(
      {TokenUse::refresh, actor.id, actor.credential->text(), options_.service, id, at, end, {}},
      key_);
}

}  // namespace varve::auth
