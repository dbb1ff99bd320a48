// What it owns: what the lines of the lag log have in common.
// Who may use it: lag/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "gameserver/common/clock.h"

namespace tickwire::game {

// kind, begin_mono_ns, end_mono_ns (CLOCK_MONOTONIC, what really was) and asked_ns.
[[nodiscard]] inline nlohmann::ordered_json lag_line(std::string_view kind, Nanoseconds begin_mono, Nanoseconds end_mono,
                                                     Nanoseconds asked) {
  return {{"kind", kind}, {"begin_mono_ns", begin_mono.count()}, {"end_mono_ns", end_mono.count()}, {"asked_ns", asked.count()}};
}

}  // namespace tickwire::game
