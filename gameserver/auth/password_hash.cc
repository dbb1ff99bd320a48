// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/password_hash.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>

#include "gameserver/token/random.h"

namespace tickwire::game {
namespace {

constexpr std::byte kHashVersion{1};
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHeadBytes = 4;
constexpr std::size_t kKeyBytes = 32;
static_assert(kHeadBytes + kSaltBytes + kKeyBytes == kPasswordHashBytes);
constexpr std::uint64_t kMostMemoryBytes = 64 * 1024 * 1024;

}  // namespace

Result<std::array<std::byte, 32>> scrypt(std::string_view password, std::span<const std::byte> salt, ScryptCost cost) {
  const bool in_bounds = cost.log2_n >= 1 && cost.log2_n <= 20 && cost.r >= 1 && cost.p >= 1 && cost.p <= 16 &&
                         (std::uint64_t{128} * cost.r << cost.log2_n) <= kMostMemoryBytes;
  if (!in_bounds) {
    return std::unexpected(fmt::format("scrypt N=2^{} r={} p={}: out of bounds", cost.log2_n, cost.r, cost.p));
  }
  std::array<std::byte, kKeyBytes> key{};
  // OpenSSL counts its own needs on top: twice the bound lets everything within it pass.
  if (EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                     std::uint64_t{1} << cost.log2_n, cost.r, cost.p, 2 * kMostMemoryBytes,
                     reinterpret_cast<unsigned char*>(key.data()), key.size()) != 1) {
    ERR_clear_error();
    return std::unexpected(std::string("scrypt: refused by OpenSSL, most likely for want of memory"));
  }
  return key;
}

Result<std::vector<std::byte>> hash_password(const Password& password, ScryptCost cost) {
  std::array<std::byte, kSaltBytes> salt{};
  fill_random(salt);
  const auto key = scrypt(password.reveal(), salt, cost);
  if (!key) return std::unexpected(key.error());
  std::vector<std::byte> hash = {kHashVersion, std::byte{cost.log2_n}, std::byte{cost.r}, std::byte{cost.p}};
  hash.insert(hash.end(), salt.begin(), salt.end());
  hash.insert(hash.end(), key->begin(), key->end());
  return hash;
}

Result<bool> is_password(const Password& password, std::span<const std::byte> hash) {
  if (hash.size() != kPasswordHashBytes || hash[0] != kHashVersion) {
    return std::unexpected(fmt::format("password hash of {} bytes: of no known form", hash.size()));
  }
  const auto number = [&](std::size_t at) { return std::to_integer<std::uint8_t>(hash[at]); };
  const auto key = scrypt(password.reveal(), hash.subspan(kHeadBytes, kSaltBytes), {number(1), number(2), number(3)});
  if (!key) return std::unexpected(key.error());
  return CRYPTO_memcmp(key->data(), hash.subspan(kHeadBytes + kSaltBytes).data(), key->size()) == 0;
}

}  // namespace tickwire::game
