// The one table that gives every Error its status and its code word. Pure; any thread.
#include "api/http/problem.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/json.h"

namespace varve::http {

namespace {

struct Row {
  Errc code;
  std::optional<About> about;  // nullopt: whatever it is about
  unsigned status;
  std::string_view oci;  // upper-case letters and '_' only: distribution-spec, "Error Codes"
};

constexpr std::optional<About> kAny = std::nullopt;

// The first row that fits counts. Codes outside the specification's list are those of the reference
// implementation (UNKNOWN, UNAVAILABLE) or say what HTTP says where the specification has no word.
constexpr std::array kRows = {
    Row{Errc::invalid, About::name, 400, "NAME_INVALID"},
    Row{Errc::invalid, About::repository, 400, "NAME_INVALID"},
    Row{Errc::invalid, About::tag, 400, "TAG_INVALID"},
    Row{Errc::invalid, About::digest, 400, "DIGEST_INVALID"},
    Row{Errc::invalid, About::blob, 400, "DIGEST_INVALID"},
    Row{Errc::invalid, About::size, 400, "SIZE_INVALID"},
    Row{Errc::invalid, About::upload, 400, "BLOB_UPLOAD_INVALID"},
    Row{Errc::invalid, About::manifest, 400, "MANIFEST_INVALID"},
    Row{Errc::invalid, About::manifest_blob, 400, "MANIFEST_INVALID"},
    Row{Errc::invalid, kAny, 400, "BAD_REQUEST"},
    Row{Errc::unauthorized, kAny, 401, "UNAUTHORIZED"},
    Row{Errc::denied, kAny, 403, "DENIED"},
    Row{Errc::not_found, About::manifest, 404, "MANIFEST_UNKNOWN"},
    Row{Errc::not_found, About::tag, 404, "MANIFEST_UNKNOWN"},
    Row{Errc::not_found, About::blob, 404, "BLOB_UNKNOWN"},
    Row{Errc::not_found, About::digest, 404, "BLOB_UNKNOWN"},
    Row{Errc::not_found, About::upload, 404, "BLOB_UPLOAD_UNKNOWN"},
    Row{Errc::not_found, About::repository, 404, "NAME_UNKNOWN"},
    Row{Errc::not_found, About::name, 404, "NAME_UNKNOWN"},
    // A manifest that names something absent is a bad manifest, not an absent one: 400 (oci.md
    // §1.3).
    Row{Errc::not_found, About::manifest_blob, 400, "MANIFEST_BLOB_UNKNOWN"},
    Row{Errc::not_found, kAny, 404, "NOT_FOUND"},
    Row{Errc::unsupported, kAny, 405, "UNSUPPORTED"},
    Row{Errc::conflict, kAny, 409, "CONFLICT"},
    Row{Errc::gone, About::blob, 410, "BLOB_UNKNOWN"},
    Row{Errc::gone, About::manifest, 410, "MANIFEST_UNKNOWN"},
    Row{Errc::gone, kAny, 410, "GONE"},
    Row{Errc::precondition, kAny, 412, "PRECONDITION_FAILED"},
    // What ACR answers, and what its clients look for.
    Row{Errc::locked, kAny, 405, "REGISTRY_DISALLOWED_OPERATION"},
    Row{Errc::too_large, About::manifest, 413, "MANIFEST_INVALID"},
    Row{Errc::too_large, About::manifest_blob, 413, "MANIFEST_INVALID"},
    // Tags come as parameters of a target, which is too long with so many.
    Row{Errc::too_large, About::tag, 414, "TAG_INVALID"},
    Row{Errc::too_large, kAny, 413, "SIZE_INVALID"},
    Row{Errc::range, kAny, 416, "BLOB_UPLOAD_INVALID"},
    Row{Errc::throttled, kAny, 429, "TOOMANYREQUESTS"},
    Row{Errc::overloaded, kAny, 503, "UNAVAILABLE"},
    Row{Errc::unavailable, kAny, 503, "UNAVAILABLE"},
    Row{Errc::unknown, kAny, 503, "UNAVAILABLE"},
    Row{Errc::corrupt, kAny, 500, "UNKNOWN"},
    Row{Errc::internal, kAny, 500, "UNKNOWN"},
};

const Row& row_of(const Error& error) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&error](const Row& candidate) {
    return candidate.code == error.code && (!candidate.about || *candidate.about == error.about);
  });
  VARVE_ASSERT(row != kRows.end());  // each Errc has a row for any About: tested
  return *row;
}

