// The keys a person hands in. The thread of main() only; nothing here reaches the network.
#include "api/cli/keys.h"

#include <algorithm>

#include "api/cli/files.h"

namespace varve::cli {
namespace {

constexpr const char* kNext =
    "give a file with all lines of the registry's /log/vkey, got over a channel you trust";

}  // namespace

Outcome<std::string> key_text(const std::string& file_or_vkeys) {
  auto text = read_file(file_or_vkeys, kKeyFileBytesMax);
  // Only a text that is no file can be the keys themselves.
  if (!text && text.error().code == Errc::not_found &&
      file_or_vkeys.find('+') != std::string::npos) {
    text = file_or_vkeys;
    std::ranges::replace_if(*text, [](char c) { return c == ' ' || c == '\t'; }, '\n');
  }
  if (!text)
    return refuse(ExitCode::usage, "the keys cannot be read", describe(text.error()), kNext);
  return *std::move(text);
}

Outcome<TrustedKeys> load_keys(const std::string& file_or_vkeys) {
  VARVE_CLI_TRY(const std::string text, key_text(file_or_vkeys));
  auto keys = parse_trusted_keys(text);
  if (!keys)
    return refuse(ExitCode::usage, "the keys cannot be used", describe(keys.error()), kNext);
  return *std::move(keys);
}

}  // namespace varve::cli
