// varve warg key: the keys that publishers sign with. They stay on this machine. The thread of
// main() only.
#include "api/cli/files.h"
#include "api/cli/json_out.h"
#include "api/cli/warg.h"
#include "log/proof/ed25519.h"

namespace varve::cli {
namespace {

constexpr std::size_t kKeyTextBytesMax = 1'024;

// Without the end of a line, as Warg's own tools want it.
Outcome<void> write_new(const std::string& path, const warg::PrivateKey& key) {
  std::string text = key.to_string();
  const auto written = [&]() -> Result<void> {
    VARVE_TRY(NewFile file, NewFile::create(path));
    VARVE_CHECK(file.write(text));
    return file.place(0600, NewFile::Existing::keep);
  }();
  wipe(text.data(), text.size());
  const bool there = !written && written.error().code == Errc::conflict;
  return doing("the key cannot be written", written,
               there ? "give --out a new name: a key that is lost is never made again"
                     : "give --out a place that can be written");
}

void print_key(std::string_view schema, const warg::PublicKey& key, Console& console) {
  if (console.json())
    console.out() << JsonObject()
                         .text("schema", schema)
                         .text("algorithm", warg::to_string(key.algorithm()))
                         .text("public_key", key.text().text())
                         .text("key_id", key.id().to_string())
                         .str()
                  << '\n';
  else
    console.out() << key.text().text() << '\n' << key.id().to_string() << '\n';
}

}  // namespace

Outcome<warg::PrivateKey> load_signing_key(const std::string& file) {
  const char* next = "give the file that `varve warg key new` made";
  auto text = read_file(file, kKeyTextBytesMax);
  if (!text)
    return refuse(ExitCode::usage, "the signing key cannot be read", describe(text.error()), next);
  std::string_view line(*text);
  if (line.ends_with('\n')) line.remove_suffix(1);
  auto key = warg::PrivateKey::parse(line);
  wipe(text->data(), text->size());
  if (!key)
    return refuse(ExitCode::usage, "the signing key cannot be used", file + ": " + key.error().what,
                  next);
  return *std::move(key);
}

Outcome<ExitCode> run_warg_key_new(const WargKeyNewOptions& options, Console& console) {
  const auto key =
      warg::PrivateKey::generate(options.algorithm == "ed25519" ? warg::KeyAlgorithm::ed25519
                                                                : warg::KeyAlgorithm::ecdsa_p256);
  VARVE_CLI_CHECK(write_new(options.out, key));
  print_key("varve.warg.key_new/v1", key.public_key(), console);
  console.say("the private key is in " + clean(options.out) + ": whoever reads it can sign as you");
  return ExitCode::ok;
}

Outcome<ExitCode> run_warg_key_show(const WargKeyShowOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto key, load_signing_key(options.file));
  print_key("varve.warg.key/v1", key.public_key(), console);
  return ExitCode::ok;
}

}  // namespace varve::cli
