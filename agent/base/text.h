// What it owns: numbers, durations and words as people write them, both ways.
// Who may use it: every room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickwire {

// "250us", "1.5ms", "2s", "1m", "1h": a number, then one of ns us ms s m h. 0 .. 24 h. Anything else is a usage error that
// names what was given.
[[nodiscard]] Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
// A whole decimal number in [least, most], nothing before or after it.
[[nodiscard]] Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);

// Three significant digits and a unit: "85.3us", "16.2ms", "1.03s", "0s".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);
// For ages: "7s", "4m12s", "3h05m", "2d04h".
[[nodiscard]] std::string format_age(std::chrono::nanoseconds age);
// Three significant digits and a decimal unit: "512", "1.50k", "2.31M". For packets.
[[nodiscard]] std::string format_count(std::uint64_t count);
// Three significant digits and a binary unit: "512B", "1.50KiB", "2.31MiB".
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

// Parts between separators; an empty text has no part, "a,,b" has three.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace tickwire
