// Checksums by OpenSSL, one window at a time.
#include "api/surface/pulp_checksum.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/base/bytes.h"

namespace varve::surface {
namespace {

constexpr std::size_t kWindowBytes = 256 << 10;

struct Algorithm {
  std::string_view type;
  const char* openssl;
  std::size_t digits;
};
// "sha" is yum's older word for "sha1", and comes behind it.
constexpr Algorithm kAlgorithms[] = {{"md5", "MD5", 32},       {"sha1", "SHA1", 40},
                                     {"sha", "SHA1", 40},      {"sha224", "SHA224", 56},
                                     {"sha256", "SHA256", 64}, {"sha384", "SHA384", 96},
                                     {"sha512", "SHA512", 128}};

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

}  // namespace

Result<void> BlobSource::read(std::uint64_t at, std::span<char> into) const {
  if (at > file_.size() || into.size() > file_.size() - at)
    return fail(Errc::invalid, About::body, "the file ends too early");
  return file_.read(at, into.size(), into.data());
}

std::optional<std::string_view> checksum_type(std::string_view checksum) {
  if (checksum.find_first_not_of("0123456789abcdef") != checksum.npos) return std::nullopt;
  const auto* algorithm = std::ranges::find(kAlgorithms, checksum.size(), &Algorithm::digits);
  return algorithm == std::end(kAlgorithms) ? std::nullopt : std::optional(algorithm->type);
}

Result<std::string> checksum_of(const BlobFile& bytes, std::string_view type) {
  const auto* algorithm = std::ranges::find(kAlgorithms, type, &Algorithm::type);
  if (algorithm == std::end(kAlgorithms))
    return fail(
        Errc::invalid, About::body,
        "parameter checksum_type: a file is checked by md5, sha1, sha224, sha256, sha384 or "
        "sha512");
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool good = context && EVP_DigestInit_ex(context.get(), EVP_get_digestbyname(algorithm->openssl),
                                           nullptr) == 1;
  std::string window(kWindowBytes, '\0');
  for (std::uint64_t at = 0; good && at < bytes.size();) {
    const std::size_t length = std::min<std::uint64_t>(kWindowBytes, bytes.size() - at);
    VARVE_CHECK(bytes.read(at, length, window.data()));
    good = EVP_DigestUpdate(context.get(), window.data(), length) == 1;
    at += length;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  if (!good || EVP_DigestFinal_ex(context.get(), raw.data(), &size) != 1)
    return fail(Errc::internal, About::storage, "a checksum could not be computed");
  return hex_encode({reinterpret_cast<const char*>(raw.data()), size});
}

}  // namespace varve::surface
