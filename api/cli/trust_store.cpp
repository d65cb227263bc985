// The files behind TrustStore. One about a log is its key file (the log's vkey and those of all its
// event keys), an empty line, and the checkpoint note, so that it checks itself: keys carry their
// ids, and the note must verify with the key above it. One about an address is the address, the
// origin, and SHA-256 of these two lines.
#include "api/cli/trust.h"
#include "core/base/bytes.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStateBytesMax = kKeyFileBytesMax + 1 + kNoteBytesMax;
constexpr std::size_t kUrlBytesMax = 64 << 10;

std::string render(const TrustedLog& log) {
  return format_trusted_keys(log.keys) + "\n" + log.note;
}

Result<TrustedLog> parse_state(std::string_view bytes, std::string_view origin) {
  const std::size_t end = bytes.find("\n\n");
  if (end == std::string_view::npos)
    return fail(Errc::invalid, About::checkpoint, "it does not hold keys and a checkpoint");
  VARVE_TRY(auto keys, parse_trusted_keys(bytes.substr(0, end + 1)));
  if (keys.log.name() != origin)
    return fail(Errc::invalid, About::key, "it is about another registry", keys.log.name());
  const std::string_view note = bytes.substr(end + 2);
  VARVE_TRY(auto checkpoint, open_checkpoint(note, keys.log));
  return TrustedLog{std::move(keys), std::move(checkpoint), std::string(note)};
}

std::string render_url(std::string_view url, std::string_view origin) {
  const std::string lines = std::string(url) + "\n" + std::string(origin) + "\n";
  return lines + hex_encode(as_view(sha256(lines))) + "\n";
}

Result<std::string> parse_url_state(std::string_view bytes, std::string_view url) {
  const std::size_t start = bytes.find('\n') + 1;
  const std::size_t end = bytes.find('\n', start);
  const std::string origin(start > 0 && end != bytes.npos ? bytes.substr(start, end - start) : "");
  if (origin.empty() || bytes != render_url(url, origin))
    return fail(Errc::invalid, About::request, "it does not say which registry is at this address");
  return origin;
}

}  // namespace

Outcome<TrustStore> TrustStore::from_environment() {
  VARVE_CLI_TRY(auto state, StateDirectory::from_environment());
  return TrustStore(std::move(state));
}

fs::path TrustStore::file(std::string_view origin) const {
  return state_.file(origin, ".state");
}

fs::path TrustStore::url_file(std::string_view url) const {
  return state_.file(url, ".url");
}

Outcome<std::optional<TrustedLog>> TrustStore::load(std::string_view origin) const {
  const fs::path path = file(origin);
  VARVE_CLI_TRY(const auto bytes, state_.read(path, kStateBytesMax));
  if (!bytes) return std::nullopt;
  auto log = parse_state(*bytes, origin);
  if (!log) return StateDirectory::damaged(path, describe(log.error()));
  return *std::move(log);
}

Outcome<TrustStore::Saved> TrustStore::save(const TrustedLog& log,
                                            std::string_view base_note) const {
  VARVE_CLI_TRY(const auto lock, state_.lock());
  VARVE_CLI_TRY(const auto there, load(log.checkpoint.origin));
  const bool known = !there || there->note == base_note || there->note == log.note;
  if (!known || (there && there->checkpoint.size > log.checkpoint.size)) return Saved::changed;
  VARVE_CLI_CHECK(state_.replace(lock, file(log.checkpoint.origin), render(log),
                                 "the verified checkpoint cannot be remembered"));
  return Saved::yes;
}

Outcome<std::optional<std::string>> TrustStore::origin_at(std::string_view url) const {
  const fs::path path = url_file(url);
  VARVE_CLI_TRY(const auto bytes, state_.read(path, kUrlBytesMax));
  if (!bytes) return std::nullopt;
  auto origin = parse_url_state(*bytes, url);
  if (!origin) return StateDirectory::damaged(path, describe(origin.error()));
  return *std::move(origin);
}

Outcome<std::string> TrustStore::remember_origin(std::string_view url, std::string_view origin,
                                                 bool replace) const {
  VARVE_CLI_TRY(const auto lock, state_.lock());
  VARVE_CLI_TRY(auto there, origin_at(url));
  if (there && (*there == origin || !replace)) return *std::move(there);
  VARVE_CLI_CHECK(state_.replace(lock, url_file(url), render_url(url, origin),
                                 "the registry's address cannot be remembered"));
  return std::string(origin);
}

Outcome<TrustStore::Forgotten> TrustStore::forget(std::string_view url) const {
  if (!state_.exists()) return Forgotten{};
  VARVE_CLI_TRY(const auto lock, state_.lock());
  Forgotten forgotten;
  // A damaged file can be forgotten too; which log it was about is then not known.
  if (auto origin = origin_at(url)) forgotten.origin = *std::move(origin);
  if (forgotten.origin)
    VARVE_CLI_CHECK(state_.remove(lock, file(*forgotten.origin), forgotten.files));
  VARVE_CLI_CHECK(state_.remove(lock, url_file(url), forgotten.files));
  return forgotten;
}

Outcome<StateDirectory::Evidence> TrustStore::save_evidence(std::string_view origin,
                                                            std::string_view remembered,
                                                            std::string_view served,
                                                            std::string_view proof) const {
  return state_.save_evidence(origin, {.remembered = remembered, .served = served, .proof = proof});
}

}  // namespace varve::cli
