// Putting a registry together and taking it apart again, in the order its parts need.
#include "api/serve.h"

#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "api/auth/challenge.h"
#include "api/auth/used_signatures.h"
#include "api/http/descriptors.h"
#include "api/http/server.h"
#include "api/http/ulid.h"
#include "api/services.h"
#include "api/surface/access.h"
#include "api/surface/all.h"
#include "core/base/bytes.h"
#include "core/trust/query.h"
#include "core/warg/query.h"
#include "log/directory.h"
#include "log/ledger.h"
#include "log/operator_record.h"
#include "log/purger.h"
#include "log/warg_checkpoint.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using cli::Console;
using cli::ExitCode;
using cli::Failure;
using cli::Outcome;

Timestamp now() {
  using namespace std::chrono;
  return Timestamp{duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

fs::path anchor_file(const Config& config) {
  return config.anchor.empty() ? default_anchor(config.data) : config.anchor;
}

// Blocked before any thread is made, so that every thread inherits it and only we take them.
class Signals {
 public:
  // `hang_up`: SIGHUP is for us too. Otherwise it ends a server with its terminal, as ever.
  explicit Signals(bool hang_up) {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGTERM);
    ::sigaddset(&set_, SIGINT);
    if (hang_up) ::sigaddset(&set_, SIGHUP);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    ::signal(SIGPIPE, SIG_IGN);  // a client that vanished is an error code, not an end
  }

  // Until it is time to end; calls `hung_up` for each SIGHUP before.
  void wait(const std::function<void()>& hung_up) const {
    int received = 0;
    while (::sigwait(&set_, &received) != 0 || received == SIGHUP) {
      if (received == SIGHUP) hung_up();
      received = 0;
    }
  }

  // Whoever asks twice does not want to wait for the drain.
  void end_on_next() const {
    std::thread([set = set_] {
      int received = 0;
      while (::sigwait(&set, &received) != 0 || received == SIGHUP) {
      }
      ::_exit(static_cast<int>(ExitCode::interrupted));
    }).detach();
  }

 private:
  sigset_t set_{};
};

// Work that recurs while the server runs, on a thread of its own.
class Recurring {
 public:
  using Work = std::function<void(const std::stop_token& stop)>;
  Recurring(std::chrono::milliseconds interval, Work work)
      : thread_([this, interval, work = std::move(work)](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested()) {
            work(stop);
            wake_.wait_for(lock, stop, interval, [] { return false; });
          }
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

// Uploads that nobody continued for `lifetime` are forgotten, and their bytes go.
void expire_uploads(BlobStore& blobs, std::chrono::milliseconds lifetime) {
  const std::int64_t age = std::chrono::microseconds(lifetime).count();
  const auto expired = blobs.expire_uploads(Timestamp{now().micros - age});
  if (!expired)
    spdlog::error("expiring uploads: {}", cli::describe(expired.error()));
  else if (*expired > 0)
    spdlog::info("{} abandoned uploads removed", *expired);
}

// Often enough that none lives much longer than it may.
std::chrono::milliseconds looks_at_uploads(std::chrono::milliseconds lifetime) {
  return std::min<std::chrono::milliseconds>(std::chrono::hours(1), lifetime / 4);
}

void purge(Purger& purger, const std::stop_token& stop) {
  const auto report = purger.pass(false, [&stop] { return stop.stop_requested(); });
  if (!report)
    spdlog::error("purging blobs: {}", cli::describe(report.error()));
  else if (report->bytes_freed > 0)
    spdlog::info("{} bytes of blobs that nobody could reach purged", report->bytes_freed);
}

// A dev directory gets a name of its own: two of them are two logs, and a client that saw the first
// must not take the second for a fork of it.
std::string dev_origin() {
  const std::string unique = hex_encode(as_view(sha256(http::ulid())));
  return "localhost/varve-dev-" + unique.substr(0, 8);
}

Outcome<void> make_dev_directory(const Config& config, Console& console) {
  const std::string origin = dev_origin();
  VARVE_CLI_CHECK(cli::doing(
      "no dev registry can be made in " + config.data.string(),
      DataDirectory::initialise(config.data, origin, anchor_file(config), http::ulid(), now()),
      "give --data a missing or empty directory"));
  console.say("made a dev registry in " + config.data.string() + ", origin " + origin);
  return {};
}

Outcome<DataDirectory> open_directory(const Config& config, Access access) {
  if (!DataDirectory::is_initialised(config.data))
    return cli::refuse(
        ExitCode::usage, "there is no registry in " + config.data.string(),
        "the directory is not initialised",
        "make one with `varve init --data DIR --origin NAME`, or try `varve serve --dev`");
  return cli::doing("the data directory " + config.data.string() + " cannot be opened",
                    DataDirectory::open(config.data, access),
                    "if another varve serves it, stop that one first or use its address");
}

std::string log_advice(const Error& error) {
  if (error.code == Errc::unsupported)
    return "go on with the varve that wrote it, or do what is said here";
  if (error.about != About::checkpoint) return "run `varve fsck --data DIR` to see what is wrong";
  if (error.code == Errc::unavailable)
    return "put the anchor back, or run `varve fsck --data DIR --write-anchor` when this is the "
           "newest copy";
  return "do not serve this copy: find the newest one. A registry that continued from here would "
         "sign a "
         "second history";
}

template <class T>
Outcome<T> opening(std::string what, Result<T> result) {
  std::string next = result ? std::string() : log_advice(result.error());
  return cli::doing(std::move(what), std::move(result), std::move(next));
}

Result<void> run_as_operator(Ledger& ledger, std::string_view surface, Intent intent,
                             std::vector<Body> bodies = {}) {
  VARVE_CHECK(ledger.run({Actor{std::string(kOperator), Auth::local}, http::ulid(),
                          std::string(surface), std::move(intent), std::move(bodies)}));
  return {};
}

Outcome<void> enable_dev_mode(Ledger& ledger) {
  return cli::doing("dev mode cannot be recorded in the log",
                    run_as_operator(ledger, "local", system::EnableDevMode{}));
}

// Once everybody could do everything, what the log says about who did what before is worth less.
Outcome<void> warn_about_dev_past(const Head& head, Console& console) {
  const auto view = Reader(std::make_shared<const Head>(head)).view();
  VARVE_CLI_TRY(const auto row, view->get(Table::system, RowKey().name("dev_mode")));
  if (row)
    console.warn("THIS DIRECTORY WAS SERVED IN DEV MODE: since entry " +
                 std::to_string(row->index.value) +
                 " anybody on that machine could change anything. Do not trust what it holds.");
  return {};
}

std::string address_text(const http::Server& server) {
  const bool v6 = server.address().find(':') != std::string::npos;
  return (v6 ? "[" + server.address() + "]" : server.address()) + ":" +
         std::to_string(server.port());
}

void print_next_steps(const Config& config, const std::string& address, Console& console) {
  const bool tls = !config.tls_certificate.empty();
  const std::string server = tls ? " --server https://" + address + " --ca CA.pem"
                             : address == "127.0.0.1:5000" ? ""
                                                           : " --server http://" + address;
  console.say("dev mode: everybody on this machine may do everything. Try, in another terminal:");
  console.say("  skopeo copy " +
              std::string(tls ? "--dest-cert-dir CAS" : "--dest-tls-verify=false") +
              " oci:./image docker://" + address + "/library/app:1.0");
  console.say("  varve log" + server);
  console.say("  varve prove library/app:1.0 --out app.tlog-proof" + server);
  console.say("  varve key show" + server + " > registry.vkeys");
  console.say("  varve verify --proof app.tlog-proof --key registry.vkeys");
}

// Everything a running registry is made of, declared so that what is used outlives who uses it.
struct Parts {
  DataDirectory directory;
  std::unique_ptr<FileAnchor> anchor;
  HeadCell head;
  std::unique_ptr<Ledger> ledger;  // null: read-only
  std::unique_ptr<BlobStore> blobs;
  std::optional<NamedKeys> keys;
  std::shared_ptr<const warg::PrivateKey> warg_key;  // null: read-only

  explicit Parts(DataDirectory opened) : directory(std::move(opened)) {}
};

Outcome<void> open_writer(const Config& config, Parts& parts, Console& console) {
  parts.anchor = std::make_unique<FileAnchor>(anchor_file(config));
  auto loaded = parts.directory.load_keys(*parts.anchor);
  const bool key = !loaded && loaded.error().about == About::key;
  VARVE_CLI_TRY(LedgerKeys keys, key ? cli::doing("the keys cannot be loaded", std::move(loaded),
                                                  "restore DATA/secrets/keys from a backup")
                                     : opening("the log cannot be opened", std::move(loaded)));
  VARVE_CLI_CHECK(cli::doing("what interrupted commands left cannot be swept",
                             parts.directory.sweep_secrets()));
  parts.keys = NamedKeys{keys.log.verifier(), keys.event.verifier()};
  parts.warg_key = keys.warg;
  LedgerOptions options;
  options.publish_interval = config.publish_interval;
  options.signing_threads = std::max(1u, std::thread::hardware_concurrency());
  options.clock = now;
  VARVE_CLI_TRY(parts.ledger,
                opening("the log cannot be opened",
                        Ledger::open(parts.directory.store(), *parts.anchor, parts.head,
                                     std::move(keys), std::move(options))));
  // Nobody but Warg's clients waits for it, and the next start tries again.
  const auto begun = begin_operator_log(*parts.ledger, *Reader(parts.head.get()).view(),
                                        *parts.warg_key, now(), http::ulid());
  if (!begun) console.warn("Warg's operator log is not begun: " + cli::describe(begun.error()));
  VARVE_CLI_TRY(parts.blobs,
                cli::doing("the blobs cannot be opened", open_file_blob_store(config.data)));
  if (config.dev) return enable_dev_mode(*parts.ledger);
  return warn_about_dev_past(*parts.head.get(), console);
}

// --blobs names a data directory, or its blobs/ itself.
fs::path blob_root(const Config& config) {
  if (config.blobs.empty()) return config.data;
  const fs::path given(config.blobs);
  std::error_code error;
  const bool itself = given.filename() == "blobs" && !fs::exists(given / "blobs", error);
  return itself ? given.parent_path() : given;
}

Outcome<void> open_reader(const Config& config, Parts& parts, Console& console) {
  VARVE_CLI_TRY(auto head, opening("the log cannot be read", parts.directory.load_head()));
  VARVE_CLI_TRY(auto keys, cli::doing("the log names no keys", named_keys(*Reader(head).view())));
  // Beside a writer the store may hold a checkpoint that is not anchored yet, so not served yet.
  VARVE_CLI_TRY(const auto anchored,
                opening("the log cannot be served",
                        check_against_anchor(FileAnchor(anchor_file(config)), *head, keys.log)));
  if (anchored && anchored->size < head->published) head = published_as(*head, *anchored);
  parts.keys = std::move(keys);
  parts.head.publish(head);
  const fs::path root = blob_root(config);
  if (!config.blobs.empty() && !has_file_blobs(root))
    return cli::refuse(ExitCode::usage, "there are no blobs in " + config.blobs,
                       "it holds no directory blobs/",
                       "name a data directory, or its blobs/ itself");
  if (!has_file_blobs(root))
    console.warn("there are no blobs in " + root.string() +
                 ": only the log and manifests are served. "
                 "Name blobs with --blobs DIR.");
  VARVE_CLI_TRY(parts.blobs,
                cli::doing("the blobs cannot be opened", open_file_blob_store_read_only(root)));
  return warn_about_dev_past(*head, console);
}

http::Hooks hooks_for(Services& services) {
  return {
      .authenticate =
          [&services](http::Request& request) { return surface::authenticate(services, request); },
      .gate = [&services](
                  const http::Route& route,
                  const http::Request& request) { return surface::gate(services, request, route); },
      .challenge =
          [&services](const http::Route* route, const http::Request& request) {
            return surface::challenge(services, route, request);
          },
      .scope = surface::scope_of};
}

// The origin names the service unless it holds what a challenge cannot.
std::string service_name(const Config& config, const std::string& origin) {
  if (!config.service.empty()) return config.service;
  return auth::valid_service_name(origin) ? origin : "varve";
}

// Only what access keys signed could be taken for new.
Result<void> outlast_signatures(const Reader& reader) {
  bool any = false;
  const auto visit = [&](const CredentialId&, const trust::CredentialRow& row) -> Result<bool> {
    any = row.kind == trust::CredentialKind::aksk;
    return !any;
  };
  VARVE_CHECK(trust::each_credential(*reader.view(), visit));
  if (!any) return {};
  return auth::outlast_second(
      now, [](std::chrono::microseconds time) { std::this_thread::sleep_for(time); });
}

void warn_about_closed_keys(const auth::Authenticator& authenticator, Console& console) {
  const auto closed = authenticator.closed_access_key();
  if (!closed)
    console.warn("the access keys cannot be looked at: " + cli::describe(closed.error()));
  else if (*closed)
    console.warn("the secret key of access key " + (*closed)->text() +
                 " cannot be opened with DATA/secrets/keys/seal, so what it signs is refused. If "
                 "that file was exchanged, this is so of all of them: restore it from a backup, or "
                 "make new access keys.");
}

// Who may log in, and with what. Only beside a ledger: a copy of a log comes without secrets.
Outcome<std::unique_ptr<auth::Authenticator>> make_authenticator(const Config& config, Parts& parts,
                                                                 http::Pool& pool,
                                                                 Console& console) {
  if (!parts.ledger) return nullptr;
  const std::string& origin = parts.keys->log.name();
  VARVE_CLI_TRY(auto key,
                cli::doing("the key for tokens cannot be had",
                           load_or_make_token_key(parts.directory.root(), origin),
                           "check DATA/secrets/keys/token; without it a new one is made"));
  VARVE_CLI_TRY(const auto seal_key,
                cli::doing("the key that seals secret keys cannot be had",
                           load_or_make_seal_key(parts.directory.root()),
                           "restore DATA/secrets/keys/seal from a backup; without it a new one is "
                           "made, and access keys that were made before open nothing"));
  auth::AuthenticatorOptions options;
  options.service = service_name(config, origin);
  options.access_lifetime = std::chrono::duration_cast<std::chrono::seconds>(config.token_lifetime);
  options.signed_ahead = parts.directory.root() / "signed_ahead";
  VARVE_CLI_CHECK(cli::doing("signatures of before cannot be told from new ones",
                             outlast_signatures(Reader(parts.head.get()))));
  auto made =
      std::make_unique<auth::Authenticator>(std::move(options), std::move(key), seal_key,
                                            SecretStore(parts.directory.root()), parts.head, pool);
  warn_about_closed_keys(*made, console);
  return made;
}

// Null on a read-only server.
std::unique_ptr<Purger> make_purger(const Config& config, Parts& parts, Leases& leases) {
  if (!parts.ledger) return nullptr;
  Purger::Options options;
  options.grace = config.gc_grace;
  options.clock = now;
  options.request = http::ulid;
  return std::make_unique<Purger>(*parts.ledger, parts.head, *parts.blobs, leases,
                                  std::move(options));
}

// Before the directory is opened: a server that could not take a connection must not hold the lock.
Outcome<std::size_t> affordable_connections() {
  const std::string next = "raise the hard limit: `ulimit -Hn`, or LimitNOFILE= of a systemd unit";
  VARVE_CLI_TRY(const auto descriptors, cli::doing("the limit of open files is unknown",
                                                   http::raise_descriptor_limit(), next));
  return cli::doing("too few files may be open", http::connections_within(descriptors), next);
}

// Before the directory is opened, too: what is wrong with these files is quickly said.
Outcome<std::unique_ptr<http::Tls>> load_tls(const Config& config) {
  if (config.tls_certificate.empty()) return nullptr;
  auto tls = http::Tls::load({config.tls_certificate, config.tls_key, config.tls_client_ca});
  if (tls) return *std::move(tls);
  return cli::refuse(ExitCode::usage, "HTTPS cannot be served", cli::describe(tls.error()),
                     "give --tls-cert and --tls-key PEM files that belong together, and "
                     "--http-tls-client-ca those who issue certificates to clients");
}

// The old certificate is better than none: it stays when the new one cannot be used.
void reload(http::Tls& tls) {
  if (const auto reloaded = tls.reload(); !reloaded)
    spdlog::error("the TLS files are not used, what was loaded before stays: {}",
                  cli::describe(reloaded.error()));
  else
    spdlog::info("the TLS files were loaded again");
}

void renew(Parts& parts, const Config& config) {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(config.warg_checkpoint_age);
  const auto view = Reader(parts.head.get()).view();
  const auto renewed =
      renew_checkpoint(*parts.ledger, *view, *parts.warg_key, age, now(), http::ulid());
  if (!renewed)
    spdlog::error("signing Warg's checkpoint again: {}", cli::describe(renewed.error()));
}

// Numbers for people: whatever is wrong with them stops nothing.
void begin_counting(DownloadCounts& downloads, Console& console) {
  const auto loaded = downloads.load();
  if (!loaded)
    console.warn("downloads are counted from nothing: " + cli::describe(loaded.error()));
  else if (*loaded)
    console.warn(**loaded);
}
void keep_counts(DownloadCounts& downloads) {
  if (const auto saved = downloads.save(); !saved)
    spdlog::error("writing the download counts: {}", cli::describe(saved.error()));
}

Outcome<ExitCode> run_server(const Config& config, std::size_t connections_max, http::Tls* tls,
                             Parts& parts, const Signals& signals, Console& console) {
  http::Pool pool(config.pool_threads);
  Services services{config, parts.head,      parts.ledger.get(), *parts.blobs,
                    pool,   parts.keys->log, parts.keys->event};
  VARVE_CLI_TRY(const auto authenticator, make_authenticator(config, parts, pool, console));
  services.auth = authenticator.get();
  services.warg_key = parts.warg_key;
  Leases leases(config.gc_grace);
  const auto purger = make_purger(config, parts, leases);
  if (purger) {
    services.leases = &leases;
    services.purger = purger.get();
  }
  DownloadCounts downloads(parts.directory.root() / "download_counts");
  if (parts.ledger) {
    begin_counting(downloads, console);
    services.downloads = &downloads;
  }
  http::ServerOptions options;
  options.address = config.listen_address;
  options.port = config.listen_port;
  options.threads = config.io_threads;
  options.connections_max = connections_max;
  options.tls = tls;
  VARVE_CLI_TRY(auto server,
                cli::doing("nothing can be served on " + config.listen_address + ":" +
                               std::to_string(config.listen_port),
                           http::Server::start(
                               options, http::Router(surface::all_surfaces(config.swr_error_shape)),
                               services, pool, hooks_for(services)),
                           "choose another address with --listen ADDRESS:PORT"));
  std::vector<std::unique_ptr<Recurring>> upkeep;
  if (parts.ledger) {
    upkeep.push_back(std::make_unique<Recurring>(
        looks_at_uploads(config.upload_lifetime),
        [&](const std::stop_token&) { expire_uploads(*parts.blobs, config.upload_lifetime); }));
    upkeep.push_back(std::make_unique<Recurring>(
        config.gc_interval, [&](const std::stop_token& stop) { purge(*purger, stop); }));
    upkeep.push_back(std::make_unique<Recurring>(
        std::min(config.warg_checkpoint_age, std::chrono::milliseconds(60'000)),
        [&](const std::stop_token&) { renew(parts, config); }));
  }
  if (parts.ledger)
    upkeep.push_back(
        std::make_unique<Recurring>(std::chrono::milliseconds(60'000),
                                    [&](const std::stop_token&) { keep_counts(downloads); }));
  console.say("listening on " + address_text(*server) + (tls != nullptr ? ", HTTPS" : ""));
  if (config.dev) print_next_steps(config, address_text(*server), console);
  signals.wait([&] { reload(*tls); });
  signals.end_on_next();
  console.say("draining; a second signal ends at once");
  services.state->draining = true;
  server->drain();
  server->join();
  upkeep.clear();
  if (parts.ledger) keep_counts(downloads);
  if (parts.ledger) parts.ledger->drain();
  if (authenticator) authenticator->join();
  pool.join();  // before the server ends: what its threads post goes to the server's
  server.reset();
  const std::string fatal = parts.ledger ? parts.ledger->fatal() : std::string();
  if (fatal.empty()) return ExitCode::ok;
  return cli::refuse(ExitCode::internal, "the ledger had stopped", fatal,
                     "check the disk, then start again: the log tells what was committed");
}

void set_up_logging(const Config& config) {
  // stdout is for data, and a server has none.
  static const auto logger = spdlog::stderr_color_mt("varve");
  logger->set_level(spdlog::level::from_str(config.log_level));
  spdlog::set_default_logger(logger);
}

}  // namespace

Outcome<ExitCode> serve(const Config& config, Console& console) {
  const Signals signals(!config.tls_certificate.empty());
  set_up_logging(config);
  VARVE_CLI_TRY(const auto tls, load_tls(config));
  VARVE_CLI_TRY(const std::size_t connections_max, affordable_connections());
  if (config.dev && !DataDirectory::is_initialised(config.data))
    VARVE_CLI_CHECK(make_dev_directory(config, console));
  VARVE_CLI_TRY(auto directory,
                open_directory(config, config.read_only ? Access::read_only : Access::exclusive));
  Parts parts(std::move(directory));
  VARVE_CLI_CHECK(config.read_only ? open_reader(config, parts, console)
                                   : open_writer(config, parts, console));
  return run_server(config, connections_max, tls.get(), parts, signals, console);
}

}  // namespace varve
