// What it owns: the default resources, as they were when the server was built.
// Who may use it: resources/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "gameserver/resources/resource.h"

namespace tickwire::game {

// Bytes that live as long as the program.
[[nodiscard]] std::span<const std::byte> embedded(ResourceId id);

}  // namespace tickwire::game
