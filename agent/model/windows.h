// What it owns: the windows of time that latency is shown of, and what is read from the samples of one.
// Who may use it: every room above base.
// Thread: any, values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/histogram.h"

namespace tickwire::model {

// The last so long before the snapshot; or all since the connection, or the agent, began.
enum class Window : std::uint8_t { k10s, k1m, k5m, kAll };
// Those that end now, ascending.
inline constexpr std::array kRecentWindows{Window::k10s, Window::k1m, Window::k5m};
[[nodiscard]] std::string_view name(Window window);  // "10s", "1m", "5m", "all"
[[nodiscard]] std::optional<Window> window_of(std::string_view name);
[[nodiscard]] std::chrono::nanoseconds length_of(Window window);  // the greatest there is for kAll

struct WindowSummary {
  using Nanoseconds = std::chrono::nanoseconds;
  std::uint64_t samples = 0;
  std::optional<Nanoseconds> min;  // the shortest sample; known of a connection's rtt alone
  // By the rules of Histogram::quantile.
  std::optional<Nanoseconds> p50, p90, p95, p99, p999, max;

  // All but the minimum.
  [[nodiscard]] static WindowSummary of(const Histogram& histogram);
  friend bool operator==(const WindowSummary&, const WindowSummary&) = default;
};
// By the order of kRecentWindows.
using WindowSummaries = std::array<WindowSummary, kRecentWindows.size()>;

// How long packets wait on the line: the rtt's p50 and p95 less the shortest rtt of a window. 0 where the two lie in one cell of a
// connection's histogram, which does not tell them apart; else at most 12.5 % of the rtt off, as the quantile is. None where either
// is not known.
struct QueueingDelay {
  std::optional<std::chrono::nanoseconds> p50, p95;
  friend bool operator==(const QueueingDelay&, const QueueingDelay&) = default;
};
[[nodiscard]] QueueingDelay queueing_delay(const WindowSummary& rtt, std::optional<std::chrono::nanoseconds> shortest);

}  // namespace tickwire::model
