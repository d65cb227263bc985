// One Error in each dialect.
#include "api/http/problem.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace varve::http {
namespace {

struct Case {
  Errc code;
  About about;
  unsigned status;
  std::string_view word;
};

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string word_of(const Response& response) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view word;
  const std::string body = std::get<std::string>(response.body);
  if (parser.parse(body).get(document) != simdjson::SUCCESS) return "not JSON";
  if (document.at_pointer("/errors/0/code").get(word) != simdjson::SUCCESS) return "no code";
  return std::string(word);
}

TEST(Problem, HasTheStatusAndWordOfTheDistributionSpec) {
  for (const Case& c : {
           Case{Errc::not_found, About::manifest, 404, "MANIFEST_UNKNOWN"},
           Case{Errc::not_found, About::blob, 404, "BLOB_UNKNOWN"},
           Case{Errc::not_found, About::upload, 404, "BLOB_UPLOAD_UNKNOWN"},
           Case{Errc::not_found, About::repository, 404, "NAME_UNKNOWN"},
           Case{Errc::not_found, About::manifest_blob, 400, "MANIFEST_BLOB_UNKNOWN"},
           Case{Errc::invalid, About::digest, 400, "DIGEST_INVALID"},
           Case{Errc::invalid, About::name, 400, "NAME_INVALID"},
           Case{Errc::invalid, About::tag, 400, "TAG_INVALID"},
           Case{Errc::invalid, About::manifest, 400, "MANIFEST_INVALID"},
           Case{Errc::invalid, About::size, 400, "SIZE_INVALID"},
           Case{Errc::range, About::upload, 416, "BLOB_UPLOAD_INVALID"},
           Case{Errc::too_large, About::manifest, 413, "MANIFEST_INVALID"},
           Case{Errc::too_large, About::body, 413, "SIZE_INVALID"},
           Case{Errc::too_large, About::tag, 414, "TAG_INVALID"},
           Case{Errc::unauthorized, About::request, 401, "UNAUTHORIZED"},
           Case{Errc::denied, About::repository, 403, "DENIED"},
           Case{Errc::unsupported, About::manifest, 405, "UNSUPPORTED"},
           Case{Errc::throttled, About::request, 429, "TOOMANYREQUESTS"},
           Case{Errc::overloaded, About::request, 503, "UNAVAILABLE"},
           Case{Errc::unavailable, About::storage, 503, "UNAVAILABLE"},
           Case{Errc::unknown, About::storage, 503, "UNAVAILABLE"},
           Case{Errc::conflict, About::upload, 409, "CONFLICT"},
           Case{Errc::precondition, About::tag, 412, "PRECONDITION_FAILED"},
           Case{Errc::locked, About::tag, 405, "REGISTRY_DISALLOWED_OPERATION"},
           Case{Errc::corrupt, About::blob, 500, "UNKNOWN"},
           Case{Errc::internal, About::request, 500, "UNKNOWN"},
       }) {
    const Response response = problem(Error(c.code, c.about, "why"), Dialect::oci);
    EXPECT_EQ(response.status, c.status) << c.word;
    EXPECT_EQ(word_of(response), c.word);
    EXPECT_EQ(status_of(Error(c.code, c.about, "why")), c.status);
    EXPECT_EQ(header(response, "Content-Type"), "application/json");
    EXPECT_EQ(header(response, "Retry-After"), c.status == 503 || c.status == 429 ? "1" : "");
  }
}

TEST(Problem, CoversEveryKindOfErrorAboutEverything) {
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    for (int about = 0; about <= static_cast<int>(About::storage); ++about) {
      const Error error(static_cast<Errc>(code), static_cast<About>(about), "why");
      const Response response = problem(error, Dialect::oci);
      ASSERT_GE(response.status, 400U);
      const std::string word = word_of(response);
      ASSERT_EQ(word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), std::string::npos) << word;
      ASSERT_EQ(problem(error, Dialect::plain).status, status_of(error));
    }
  }
}

TEST(Problem, SaysGoneAsNotFoundToOciClientsOnly) {
  const Error gone(Errc::gone, About::blob, "erased", "event 7");
  EXPECT_EQ(problem(gone, Dialect::oci).status, 404U);
  EXPECT_EQ(word_of(problem(gone, Dialect::oci)), "BLOB_UNKNOWN");
  EXPECT_EQ(problem(gone, Dialect::plain).status, 410U);
}

