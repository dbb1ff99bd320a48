// What it owns: the line's log: what became of each frame, and when.
// Who may use it: tickwire-line.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gameserver/line/bridge.h"

namespace tickwire::game {

// One JSON line without its end. Times are CLOCK_MONOTONIC; null: does not apply.
[[nodiscard]] std::string frame_line(const LineFrame& frame);
[[nodiscard]] std::string counts_line(const BridgeCounts& counts);

}  // namespace tickwire::game
