// The table of fields, and the four places their values come from. The thread of main() only.
#include "api/config.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "api/auth/challenge.h"
#include "core/base/bytes.h"

namespace varve {
namespace {

std::unexpected<Error> bad(std::string why, std::string_view value) {
  return fail(Errc::invalid, About::request, std::move(why), std::string(value));
}

Result<bool> parse_switch(std::string_view value) {
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  return bad("a switch is true or false", value);
}

// "256MiB", "1GiB", or plain bytes.
Result<std::uint64_t> parse_size(std::string_view value) {
  constexpr std::pair<std::string_view, unsigned> kUnits[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30},
                                                              {"TiB", 40}, {"B", 0},    {"", 0}};
  for (const auto& [unit, shift] : kUnits) {
    if (!value.ends_with(unit)) continue;
    const auto count = parse_decimal(value.substr(0, value.size() - unit.size()));
    if (!count || *count > (std::numeric_limits<std::uint64_t>::max() >> shift)) break;
    return *count << shift;
  }
  return bad("a size is a number of bytes, or a number and KiB, MiB, GiB or TiB", value);
}

// "500ms", "1s", "2m".
Result<std::chrono::milliseconds> parse_duration(std::string_view value) {
  constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}};
  for (const auto& [unit, factor] : kUnits) {
    if (!value.ends_with(unit)) continue;
    const auto count = parse_decimal(value.substr(0, value.size() - unit.size()));
    if (!count || *count > 1'000'000'000) break;
    return std::chrono::milliseconds(*count * factor);
  }
  return bad("a duration is a number and ms, s or m", value);
}

Result<unsigned> parse_count(std::string_view value) {
  const auto count = parse_decimal(value);
  if (!count || *count == 0 || *count > 256) return bad("a number of threads is 1 to 256", value);
  return static_cast<unsigned>(*count);
}

