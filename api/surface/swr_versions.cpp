// Which versions of its API SWR offers: one. For clients that look before they speak. Any thread.
#include <string>

#include "api/surface/swr_common.h"
#include "api/surface/swr_handlers.h"

namespace varve::surface {
namespace {

// When the API took this form, by its documents.
std::string version(const Services& services, const http::Request& request) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("id").string("v2");
  out.key("links").begin_object();
  out.key("href").string(server_url(services, request) + "/v2").key("rel").string("self");
  out.end_object();
  out.key("min_version").string("").key("status").string("CURRENT");
  out.key("updated").string("2018-06-01T00:00:00Z").key("version").string("");
  out.end_object();
  return text;
}

}  // namespace

http::net::awaitable<http::Response> swr_versions(Services& services, http::Request& request) {
  co_return http::json(200, R"({"versions":[)" + version(services, request) + "]}");
}

http::net::awaitable<http::Response> swr_version(Services& services, http::Request& request) {
  co_return http::json(200, R"({"version":)" + version(services, request) + "}");
}

}  // namespace varve::surface
