// The files behind WargStore: a line of JSON, and SHA-256 of that line, so that damage is seen and
// not taken for an earlier memory. The thread of main() only.
#include "api/cli/warg_trust.h"

#include "api/cli/json_out.h"
#include "api/cli/warg_json.h"
#include "core/base/bytes.h"
#include "core/base/json.h"

namespace varve::cli {
namespace {

using simdjson::dom::element;

constexpr std::size_t kMemoryBytesMax = 64 << 20;  // some 300,000 packages
constexpr std::string_view kSchema = "varve.warg.memory/v1";

std::string render(const LogMark& mark) {
  return JsonObject().text("head", mark.head.to_string()).number("count", mark.count).str();
}

std::string render(std::string_view url, const WargMemory& memory) {
  JsonObject packages;
  for (const auto& [name, mark] : memory.packages) packages.raw(name, render(mark));
  const std::string line = JsonObject()
                               .text("schema", kSchema)
                               .text("server", url)
                               .raw("checkpoint", write_checkpoint(memory.checkpoint))
                               .text("operator_key", memory.operator_key.text())
                               .raw("operator", render(memory.of_operator))
                               .raw("packages", packages.str())
                               .str() +
                           "\n";
  return line + hex_encode(as_view(sha256(line))) + "\n";
}

std::unexpected<Error> malformed() {
  return fail(Errc::invalid, About::request, "it does not hold what is remembered here");
}

Result<std::string> text_in(element object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return malformed();
  return std::string(text);
}

Result<LogMark> mark_of(element object) {
  VARVE_TRY(const std::string head, text_in(object, "head"));
  std::uint64_t count = 0;
  if (object["count"].get(count) != simdjson::SUCCESS || count == 0) return malformed();
  VARVE_TRY(const auto id, warg::RecordId::parse(head));
  return LogMark{id, count};
}

Result<WargMemory> memory_of(element root) {
  element checkpoint;
  element of_operator;
  simdjson::dom::object packages;
  if (root["checkpoint"].get(checkpoint) != simdjson::SUCCESS ||
      root["operator"].get(of_operator) != simdjson::SUCCESS ||
      root["packages"].get(packages) != simdjson::SUCCESS)
    return malformed();
  VARVE_TRY(auto signed_checkpoint, read_checkpoint(simdjson::minify(checkpoint)));
  VARVE_TRY(const std::string key, text_in(root, "operator_key"));
  VARVE_TRY(auto operator_key, warg::PublicKeyText::parse(key));
  VARVE_TRY(const LogMark mark, mark_of(of_operator));
  WargMemory memory{std::move(signed_checkpoint), std::move(operator_key), mark, {}};
  for (const auto& [name, value] : packages) {
    VARVE_TRY(const LogMark package, mark_of(value));
    memory.packages.emplace(std::string(name), package);
  }
  return memory;
}

Result<WargMemory> parse(std::string_view bytes, std::string_view url) {
  const std::size_t end = bytes.find('\n') + 1;
  const std::string_view line = bytes.substr(0, end);
  if (line.empty() || bytes.substr(end) != hex_encode(as_view(sha256(line))) + "\n")
    return fail(Errc::corrupt, About::storage, "its checksum is wrong");
  simdjson::dom::parser parser;
  VARVE_TRY(const element root, json::parse_strict(parser, line, About::request));
  if (!root.is_object()) return malformed();
  VARVE_TRY(const std::string schema, text_in(root, "schema"));
  VARVE_TRY(const std::string server, text_in(root, "server"));
  if (schema != kSchema || server != url) return malformed();
  return memory_of(root);
}

}  // namespace

Outcome<WargStore> WargStore::from_environment() {
  VARVE_CLI_TRY(auto state, StateDirectory::from_environment());
  return WargStore(std::move(state));
}

Outcome<std::optional<WargMemory>> WargStore::load(std::string_view url) const {
  VARVE_CLI_TRY(const auto bytes, state_.read(file(url), kMemoryBytesMax));
  if (!bytes) return std::nullopt;
  auto memory = parse(*bytes, url);
  if (!memory) return StateDirectory::damaged(file(url), describe(memory.error()));
  return *std::move(memory);
}

Outcome<WargStore::Saved> WargStore::save(std::string_view url, const WargMemory& memory,
                                          const std::optional<WargMemory>& known) const {
  VARVE_CLI_TRY(const auto lock, state_.lock());
  VARVE_CLI_TRY(const auto there, load(url));
  const std::string stored = there ? render(url, *there) : "";
  if (stored != (known ? render(url, *known) : "")) return Saved::changed;
  const std::string next = render(url, memory);
  if (next == stored) return Saved::yes;
  VARVE_CLI_CHECK(
      state_.replace(lock, file(url), next, "the verified checkpoint cannot be remembered"));
  return Saved::yes;
}

Outcome<void> WargStore::forget(std::string_view url,
                                std::vector<std::filesystem::path>& removed) const {
  if (!state_.exists()) return {};
  VARVE_CLI_TRY(const auto lock, state_.lock());
  return state_.remove(lock, file(url), removed);
}

Outcome<StateDirectory::Evidence> WargStore::save_evidence(std::string_view url,
                                                           const warg::SignedCheckpoint& remembered,
                                                           const warg::SignedCheckpoint& served,
                                                           std::string_view proof) const {
  return state_.save_evidence(url, {.remembered = write_checkpoint(remembered) + "\n",
                                    .served = write_checkpoint(served) + "\n",
                                    .proof = proof,
                                    .ending = ".json"});
}

}  // namespace varve::cli
