// Where configuration comes from, and what is refused.
#include "api/config.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/api/cli/scratch.h"

namespace varve {
namespace {

using cli::Scratch;

std::string source_of(const LoadedConfig& loaded, std::string_view name) {
  for (const auto& setting : loaded.settings)
    if (setting.field->name == name) return setting.source;
  return {};
}

TEST(Config, PrefersFlagsToVariablesToTheFileToDefaults) {
  const Scratch scratch;
  ConfigInputs inputs;
  inputs.file = scratch.write("varve.toml",
                              "listen = \"127.0.0.1:1\"\ndata = \"from-file\"\nio_threads = 7\n"
                              "[disk]\nlow_water = \"1GiB\"\n");
  inputs.environment = {
      {"VARVE_LISTEN", "127.0.0.1:2"}, {"VARVE_DATA", "from-variable"}, {"HOME", "/"}};
  inputs.flags = {{"listen", "127.0.0.1:3"}};
  const auto loaded = load_config(inputs);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.listen_port, 3);
  EXPECT_EQ(loaded->config.data, "from-variable");
  EXPECT_EQ(loaded->config.io_threads, 7u);
  EXPECT_EQ(loaded->config.disk_low_water_bytes, 1ull << 30);
  EXPECT_EQ(loaded->config.pool_threads, 4u);
  EXPECT_EQ(source_of(*loaded, "listen"), "flag --listen");
  EXPECT_EQ(source_of(*loaded, "data"), "VARVE_DATA");
  EXPECT_EQ(source_of(*loaded, "io_threads"), inputs.file->string());
  EXPECT_EQ(source_of(*loaded, "pool_threads"), "default");
}

TEST(Config, DefaultsInTheTableAreTheDefaultsOfTheStruct) {
  const auto loaded = load_config({});
  ASSERT_TRUE(loaded) << loaded.error().what;
  const Config fresh;
  EXPECT_EQ(loaded->config.data, fresh.data);
  EXPECT_EQ(loaded->config.listen_address, fresh.listen_address);
  EXPECT_EQ(loaded->config.listen_port, fresh.listen_port);
  EXPECT_EQ(loaded->config.dev, fresh.dev);
  EXPECT_EQ(loaded->config.read_only, fresh.read_only);
  EXPECT_EQ(loaded->config.blobs, fresh.blobs);
  EXPECT_EQ(loaded->config.anchor, fresh.anchor);
  EXPECT_EQ(loaded->config.publish_interval, fresh.publish_interval);
  EXPECT_EQ(loaded->config.disk_low_water_bytes, fresh.disk_low_water_bytes);
  EXPECT_EQ(loaded->config.io_threads, fresh.io_threads);
  EXPECT_EQ(loaded->config.pool_threads, fresh.pool_threads);
  EXPECT_EQ(loaded->config.log_level, fresh.log_level);
  EXPECT_EQ(loaded->config.swr_error_shape, fresh.swr_error_shape);
  EXPECT_EQ(loaded->config.swr_require_filter, fresh.swr_require_filter);
  EXPECT_EQ(loaded->config.swr_strict, fresh.swr_strict);
  EXPECT_EQ(loaded->config.swr_domain + loaded->config.swr_registry + loaded->config.swr_internal,
            "");
}

TEST(Config, TakesHostsAndWordsForSwrAndNothingThatWouldBreakAPath) {
  ConfigInputs inputs;
  inputs.flags = {{"swr.registry", "registry.example:5000"},
                  {"swr.internal", "[::1]:5000"},
                  {"swr.domain", "acme"},
                  {"swr.error_shape", "documented"}};
  const auto loaded = load_config(inputs);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.swr_registry, "registry.example:5000");
  EXPECT_EQ(loaded->config.swr_internal, "[::1]:5000");
  EXPECT_EQ(loaded->config.swr_domain, "acme");
  EXPECT_EQ(loaded->config.swr_error_shape, SwrErrorShape::documented);
  for (const auto& [name, value] :
       {std::pair{"swr.registry", "https://registry.example"}, std::pair{"swr.internal", "a/b"},
        std::pair{"swr.domain", "two words"}, std::pair{"swr.domain", "a\"b"},
        std::pair{"swr.error_shape", "array"}, std::pair{"swr.strict", "yes"}}) {
    ConfigInputs bad;
    bad.flags = {{name, value}};
    EXPECT_FALSE(load_config(bad)) << name << " = " << value;
  }
}

TEST(Config, NamesTheKeyThatDoesNotExist) {
  const Scratch scratch;
  ConfigInputs inputs;
  inputs.file = scratch.write("varve.toml", "[disk]\nlow_watr = 3\n");
  const auto loaded = load_config(inputs);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().detail, "disk.low_watr");
}

