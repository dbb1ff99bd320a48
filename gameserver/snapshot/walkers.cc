// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/walkers.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace tickwire::game {
namespace {

constexpr std::int32_t kSpeedMmPerS = 5'000;
constexpr std::uint16_t kFullHp = 100;

}  // namespace

Walkers::Walkers(const WalkersOptions& options, std::uint32_t seed)
    : options_(options), random_(seed), players_(options.players), ways_(options.players) {
  const auto anywhere = [this] {
    return static_cast<std::int32_t>(random(2 * options_.half_size_mm + 1)) - options_.half_size_mm;
  };
  for (std::size_t i = 0; i < players_.size(); ++i) {
    PlayerState& state = players_[i].state;
    state.id = static_cast<PlayerId>(i + 1);
    state.x_mm = anywhere();
    state.y_mm = anywhere();
    state.hp = kFullHp;
    players_[i].has_input = true;
    choose_way(ways_[i]);
    ways_[i].ticks_left = 1 + random(options_.tick_rate_hz);
  }
}

// For a second along one axis, as the bots walk; now and then along both, or nowhere, firing.
void Walkers::choose_way(Way& way) {
  static constexpr std::array<std::pair<int, int>, 4> kDirections = {{{0, 1}, {1, 0}, {0, -1}, {-1, 0}}};
  way = {.ticks_left = options_.tick_rate_hz, .fires = random(10) == 0};
  if (random(100) >= options_.moving_percent) return;
  std::tie(way.right, way.up) = kDirections[random(kDirections.size())];
  if (random(8) == 0) way.right = way.up = random(2) == 0 ? 1 : -1;
}

std::shared_ptr<const WorldFrame> Walkers::next() {
  ++tick_;
  // As far as the speed takes somebody until this tick, less what it took him until the one before.
  const auto way_mm = [this](std::uint32_t ticks) {
    return static_cast<std::int32_t>(std::uint64_t{ticks} * kSpeedMmPerS / options_.tick_rate_hz);
  };
  const std::int32_t step_mm = way_mm(tick_) - way_mm(tick_ - 1);
  for (std::size_t i = 0; i < players_.size(); ++i) {
    Way& way = ways_[i];
    if (--way.ticks_left == 0) choose_way(way);
    FramePlayer& player = players_[i];
    PlayerState& state = player.state;
    state.x_mm = std::clamp(state.x_mm + way.right * step_mm, -options_.half_size_mm, options_.half_size_mm);
    state.y_mm = std::clamp(state.y_mm + way.up * step_mm, -options_.half_size_mm, options_.half_size_mm);
    state.status = static_cast<std::uint8_t>((way.right != 0 || way.up != 0 ? 1 : 0) | (way.fires ? 2 : 0));
    if (random(10 * options_.tick_rate_hz) == 0)
      state.hp = static_cast<std::uint16_t>(state.hp <= 20 ? kFullHp : state.hp - 10 - random(10));
    ++player.last_input;
  }
  return std::make_shared<const WorldFrame>(tick_, players_, options_.area_radius_mm, nullptr, nullptr);
}

}  // namespace tickwire::game
