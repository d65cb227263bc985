// A client that signs its requests as Huawei's SDKs do. One thread. What is signed is made by the
// code under test; that this is what the SDKs sign, the vectors in swr_signature_test.cpp say.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/auth/swr_signature.h"
#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace varve::test {

// "20261121T173157Z".
inline std::string sdk_date(Timestamp at) {
  std::string text;
  for (const char c : at.to_string().substr(0, 19))
    if (c != '-' && c != ':') text += c;
  return text + "Z";
}

struct SdkRequest {
  http::Method method = http::Method::get;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // signed, all of them, by name
  std::string body;
};

// The value of Authorization.
inline std::string sdk_authorization(const SdkRequest& request, std::string_view access_key,
                                     std::string_view secret_key) {
  auth::SdkSignature signature{std::string(access_key), {}, std::string(32, '\0')};
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string names;
  for (const auto& [name, value] : request.headers) {
    headers.emplace_back(name, value);
    signature.headers.push_back(name);
    names += (names.empty() ? "" : ";") + name;
  }
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const auto path = http::percent_decode(request.target.substr(0, mark)).value();
  const auto query =
      http::Query::parse(
          std::string_view(request.target).substr(std::min(mark + 1, request.target.size())))
          .value();
  const auth::SignedRequest parts{request.method, path, query, headers};
  const auto canonical = auth::canonical_request(signature, parts, request.body);
  VARVE_ASSERT(canonical.has_value());
  std::string date;
  for (const auto& [name, value] : request.headers)
    if (name == "x-sdk-date") date = value;
  const std::string mac =
      auth::hmac_sha256(secret_key, std::string(auth::kSdkAlgorithm) + "\n" + date + "\n" +
                                        hex_encode(as_view(sha256(*canonical))));
  return std::string(auth::kSdkAlgorithm) + " Access=" + std::string(access_key) +
         ", SignedHeaders=" + names + ", Signature=" + hex_encode(mac);
}

}  // namespace varve::test