// "127.0.0.1:5000", "[::1]:5000".
Result<void> set_listen(Config& config, std::string_view value) {
  const std::size_t colon = value.rfind(':');
  const auto port =
      colon == std::string_view::npos ? std::nullopt : parse_decimal(value.substr(colon + 1));
  if (!port || *port > 65'535) return bad("listen is ADDRESS:PORT, such as 127.0.0.1:5000", value);
  std::string_view address = value.substr(0, colon);
  const bool bracketed = address.starts_with('[') && address.ends_with(']');
  if (bracketed) address = address.substr(1, address.size() - 2);
  if (!http::is_address(address) || bracketed != (address.find(':') != std::string_view::npos))
    return bad("listen takes a numeric address: 127.0.0.1:5000, 0.0.0.0:5000 or [::1]:5000", value);
  config.listen_address = address;
  config.listen_port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<void> set_log_level(Config& config, std::string_view value) {
  constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error", "off"};
  if (std::ranges::find(kLevels, value) == std::end(kLevels))
    return bad("log_level is trace, debug, info, warn, error or off", value);
  config.log_level = value;
  return {};
}

Result<ChallengeKind> parse_challenge(std::string_view value) {
  if (value == "bearer") return ChallengeKind::bearer;
  if (value == "basic") return ChallengeKind::basic;
  return bad("auth.challenge is bearer or basic", value);
}

Result<SwrErrorShape> parse_error_shape(std::string_view value) {
  if (value == "object") return SwrErrorShape::object;
  if (value == "documented") return SwrErrorShape::documented;
  return bad("swr.error_shape is object or documented", value);
}

// "registry.example:5000": what stands before a repository's name in a path.
Result<std::string> parse_host(std::string_view value) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
  if (value.size() <= 255 && value.find_first_not_of(kPlain) == value.npos)
    return std::string(value);
  return bad("a host is a name or an address, with a port where it needs one", value);
}

Result<std::string> parse_domain(std::string_view value) {
  const bool plain = value.size() <= 255 && std::ranges::all_of(value, [](char c) {
                       return c > ' ' && c < 0x7f && c != '"' && c != '\\';
                     });
  if (plain) return std::string(value);
  return bad("swr.domain is a word of printable ASCII", value);
}

// Assigns what `parse` makes of the text.
template <auto member, auto parse>
Result<void> assign(Config& config, std::string_view value) {
  VARVE_TRY(config.*member, parse(value));
  return {};
}

Result<std::string> as_text(std::string_view value) {
  return std::string(value);
}
Result<std::filesystem::path> as_path(std::string_view value) {
  return std::filesystem::path(value);
}

constexpr ConfigField kFields[] = {
    {"data", "varve-data", "DIR", "the directory that holds the log, the blobs and the keys",
     assign<&Config::data, as_path>},
    {"listen", "127.0.0.1:5000", "ADDRESS:PORT",
     "where to serve; loopback by default, because only TLS (tls.cert) belongs on a network",
     set_listen},
    {"tls.cert", "", "FILE",
     "serve HTTPS, TLS 1.2 and newer: PEM certificates, the server's own first; read again on "
     "SIGHUP",
     assign<&Config::tls_certificate, as_path>},
    {"tls.key", "", "FILE", "the certificate's private key, PEM, not encrypted",
     assign<&Config::tls_key, as_path>},
    {"http.tls_client_ca", "", "FILE",
     "who issues certificates to clients: PEM, read again on SIGHUP; then a client's certificate "
     "stands for the principal it names, if `varve user cert allow` says so. Revocation lists in "
     "the file are looked at, and then every issuer needs one",
     assign<&Config::tls_client_ca, as_path>},
    {"dev", "false", "",
     "everybody may do everything, on loopback only; makes the directory when it is missing or "
     "empty",
     assign<&Config::dev, parse_switch>},
    {"read_only", "false", "",
     "serve what is there without keys: a replayed store, or an auditor's copy",
     assign<&Config::read_only, parse_switch>},
    {"blobs", "", "DIR", "read-only: where the blobs are, since a replayed store holds none",
     assign<&Config::blobs, as_text>},
    {"anchor", "", "FILE",
     "the newest published checkpoint, kept to notice a store that lost its tail; DATA/head.anchor "
     "unless set, better on another volume",
     assign<&Config::anchor, as_path>},
    {"publish_interval", "1s", "DURATION",
     "checkpoints are published at most this often; shorter means more signatures, not safer "
     "commits",
     assign<&Config::publish_interval, parse_duration>},
    {"gc.grace", "120m", "DURATION",
     "what nobody can reach any more is kept for so long, and so is what a client was told is "
     "here; at least 60m outside dev mode, and longer than the longest push",
     assign<&Config::gc_grace, parse_duration>},
    {"gc.interval", "60m", "DURATION",
     "how often the server looks for blobs that nobody can reach any more",
     assign<&Config::gc_interval, parse_duration>},
    {"upload.lifetime", "1440m", "DURATION",
     "an upload that nobody continues for so long is removed, bytes and all; clients that come "
     "back "
     "later start again",
     assign<&Config::upload_lifetime, parse_duration>},
    {"disk.low_water", "256MiB", "SIZE",
     "below this much free space changes are refused, while there is still room to finish what "
     "runs",
     assign<&Config::disk_low_water_bytes, parse_size>},
    {"service", "", "NAME",
     "the name that tokens are made for and challenges carry; the log's origin unless set",
     assign<&Config::service, as_text>},
    {"http.trusted_proxies", "", "LIST",
     "addresses and networks, separated by commas, of proxies whose X-Forwarded-For and "
     "X-Forwarded-Proto are believed: whose guesses at passwords are counted, and the scheme in "
     "challenges; nobody's unless set",
     assign<&Config::trusted_proxies, http::TrustedProxies::parse>},
    {"external_url", "", "URL",
     "where clients reach this server through a proxy: challenges then name it instead of the "
     "address in Host",
     assign<&Config::external_url, as_text>},
    {"warg.open_namespaces", "false", "",
     "anybody may begin the log of a Warg package in a namespace that is defined; otherwise who "
     "may "
     "push there, since the signature on a package's first record is by a key that nobody knows "
     "yet",
     assign<&Config::open_namespaces, parse_switch>},
    {"warg.checkpoint_age", "60m", "DURATION",
     "how old Warg's newest checkpoint may become: then it is signed again, an event, so that "
     "clients "
     "can tell a registry in which nothing happens from one that is kept from them",
     assign<&Config::warg_checkpoint_age, parse_duration>},
    {"pulp.allow_clean", "false", "",
     "DELETE /packages/ deletes every package that no repository has, for administrators; "
     "otherwise "
     "it is no method of that address",
     assign<&Config::pulp_allow_clean, parse_switch>},
    {"pulp.strict_status", "true", "true|false",
     "who is known and may not do what they ask for hears 401, as Pulp's clients expect; without "
     "it "
     "403, as everybody else does",
     assign<&Config::pulp_strict_status, parse_switch>},
    {"swr.error_shape", "object", "SHAPE",
     "how SWR's surface says what went wrong: object, in which every client finds what it reads, "
     "or documented, the array of SWR's documents, which its own SDKs cannot parse",
     assign<&Config::swr_error_shape, parse_error_shape>},
    {"swr.require_filter", "false", "",
     "refuse to list SWR's repositories without any parameter, as its first documents say; its "
     "clients call it so and expect all",
     assign<&Config::swr_require_filter, parse_switch>},
    {"swr.strict", "false", "",
     "refuse an offset without a limit, or the other way round; otherwise it has no effect",
     assign<&Config::swr_strict, parse_switch>},
    {"swr.domain", "", "NAME", "the tenant that SWR's answers name; the log's origin unless set",
     assign<&Config::swr_domain, parse_domain>},
    {"swr.registry", "", "HOST",
     "the host in the paths that SWR's answers give for pulling; where the client reached this "
     "server unless set",
     assign<&Config::swr_registry, parse_host>},
    {"swr.internal", "", "HOST",
     "the same in their internal paths; the one in the others unless set",
     assign<&Config::swr_internal, parse_host>},
    {"auth.challenge", "bearer", "KIND",
     "what a client without credentials is asked for: bearer, a token that is fetched with the "
     "password and made for little, or basic, the password with each request, for clients that "
     "know no tokens",
     assign<&Config::challenge, parse_challenge>},
    {"token.lifetime", "5m", "DURATION",
     "how long an access token is good for; clients get a new one by themselves, and a revoked "
     "credential ends its tokens at once",
     assign<&Config::token_lifetime, parse_duration>},
    {"io_threads", "2", "N", "threads that talk HTTP; they never wait for the disk",
     assign<&Config::io_threads, parse_count>},
    {"pool_threads", "4", "N", "threads for what waits: file syncs and blob reads",
     assign<&Config::pool_threads, parse_count>},
    {"log_level", "info", "LEVEL", "how much the server says on stderr", set_log_level},
};

// Variables that are not fields of the server: the file itself, and what the client commands read.
constexpr std::string_view kOtherVariables[] = {"VARVE_CONFIG", "VARVE_SERVER",   "VARVE_CA",
                                                "VARVE_USER",   "VARVE_PASSWORD", "VARVE_TOKEN"};

struct Sourced {
  std::string value;
  std::string source;
};
using Values = std::map<std::string, Sourced, std::less<>>;

const ConfigField* field_named(std::string_view name) {
  const auto found = std::ranges::find(kFields, name, &ConfigField::name);
  return found == std::end(kFields) ? nullptr : found;
}

Result<std::string> scalar_text(const toml::node& node, const std::string& key) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto flag = node.value_exact<bool>()) return std::string(*flag ? "true" : "false");
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  return bad("a value is a string, a whole number, or true or false", key);
}

