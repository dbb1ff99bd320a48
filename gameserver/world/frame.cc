// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/frame.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace tickwire::game {
namespace {

constexpr std::int32_t kMostRadiusMm = 150'000;
constexpr std::size_t kCellsAnyway = 4096;

// Those within a radius, at most a number of them: the nearest.
class Nearest {
 public:
  // viewer: left out.
  Nearest(const PlayerState& eye, std::uint16_t viewer, std::int32_t radius_mm, std::size_t most)
      : x_mm_(eye.x_mm), y_mm_(eye.y_mm), reach_(std::int64_t{radius_mm} * radius_mm), viewer_(viewer), most_(most) {}

  // Looks at spots, of which there are many more than are found: no branch depends on where they are.
  template <typename Spot>
  void look_at(std::span<const Spot> spots) {
    while (!spots.empty()) {
      if (count_ == keys_.size()) choose();
      const auto now = spots.first(std::min(spots.size(), keys_.size() - count_));
      for (const auto& spot : now) {
        const auto right = spot.x_mm - x_mm_;
        const auto up = spot.y_mm - y_mm_;
        const auto distance = right * right + up * up;
        // The square of what lies in reach has 35 bits at most; the place below it settles ties by id.
        keys_[count_] = static_cast<std::uint64_t>(distance) << 16 | spot.place;
        count_ += static_cast<std::size_t>((distance <= reach_) & (spot.place != viewer_));
      }
      spots = spots.subspan(now.size());
    }
  }
  // In no order, their places in the lower 16 bits.
  [[nodiscard]] std::span<const std::uint64_t> chosen() {
    if (count_ > most_) choose();
    return std::span(keys_).first(count_);
  }
  [[nodiscard]] bool left_some_out() const { return left_some_out_; }

 private:
  static constexpr std::size_t kBuckets = 64;
  [[nodiscard]] std::size_t bucket_of(std::uint64_t key) const {
    return static_cast<std::size_t>(static_cast<double>(key >> 16) * buckets_per_square_mm_);
  }
  // Keeps the most_ least keys. Squared distances are spread evenly where players are, so counting them in buckets settles all but a few
  // without comparing keys with each other, which no processor can predict.
  void choose() {
    std::array<std::uint16_t, kBuckets> counts{};
    for (const auto key : std::span(keys_).first(count_)) ++counts[bucket_of(key)];
    std::size_t kept = 0;
    std::size_t last = 0;  // the bucket of which not everybody is kept
    while (kept + counts[last] <= most_) kept += counts[last++];
    std::array<std::uint64_t, std::tuple_size_v<decltype(keys_)>> edge;
    std::size_t edge_count = 0;
    kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const auto key = keys_[i];
      const auto bucket = bucket_of(key);
      keys_[kept] = key;
      kept += static_cast<std::size_t>(bucket < last);
      edge[edge_count] = key;
      edge_count += static_cast<std::size_t>(bucket == last);
    }
    const auto wanted = static_cast<std::ptrdiff_t>(most_ - kept);
    std::nth_element(edge.begin(), edge.begin() + wanted, edge.begin() + static_cast<std::ptrdiff_t>(edge_count));
    std::copy_n(edge.begin(), wanted, keys_.begin() + static_cast<std::ptrdiff_t>(kept));
    count_ = most_;
    left_some_out_ = true;
  }

  std::int64_t x_mm_;
  std::int64_t y_mm_;
  std::int64_t reach_;
  double buckets_per_square_mm_ = static_cast<double>(kBuckets) / static_cast<double>(reach_ + 1);
  std::uint16_t viewer_;
  std::size_t most_;
  std::size_t count_ = 0;
  bool left_some_out_ = false;
  std::array<std::uint64_t, 2 * WorldFrame::kMostInSight> keys_;
};

}  // namespace

WorldFrame::WorldFrame(std::uint32_t tick, std::vector<FramePlayer> players, std::int32_t area_radius_mm,
                       std::shared_ptr<const PresenceWindow> presence, std::shared_ptr<const LockstepWindow> lockstep)
    : tick_(tick),
      players_(std::move(players)),
      area_radius_mm_(std::clamp(area_radius_mm, 1, kMostRadiusMm)),
      presence_(presence ? std::move(presence) : std::make_shared<const PresenceWindow>()),
      lockstep_(std::move(lockstep)) {
  const auto by_id = [](const FramePlayer& player) { return player.state.id; };
  if (!std::ranges::is_sorted(players_, {}, by_id)) std::ranges::sort(players_, {}, by_id);
  make_grid();
}

