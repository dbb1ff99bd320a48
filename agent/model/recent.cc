// SPDX-License-Identifier: Apache-2.0
#include "model/recent.h"

#include <algorithm>
#include <utility>

namespace tickwire::model {

// Of one connection in one block: words [first, where the next one's begin).
struct RecentRow {
  RecentKey key;
  std::uint32_t first = 0;
};

struct RecentBlock {
  std::chrono::nanoseconds at{};  // of its newest tick
  std::vector<RecentRow> rows;    // by key
  std::vector<std::uint32_t> words;

  void clear() {
    rows.clear();
    words.clear();
  }
  [[nodiscard]] std::span<const std::uint32_t> words_of(const RecentRow& row) const {
    const bool last = &row == &rows.back();
    return std::span(words).subspan(row.first, (last ? words.size() : (&row + 1)->first) - row.first);
  }
};

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kKept = seconds(300);

// A word: series, cell, number of samples. Or, with kShortest in place of the cell, half of a shortest sample: its lower bits first,
// then, in a word of its own, the rest.
constexpr std::uint32_t kSeriesBits = 5;
constexpr std::uint32_t kCellBits = 9;
constexpr std::uint32_t kSampleBits = 32 - kSeriesBits - kCellBits;
constexpr std::uint32_t kSampleMask = (1U << kSampleBits) - 1;
constexpr std::uint32_t kShortest = (1U << kCellBits) - 1;
static_assert(kSeriesCount <= 1U << kSeriesBits && TW_SERVICE_CELLS < kShortest);
static_assert(TW_SAMPLE_MAX_NS <= 1ULL << (2 * kSampleBits));

std::uint32_t series_of(std::uint32_t word) { return word >> (kCellBits + kSampleBits); }
std::uint32_t cell_of(std::uint32_t word) { return (word >> kSampleBits) & kShortest; }
std::uint32_t value_of(std::uint32_t word) { return word & kSampleMask; }
std::uint32_t head_of(std::uint32_t series, std::uint32_t cell) { return (series << kCellBits | cell) << kSampleBits; }

void push_samples(std::vector<std::uint32_t>& words, std::uint32_t series, std::uint32_t cell, std::uint64_t samples) {
  for (; samples > kSampleMask; samples -= kSampleMask) words.push_back(head_of(series, cell) | kSampleMask);
  if (samples > 0) words.push_back(head_of(series, cell) | static_cast<std::uint32_t>(samples));
}

void push_shortest(std::vector<std::uint32_t>& words, std::uint32_t series, nanoseconds shortest) {
  const auto ns = static_cast<std::uint64_t>(std::clamp(shortest, nanoseconds{0}, nanoseconds(TW_SAMPLE_MAX_NS - 1)).count());
  words.push_back(head_of(series, kShortest) | static_cast<std::uint32_t>(ns & kSampleMask));
  words.push_back(head_of(series, kShortest) | static_cast<std::uint32_t>(ns >> kSampleBits));
}

nanoseconds shortest_of(std::uint32_t low, std::uint32_t high) {
  return nanoseconds((static_cast<std::uint64_t>(value_of(high)) << kSampleBits) | value_of(low));
}

std::optional<nanoseconds> shorter(std::optional<nanoseconds> a, std::optional<nanoseconds> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// Blocks become one block of this width when all its time is older than the age.
struct Width {
  seconds width;
  nanoseconds age;
};
constexpr std::array kWidths{Width{seconds(1), seconds(0)}, Width{seconds(10), seconds(10)}, Width{seconds(30), seconds(60)}};

// The end of the span of time, of so many that follow each other, that a tick lies in: begin < tick <= end. Those of 10 s and 30 s
// begin a second later from list to list.
nanoseconds span_end(nanoseconds at, seconds width, std::size_t list) {
  const nanoseconds shift = width > seconds(1) ? seconds(list) : seconds(0);
  return (at - shift + width - nanoseconds(1)) / width * width + shift;
}

}  // namespace

// Puts blocks that follow each other together. Its memory is kept from one time to the next.
class RecentRecorder::Merger {
 public:
  using Range = std::span<const std::shared_ptr<const RecentBlock>>;

  std::shared_ptr<const RecentBlock> merge(Range blocks) {
    merged_.clear();
    merged_.at = blocks.back()->at;
    next_.assign(blocks.size(), 0);
    while (const RecentRow* const row = least(blocks)) {
      const RecentKey key = row->key;
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (next_[i] == blocks[i]->rows.size() || blocks[i]->rows[next_[i]].key != key) continue;
        take(blocks[i]->words_of(blocks[i]->rows[next_[i]++]));
      }
      merged_.rows.push_back({.key = key, .first = static_cast<std::uint32_t>(merged_.words.size())});
      drain(merged_.words);
    }
    return std::make_shared<const RecentBlock>(merged_);
  }