// A client's bytes may come back in a detail; JSON holds nothing but UTF-8.
std::string as_utf8(std::string_view text) {
  std::string out(text);
  if (is_valid_utf8(out)) return out;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return out;
}

bool has_the_shape_of_oci(Dialect dialect) {
  return dialect == Dialect::oci || dialect == Dialect::acr;
}

std::string_view word_of(const Row& row, const Error& error, Dialect dialect) {
  const bool no_tag = error.code == Errc::not_found && error.about == About::tag;
  return dialect == Dialect::acr && no_tag ? "TAG_UNKNOWN" : row.oci;
}

// One object for each action of "type:name:action,action". Compare: the token specification of
// distribution, and ACR's answers.
void append_missing(std::string& body, std::string_view scope) {
  const std::size_t first = scope.find(':');
  const std::size_t last = scope.rfind(':');
  if (first == last) return;  // a scope has two
  std::string_view actions = scope.substr(last + 1);
  while (!actions.empty()) {
    const std::size_t end = std::min(actions.find(','), actions.size());
    if (!body.ends_with('[')) body += ',';
    body += R"({"Type":)";
    json::append_quoted(body, scope.substr(0, first));
    body += R"(,"Name":)";
    json::append_quoted(body, scope.substr(first + 1, last - first - 1));
    body += R"(,"Action":)";
    json::append_quoted(body, actions.substr(0, end));
    body += '}';
    actions.remove_prefix(std::min(end + 1, actions.size()));
  }
}

// Azure's clients read an array in a 401, and an object in a refusal by a lock; everybody else
// takes anything.
std::string detail_of(const Error& error) {
  const std::string text = as_utf8(error.detail);
  std::string detail;
  if (error.code == Errc::locked) return "{}";
  if (error.code != Errc::unauthorized) {
    json::append_quoted(detail, text);
    return detail;
  }
  detail += '[';
  std::string_view scopes = text;
  while (!scopes.empty()) {
    const std::size_t end = std::min(scopes.find(' '), scopes.size());
    append_missing(detail, scopes.substr(0, end));
    scopes.remove_prefix(std::min(end + 1, scopes.size()));
  }
  return detail + ']';
}

std::string oci_body(const Row& row, const Error& error, Dialect dialect) {
  std::string body = R"({"errors":[{"code":)";
  json::append_quoted(body, word_of(row, error, dialect));
  body += R"(,"message":)";
  json::append_quoted(body, as_utf8(error.what));
  if (!error.detail.empty() || error.code == Errc::locked)
    body += R"(,"detail":)" + detail_of(error);
  body += "}]}";
  return body;
}

