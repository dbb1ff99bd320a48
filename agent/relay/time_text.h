// What it owns: times as Alertmanager writes them, and as people read them.
// Who may use it: relay.
// Thread: any, pure functions; utc_offset reads the process's time zone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tickwire::relay {

// A time of RFC 3339, as 2026-01-02T03:04:05.678+08:00, in whole seconds since 1970-01-01 UTC; years 1 .. 9999. None: it is not one.
[[nodiscard]] std::optional<std::chrono::seconds> parse_time(std::string_view text);

// "2026-01-02 11:04:05 UTC+08:00" of a time since 1970-01-01 UTC, shown with the offset.
[[nodiscard]] std::string format_time(std::chrono::seconds unix_time, std::chrono::seconds offset);

// What the process's time zone (TZ, or the machine's) is ahead of UTC at that time.
[[nodiscard]] std::chrono::seconds utc_offset(std::chrono::seconds unix_time);

}  // namespace tickwire::relay