Result<void> read_table(const toml::table& table, const std::string& prefix,
                        const std::string& source, Values& values) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (const auto* inner = node.as_table()) {
      VARVE_CHECK(read_table(*inner, key + ".", source, values));
      continue;
    }
    if (field_named(key) == nullptr) return bad(source + " has a key that does not exist", key);
    VARVE_TRY(auto text, scalar_text(node, key));
    values[key] = {std::move(text), source};
  }
  return {};
}

Result<void> read_toml(const std::filesystem::path& file, Values& values) {
  const toml::parse_result parsed = toml::parse_file(file.string());
  if (!parsed) {
    const auto& where = parsed.error().source().begin;
    return bad(
        "the configuration file cannot be read: " + std::string(parsed.error().description()),
        file.string() + (where.line > 0 ? ", line " + std::to_string(where.line) : ""));
  }
  return read_table(parsed.table(), "", file.string(), values);
}

Result<void> read_environment(const ConfigInputs& inputs, Values& values) {
  for (const auto& [name, value] : inputs.environment) {
    if (!name.starts_with("VARVE_") ||
        std::ranges::find(kOtherVariables, name) != std::end(kOtherVariables))
      continue;
    const auto field =
        std::ranges::find_if(kFields, [&](const ConfigField& f) { return f.variable() == name; });
    if (field == std::end(kFields)) return bad("an environment variable configures nothing", name);
    values[std::string(field->name)] = {value, name};
  }
  return {};
}

std::optional<std::filesystem::path> file_of(const ConfigInputs& inputs) {
  if (inputs.file) return inputs.file;
  for (const auto& [name, value] : inputs.environment)
    if (name == "VARVE_CONFIG" && !value.empty()) return value;
  return std::nullopt;
}

Result<Values> gather(const ConfigInputs& inputs) {
  Values values;
  for (const ConfigField& field : kFields)
    values[std::string(field.name)] = {std::string(field.default_value), "default"};
  if (const auto file = file_of(inputs)) VARVE_CHECK(read_toml(*file, values));
  VARVE_CHECK(read_environment(inputs, values));
  for (const auto& [name, value] : inputs.flags) {
    const ConfigField* field = field_named(name);
    if (field == nullptr) return bad("a flag configures nothing", name);
    values[name] = {value, "flag " + field->flag()};
  }
  return values;
}

