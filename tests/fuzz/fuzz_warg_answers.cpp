// Any bytes as each of the answers that a client of Warg reads: read, or refused as nothing that it
// understands or as a proof that proves nothing.
#include "api/cli/warg_content.h"
#include "api/cli/warg_json.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace varve;
using namespace varve::cli;

template <class T>
bool readable(const Result<T>& answer) {
  if (answer) return true;
  const Error& error = answer.error();
  VARVE_ASSERT(error.code == Errc::unavailable || error.about == About::proof);
  return false;
}

void check_checkpoint(std::string_view json) {
  const auto checkpoint = read_checkpoint(json);
  if (!readable(checkpoint)) return;
  const auto again = read_checkpoint(write_checkpoint(*checkpoint));
  VARVE_ASSERT(again && again->contents == checkpoint->contents && again->key == checkpoint->key);
}

void check_page(std::string_view json) {
  const LogsQuestion question{100, 3, std::nullopt,
                              warg::package_log_id(warg::PackageName::parse("test:hello").value()),
                              std::nullopt};
  const auto page = read_logs_page(json, question);
  if (!readable(page)) return;
  VARVE_ASSERT(page->of_operator.size() <= 3 && page->of_package.size() <= 3);
}

// An address that is followed names a host, or the registry itself, and fits in a request line.
void check_address(std::string_view url) {
  for (const char* registry : {"http://registry.test/base", "https://registry.test"}) {
    const auto to = resolve_url(registry, url);
    if (!to) continue;
    VARVE_ASSERT(to->target.starts_with('/'));
    VARVE_ASSERT(to->target.find_first_of(std::string_view(" \r\n\t\0#", 6)) == std::string::npos);
    VARVE_ASSERT(to->server.empty() || to->server.starts_with("http"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string json(fuzz::text_of(data, size));  // an answer's body is a string, empty or not
  check_checkpoint(json);
  check_page(json);
  check_address(json);
  readable(read_consistency(json));
  readable(read_inclusion(json));
  readable(read_record_inclusion(json));
  readable(read_absence(json));
  readable(read_record_status(json));
  readable(read_content_places(json, Digest::of("hello")));
  read_refusal(json);
  return 0;
}