TEST(Config, NamesTheVariableThatConfiguresNothing) {
  ConfigInputs inputs;
  inputs.environment = {{"VARVE_LISTEM", "127.0.0.1:2"}};
  const auto loaded = load_config(inputs);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().detail, "VARVE_LISTEM");
}

TEST(Config, LeavesTheClientsVariablesAlone) {
  ConfigInputs inputs;
  inputs.environment = {
      {"VARVE_SERVER", "http://127.0.0.1:1"}, {"VARVE_TOKEN", "t"}, {"VARVER", "x"}};
  EXPECT_TRUE(load_config(inputs));
}

TEST(Config, SaysWhichPlaceHoldsTheBadValue) {
  ConfigInputs inputs;
  inputs.environment = {{"VARVE_IO_THREADS", "many"}};
  const auto loaded = load_config(inputs);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().what.find("VARVE_IO_THREADS"), std::string::npos);
  EXPECT_EQ(loaded.error().detail, "many");
}

TEST(Config, RefusesAFileThatIsNotTomlOrNotThere) {
  const Scratch scratch;
  ConfigInputs inputs;
  inputs.file = scratch.write("bad.toml", "listen = = 3\n");
  EXPECT_FALSE(load_config(inputs));
  inputs.file = scratch.path() / "missing.toml";
  EXPECT_FALSE(load_config(inputs));
  inputs.file = scratch.write("list.toml", "listen = [1, 2]\n");
  EXPECT_FALSE(load_config(inputs));
}

TEST(Config, TakesTheFileFromItsVariable) {
  const Scratch scratch;
  ConfigInputs inputs;
  inputs.environment = {{"VARVE_CONFIG", scratch.write("varve.toml", "io_threads = 3\n")}};
  const auto loaded = load_config(inputs);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.io_threads, 3u);
}

TEST(Config, RefusesDevModeOnAnythingButLoopback) {
  for (const char* address :
       {"0.0.0.0:5000", "192.168.1.2:5000", "[::]:5000", "[::ffff:127.0.0.1]:5000"}) {
    ConfigInputs inputs;
    inputs.flags = {{"dev", "true"}, {"listen", address}};
    EXPECT_FALSE(load_config(inputs)) << address;
  }
  for (const char* address : {"127.0.0.1:5000", "127.8.0.1:0", "[::1]:5000"}) {
    ConfigInputs inputs;
    inputs.flags = {{"dev", "true"}, {"listen", address}};
    EXPECT_TRUE(load_config(inputs)) << address;
  }
}

TEST(Config, RefusesValuesThatExcludeEachOther) {
  ConfigInputs inputs;
  inputs.flags = {{"dev", "true"}, {"read_only", "true"}};
  EXPECT_FALSE(load_config(inputs));
  inputs.flags = {{"blobs", "somewhere"}};
  EXPECT_FALSE(load_config(inputs));
  inputs.flags = {{"publish_interval", "1ms"}};
  EXPECT_FALSE(load_config(inputs));
  inputs.flags = {{"tls.cert", "cert.pem"}};
  EXPECT_FALSE(load_config(inputs));
  inputs.flags = {{"tls.key", "key.pem"}};
  EXPECT_FALSE(load_config(inputs));
  inputs.flags = {{"http.tls_client_ca", "clients.pem"}};
  EXPECT_FALSE(load_config(inputs));
}

TEST(Config, TakesTheAuthoritiesOfClientCertificatesWithTlsOnly) {
  ConfigInputs inputs;
  inputs.flags = {
      {"http.tls_client_ca", "clients.pem"}, {"tls.cert", "c.pem"}, {"tls.key", "k.pem"}};
  const auto loaded = load_config(inputs);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.tls_client_ca, "clients.pem");
  EXPECT_TRUE(load_config({})->config.tls_client_ca.empty());
}

TEST(Config, TakesACertificateAndItsKeyFromEverywhere) {
  const Scratch scratch;
  ConfigInputs inputs;
  inputs.file = scratch.write("varve.toml", "[tls]\ncert = \"file.pem\"\n");
  inputs.environment = {{"VARVE_TLS_KEY", "key.pem"}, {"VARVE_CA", "the client's"}};
  const auto loaded = load_config(inputs);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->config.tls_certificate, "file.pem");
  EXPECT_EQ(loaded->config.tls_key, "key.pem");
}