std::string with_dashes(std::string_view name) {
  std::string text(name);
  std::ranges::replace_if(text, [](char c) { return c == '.' || c == '_'; }, '-');
  return text;
}

}  // namespace

std::string ConfigField::flag() const {
  return "--" + with_dashes(name);
}

std::string ConfigField::variable() const {
  std::string text = "VARVE_";
  for (const char c : name)
    text += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::span<const ConfigField> config_fields() {
  return kFields;
}

Result<LoadedConfig> load_config(const ConfigInputs& inputs) {
  VARVE_TRY(auto values, gather(inputs));
  LoadedConfig loaded;
  for (const ConfigField& field : kFields) {
    const Sourced& sourced = values.find(field.name)->second;
    auto set = field.set(loaded.config, sourced.value);
    if (!set) {
      set.error().what = sourced.source + ": " + set.error().what;
      return std::unexpected(std::move(set).error());
    }
    loaded.settings.push_back({&field, sourced.value, sourced.source});
  }
  VARVE_CHECK(validate(loaded.config));
  return loaded;
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

namespace {

// A realm is an absolute URL in quotes, to which our paths are appended.
Result<void> validate_tokens(const Config& config) {
  using namespace std::chrono_literals;
  if (config.token_lifetime < 1min || config.token_lifetime > 24h)
    return bad("token.lifetime is between 1m and 1440m",
               std::to_string(config.token_lifetime.count()) + "ms");
  if (!config.service.empty() && !auth::valid_service_name(config.service))
    return bad("service is letters, digits and . - _ : /, without the words basic and bearer",
               config.service);
  const std::string_view url = config.external_url;
  if (url.empty()) return {};
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || url.size() == scheme || url.ends_with('/') ||
      url.find_first_of(" \"\\,") != url.npos ||
      std::ranges::any_of(url, [](char c) { return c <= 0x20 || c >= 0x7f; }))
    return bad("external_url is http:// or https:// and a host, without a final slash", url);
  return {};
}

// A registry for trying things out may forget at once; elsewhere a push under way must survive.
Result<void> validate_lifetimes(const Config& config) {
  const auto text = [](std::chrono::milliseconds time) {
    return std::to_string(time.count()) + "ms";
  };
  if (!config.dev && config.gc_grace < limits::kGraceMin)
    return bad(
        "gc.grace is 60m or more: a layer that was sent first must still be here when the manifest "
        "that needs it comes (only a server in dev mode takes less)",
        text(config.gc_grace));
  if (config.upload_lifetime <
      (config.dev ? limits::kUploadLifetimeMinInDev : limits::kUploadLifetimeMin))
    return bad("upload.lifetime is 60m or more (only a server in dev mode takes less, 1s or more)",
               text(config.upload_lifetime));
  return {};
}

}  // namespace

Result<void> validate(const Config& config) {
  if (config.data.empty()) return bad("data names no directory", "data");
  if (config.dev && !is_loopback(config.listen_address))
    return bad("dev mode lets everybody do everything, so it listens on loopback only",
               config.listen_address);
  if (config.tls_certificate.empty() != config.tls_key.empty())
    return bad("TLS needs a certificate and its key", "tls.cert, tls.key");
  if (!config.tls_client_ca.empty() && config.tls_certificate.empty())
    return bad("certificates of clients come with TLS: http.tls_client_ca needs tls.cert",
               config.tls_client_ca.string());
  if (config.dev && config.read_only)
    return bad("dev mode and read_only exclude each other", "dev, read_only");
  if (!config.blobs.empty() && !config.read_only)
    return bad("blobs is for a read-only server; otherwise they are in the data directory",
               config.blobs);
  VARVE_CHECK(validate_tokens(config));
  if (config.publish_interval < std::chrono::milliseconds(10) ||
      config.publish_interval > std::chrono::hours(1))
    return bad("publish_interval is between 10ms and 60m",
               std::to_string(config.publish_interval.count()) + "ms");
  VARVE_CHECK(validate_lifetimes(config));
  if (config.warg_checkpoint_age < std::chrono::seconds(1))
    return bad("warg.checkpoint_age is 1s or more",
               std::to_string(config.warg_checkpoint_age.count()) + "ms");
  if (config.gc_interval < std::chrono::seconds(1))
    return bad("gc.interval is 1s or more", std::to_string(config.gc_interval.count()) + "ms");
  return {};
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> all;
  for (char** item = ::environ; item != nullptr && *item != nullptr; ++item) {
    const std::string_view text(*item);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      all.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

}  // namespace varve
