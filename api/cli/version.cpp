// The version, and the exit codes. The thread of main() only.
#include "api/cli/version.h"

#include "api/cli/json_out.h"

#ifndef VARVE_VERSION
#error "the build says which version this is"
#endif

namespace varve::cli {

std::string version_line() {
  return "varve " VARVE_VERSION;
}

Outcome<ExitCode> run_version(Console& console) {
  if (console.json())
    console.out()
        << JsonObject().text("schema", "varve.version/v1").text("version", VARVE_VERSION).str()
        << '\n';
  else
    console.out() << version_line() << '\n';
  return ExitCode::ok;
}

Outcome<ExitCode> print_exit_codes(Console& console) {
  JsonArray codes;
  for (const auto& [code, meaning] : exit_code_meanings()) {
    const auto number = static_cast<std::uint64_t>(code);
    if (console.json()) {
      codes.raw(JsonObject().number("code", number).text("meaning", meaning).str());
    } else {
      std::string text = std::to_string(number);
      text.insert(0, 3 - text.size(), ' ');
      console.out() << text << "  " << meaning << '\n';
    }
  }
  if (console.json())
    console.out()
        << JsonObject().text("schema", "varve.exit_codes/v1").raw("codes", codes.str()).str()
        << '\n';
  return ExitCode::ok;
}

}  // namespace varve::cli