TEST(Config, RefusesWhatDoesNotParse) {
  const std::pair<const char*, const char*> kBad[] = {
      {"listen", "127.0.0.1"},       {"listen", "localhost:5000"},
      {"listen", "127.0.0.1:65536"}, {"listen", "::1:5000"},
      {"listen", "127.0.0.1:050"},   {"disk.low_water", "12 MiB"},
      {"disk.low_water", "-1"},      {"disk.low_water", "99999999999TiB"},
      {"publish_interval", "1"},     {"publish_interval", "1.5s"},
      {"io_threads", "0"},           {"io_threads", "257"},
      {"log_level", "loud"},         {"dev", "yes"}};
  for (const auto& [name, value] : kBad) {
    ConfigInputs inputs;
    inputs.flags = {{name, value}};
    EXPECT_FALSE(load_config(inputs)) << name << " = " << value;
  }
}

TEST(Config, LetsNothingIntoAChallengeThatWouldBreakIt) {
  const auto accepts = [](const std::string& name, const std::string& value) {
    ConfigInputs inputs;
    inputs.flags = {{name, value}};
    return load_config(inputs).has_value();
  };
  EXPECT_TRUE(accepts("service", "registry.example/main"));
  for (const std::string bad : {"a b", "a\"b", "my-basic-registry", "Bearer"})
    EXPECT_FALSE(accepts("service", bad)) << bad;
  EXPECT_TRUE(accepts("external_url", "https://registry.example"));
  for (const std::string bad : {"registry.example", "https://", "https://r.example/", "ftp://r",
                                "https://a\"b", "https://a\r\nb", "https://a b"})
    EXPECT_FALSE(accepts("external_url", bad)) << bad;
  for (const std::string kind : {"bearer", "basic"}) EXPECT_TRUE(accepts("auth.challenge", kind));
  for (const std::string bad : {"", "Basic", "digest", "basic,bearer"})
    EXPECT_FALSE(accepts("auth.challenge", bad)) << bad;
  EXPECT_TRUE(accepts("token.lifetime", "1m"));
  EXPECT_FALSE(
      accepts("token.lifetime", "59s"));  // clients renew tokens they hold a minute at most
  EXPECT_FALSE(accepts("token.lifetime", "1441m"));
}

TEST(Config, KeepsPushesUnderWaySafeOutsideDevMode) {
  const auto load = [](std::map<std::string, std::string, std::less<>> flags) {
    ConfigInputs inputs;
    inputs.flags = std::move(flags);
    return load_config(inputs);
  };
  for (const char* name : {"gc.grace", "upload.lifetime"}) {
    EXPECT_TRUE(load({{name, "60m"}})) << name;
    for (const char* short_time : {"59m", "1s", "0s"}) {
      const auto refused = load({{name, short_time}});
      ASSERT_FALSE(refused) << name << short_time;
      EXPECT_NE(refused.error().what.find("60m"), std::string::npos) << refused.error().what;
    }
    EXPECT_TRUE(load({{name, "1s"}, {"dev", "true"}})) << name;
  }
  EXPECT_FALSE(load({{"upload.lifetime", "999ms"}, {"dev", "true"}}));
  EXPECT_EQ(load({})->config.gc_grace, Config().gc_grace);
  EXPECT_EQ(load({})->config.upload_lifetime, Config().upload_lifetime);
}

TEST(Config, TrustsNoProxyUnlessItIsNamed) {
  EXPECT_TRUE(load_config({})->config.trusted_proxies.empty());
  const Scratch scratch;
  ConfigInputs inputs;
  inputs.file = scratch.write("varve.toml", "[http]\ntrusted_proxies = \"10.0.0.0/8, ::1\"\n");
  const auto loaded = load_config(inputs);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_TRUE(loaded->config.trusted_proxies.contains("10.1.2.3"));
  EXPECT_FALSE(loaded->config.trusted_proxies.contains("11.1.2.3"));
  inputs.file.reset();
  inputs.flags = {{"http.trusted_proxies", "10.0.0.0/8, the-proxy"}};
  const auto refused = load_config(inputs);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "the-proxy");
}

TEST(Config, EveryFieldHasAFlagAVariableAndAReasonOfItsOwn) {
  std::set<std::string> flags;
  std::set<std::string> variables;
  for (const ConfigField& field : config_fields()) {
    EXPECT_TRUE(flags.insert(field.flag()).second) << field.flag();
    EXPECT_TRUE(variables.insert(field.variable()).second) << field.variable();
    EXPECT_GT(field.reason.size(), 20u) << field.name;
  }
  EXPECT_TRUE(flags.contains("--disk-low-water"));
  EXPECT_TRUE(variables.contains("VARVE_DISK_LOW_WATER"));
}

}  // namespace
}  // namespace varve