TEST(Problem, LeavesTheChallengeToTheSessionWhichKnowsTheRequest) {
  const Response response =
      problem(Error(Errc::unauthorized, About::request, "who?"), Dialect::oci);
  EXPECT_EQ(response.status, 401U);
  EXPECT_EQ(header(response, "WWW-Authenticate"), "");
}

TEST(Problem, CarriesTheDetailAsAString) {
  const Response response =
      problem(Error(Errc::invalid, About::name, "bad \"name\"", "a\\b"), Dialect::oci);
  EXPECT_EQ(std::get<std::string>(response.body),
            R"({"errors":[{"code":"NAME_INVALID","message":"bad \"name\"","detail":"a\\b"}]})");
}

std::string body_of(const Error& error, Dialect dialect) {
  return std::get<std::string>(problem(error, dialect).body);
}

TEST(Problem, OfALockHasAnEmptyObjectAsItsDetail) {
  const Error error(Errc::locked, About::tag, "the tag a:t has writeEnabled false", "a:t");
  EXPECT_EQ(body_of(error, Dialect::acr),
            R"({"errors":[{"code":"REGISTRY_DISALLOWED_OPERATION","message":"the tag a:t has )"
            R"(writeEnabled false","detail":{}}]})");
  EXPECT_EQ(body_of(error, Dialect::oci), body_of(error, Dialect::acr));
  EXPECT_EQ(body_of(error, Dialect::plain), "the tag a:t has writeEnabled false: a:t\n");
}

TEST(Problem, OfMissingRightsSpellsTheScopeOut) {
  const auto of = [](std::string scope) {
    return body_of(Error(Errc::unauthorized, About::request, "log in", std::move(scope)),
                   Dialect::acr);
  };
  const std::string start = R"({"errors":[{"code":"UNAUTHORIZED","message":"log in")";
  EXPECT_EQ(of(""), start + "}]}");
  EXPECT_EQ(of("repository:lib/app:metadata_read"),
            start + R"(,"detail":[{"Type":"repository","Name":"lib/app","Action":)"
                    R"("metadata_read"}]}]})");
  EXPECT_EQ(of("registry:catalog:*"),
            start + R"(,"detail":[{"Type":"registry","Name":"catalog","Action":"*"}]}]})");
  EXPECT_EQ(of("repository:a:pull,push repository:b:pull"),
            start + R"(,"detail":[{"Type":"repository","Name":"a","Action":"pull"},)"
                    R"({"Type":"repository","Name":"a","Action":"push"},)"
                    R"({"Type":"repository","Name":"b","Action":"pull"}]}]})");
  for (const char* odd : {"x", "a:b", ":", "::", " ", "\"\\", "a:b:,"})
    EXPECT_EQ(
        word_of(problem(Error(Errc::unauthorized, About::request, "log in", odd), Dialect::oci)),
        "UNAUTHORIZED")
        << odd;
}

TEST(Problem, OfATagIsItsOwnWordForAzureAlone) {
  const Error error(Errc::not_found, About::tag, "there is no such tag", "t");
  EXPECT_EQ(word_of(problem(error, Dialect::acr)), "TAG_UNKNOWN");
  EXPECT_EQ(word_of(problem(error, Dialect::oci)), "MANIFEST_UNKNOWN");
  EXPECT_EQ(word_of(problem(Error(Errc::not_found, About::manifest, "no"), Dialect::acr)),
            "MANIFEST_UNKNOWN");
}

TEST(Problem, StaysJsonAndOneLineWhateverAClientSent) {
  const std::string hostile("\xff\xfe\r\nX: y\0\x01", 10);
  const Error error(Errc::invalid, About::name, "bad", hostile);
  EXPECT_EQ(word_of(problem(error, Dialect::oci)), "NAME_INVALID");
  const std::string line = std::get<std::string>(problem(error, Dialect::plain).body);
  EXPECT_EQ(line.find_first_of("\r\n"), line.size() - 1);
  EXPECT_EQ(line, "bad: ??  X: y  \n");
}

// ---- SWR ----