std::string plain_body(const Error& error) {
  std::string body = error.detail.empty() ? error.what : error.what + ": " + error.detail;
  body = as_utf8(body);
  std::replace_if(
      body.begin(), body.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  body += '\n';
  return body;
}

// ---- Warg ---- Source: the reference server, 0.10, whose client reads the shape by the status.

struct WargRow {
  Errc code;
  std::optional<About> about;
  unsigned status;
  std::string_view type = {};  // of what is missing or in the way: the detail is its id
  bool numbered = false;       // the id is a JSON number
};

constexpr std::array kWargRows = {
    WargRow{Errc::not_found, About::checkpoint, 404, "logLength", true},
    WargRow{Errc::not_found, About::entry, 404, "leaf", true},
    WargRow{Errc::not_found, About::package_log, 404, "log"},
    WargRow{Errc::not_found, About::record, 404, "record"},
    WargRow{Errc::not_found, About::name_space, 404, "namespace"},
    WargRow{Errc::not_found, About::fetch_token, 404, "fetchToken"},
    WargRow{Errc::not_found, About::blob, 404, "contentDigest"},
    WargRow{Errc::conflict, About::record, 409, "record"},
    WargRow{Errc::conflict, About::name_space, 409, "namespaceImport"},
    WargRow{Errc::invalid, About::body, 422},   // JSON, but of another form
    WargRow{Errc::invalid, About::proof, 422},  // nothing can be proved
    WargRow{Errc::unsupported, About::body, 415},
};

const WargRow* warg_row_of(const Error& error) {
  const auto* row = std::ranges::find_if(kWargRows, [&error](const WargRow& candidate) {
    return candidate.code == error.code && (!candidate.about || *candidate.about == error.about);
  });
  return row == kWargRows.end() ? nullptr : row;
}

std::string warg_message(unsigned status, const Error& error) {
  std::string body = R"({"status":)" + std::to_string(status);
  if (error.code == Errc::invalid && error.about == About::proof) body += R"(,"reason":"failure")";
  body += R"(,"message":)";
  json::append_quoted(body, as_utf8(error.detail.empty() || error.code == Errc::unauthorized
                                        ? error.what
                                        : error.what + ": " + error.detail));
  return body + '}';
}

std::string warg_thing(const WargRow& row, const Error& error) {
  std::string body = R"({"status":)" + std::to_string(row.status) + R"(,"type":")";
  body += row.type;
  body += R"(","id":)";
  if (row.numbered)
    body += error.detail;
  else
    json::append_quoted(body, as_utf8(error.detail));
  return body + '}';
}

Response warg_problem(const Error& error) {
  const WargRow* row = warg_row_of(error);
  const unsigned status = row != nullptr ? row->status : row_of(error).status;
  const bool named =
      row != nullptr && !row->type.empty() && (!row->numbered || parse_decimal(error.detail));
  if (named) return json(status, warg_thing(*row, error));
  if (error.code == Errc::unsupported && error.about == About::record)
    return json(status, R"({"status":405})");
  if (error.code == Errc::unsupported && error.about == About::request) {
    Response none;  // no such method here: the header Allow says all
    none.status = status;
    return none;
  }
  if (error.code == Errc::not_found && error.about == About::request)
    return json(status, R"({"status":404,"message":"the requested resource was not found"})");
  return json(status, warg_message(status, error));
}

// ---- SWR ---- Source: the codes its documents and the sources of its clients name; where none is
// known, the status and 0000, as in 4010000.

struct SwrRow {
  Errc code;
  std::optional<About> about;
  unsigned status;
  std::string_view word = {};
};

constexpr std::array kSwrRows = {
    SwrRow{Errc::invalid, About::name_space, 400, "4001028"},
    SwrRow{Errc::invalid, About::name, 400, "4001029"},
    SwrRow{Errc::invalid, About::repository, 400, "4001029"},
    SwrRow{Errc::invalid, kAny, 400, "4000014"},
    SwrRow{Errc::denied, kAny, 403, "4039002"},
    SwrRow{Errc::locked, kAny, 403, "4039002"},
    SwrRow{Errc::not_found, About::name_space, 404, "4040058"},
    SwrRow{Errc::not_found, About::name, 404, "4041061"},
    SwrRow{Errc::not_found, About::repository, 404, "4040010"},
    SwrRow{Errc::not_found, About::tag, 404, "4041056"},
    SwrRow{Errc::not_found, About::manifest, 404, "4041060"},
    SwrRow{Errc::not_found, About::request, 404, "4040083"},
    SwrRow{Errc::unsupported, About::name_space, 406, "4060074"},
    SwrRow{Errc::unsupported, About::repository, 406, "4060012"},
    SwrRow{Errc::unsupported, About::request, 405, "4040083"},
    SwrRow{Errc::conflict, About::name_space, 409, "4090060"},
    SwrRow{Errc::conflict, About::repository, 409, "4090006"},
    SwrRow{Errc::conflict, About::request, 409, "4090076"},
    SwrRow{Errc::precondition, kAny, 409, "4090006"},  // of a retag, which has no other conditions
    SwrRow{Errc::corrupt, kAny, 500, "5000003"},
    SwrRow{Errc::internal, kAny, 500, "5000003"},
};

