// What it owns: the lockstep room on the server: its seats, its frames, and whether its clients' states agree.
// Who may use it: the world, through world/lockstep_source.h; the server makes it.
// Thread: the world's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "gameserver/common/counter.h"
#include "gameserver/lockstep/command.h"
#include "gameserver/lockstep/simulation.h"
#include "gameserver/world/lockstep_source.h"

namespace tickwire::game {

// Counted on the world's thread, read on any.
struct LockstepStats {
  Counter frames;
  Counter commands;
  Counter refused_joins;  // every seat was taken
  Counter agreed_hashes;
  Counter diverged_hashes;
  Counter repeated_hashes;  // of frames before the state that a diverged client was given
  Counter old_hashes;       // of frames whose state is forgotten
  Counter unasked_hashes;   // of frames to come, frames between two seconds, or of nobody in the room
  Counter evictions;        // diverged too often
};

// Memory: LockstepWindow::kMaxFrames frames of at most kMaxEncodedFrameBytes, 100 KB, and the windows that others hold still.
class LockstepRoom final : public LockstepSource {
 public:
  static constexpr unsigned kMostDivergences = 3;  // with the third the player is put out

  // seed: of the simulation. A hash is expected of each frame whose number is a multiple of tick_rate_hz.
  LockstepRoom(unsigned tick_rate_hz, std::uint64_t seed, LockstepStats& borrowed_stats);

  [[nodiscard]] bool is_full() const override;
  [[nodiscard]] bool join(PlayerId player) override;
  void leave(PlayerId player) override;
  [[nodiscard]] std::shared_ptr<const LockstepWindow> advance(std::span<const BoardEntry> inputs) override;
  [[nodiscard]] Verdict check(PlayerId player, const StateHash& hash) override;

  // The state behind the newest frame.
  [[nodiscard]] const LockstepSimulation& simulation() const { return simulation_; }

 private:
  struct Member {
    PlayerId player = 0;   // 0: the seat is free
    bool leaves = false;   // who sat here before has to be told to the simulation
    bool joins = false;    // so has player
    bool pressed = false;  // so have buttons
    std::uint16_t buttons = 0;
    unsigned divergences = 0;
    std::uint32_t trusted_from = 0;  // hashes of earlier frames say nothing new
  };
  [[nodiscard]] Member* find(PlayerId player);
  void take_commands();

  const unsigned tick_rate_hz_;
  LockstepStats& stats_;
  LockstepSimulation simulation_;
  std::array<Member, kLockstepSeats> members_{};
  std::vector<Command> commands_;  // of the frame that is being made
  std::shared_ptr<const LockstepWindow> window_;
  std::array<std::uint64_t, LockstepWindow::kMaxFrames> hashes_{};  // by frame modulo its size
};

}  // namespace tickwire::game
