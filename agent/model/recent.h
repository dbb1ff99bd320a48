// What it owns: the samples of the last five minutes of many connections, or of services, for the windows that end now.
// Who may use it: State's tables record, export and query read.
// Thread: RecentRecorder one (the loop); a RecentSamples is immutable and may go to any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/histogram.h"
#include "model/protocol.h"
#include "model/windows.h"

namespace tickwire::model {

// Whose samples: a connection's slot and generation; a service's number in its table.
struct RecentKey {
  std::uint32_t number = 0;
  std::uint32_t generation = 0;
  friend auto operator<=>(const RecentKey&, const RecentKey&) = default;
};

// A tick's samples are kept together, of all connections in one block: recording a tick writes memory in order and touches no row,
// and a connection without samples costs nothing. Older ticks are put together, so that a window is made of whole blocks; it holds
// those whose newest tick lies in it, now - length < tick <= now. A tick's samples were taken between the tick before and itself.
//   in the last 10 s   a block a tick; a second with several ticks is one block once it is over.
//                      "10s" reaches back 10 s, and at most 1 s, or one interval between ticks, more
//   up to 1 min        blocks of 10 s: "1m" reaches back at most 10 s more
//   up to 5 min        blocks of 30 s: "5m" reaches back at most 30 s more
// With an interval longer than the window, it holds the last tick alone, for as long as that is younger than the window.
//
// Memory: for each connection with samples in a block 12 bytes, 4 for each cell of each series that has some, 8 for the shortest
// rtt. Blocks: up to 20 of a tick or a second, 9 of 10 s, 9 of 30 s. A player of 60 packets a second whose rtt and turnaround fall
// into 3 cells a second and 5 a minute has about 1.4 KB; 96 cells filled in each block are the most: 14 KB a series.
struct RecentBlock;
using RecentBlocks = std::vector<std::shared_ptr<const RecentBlock>>;  // the oldest first

// Connections are dealt out to so many lists of blocks by their number. Each list puts 10 s together at another second, so that no
// tick has more of that to do than the others.
inline constexpr std::size_t kRecentLists = 10;

class RecentSamples {
 public:
  using Nanoseconds = std::chrono::nanoseconds;
  RecentSamples() = default;

  // As of `now`, not before the last tick that was recorded. kAll: of all that is still kept.
  [[nodiscard]] WindowSummaries summaries(const RecentKey& key, Series series, Nanoseconds now) const;
  [[nodiscard]] WindowSummary summary(const RecentKey& key, Series series, Window window, Nanoseconds now) const;
  // The window's samples; their sum is not kept.
  [[nodiscard]] Histogram histogram(const RecentKey& key, Series series, Window window, Nanoseconds now) const;
  // Of all connections together.
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend class RecentRecorder;
  // What is read block by block, the newest first.
  struct Reading {
    std::size_t blocks;  // not read yet
    Histogram histogram;
    std::optional<Nanoseconds> shortest;
  };
  [[nodiscard]] Reading begin(const RecentKey& key) const;
  // Goes on to the first block that is not after `after`.
  void read(const RecentKey& key, Series series, Nanoseconds after, Reading& reading) const;

  Resolution resolution_ = Resolution::kConnection;
  std::array<std::shared_ptr<const RecentBlocks>, kRecentLists> lists_{};  // null: empty
};

class RecentRecorder {
 public:
  using Nanoseconds = std::chrono::nanoseconds;
  explicit RecentRecorder(Resolution resolution);
  RecentRecorder(RecentRecorder&&) noexcept;
  RecentRecorder& operator=(RecentRecorder&&) noexcept;
  ~RecentRecorder();

  // Samples that a series gained in the tick that is being taken in, with the shortest of them if it is known. Cells beyond the
  // resolution are ignored.
  void add(const RecentKey& key, Series series, std::span<const CellGain> cells, std::optional<Nanoseconds> shortest = {});
  // The tick was read at `now` (CLOCK_MONOTONIC, not before the last one): what was added is its block, older ones are put together
  // or dropped.
  void finish(Nanoseconds now);
  // As of the last finish().
  [[nodiscard]] const RecentSamples& samples() const { return samples_; }

 private:
  class Merger;
  // Deals what is open out to the lists.
  [[nodiscard]] std::array<std::shared_ptr<const RecentBlock>, kRecentLists> deal_out(Nanoseconds now);
  RecentSamples samples_;
  std::unique_ptr<RecentBlock> open_;  // of the tick that is being taken in, of all lists; its memory is kept from tick to tick
  std::unique_ptr<Merger> merger_;
};

}  // namespace tickwire::model
