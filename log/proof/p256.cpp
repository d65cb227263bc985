// ECDSA over P-256 by OpenSSL 3: no low-level interface, which is deprecated. Any thread.
#include "log/proof/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace varve {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;
using Point = std::unique_ptr<EC_POINT, Freer<EC_POINT_clear_free>>;

// The order of the group (SP 800-186, 3.2.1.3).
constexpr P256Secret::Scalar kOrder = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

bool in_range(const P256Secret::Scalar& scalar) {
  return scalar < kOrder && scalar != P256Secret::Scalar{};
}

const EC_GROUP* group() {
  static const EC_GROUP* const p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  VARVE_ASSERT(p256 != nullptr);
  return p256;
}

Context new_context(evp_pkey_st* key) {
  Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  VARVE_ASSERT(context != nullptr);
  return context;
}

// What OpenSSL notes about bad input would be found later by whoever asks this thread's TLS for its
// error.
struct QuietErrors {
  QuietErrors() { ERR_set_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_pop_to_mark(); }
};

std::shared_ptr<evp_pkey_st> load(int selection, OSSL_PARAM* parameters) {
  const QuietErrors quiet;
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  VARVE_ASSERT(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters) != 1) return nullptr;
  return {key, EVP_PKEY_free};
}

char* curve_name() {
  static char name[] = "prime256v1";
  return name;
}

// The point of a secret scalar, compressed.
std::array<char, 33> public_point(const P256Secret::Scalar& scalar) {
  const Number number(BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr));
  const Point point(EC_POINT_new(group()));
  VARVE_ASSERT(number != nullptr && point != nullptr);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  VARVE_ASSERT(EC_POINT_mul(group(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1);
  std::array<char, 33> bytes;
  VARVE_ASSERT(EC_POINT_point2oct(group(), point.get(), POINT_CONVERSION_COMPRESSED,
                                  reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                  nullptr) == bytes.size());
  return bytes;
}

// The INTEGER at the front of `der`: minimal, positive, below the order, not zero.
bool take_integer(std::string_view& der) {
  if (der.size() < 2 || der[0] != 0x02) return false;
  const auto length = static_cast<unsigned char>(der[1]);
  if (length == 0 || length > 33 || der.size() < 2u + length) return false;
  std::string_view value = der.substr(2, length);
  der.remove_prefix(2u + length);
  const auto high = [](char byte) { return (static_cast<unsigned char>(byte) & 0x80) != 0; };
  if (high(value[0])) return false;  // negative
  if (value[0] == 0 && length > 1) {
    if (!high(value[1])) return false;  // a zero that is not needed
    value.remove_prefix(1);
  }
  P256Secret::Scalar scalar{};
  if (value.size() > scalar.size()) return false;
  std::ranges::copy(value, scalar.end() - static_cast<std::ptrdiff_t>(value.size()));
  return in_range(scalar);
}

}  // namespace

bool is_strict_p256_signature(std::string_view der) {
  // 2 + 2·(2 + 33) bytes at most, so a length never takes a second byte.
  if (der.size() < 2 || der[0] != 0x30 || static_cast<unsigned char>(der[1]) != der.size() - 2)
    return false;
  der.remove_prefix(2);
  const bool r = take_integer(der);
  const bool s = r && take_integer(der);
  return s && der.empty();
}

Result<P256Public> P256Public::parse(std::string_view sec1) {
  const bool compressed = sec1.size() == 33 && (sec1[0] == 2 || sec1[0] == 3);
  const bool uncompressed = sec1.size() == 65 && sec1[0] == 4;
  P256Public key;
  if (compressed || uncompressed) {
    std::string point(sec1);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve_name(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    key.key_ = load(EVP_PKEY_PUBLIC_KEY, parameters);
  }
  if (!key.key_) return fail(Errc::invalid, About::key, "this public key is no point of P-256");
  std::ranges::copy(sec1.substr(0, 33), key.compressed_.begin());
  if (uncompressed) key.compressed_[0] = static_cast<char>(2 | (sec1[64] & 1));
  return key;
}

bool P256Public::verify(const Hash256& digest, std::string_view der) const {
  if (!is_strict_p256_signature(der)) return false;
  const QuietErrors quiet;
  const Context context = new_context(key_.get());
  return EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), reinterpret_cast<const unsigned char*>(der.data()),
                         der.size(), digest.data(), digest.size()) == 1;
}

P256Secret P256Secret::generate() {
  Scalar scalar;
  do {
    VARVE_ASSERT(RAND_priv_bytes(scalar.data(), static_cast<int>(scalar.size())) == 1);
  } while (!in_range(scalar));
  auto secret = from_scalar(scalar);
  OPENSSL_cleanse(scalar.data(), scalar.size());
  VARVE_ASSERT(secret.has_value());
  return *std::move(secret);
}

Result<P256Secret> P256Secret::from_scalar(const Scalar& scalar) {
  if (!in_range(scalar))
    return fail(Errc::invalid, About::key, "this private key is no scalar of P-256");
  P256Secret secret;
  auto point = public_point(scalar);
  VARVE_TRY(secret.public_, P256Public::parse({point.data(), point.size()}));
  Scalar native = scalar;  // OSSL_PARAM has numbers in this machine's order
  if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(native);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve_name(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.data(), native.size()),
      OSSL_PARAM_construct_end()};
  secret.key_ = load(EVP_PKEY_KEYPAIR, parameters);
  OPENSSL_cleanse(native.data(), native.size());
  VARVE_ASSERT(secret.key_ != nullptr);
  secret.scalar_ = scalar;
  return secret;
}

P256Secret::~P256Secret() {
  OPENSSL_cleanse(scalar_.data(), scalar_.size());
}

P256Secret::P256Secret(P256Secret&& other) noexcept
    : scalar_(other.scalar_), public_(std::move(other.public_)), key_(std::move(other.key_)) {
  OPENSSL_cleanse(other.scalar_.data(), other.scalar_.size());
}

P256Secret& P256Secret::operator=(P256Secret&& other) noexcept {
  if (this == &other) return *this;
  scalar_ = other.scalar_;
  public_ = std::move(other.public_);
  key_ = std::move(other.key_);
  OPENSSL_cleanse(other.scalar_.data(), other.scalar_.size());
  return *this;
}

std::string P256Secret::sign(const Hash256& digest) const {
  VARVE_ASSERT(key_ != nullptr);  // a moved-from secret signs nothing
  const Context context = new_context(key_.get());
  std::string der(72, '\0');
  std::size_t length = der.size();
  VARVE_ASSERT(EVP_PKEY_sign_init(context.get()) == 1 &&
               EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &length,
                             digest.data(), digest.size()) == 1);
  der.resize(length);
  return der;
}

}  // namespace varve
