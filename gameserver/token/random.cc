// SPDX-License-Identifier: Apache-2.0
#include "gameserver/token/random.h"

#include <sys/random.h>

#include <array>
#include <bit>
#include <cassert>
#include <cstdlib>

namespace tickwire::game {

void fill_random(std::span<std::byte> bytes) {
  assert(bytes.size() <= 256);
  // Without randomness every token could be forged: no kernel that runs this server gets here.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
}

std::uint64_t random_u64() {
  std::array<std::byte, 8> bytes{};
  fill_random(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

}  // namespace tickwire::game