std::string text_at(const Response& response, const char* pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view text;
  if (parser.parse(std::get<std::string>(response.body)).get(document) != simdjson::SUCCESS)
    return "not JSON";
  if (document.at_pointer(pointer).get(text) != simdjson::SUCCESS) return "absent";
  return std::string(text);
}

// One of them reads errors[0], others the members of the object, in two spellings.
TEST(ProblemOfSwr, IsFoundWhereverAClientLooks) {
  const Response response =
      problem(Error(Errc::not_found, About::name_space, "there is no \"x\"", "x"), Dialect::swr);
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  for (const char* pointer : {"/errors/0/errorCode", "/errorCode", "/error_code"})
    EXPECT_EQ(text_at(response, pointer), "SVCSTG.SWR.4040058") << pointer;
  for (const char* pointer : {"/errors/0/errorMessage", "/errorMessage", "/error_msg"})
    EXPECT_EQ(text_at(response, pointer), "there is no \"x\"") << pointer;
  EXPECT_EQ(text_at(response, "/errors/0/detail"), "x");
}

TEST(ProblemOfSwr, IsAnArrayWhereItIsToBeAsDocumented) {
  const Error error(Errc::invalid, About::request, "no", "it");
  EXPECT_EQ(body_of(error, Dialect::swr_documented),
            R"([{"errorCode":"SVCSTG.SWR.4000014","errorMessage":"no","detail":"it"}])");
  const Response own = swr_problem(error, "4001035", Dialect::swr_documented);
  EXPECT_EQ(own.status, 400U);
  EXPECT_EQ(text_at(own, "/0/errorCode"), "SVCSTG.SWR.4001035");
}

TEST(ProblemOfSwr, HasTheStatusAndCodeOfItsDocuments) {
  for (const Case& c : {
           Case{Errc::invalid, About::name_space, 400, "4001028"},
           Case{Errc::invalid, About::name, 400, "4001029"},
           Case{Errc::invalid, About::tag, 400, "4000014"},
           Case{Errc::unauthorized, About::request, 401, "4010000"},
           Case{Errc::denied, About::request, 403, "4039002"},
           Case{Errc::locked, About::tag, 403, "4039002"},
           Case{Errc::not_found, About::repository, 404, "4040010"},
           Case{Errc::not_found, About::tag, 404, "4041056"},
           Case{Errc::not_found, About::manifest, 404, "4041060"},
           Case{Errc::not_found, About::request, 404, "4040083"},
           Case{Errc::unsupported, About::request, 405, "4040083"},
           Case{Errc::unsupported, About::name_space, 406, "4060074"},
           Case{Errc::conflict, About::name_space, 409, "4090060"},
           Case{Errc::conflict, About::repository, 409, "4090006"},
           Case{Errc::conflict, About::request, 409, "4090076"},
           Case{Errc::precondition, About::tag, 409, "4090006"},
           Case{Errc::too_large, About::body, 413, "4130000"},
           Case{Errc::throttled, About::request, 429, "4290000"},
           Case{Errc::corrupt, About::storage, 500, "5000003"},
           Case{Errc::unavailable, About::storage, 503, "5030000"},
       }) {
    const Response response = problem(Error(c.code, c.about, "why"), Dialect::swr);
    EXPECT_EQ(response.status, c.status) << c.word;
    EXPECT_EQ(text_at(response, "/errorCode"), "SVCSTG.SWR." + std::string(c.word));
    EXPECT_EQ(header(response, "Retry-After"), c.status == 503 || c.status == 429 ? "1" : "");
  }
}

TEST(ProblemOfSwr, StaysJsonWhateverAClientSent) {
  const std::string hostile("\xff\xfe\r\nX: y\0\x01", 10);
  const Response response =
      problem(Error(Errc::invalid, About::name, "bad", hostile), Dialect::swr);
  EXPECT_EQ(text_at(response, "/errorCode"), "SVCSTG.SWR.4001029");
}

// ---- Warg ----

