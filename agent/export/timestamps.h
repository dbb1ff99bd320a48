// What it owns: times as RFC 3339 text.
// Who may use it: this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace tickwire::exporting {

// Nanoseconds since 1970-01-01 UTC, as "2026-01-02T03:04:05.000000006Z": always nine digits, so that texts sort as times do.
[[nodiscard]] std::string rfc3339(std::chrono::nanoseconds unix_time);

}  // namespace tickwire::exporting
