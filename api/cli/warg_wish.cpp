// The rules of a package's log in a person's words; core/warg/validate.h has them all, and the last
// word. Any thread.
#include "api/cli/warg_wish.h"

#include <utility>

namespace varve::cli {
namespace {

using warg::PackagePermission;

class Check {
 public:
  Check(const warg::MemoryLog& log, const warg::KeyId& signer) : log_(log), signer_(signer) {}

  Outcome<void> signs() const {
    VARVE_CLI_TRY(const auto key, log_.key(signer_));
    if (!key) return not_allowed("it is not among the package's keys");
    if (key->permissions.empty()) return not_allowed("everything was taken from it");
    return {};
  }

  Outcome<void> operator()(const warg::Release& release) const {
    VARVE_CLI_CHECK(need(PackagePermission::release));
    VARVE_CLI_TRY(const auto there, log_.release(release.version));
    if (!there) return {};
    return refuse(ExitCode::conflict, release.version.text() + " is released already",
                  "it is " + there->content.to_string() + (there->yanked ? ", and yanked" : ""),
                  "release another version: one that was released is never replaced");
  }
  Outcome<void> operator()(const warg::Yank& yank) const {
    VARVE_CLI_CHECK(need(PackagePermission::yank));
    VARVE_CLI_TRY(const auto there, log_.release(yank.version));
    if (!there)
      return refuse(ExitCode::absent, "there is no release " + yank.version.text(), "",
                    "`varve warg info` lists the releases");
    if (!there->yanked) return {};
    return refuse(ExitCode::conflict, yank.version.text() + " is yanked already", "",
                  "nothing: a yank is for ever");
  }
  Outcome<void> operator()(const warg::Grant<PackagePermission>& grant) const {
    for (const auto permission : grant.permissions) VARVE_CLI_CHECK(need(permission));
    return {};
  }
  Outcome<void> operator()(const warg::Revoke<PackagePermission>& revoke) const {
    for (const auto permission : revoke.permissions) {
      VARVE_CLI_CHECK(need(permission));
      VARVE_CLI_TRY(const auto target, log_.key(revoke.key));
      if (!target || !target->permissions.has(permission))
        return refuse(ExitCode::absent,
                      "the key " + revoke.key.to_string() + " may not " +
                          std::string(to_string(permission)) + " anyway",
                      "", "`varve warg info` lists the keys and what each may");
    }
    return {};
  }
  Outcome<void> operator()(const warg::Init&) const { return {}; }

 private:
  std::unexpected<Failure> not_allowed(std::string why) const {
    return refuse(ExitCode::authentication,
                  "the key " + signer_.to_string() + " may not do this to the package",
                  std::move(why), "ask somebody whose key may to grant it (`varve publish grant`)");
  }
  Outcome<void> need(PackagePermission permission) const {
    VARVE_CLI_TRY(const auto key, log_.key(signer_));
    if (key && key->permissions.has(permission)) return {};
    return not_allowed("it may not " + std::string(to_string(permission)));
  }

  const warg::MemoryLog& log_;
  const warg::KeyId& signer_;
};

}  // namespace

Failure no_such_package(const WargView& view, const warg::PackageName& name) {
  if (!view.absence_unproven)
    return {
        ExitCode::absent, "there is no package " + name.text(),
        "its absence is proven at length " + std::to_string(view.checkpoint.contents.log_length),
        "check the name; `varve publish init` begins a package"};
  return {ExitCode::cannot_tell, "the registry says that there is no package " + name.text(),
          "and does not prove it: " + *view.absence_unproven,
          "ask again, or ask a registry that proves what it has not"};
}

Outcome<void> check_wish(const RecordWish& wish, const WargView& view, const warg::KeyId& signer) {
  if (!view.package) {
    if (wish.init == RecordWish::Init::never)
      return std::unexpected(no_such_package(view, wish.name));
    return {};
  }
  if (wish.init == RecordWish::Init::only)
    return refuse(ExitCode::conflict, "the package " + wish.name.text() + " was begun already",
                  "its log has " + std::to_string(view.package->records.size()) + " records",
                  "publish to it, or choose another name");
  const Check check(view.package->facts, signer);
  VARVE_CLI_CHECK(check.signs());
  for (const auto& entry : wish.entries) VARVE_CLI_CHECK(std::visit(check, entry));
  return {};
}

}  // namespace varve::cli
