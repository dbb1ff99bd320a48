// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/world.h"

#include <algorithm>
#include <cassert>

namespace tickwire::game {

World::World(unsigned tick_rate_hz, std::size_t max_players)
    : step_mm_(kSpeedMmPerS / static_cast<std::int32_t>(tick_rate_hz)), max_players_(max_players) {}

std::optional<PlayerId> World::join() {
  if (players_.size() >= max_players_) return std::nullopt;
  const PlayerId id = ++last_id_;
  // Multiplicative hashing spreads neighbours over the arena and gives every run of the same joins the same places.
  const auto place = [](std::uint32_t seed) {
    return static_cast<std::int32_t>(seed % (2 * static_cast<std::uint32_t>(kHalfSizeMm))) - kHalfSizeMm;
  };
  index_of_.emplace(id, players_.size());
  players_.push_back({.state = {.id = id, .x_mm = place(id * 2654435761U), .y_mm = place(id * 2246822519U), .hp = kFullHp}});
  return id;
}

void World::leave(PlayerId id) {
  const auto found = index_of_.find(id);
  if (found == index_of_.end()) return;
  const std::size_t index = found->second;
  index_of_.erase(found);
  if (index != players_.size() - 1) {
    players_[index] = players_.back();
    index_of_[players_[index].state.id] = index;
  }
  players_.pop_back();
}

void World::press(PlayerId id, std::uint16_t buttons) {
  const auto found = index_of_.find(id);
  if (found != index_of_.end()) players_[found->second].buttons = buttons;
}

void World::move(Player& player) const {
  const auto axis = [&player](std::uint16_t negative, std::uint16_t positive) {
    return ((player.buttons & positive) != 0) - ((player.buttons & negative) != 0);
  };
  const int right = axis(kButtonLeft, kButtonRight);
  const int up = axis(kButtonDown, kButtonUp);
  PlayerState& state = player.state;
  state.x_mm = std::clamp(state.x_mm + right * step_mm_, -kHalfSizeMm, kHalfSizeMm);
  state.y_mm = std::clamp(state.y_mm + up * step_mm_, -kHalfSizeMm, kHalfSizeMm);
  const int firing = (player.buttons & kButtonFire) != 0;
  state.status = static_cast<std::uint8_t>((right != 0 || up != 0) | firing << 1);
}

void World::step() {
  ++tick_;
  encoded_.clear();
  encoded_index_of_.clear();
  for (std::size_t i = 0; i < players_.size(); ++i) {
    move(players_[i]);
    encode_state(players_[i].state, encoded_);
    encoded_index_of_.emplace(players_[i].state.id, i);
  }
}

std::optional<PlayerState> World::state(PlayerId id) const {
  const auto found = index_of_.find(id);
  if (found == index_of_.end()) return std::nullopt;
  return players_[found->second].state;
}

bool World::gather(PlayerId viewer, std::vector<std::byte>& out) const {
  out.clear();
  const std::size_t count = encoded_.size() / kStateBytes;
  const auto append = [&](std::size_t index) {
    const auto at = encoded_.begin() + static_cast<std::ptrdiff_t>(index * kStateBytes);
    out.insert(out.end(), at, at + kStateBytes);
  };
  const auto own = encoded_index_of_.find(viewer);
  const std::size_t own_index = own == encoded_index_of_.end() ? count : own->second;
  if (own_index < count) append(own_index);
  const std::size_t first = count > kMaxStates ? tick_ * std::size_t{kMaxStates - 1} % count : 0;
  for (std::size_t i = 0; i < count && out.size() < kMaxStates * kStateBytes; ++i) {
    const std::size_t index = (first + i) % count;
    if (index != own_index) append(index);
  }
  return out.size() == count * kStateBytes;
}

}  // namespace tickwire::game
