// SPDX-License-Identifier: Apache-2.0
#include "model/windows.h"

#include <algorithm>
#include <utility>

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
constexpr nanoseconds kLongest = seconds(300);

constexpr nanoseconds length_of(Window window) { return kWindowRows.at(static_cast<std::size_t>(window)).length; }

// The two highest bits say what a word is.
constexpr std::uint32_t kTime = 1U << 31;      // the rest: milliseconds, 24 days of them
constexpr std::uint32_t kShortest = 1U << 30;  // the rest: half of the nanoseconds, the higher half in the later word
constexpr std::uint32_t kHalfBits = 30;
constexpr std::uint32_t kHalfMask = kShortest - 1;
// Neither: a cell and how many samples it has, never 0.
constexpr std::uint32_t kSampleBits = 21;
constexpr std::uint32_t kSampleMask = (1U << kSampleBits) - 1;
static_assert(TW_SERVICE_CELLS <= 1U << (kHalfBits - kSampleBits));

// Words of a group beside its cells.
constexpr std::uint32_t kFrameWords = 3;
constexpr std::uint32_t kLeastRoom = 24;
// A cache line: few sizes are kind to the allocator.
constexpr std::uint32_t kSizeStep = TW_CACHE_LINE / sizeof(std::uint32_t);

std::uint32_t words_for(std::uint64_t samples) { return static_cast<std::uint32_t>((samples + kSampleMask - 1) / kSampleMask); }

template <typename Push>
void push_cell(std::uint32_t cell, std::uint64_t samples, const Push& push) {
  for (; samples > kSampleMask; samples -= kSampleMask) push((cell << kSampleBits) | kSampleMask);
  if (samples > 0) push((cell << kSampleBits) | static_cast<std::uint32_t>(samples));
}

// Which slot a tick belongs to, seen from `now`.
struct Slot {
  nanoseconds width{};
  std::int64_t number = 0;
  friend bool operator==(const Slot&, const Slot&) = default;
};

Slot slot_of(nanoseconds at, nanoseconds now) {
  const nanoseconds age = now - at;
  const seconds width(age < length_of(Window::k10s) ? 1 : age < length_of(Window::k1m) ? 10 : 30);
  return {.width = width, .number = at / width};
}

std::optional<nanoseconds> shorter(std::optional<nanoseconds> a, std::optional<nanoseconds> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// The samples of one slot, cell by cell.
class Cells {
 public:
  void add(std::uint32_t word) {
    const std::uint32_t cell = word >> kSampleBits;
    samples_[cell] += word & kSampleMask;
    first_ = std::min(first_, cell);
    end_ = std::max(end_, cell + 1);
  }
  // Calls take(word) for the words that say the same, and forgets them.
  template <typename Take>
  void drain(const Take& take) {
    for (std::uint32_t cell = first_; cell < end_; ++cell) push_cell(cell, std::exchange(samples_[cell], 0), take);
    first_ = TW_SERVICE_CELLS;
    end_ = 0;
  }
  [[nodiscard]] bool empty() const { return end_ == 0; }

 private:
  std::array<std::uint64_t, TW_SERVICE_CELLS> samples_{};
  std::uint32_t first_ = TW_SERVICE_CELLS;
  std::uint32_t end_ = 0;
};

}  // namespace

std::string_view name(Window window) { return kWindowRows.at(static_cast<std::size_t>(window)).name; }

std::optional<Window> window_of(std::string_view name) {
  const auto* const row = std::ranges::find(kWindowRows, name, &WindowRow::name);
  return row == kWindowRows.end() ? std::nullopt : std::optional(row->window);
}