 private:
  // Of the rows that were not taken yet, the one with the least key.
  [[nodiscard]] const RecentRow* least(Range blocks) const {
    const RecentRow* least = nullptr;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (next_[i] == blocks[i]->rows.size()) continue;
      const RecentRow& row = blocks[i]->rows[next_[i]];
      if (least == nullptr || row.key < least->key) least = &row;
    }
    return least;
  }

  void take(std::span<const std::uint32_t> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint32_t series = series_of(words[i]);
      if (cell_of(words[i]) == kShortest) {
        shortest_[series] = shorter(shortest_[series], shortest_of(words[i], words[i + 1]));
        has_shortest_ |= 1U << series;
        ++i;
        continue;
      }
      std::uint64_t& samples = samples_[words[i] >> kSampleBits];
      if (samples == 0) filled_.push_back(words[i] >> kSampleBits);
      samples += value_of(words[i]);
    }
  }

  void drain(std::vector<std::uint32_t>& words) {
    for (const std::uint32_t at : filled_) {
      push_samples(words, at >> kCellBits, at & kShortest, std::exchange(samples_[at], 0));
    }
    filled_.clear();
    for (std::uint32_t series = 0; has_shortest_ != 0; ++series, has_shortest_ >>= 1U) {
      if ((has_shortest_ & 1U) != 0) push_shortest(words, series, *std::exchange(shortest_[series], std::nullopt));
    }
  }

  RecentBlock merged_;
  std::vector<std::size_t> next_;  // of each block
  // Of one connection.
  std::array<std::uint64_t, 1U << (kSeriesBits + kCellBits)> samples_{};  // by series and cell
  std::vector<std::uint32_t> filled_;
  std::array<std::optional<nanoseconds>, 1U << kSeriesBits> shortest_{};
  std::uint32_t has_shortest_ = 0;
};

RecentRecorder::RecentRecorder(Resolution resolution)
    : open_(std::make_unique<RecentBlock>()), merger_(std::make_unique<Merger>()) {
  samples_.resolution_ = resolution;
}
RecentRecorder::RecentRecorder(RecentRecorder&&) noexcept = default;
RecentRecorder& RecentRecorder::operator=(RecentRecorder&&) noexcept = default;
RecentRecorder::~RecentRecorder() = default;

void RecentRecorder::add(const RecentKey& key, Series series, std::span<const CellGain> cells,
                         std::optional<Nanoseconds> shortest) {
  const std::uint32_t count = cell_count(samples_.resolution_);
  if (std::ranges::none_of(cells, [&](const CellGain& gain) { return gain.cell < count && gain.samples > 0; })) return;
  // One block for all lists: writing to ten places by turns would cost the rows that are read between them their prefetching.
  RecentBlock& block = *open_;
  if (block.rows.empty() || block.rows.back().key != key) {
    block.rows.push_back({.key = key, .first = static_cast<std::uint32_t>(block.words.size())});
  }
  const auto number = static_cast<std::uint32_t>(series);
  for (const CellGain& gain : cells) {
    if (gain.cell < count) push_samples(block.words, number, gain.cell, gain.samples);
  }
  if (shortest) push_shortest(block.words, number, *shortest);
}

namespace {

// Rows that came out of order, or twice.
void sort_rows(RecentBlock& block) {
  if (std::ranges::adjacent_find(block.rows, std::ranges::greater_equal{}, &RecentRow::key) == block.rows.end()) return;
  const RecentBlock before = std::exchange(block, {.at = block.at, .rows = {}, .words = {}});
  std::vector<const RecentRow*> order;
  for (const RecentRow& row : before.rows) order.push_back(&row);
  std::ranges::stable_sort(order, {}, &RecentRow::key);
  for (const RecentRow* const row : order) {
    if (block.rows.empty() || block.rows.back().key != row->key) {
      block.rows.push_back({.key = row->key, .first = static_cast<std::uint32_t>(block.words.size())});
    }
    const auto words = before.words_of(*row);
    block.words.insert(block.words.end(), words.begin(), words.end());
  }
}

}  // namespace

