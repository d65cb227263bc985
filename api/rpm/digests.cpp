// One pass over the file, with as many hashes at a time as it states.
#include "api/rpm/digests.h"

#include <openssl/evp.h>
#include <rpm/rpmtag.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "core/base/bytes.h"

namespace varve::rpm {
namespace {

constexpr std::size_t kChunkBytes = 256 << 10;

std::unexpected<Error> bad(std::string what) {
  return fail(Errc::invalid, About::body, std::move(what));
}

// Digests of old, which no part of varve trusts: they are checked because files state them.
class Evp {
 public:
  explicit Evp(const char* algorithm) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> type(
        EVP_MD_fetch(nullptr, algorithm, nullptr), EVP_MD_free);
    VARVE_ASSERT(context_ != nullptr && type != nullptr);
    VARVE_ASSERT(EVP_DigestInit_ex2(context_.get(), type.get(), nullptr) == 1);
  }
  void update(std::string_view bytes) {
    VARVE_ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    VARVE_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
    return hex_encode({reinterpret_cast<const char*>(digest.data()), size});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// One digest of a stretch of the file, against what is stated about it.
struct Check {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string expected;
  std::string_view what;
  Evp evp;
};

std::vector<Check> checks_of(const Frame& frame, const Stated& stated) {
  std::vector<Check> checks;
  const auto add = [&](std::uint64_t from, std::uint64_t to, const std::string& expected,
                       std::string_view what, const char* algorithm) {
    if (!expected.empty() && *algorithm != '\0')
      checks.push_back({from, to, expected, what, Evp(algorithm)});
  };
  add(frame.header_start, frame.header_end, stated.header_sha256, "the SHA-256 of its header",
      "SHA256");
  add(frame.header_start, frame.header_end, stated.header_sha1, "the SHA-1 of its header", "SHA1");
  add(frame.header_end, frame.size, stated.payload, "the digest of its payload",
      stated.payload_algorithm.c_str());
  add(frame.header_start, frame.size, stated.md5, "the MD5 of its header and payload", "MD5");
  return checks;
}

// The part of `chunk`, which is at `at` in the file, that belongs to the check.
std::string_view part_for(const Check& check, std::uint64_t at, std::string_view chunk) {
  const std::uint64_t from = std::clamp(check.from, at, at + chunk.size());
  const std::uint64_t to = std::clamp(check.to, from, at + chunk.size());
  return chunk.substr(from - at, to - from);
}

// RFC 4880, 9.4: the numbers RPM names algorithms by.
std::string algorithm_name(std::uint64_t number) {
  switch (number) {
    case 8:
      return "SHA256";
    case 9:
      return "SHA384";
    case 10:
      return "SHA512";
    case 11:
      return "SHA224";
    default:
      return {};
  }
}

// A machine may be told to do without MD5: then it is as if the file did not state it.
std::string if_known(const char* algorithm, std::string digest) {
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> type(
      EVP_MD_fetch(nullptr, algorithm, nullptr), EVP_MD_free);
  return type == nullptr ? std::string() : std::move(digest);
}

Result<void> check_size(const Frame& frame, const Stated& stated) {
  const std::uint64_t here = frame.size - frame.header_start;
  if (!stated.size || *stated.size == here) return {};
  return bad("the RPM states " + std::to_string(*stated.size) +
             " bytes of header and payload and has " + std::to_string(here) +
             (here < *stated.size ? ": it is cut short" : ""));
}

}  // namespace

Stated read_stated(const Header& signature, const Header& header) {
  Stated stated;
  stated.size = signature.number(RPMSIGTAG_LONGSIZE);
  if (!stated.size) stated.size = signature.number(RPMSIGTAG_SIZE);
  stated.md5 = if_known("MD5", hex_encode(signature.binary(RPMSIGTAG_MD5).value_or("")));
  stated.header_sha1 = if_known("SHA1", signature.text(RPMSIGTAG_SHA1).value_or(""));
  stated.header_sha256 = signature.text(RPMSIGTAG_SHA256).value_or("");
  stated.payload = header.text(RPMTAG_PAYLOADDIGEST).value_or("");
  stated.payload_algorithm = algorithm_name(header.number(RPMTAG_PAYLOADDIGESTALGO).value_or(8));
  return stated;
}

Result<Digest> check_bytes(const Source& source, const Frame& frame, const Stated& stated) {
  VARVE_CHECK(check_size(frame, stated));
  if (frame.header_end == frame.size) return bad("the RPM has no payload");
  if (stated.header_sha256.empty() && stated.header_sha1.empty())
    return bad("the RPM states no digest of its header: rpm would not install it");
  if (stated.md5.empty() && (stated.payload.empty() || stated.payload_algorithm.empty()))
    return bad("the RPM states no digest of its payload that could be checked");
  auto checks = checks_of(frame, stated);
  Hasher whole;
  std::vector<char> buffer(kChunkBytes);
  for (std::uint64_t at = 0; at < frame.size;) {
    const std::size_t size = std::min<std::uint64_t>(buffer.size(), frame.size - at);
    VARVE_CHECK(source.read(at, {buffer.data(), size}));
    const std::string_view chunk(buffer.data(), size);
    whole.update(chunk);
    for (Check& check : checks) check.evp.update(part_for(check, at, chunk));
    at += size;
  }
  for (Check& check : checks)
    if (check.evp.hex() != check.expected)
      return bad("the RPM is damaged: " + std::string(check.what) + " is not the one it states");
  return whole.finish();
}

}  // namespace varve::rpm