TEST(WargProblem, HasTheStatusAndTheBodyOfItsReferenceServer) {
  struct Row {
    Errc code;
    About about;
    std::string detail;
    unsigned status;
    std::string body;
  };
  for (const Row& row : {
           Row{Errc::not_found, About::checkpoint, "99", 404,
               R"({"status":404,"type":"logLength","id":99})"},
           Row{Errc::not_found, About::entry, "9", 404, R"({"status":404,"type":"leaf","id":9})"},
           Row{Errc::not_found, About::package_log, "x", 404,
               R"({"status":404,"type":"log","id":"x"})"},
           Row{Errc::not_found, About::record, "x", 404,
               R"({"status":404,"type":"record","id":"x"})"},
           Row{Errc::not_found, About::name_space, "x", 404,
               R"({"status":404,"type":"namespace","id":"x"})"},
           Row{Errc::not_found, About::fetch_token, "x", 404,
               R"({"status":404,"type":"fetchToken","id":"x"})"},
           Row{Errc::not_found, About::blob, "x", 404,
               R"({"status":404,"type":"contentDigest","id":"x"})"},
           Row{Errc::not_found, About::request, "", 404,
               R"({"status":404,"message":"the requested resource was not found"})"},
           Row{Errc::not_found, About::size, "", 404, R"({"status":404,"message":"why"})"},
           Row{Errc::conflict, About::record, "x", 409,
               R"({"status":409,"type":"record","id":"x"})"},
           Row{Errc::conflict, About::name_space, "x", 409,
               R"({"status":409,"type":"namespaceImport","id":"x"})"},
           Row{Errc::invalid, About::request, "", 400, R"({"status":400,"message":"why"})"},
           Row{Errc::invalid, About::record, "", 400, R"({"status":400,"message":"why"})"},
           Row{Errc::invalid, About::digest, "x", 400, R"({"status":400,"message":"why: x"})"},
           Row{Errc::invalid, About::body, "", 422, R"({"status":422,"message":"why"})"},
           Row{Errc::invalid, About::proof, "", 422,
               R"({"status":422,"reason":"failure","message":"why"})"},
           Row{Errc::unsupported, About::body, "", 415, R"({"status":415,"message":"why"})"},
           Row{Errc::unsupported, About::record, "x", 405, R"({"status":405})"},
           Row{Errc::unsupported, About::request, "", 405, ""},
           Row{Errc::unsupported, About::storage, "", 405, R"({"status":405,"message":"why"})"},
           Row{Errc::unauthorized, About::key, "", 401, R"({"status":401,"message":"why"})"},
           Row{Errc::unauthorized, About::request, "repository:a:pull", 401,
               R"({"status":401,"message":"why"})"},
           Row{Errc::denied, About::repository, "", 403, R"({"status":403,"message":"why"})"},
           Row{Errc::too_large, About::body, "", 413, R"({"status":413,"message":"why"})"},
           Row{Errc::unavailable, About::storage, "", 503, R"({"status":503,"message":"why"})"},
           Row{Errc::corrupt, About::storage, "", 500, R"({"status":500,"message":"why"})"},
       }) {
    const Response response = problem(Error(row.code, row.about, "why", row.detail), Dialect::warg);
    EXPECT_EQ(response.status, row.status) << row.body;
    EXPECT_EQ(std::get<std::string>(response.body), row.body);
    // With anything behind it, Warg's client fails on every call.
    EXPECT_EQ(header(response, "Content-Type"), row.body.empty() ? "" : "application/json");
    EXPECT_EQ(header(response, "Retry-After"), row.status == 503 ? "1" : "");
  }
}

TEST(WargProblem, IsJsonWithItsStatusWhateverItIsAbout) {
  const std::string hostile("\xff\"\r\n{\0}", 8);
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    for (int about = 0; about <= static_cast<int>(About::storage); ++about) {
      for (const std::string& detail : {std::string(), hostile, std::string("7")}) {
        const Error error(static_cast<Errc>(code), static_cast<About>(about), "why " + hostile,
                          detail);
        const Response response = problem(error, Dialect::warg);
        const std::string body = std::get<std::string>(response.body);
        if (body.empty()) {
          EXPECT_EQ(response.status, 405U);
          continue;
        }
        simdjson::dom::parser parser;
        std::uint64_t status = 0;
        ASSERT_EQ(parser.parse(body)["status"].get(status), simdjson::SUCCESS) << body;
        EXPECT_EQ(status, response.status) << body;
      }
    }
  }
}

TEST(WargProblem, LetsEveryPageReadIt) {
  EXPECT_EQ(dialect_header_lines(Dialect::warg), "Access-Control-Allow-Origin: *\r\n");
}

}  // namespace
}  // namespace varve::http
