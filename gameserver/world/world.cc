// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/world.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tickwire::game {

World::World(unsigned tick_rate_hz, std::size_t max_players, const WorldConfig& config)
    : tick_rate_hz_(std::clamp(tick_rate_hz, 1U, 1000U)),
      max_players_(std::clamp<std::size_t>(max_players, 1, 65'535)),
      config_(config) {}

std::expected<PlayerId, Reason> World::join(bool lockstep) {
  if (players_.size() >= max_players_ || last_id_ == std::numeric_limits<PlayerId>::max()) {
    return std::unexpected(Reason::kServerFull);
  }
  const PlayerId id = ++last_id_;
  Player player{.shown = {.state = {.id = id, .hp = config_.full_hp}, .lockstep = lockstep}};
  if (!lockstep) {
    // Multiplicative hashing spreads neighbours over the arena and gives every run of the same joins the same places.
    const auto place = [half = config_.arena_half_size_mm](std::uint32_t seed) {
      return static_cast<std::int32_t>(seed % (2 * static_cast<std::uint32_t>(half))) - half;
    };
    player.shown.state.x_mm = place(id * 2'654'435'761U);
    player.shown.state.y_mm = place(id * 2'246'822'519U);
  }
  players_.append(id, player);
  return id;
}

World::Press World::press(PlayerId id, const PlayerInput& input) {
  auto* player = players_.find(id);
  if (player == nullptr) return Press::kUnknown;
  auto& shown = player->shown;
  if (shown.has_input && !is_newer(input.input_seq, shown.last_input)) return Press::kStale;
  shown.has_input = true;
  shown.last_input = input.input_seq;
  player->buttons = input.buttons;
  return Press::kTaken;
}

std::int32_t World::step_mm() const {
  // What is walked up to a tick is rounded down, so that what a step loses the steps behind it make up for.
  const auto up_to = [this](std::uint64_t tick) {
    return tick * static_cast<std::uint64_t>(config_.walking_speed_mm_s) / tick_rate_hz_;
  };
  return static_cast<std::int32_t>(up_to(tick_) - up_to(tick_ - 1));
}

void World::move(Player& player, std::int32_t step_mm) const {
  const auto axis = [&player](std::uint16_t negative, std::uint16_t positive) {
    return ((player.buttons & positive) != 0) - ((player.buttons & negative) != 0);
  };
  const int right = axis(kButtonLeft, kButtonRight);
  const int up = axis(kButtonDown, kButtonUp);
  const int firing = (player.buttons & kButtonFire) != 0;
  auto& state = player.shown.state;
  // The arena may have become smaller since the last step; to be put at its edge is no walk.
  const auto half = config_.arena_half_size_mm;
  const auto x_mm = std::clamp(state.x_mm, -half, half);
  const auto y_mm = std::clamp(state.y_mm, -half, half);
  state.x_mm = std::clamp(x_mm + right * step_mm, -half, half);
  state.y_mm = std::clamp(y_mm + up * step_mm, -half, half);
  player.walked_mm += std::hypot(state.x_mm - x_mm, state.y_mm - y_mm);
  state.status = static_cast<std::uint8_t>((right != 0 || up != 0) | firing << 1);
}

void World::step() {
  ++tick_;
  const auto distance = step_mm();
  players_.each([this, distance](PlayerId, Player& player) {
    if (!player.shown.lockstep) move(player, distance);
  });
}

const FramePlayer* World::find(PlayerId id) const {
  const auto* player = players_.find(id);
  return player == nullptr ? nullptr : &player->shown;
}

std::vector<FramePlayer> World::players() const {
  std::vector<FramePlayer> shown;
  shown.reserve(players_.size());
  players_.each([&shown](PlayerId, const Player& player) { shown.push_back(player.shown); });
  return shown;
}

std::uint64_t World::walked_mm(PlayerId id) const {
  const auto* player = players_.find(id);
  return player == nullptr ? 0 : static_cast<std::uint64_t>(std::llround(player->walked_mm));
}

}  // namespace tickwire::game