std::optional<std::size_t> WorldFrame::find(PlayerId id) const {
  const auto found = std::ranges::lower_bound(players_, id, {}, [](const FramePlayer& player) { return player.state.id; });
  if (found == players_.end() || found->state.id != id) return std::nullopt;
  return static_cast<std::size_t>(found - players_.begin());
}

void WorldFrame::choose_cells(std::size_t count) {
  auto right_mm = INT32_MIN;
  auto top_mm = INT32_MIN;
  left_mm_ = bottom_mm_ = INT32_MAX;
  for (const auto& player : players_) {
    if (player.lockstep) continue;
    left_mm_ = std::min(left_mm_, player.state.x_mm);
    right_mm = std::max(right_mm, player.state.x_mm);
    bottom_mm_ = std::min(bottom_mm_, player.state.y_mm);
    top_mm = std::max(top_mm, player.state.y_mm);
  }
  // A short sight in a wide arena would make more cells than there is to find in them.
  const auto most_cells = std::max(kCellsAnyway, 2 * count);
  for (cell_mm_ = area_radius_mm_;; cell_mm_ *= 2) {
    columns_ = column_of(right_mm) + 1;
    rows_ = row_of(top_mm) + 1;
    if (static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_) <= most_cells) return;
  }
}

void WorldFrame::make_grid() {
  const auto count = static_cast<std::size_t>(std::ranges::count(players_, false, &FramePlayer::lockstep));
  if (count == 0) return;
  choose_cells(count);
  const auto cell_of = [this](const PlayerState& state) {
    return static_cast<std::size_t>(row_of(state.y_mm)) * static_cast<std::size_t>(columns_) +
           static_cast<std::size_t>(column_of(state.x_mm));
  };
  // Counting sort: first how many each cell holds, then where it ends, then backwards from there.
  cell_begin_.assign(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_) + 1, 0);
  for (const auto& player : players_) {
    if (!player.lockstep) ++cell_begin_[cell_of(player.state)];
  }
  std::uint32_t end = 0;
  for (auto& cell : cell_begin_) cell = end += cell;
  spots_.resize(count);
  for (std::size_t place = players_.size(); place-- > 0;) {
    const auto& player = players_[place];
    if (player.lockstep) continue;
    spots_[--cell_begin_[cell_of(player.state)]] = {
        .x_mm = player.state.x_mm, .y_mm = player.state.y_mm, .place = static_cast<std::uint16_t>(place)};
  }
}

bool WorldFrame::in_sight(std::size_t viewer, std::size_t most, std::vector<std::uint16_t>& out) const {
  out.clear();
  out.push_back(static_cast<std::uint16_t>(viewer));
  const auto& eye = players_[viewer];
  if (eye.lockstep) return true;
  const auto first_column = std::max(column_of(eye.state.x_mm) - 1, 0);
  const auto last_column = std::min(column_of(eye.state.x_mm) + 1, columns_ - 1);
  const auto last_row = std::min(row_of(eye.state.y_mm) + 1, rows_ - 1);
  Nearest nearest(eye.state, static_cast<std::uint16_t>(viewer), area_radius_mm_,
                  std::clamp<std::size_t>(most, 1, kMostInSight) - 1);
  for (auto row = std::max(row_of(eye.state.y_mm) - 1, 0); row <= last_row; ++row) {
    // The cells of a row lie behind each other.
    const auto row_begin = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_);
    const auto begin = cell_begin_[row_begin + static_cast<std::size_t>(first_column)];
    const auto end = cell_begin_[row_begin + static_cast<std::size_t>(last_column) + 1];
    nearest.look_at(std::span(spots_).subspan(begin, end - begin));
  }
  for (const auto key : nearest.chosen()) out.push_back(static_cast<std::uint16_t>(key));
  return !nearest.left_some_out();
}

}  // namespace tickwire::game