Response swr_response(unsigned status, const Error& error, std::string_view word, Dialect dialect) {
  std::string code;
  std::string message;
  std::string detail;
  json::append_quoted(code, "SVCSTG.SWR." + std::string(word));
  json::append_quoted(message, as_utf8(error.what));
  json::append_quoted(detail, as_utf8(error.detail));
  const std::string list = R"([{"errorCode":)" + code + R"(,"errorMessage":)" + message +
                           R"(,"detail":)" + detail + "}]";
  if (dialect == Dialect::swr_documented) return json(status, list);
  return json(status, R"({"errors":)" + list + R"(,"errorCode":)" + code + R"(,"errorMessage":)" +
                          message + R"(,"error_code":)" + code + R"(,"error_msg":)" + message +
                          "}");
}

Response of_swr(const Error& error, Dialect dialect) {
  const auto* row = std::ranges::find_if(kSwrRows, [&error](const SwrRow& candidate) {
    return candidate.code == error.code && (!candidate.about || *candidate.about == error.about);
  });
  if (row != kSwrRows.end()) return swr_response(row->status, error, row->word, dialect);
  const unsigned status = row_of(error).status;
  return swr_response(status, error, std::to_string(status) + "0000", dialect);
}

// ---- Pulp ---- Source: Pulp 1.1, whose clients print the string they get.

std::string pulp_sentence(const Error& error) {
  if (error.detail.empty() || error.code == Errc::unauthorized) return error.what;
  const bool no_repository = error.code == Errc::not_found && error.about == About::repository;
  return error.what + (no_repository ? " " : ": ") + error.detail;
}

Response pulp_problem(const Row& row, const Error& error) {
  std::string body;
  json::append_quoted(body, as_utf8(pulp_sentence(error)));
  Response response = json(row.status, std::move(body));
  response.add("Varve-Error-Code", std::string(row.oci));
  return response;
}

Response oci_problem(const Row& row, const Error& error, Dialect dialect) {
  Response response = json(row.status, oci_body(row, error, dialect));
  if (row.status == 410) response.status = 404;
  return response;
}

}  // namespace

// "registry/2.0" is from the first days of the protocol; some clients still look for it (oci.md
// §1.2).
std::string_view dialect_header_lines(Dialect dialect) {
  if (dialect == Dialect::warg) return "Access-Control-Allow-Origin: *\r\n";
  return has_the_shape_of_oci(dialect) ? "Docker-Distribution-API-Version: registry/2.0\r\n" : "";
}

unsigned status_of(const Error& error) {
  return row_of(error).status;
}

Response problem(const Error& error, Dialect dialect) {
  const Row& row = row_of(error);
  const bool swr = dialect == Dialect::swr || dialect == Dialect::swr_documented;
  Response response = swr                             ? of_swr(error, dialect)
                      : dialect == Dialect::warg      ? warg_problem(error)
                      : dialect == Dialect::pulp      ? pulp_problem(row, error)
                      : has_the_shape_of_oci(dialect) ? oci_problem(row, error, dialect)
                                                      : text(row.status, plain_body(error));
  if (response.status == 429 || response.status == 503) response.add("Retry-After", "1");
  return response;
}

Response swr_problem(const Error& error, std::string_view code, Dialect dialect) {
  return swr_response(status_of(error), error, code, dialect);
}

}  // namespace varve::http
