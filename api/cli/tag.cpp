// varve tag restore. The server knows what the tag was, and judges whether it may be that again.
#include "api/cli/tag.h"

#include "api/cli/connect.h"
#include "api/cli/json_out.h"
#include "api/cli/reference.h"
#include "core/base/bytes.h"

namespace varve::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 << 10;

Outcome<Ref> tag_in(const std::string& text) {
  const std::string fix = "give REPOSITORY:TAG, as in library/app:1.0";
  VARVE_CLI_TRY(auto ref, doing("this names no tag", parse_ref(text), fix));
  if (!ref.tag) return refuse(ExitCode::usage, "this names no tag", text, fix);
  return ref;
}

struct Restored {
  Digest digest;
  std::uint64_t index;  // of the event that the tag rests on now
};

Result<Restored> restore(Server& server, const Ref& ref, std::uint64_t to) {
  const std::string target = "/v2/" + ref.repo.text() + "/_varve/tags/" + ref.tag->text();
  VARVE_TRY(const auto answer, server.ask({.target = target,
                                           .bytes_max = kAnswerBytesMax,
                                           .patient = false,
                                           .method = "POST",
                                           .body = "{\"index\":" + std::to_string(to) + "}"}));
  if (answer.status != 201) return std::unexpected(refusal(server, target, answer));
  const auto digest = Digest::parse(answer.header("Docker-Content-Digest"));
  const auto index = parse_decimal(answer.header("Varve-Index"));
  if (!digest || !index)
    return fail(Errc::unavailable, About::request,
                server.url() + target + " does not say what it did");
  return Restored{*digest, *index};
}

}  // namespace

Outcome<ExitCode> run_tag_restore(const TagRestoreOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto ref, tag_in(options.ref));
  VARVE_CLI_TRY(auto server, open_server(options.server));
  VARVE_CLI_TRY(const auto done,
                doing("the tag was not restored", restore(*server, ref, options.to)));
  if (console.json())
    console.out() << R"({"schema":"varve.tag.restored/v1","digest":)"
                  << quoted(done.digest.to_string()) << R"(,"index":)" << done.index
                  << R"(,"repo":)" << quoted(ref.repo.text()) << R"(,"tag":)"
                  << quoted(ref.tag->text()) << "}\n";
  else
    console.out() << ref.to_string() << " is " << done.digest.to_string() << ", by event "
                  << done.index << '\n';
  return ExitCode::ok;
}

}  // namespace varve::cli
