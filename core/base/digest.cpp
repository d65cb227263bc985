// SHA-2 through OpenSSL's EVP interface.
#include "core/base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "core/base/bytes.h"

namespace varve {
namespace {

const EVP_MD* fetched(DigestAlgorithm algorithm) {
  // Fetching costs more than hashing a Merkle node, so it happens once; never freed on purpose.
  static const EVP_MD* const md256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const md512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  const EVP_MD* md = algorithm == DigestAlgorithm::sha256 ? md256 : md512;
  VARVE_ASSERT(md != nullptr);
  return md;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context new_context() {
  Context context(EVP_MD_CTX_new());
  VARVE_ASSERT(context != nullptr);
  return context;
}

std::size_t raw_size(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::sha256 ? 32 : 64;
}

}  // namespace

Hash256 hash_from(std::string_view bytes) {
  Hash256 hash;
  VARVE_ASSERT(bytes.size() == hash.size());
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

Hash256 sha256(std::string_view a, std::string_view b, std::string_view c) {
  thread_local const Context context = new_context();
  Hash256 hash;
  unsigned length = 0;
  const bool ok =
      EVP_DigestInit_ex2(context.get(), fetched(DigestAlgorithm::sha256), nullptr) == 1 &&
      EVP_DigestUpdate(context.get(), a.data(), a.size()) == 1 &&
      (b.empty() || EVP_DigestUpdate(context.get(), b.data(), b.size()) == 1) &&
      (c.empty() || EVP_DigestUpdate(context.get(), c.data(), c.size()) == 1) &&
      EVP_DigestFinal_ex(context.get(), hash.data(), &length) == 1;
  VARVE_ASSERT(ok && length == hash.size());
  return hash;
}

Digest::Digest(DigestAlgorithm algorithm, std::string_view raw) : algorithm_(algorithm) {
  VARVE_ASSERT(raw.size() == raw_size(algorithm));
  std::memcpy(raw_.data(), raw.data(), raw.size());
}

Result<Digest> Digest::parse(std::string_view text) {
  for (auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const std::string_view prefix = algorithm == DigestAlgorithm::sha256 ? "sha256:" : "sha512:";
    if (!text.starts_with(prefix)) continue;
    const auto raw = hex_decode(text.substr(prefix.size()));
    if (!raw || raw->size() != raw_size(algorithm)) break;
    return Digest(algorithm, *raw);
  }
  return fail(Errc::invalid, About::digest,
              "a digest is sha256: and 64, or sha512: and 128, lower-case hex digits",
              std::string(text.substr(0, 256)));
}

Result<Digest> Digest::from_row(std::string_view bytes) {
  if (!bytes.empty()) {
    const auto algorithm = static_cast<DigestAlgorithm>(bytes.front());
    const bool known = algorithm == DigestAlgorithm::sha256 || algorithm == DigestAlgorithm::sha512;
    if (known && bytes.size() == 1 + raw_size(algorithm)) return Digest(algorithm, bytes.substr(1));
  }
  return fail(Errc::corrupt, About::digest, "a stored digest has the wrong form");
}

Digest Digest::of(std::string_view content, DigestAlgorithm algorithm) {
  if (algorithm == DigestAlgorithm::sha256) return Digest(algorithm, as_view(sha256(content)));
  Hasher hasher(algorithm);
  hasher.update(content);
  return hasher.finish();
}

std::string_view Digest::algorithm_name() const {
  return algorithm_ == DigestAlgorithm::sha256 ? "sha256" : "sha512";
}

std::string_view Digest::raw() const {
  return {reinterpret_cast<const char*>(raw_.data()), raw_size(algorithm_)};
}

std::string Digest::hex() const {
  return hex_encode(raw());
}

std::string Digest::to_string() const {
  std::string text(algorithm_name());
  text += ':';
  text += hex();
  return text;
}

std::string Digest::row() const {
  std::string bytes(1, static_cast<char>(algorithm_));
  bytes += raw();
  return bytes;
}

struct Hasher::State {
  DigestAlgorithm algorithm;
  Context context = new_context();
};

Hasher::Hasher(DigestAlgorithm algorithm) : state_(std::make_unique<State>(algorithm)) {
  VARVE_ASSERT(EVP_DigestInit_ex2(state_->context.get(), fetched(algorithm), nullptr) == 1);
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view bytes) {
  VARVE_ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Digest Hasher::finish() {
  std::array<char, 64> raw;
  unsigned length = 0;
  VARVE_ASSERT(EVP_DigestFinal_ex(state_->context.get(),
                                  reinterpret_cast<unsigned char*>(raw.data()), &length) == 1);
  return Digest(state_->algorithm, std::string_view(raw.data(), length));
}

}  // namespace varve