std::array<std::shared_ptr<const RecentBlock>, kRecentLists> RecentRecorder::deal_out(Nanoseconds now) {
  sort_rows(*open_);
  // As large as they must be.
  std::array<std::pair<std::size_t, std::size_t>, kRecentLists> sizes{};
  for (const RecentRow& row : open_->rows) {
    auto& [rows, words] = sizes[row.key.number % kRecentLists];
    ++rows;
    words += open_->words_of(row).size();
  }
  std::array<std::shared_ptr<RecentBlock>, kRecentLists> blocks;
  for (std::size_t list = 0; list < kRecentLists; ++list) {
    if (sizes[list].first == 0) continue;
    blocks[list] = std::make_shared<RecentBlock>();
    blocks[list]->at = now;
    blocks[list]->rows.reserve(sizes[list].first);
    blocks[list]->words.reserve(sizes[list].second);
  }
  for (const RecentRow& row : open_->rows) {
    RecentBlock& block = *blocks[row.key.number % kRecentLists];
    block.rows.push_back({.key = row.key, .first = static_cast<std::uint32_t>(block.words.size())});
    const auto words = open_->words_of(row);
    block.words.insert(block.words.end(), words.begin(), words.end());
  }
  open_->clear();
  std::array<std::shared_ptr<const RecentBlock>, kRecentLists> dealt;
  std::ranges::move(blocks, dealt.begin());
  return dealt;
}

void RecentRecorder::finish(Nanoseconds now) {
  auto fresh = deal_out(now);
  for (std::size_t list = 0; list < kRecentLists; ++list) {
    std::shared_ptr<const RecentBlocks>& shared = samples_.lists_[list];
    if (!shared && !fresh[list]) continue;
    RecentBlocks blocks = shared ? *shared : RecentBlocks{};
    if (fresh[list]) blocks.push_back(std::move(fresh[list]));
    std::erase_if(blocks, [now](const auto& block) { return now - block->at >= kKept; });
    for (const auto& [width, age] : kWidths) {
      for (auto first = blocks.begin(); first != blocks.end(); ++first) {
        const Nanoseconds end = span_end((*first)->at, width, list);
        if (now - end < age) break;
        const auto last = std::find_if(first, blocks.end(),
                                       [&, width = width](const auto& block) { return span_end(block->at, width, list) != end; });
        if (last - first < 2) continue;
        *first = merger_->merge({first, last});
        blocks.erase(first + 1, last);
      }
    }
    shared = blocks.empty() ? nullptr : std::make_shared<const RecentBlocks>(std::move(blocks));
  }
}

RecentSamples::Reading RecentSamples::begin(const RecentKey& key) const {
  const auto& blocks = lists_[key.number % kRecentLists];
  return {.blocks = blocks ? blocks->size() : 0, .histogram = Histogram(resolution_), .shortest = std::nullopt};
}

void RecentSamples::read(const RecentKey& key, Series series, Nanoseconds after, Reading& reading) const {
  for (; reading.blocks > 0; --reading.blocks) {
    const RecentBlock& block = *(*lists_[key.number % kRecentLists])[reading.blocks - 1];
    if (block.at <= after) return;
    const auto row = std::ranges::lower_bound(block.rows, key, {}, &RecentRow::key);
    if (row == block.rows.end() || row->key != key) continue;
    const auto words = block.words_of(*row);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool wanted = series_of(words[i]) == static_cast<std::uint32_t>(series);
      if (cell_of(words[i]) != kShortest) {
        if (wanted) reading.histogram.add(cell_of(words[i]), value_of(words[i]));
        continue;
      }
      if (wanted) reading.shortest = shorter(reading.shortest, shortest_of(words[i], words[i + 1]));
      ++i;
    }
  }
}

WindowSummaries RecentSamples::summaries(const RecentKey& key, Series series, Nanoseconds now) const {
  WindowSummaries result;
  Reading reading = begin(key);
  // A window holds the shorter ones: each goes on where the one before ended.
  for (std::size_t i = 0; i < kRecentWindows.size(); ++i) {
    read(key, series, now - length_of(kRecentWindows[i]), reading);
    result[i] = WindowSummary::of(reading.histogram);
    result[i].min = reading.shortest;
  }
  return result;
}

WindowSummary RecentSamples::summary(const RecentKey& key, Series series, Window window, Nanoseconds now) const {
  Reading reading = begin(key);
  read(key, series, now - length_of(window), reading);
  WindowSummary result = WindowSummary::of(reading.histogram);
  result.min = reading.shortest;
  return result;
}

Histogram RecentSamples::histogram(const RecentKey& key, Series series, Window window, Nanoseconds now) const {
  Reading reading = begin(key);
  read(key, series, now - length_of(window), reading);
  return std::move(reading.histogram);
}

std::size_t RecentSamples::bytes() const {
  std::size_t bytes = 0;
  for (const auto& blocks : lists_) {
    if (!blocks) continue;
    for (const auto& block : *blocks) {
      bytes += block->rows.capacity() * sizeof(RecentRow) + block->words.capacity() * sizeof(std::uint32_t);
    }
  }
  return bytes;
}

}  // namespace tickwire::model
