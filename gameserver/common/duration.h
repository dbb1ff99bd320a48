// What it owns: durations and sizes as text: "250us", "120ms", "5s".
// Who may use it: options and commands of every program of gameserver/.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

// A decimal number and one of ns, us, ms, s, m: "1.5ms"; "0" may stand alone. 0 .. one day; a part of a nanosecond is dropped.
// The error quotes the text.
[[nodiscard]] Result<Nanoseconds> parse_duration(std::string_view text);
// In the largest unit that gives a whole number: "120ms", "1500us", "0s".
[[nodiscard]] std::string duration_text(Nanoseconds duration);

}  // namespace tickwire::game
