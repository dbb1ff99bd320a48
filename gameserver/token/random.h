// What it owns: unpredictable bytes for keys, salts and ids.
// Who may use it: every folder of gameserver/ above common/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tickwire::game {

// From the kernel's generator, getrandom(2); bytes holds at most 256. It cannot fail: so few bytes are never interrupted.
void fill_random(std::span<std::byte> bytes);
[[nodiscard]] std::uint64_t random_u64();

}  // namespace tickwire::game
