// SPDX-License-Identifier: Apache-2.0
#include "model/windows.h"

#include <algorithm>

namespace tickwire::model {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

struct WindowRow {
  Window window;
  std::string_view name;
  nanoseconds length;
};
constexpr std::array kWindowRows{WindowRow{Window::k10s, "10s", seconds(10)}, WindowRow{Window::k1m, "1m", seconds(60)},
                                 WindowRow{Window::k5m, "5m", seconds(300)}, WindowRow{Window::kAll, "all", nanoseconds::max()}};

const WindowRow& row(Window window) { return kWindowRows.at(static_cast<std::size_t>(window)); }

}  // namespace

std::string_view name(Window window) { return row(window).name; }

std::optional<Window> window_of(std::string_view name) {
  const auto* const found = std::ranges::find(kWindowRows, name, &WindowRow::name);
  return found == kWindowRows.end() ? std::nullopt : std::optional(found->window);
}

nanoseconds length_of(Window window) { return row(window).length; }

WindowSummary WindowSummary::of(const Histogram& histogram) {
  const auto [p50, p90, p95, p99, p999] = histogram.quantiles(std::array{0.5, 0.9, 0.95, 0.99, 0.999});
  return {.samples = histogram.samples(),
          .min = std::nullopt,
          .p50 = p50,
          .p90 = p90,
          .p95 = p95,
          .p99 = p99,
          .p999 = p999,
          .max = histogram.max()};
}

QueueingDelay queueing_delay(const WindowSummary& rtt, std::optional<nanoseconds> shortest) {
  const auto cell = [](nanoseconds value) { return tw_cell(static_cast<__u64>(value.count()), TW_CONNECTION_PARTS_LOG2); };
  const auto beyond = [&](std::optional<nanoseconds> quantile) -> std::optional<nanoseconds> {
    if (!quantile || !shortest) return std::nullopt;
    return cell(*quantile) <= cell(*shortest) ? nanoseconds{0} : *quantile - *shortest;
  };
  return {.p50 = beyond(rtt.p50), .p95 = beyond(rtt.p95)};
}

}  // namespace tickwire::model
