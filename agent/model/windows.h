// What it owns: the samples of the last five minutes of one series, and what is read from windows of them.
// Who may use it: State adds; export and query read.
// Thread: values. One thread adds; copies that were made before stay as they were, whichever threads read them meanwhile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/histogram.h"

namespace tickwire::model {

// The time that a latency is shown of: the last so long, or all since the connection or the agent began.
enum class Window : std::uint8_t { k10s, k1m, k5m, kAll };
// Those that end now, ascending.
inline constexpr std::array kRecentWindows{Window::k10s, Window::k1m, Window::k5m};
[[nodiscard]] std::string_view name(Window window);  // "10s", "1m", "5m", "all"
[[nodiscard]] std::optional<Window> window_of(std::string_view name);

// What is read from the samples of one window.
struct WindowSummary {
  using Nanoseconds = std::chrono::nanoseconds;
  std::uint64_t samples = 0;
  std::optional<Nanoseconds> min;  // the shortest sample, where the series tells one
  // By the rules of Histogram::quantile.
  std::optional<Nanoseconds> p50, p90, p95, p99, p999, max;

  // All but the minimum.
  [[nodiscard]] static WindowSummary of(const Histogram& histogram);
  friend bool operator==(const WindowSummary&, const WindowSummary&) = default;
};

// How long packets wait on the line: the rtt's p50 and p95 less the shortest rtt of a window. 0 where the two lie in one cell of a
// connection's histogram, which does not tell them apart; else at most 12.5 % of the rtt off, as the quantile is. None where either
// is not known.
struct QueueingDelay {
  std::optional<std::chrono::nanoseconds> p50, p95;
  friend bool operator==(const QueueingDelay&, const QueueingDelay&) = default;
};
[[nodiscard]] QueueingDelay queueing_delay(const WindowSummary& rtt, std::optional<std::chrono::nanoseconds> shortest);

// A window of length W that is read at `now` holds each tick's samples whole, those of the ticks at now - W < t <= now; a tick's
// samples were taken between the tick before and itself. Older ticks are put together in slots, which a window holds as long as
// their newest tick lies in it:
//   age below 10 s    slots of 1 s:  "10s" reaches back 10 s and at most 1 s, or one interval between ticks, more
//   10 s to 1 min     slots of 10 s: "1m" reaches back at most 10 s more
//   1 min to 5 min    slots of 30 s: "5m" reaches back at most 30 s more
// With an interval that is longer than the window it holds the last tick alone, for as long as that is younger than the window.
//
// Memory: 4 bytes for each cell that has samples in a slot, 4 or 12 for each slot, and room for half as much again. A player of 60
// packets a second whose samples fall into 3 cells a second has about 1 KiB a series; the most, with samples in all 96 cells in
// each slot, is 17 KiB (a service's series, of 384 cells: 64 KiB). Nothing is allocated before the first sample.
class RecentSamples {
 public:
  using Nanoseconds = std::chrono::nanoseconds;

  // Samples of a tick at `at` (CLOCK_MONOTONIC, not before the last one's), with the shortest of them if it is known. All that is
  // added to one value is of the same resolution; cells beyond it are ignored. Nothing when there are no samples.
  void add(Resolution resolution, Nanoseconds at, std::span<const CellGain> cells, std::optional<Nanoseconds> shortest = {});

  // As of `now`, not before the last tick that was added. kAll: none of these, see Latency::summary.
  [[nodiscard]] std::array<WindowSummary, kRecentWindows.size()> summaries(Nanoseconds now) const;
  [[nodiscard]] WindowSummary summary(Window window, Nanoseconds now) const;
  // The samples of the window; their sum is not kept.
  [[nodiscard]] Histogram histogram(Window window, Nanoseconds now) const;

  [[nodiscard]] std::size_t bytes() const { return capacity_ * sizeof(std::uint32_t); }

 private:
  // A tick, or a slot of several.
  struct Group {
    Nanoseconds at{};  // of the newest tick
    std::optional<Nanoseconds> shortest;
    std::span<const std::uint32_t> cells;
  };
  // The group that ends before word `end`, which is moved to its beginning; end > 0.
  [[nodiscard]] Group previous(std::uint32_t& end) const;
  // Adds the groups after that time that end at word `end` or before it, which is moved to where they begin.
  void gather(Nanoseconds after, std::uint32_t& end, Histogram& histogram, std::optional<Nanoseconds>& shortest) const;
  // Moves what is younger than the longest window to a buffer with room for so many words more, older ticks put together.
  void compact(Nanoseconds now, std::uint32_t room);
  // A group's words, the last one first.
  void append_reversed(std::vector<std::uint32_t>& words, Nanoseconds at, std::optional<Nanoseconds> shortest) const;
  [[nodiscard]] std::uint32_t milliseconds(Nanoseconds at) const;

  // Groups, the oldest first; each is its cells, then two words for the shortest if it is known, then one for the time. Words are
  // written once: what stands beyond size_ is 0, or belongs to a later copy of this value. So copies share the buffer, adding writes
  // where no reader looks, and a value that others were copied from and added to notices that its place is taken.
  std::shared_ptr<std::uint32_t[]> words_;
  Nanoseconds base_{};  // times are milliseconds since then; whole milliseconds
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  Resolution resolution_ = Resolution::kConnection;
};

}  // namespace tickwire::model
