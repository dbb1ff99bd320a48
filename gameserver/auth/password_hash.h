// What it owns: passwords as they are stored: salted, and slow to try.
// Who may use it: auth/.
// Thread: any, pure functions; each takes tens of milliseconds and 16 MiB, so they belong on a worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gameserver/auth/credentials.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

// scrypt's parameters (RFC 7914, section 2). Memory is 128 * r * 2^log2_n bytes, at most 64 MiB; p is 1 .. 16.
struct ScryptCost {
  std::uint8_t log2_n = 14;
  std::uint8_t r = 8;
  std::uint8_t p = 1;
  friend bool operator==(const ScryptCost&, const ScryptCost&) = default;
};

inline constexpr std::size_t kPasswordHashBytes = 52;

// scrypt itself. Errors: the cost is beyond its bounds, or there is no memory.
[[nodiscard]] Result<std::array<std::byte, 32>> scrypt(std::string_view password, std::span<const std::byte> salt,
                                                       ScryptCost cost);

// With a new salt. 0 version (1), 1 log2_n, 2 r, 3 p, 4-19 salt, 20-51 scrypt: older hashes stay good when the cost changes.
[[nodiscard]] Result<std::vector<std::byte>> hash_password(const Password& password, ScryptCost cost = {});
// Whether the hash is of this password, in a time that does not depend on how much of it is right. Errors: hash is none, or as
// scrypt().
[[nodiscard]] Result<bool> is_password(const Password& password, std::span<const std::byte> hash);

}  // namespace tickwire::game