WindowSummary WindowSummary::of(const Histogram& histogram) {
  return {.samples = histogram.samples(),
          .min = std::nullopt,
          .p50 = histogram.quantile(0.5),
          .p90 = histogram.quantile(0.9),
          .p95 = histogram.quantile(0.95),
          .p99 = histogram.quantile(0.99),
          .p999 = histogram.quantile(0.999),
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

void RecentSamples::add(Resolution resolution, Nanoseconds at, std::span<const CellGain> cells,
                        std::optional<Nanoseconds> shortest) {
  const auto counts = [count = cell_count(resolution)](const CellGain& gain) { return gain.cell < count && gain.samples > 0; };
  std::uint32_t needed = 0;
  for (const CellGain& gain : cells) needed += counts(gain) ? words_for(gain.samples) : 0;
  if (needed == 0) return;
  needed += kFrameWords;
  resolution_ = resolution;
  if (size_ + needed > capacity_ || words_[size_] != 0 || at - base_ >= std::chrono::milliseconds(kTime)) compact(at, needed);
  const auto push = [this](std::uint32_t word) { words_[size_++] = word; };
  for (const CellGain& gain : cells) {
    if (counts(gain)) push_cell(gain.cell, gain.samples, push);
  }
  if (shortest) {
    const auto ns = static_cast<std::uint64_t>(std::max(*shortest, Nanoseconds{0}).count());
    push(kShortest | static_cast<std::uint32_t>(ns & kHalfMask));
    push(kShortest | static_cast<std::uint32_t>((ns >> kHalfBits) & kHalfMask));
  }
  push(kTime | milliseconds(at));
}

std::uint32_t RecentSamples::milliseconds(Nanoseconds at) const {
  return static_cast<std::uint32_t>(std::max(at - base_, Nanoseconds{0}) / std::chrono::milliseconds(1));
}

RecentSamples::Group RecentSamples::previous(std::uint32_t& end) const {
  Group group;
  group.at = base_ + std::chrono::milliseconds(words_[--end] & ~kTime);
  if (end >= 2 && (words_[end - 1] & (kTime | kShortest)) == kShortest) {
    const std::uint64_t high = words_[end - 1] & kHalfMask;
    group.shortest = Nanoseconds((high << kHalfBits) | (words_[end - 2] & kHalfMask));
    end -= 2;
  }
  const std::uint32_t after = end;
  while (end > 0 && (words_[end - 1] & kTime) == 0) --end;
  group.cells = {&words_[end], after - end};
  return group;
}

void RecentSamples::append_reversed(std::vector<std::uint32_t>& words, Nanoseconds at,
                                    std::optional<Nanoseconds> shortest) const {
  words.push_back(kTime | milliseconds(at));
  if (!shortest) return;
  const auto ns = static_cast<std::uint64_t>(shortest->count());
  words.push_back(kShortest | static_cast<std::uint32_t>(ns >> kHalfBits));
  words.push_back(kShortest | static_cast<std::uint32_t>(ns & kHalfMask));
}

void RecentSamples::compact(Nanoseconds now, std::uint32_t room) {
  RecentSamples next;
  next.resolution_ = resolution_;
  // Whole milliseconds: a time that is taken over is not rounded again.
  next.base_ = std::chrono::floor<std::chrono::milliseconds>(now - kLongest);
  std::vector<std::uint32_t> reversed;
  reversed.reserve(size_);
  Cells cells;
  Group slot;  // the one that cells are gathered for, from its newest tick to its oldest
  const auto close = [&] {
    if (cells.empty()) return;
    next.append_reversed(reversed, slot.at, slot.shortest);
    cells.drain([&](std::uint32_t word) { reversed.push_back(word); });
  };
  for (std::uint32_t end = size_; end > 0;) {
    const Group group = previous(end);
    if (now - group.at >= kLongest) break;
    if (cells.empty() || slot_of(group.at, now) != slot_of(slot.at, now)) {
      close();
      slot = {.at = group.at, .shortest = std::nullopt, .cells = {}};
    }
    slot.shortest = shorter(slot.shortest, group.shortest);
    for (const std::uint32_t word : group.cells) cells.add(word);
  }
  close();
  next.size_ = static_cast<std::uint32_t>(reversed.size());
  const std::uint32_t wanted = next.size_ + room + std::max(next.size_ / 2, kLeastRoom);
  next.capacity_ = (wanted + kSizeStep - 1) / kSizeStep * kSizeStep;
  next.words_ = std::make_shared<std::uint32_t[]>(next.capacity_);
  std::ranges::reverse_copy(reversed, next.words_.get());
  *this = std::move(next);
}

void RecentSamples::gather(Nanoseconds after, std::uint32_t& end, Histogram& histogram,
                           std::optional<Nanoseconds>& shortest) const {
  while (end > 0) {
    std::uint32_t begin = end;
    const Group group = previous(begin);
    if (group.at <= after) return;
    for (const std::uint32_t word : group.cells) histogram.add(word >> kSampleBits, word & kSampleMask);
    shortest = shorter(shortest, group.shortest);
    end = begin;
  }
}

std::array<WindowSummary, kRecentWindows.size()> RecentSamples::summaries(Nanoseconds now) const {
  std::array<WindowSummary, kRecentWindows.size()> result;
  Histogram histogram(resolution_);
  std::optional<Nanoseconds> shortest;
  std::uint32_t end = size_;
  // A window holds the shorter ones: each goes on where the one before ended.
  for (std::size_t i = 0; i < kRecentWindows.size(); ++i) {
    gather(now - length_of(kRecentWindows[i]), end, histogram, shortest);
    result[i] = WindowSummary::of(histogram);
    result[i].min = shortest;
  }
  return result;
}

WindowSummary RecentSamples::summary(Window window, Nanoseconds now) const {
  Histogram histogram(resolution_);
  std::optional<Nanoseconds> shortest;
  std::uint32_t end = size_;
  gather(now - length_of(window), end, histogram, shortest);
  WindowSummary result = WindowSummary::of(histogram);
  result.min = shortest;
  return result;
}

Histogram RecentSamples::histogram(Window window, Nanoseconds now) const {
  Histogram histogram(resolution_);
  std::optional<Nanoseconds> shortest;
  std::uint32_t end = size_;
  gather(now - length_of(window), end, histogram, shortest);
  return histogram;
}

}  // namespace tickwire::model
