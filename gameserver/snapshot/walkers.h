// What it owns: simulated play: world frames of players who walk as bots do.
// Who may use it: the tool that makes the dictionary, the bench and the tests of snapshots.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "gameserver/world/frame.h"

namespace tickwire::game {

struct WalkersOptions {
  std::size_t players = 2000;  // 1 .. 65,535
  unsigned tick_rate_hz = 30;
  std::int32_t half_size_mm = 50'000;  // of the arena
  std::int32_t area_radius_mm = 15'000;
  unsigned moving_percent = 90;  // the others stand still for a while
};

// The same options and seed give the same frames everywhere.
class Walkers {
 public:
  Walkers(const WalkersOptions& options, std::uint32_t seed);

  // One more tick; ids are 1 .. players, and the first tick is 1.
  [[nodiscard]] std::shared_ptr<const WorldFrame> next();

 private:
  struct Way {
    int right = 0;
    int up = 0;
    unsigned ticks_left = 0;
    bool fires = false;
  };
  [[nodiscard]] std::uint32_t random(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  void choose_way(Way& way);

  const WalkersOptions options_;
  std::mt19937 random_;
  std::uint32_t tick_ = 0;
  std::vector<FramePlayer> players_;
  std::vector<Way> ways_;
};

}  // namespace tickwire::game
