// What it owns: what the world asks of the lockstep room.
// Who may use it: world/; lockstep/ implements it.
// Thread: the world's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "gameserver/bus/input_board.h"
#include "gameserver/common/identity.h"
#include "gameserver/protocol/message.h"
#include "gameserver/world/frame.h"

namespace tickwire::game {

class LockstepSource {
 public:
  virtual ~LockstepSource() = default;

  // Every seat is taken.
  [[nodiscard]] virtual bool is_full() const = 0;
  // False, and nothing changed, when it is full.
  [[nodiscard]] virtual bool join(PlayerId player) = 0;
  // Ids that are not in the room are ignored.
  virtual void leave(PlayerId player) = 0;
  // Makes the next frame, once a tick, of what its players pressed since the frame before: at most one input each, newer than the
  // ones before. Never null.
  [[nodiscard]] virtual std::shared_ptr<const LockstepWindow> advance(std::span<const BoardEntry> inputs) = 0;

  struct Verdict {
    std::optional<Diverged> diverged;  // the player is to be told, and given the state
    bool evict = false;                // it has diverged too often
  };
  // What a client says of its state. Ids that are not in the room get an empty verdict.
  [[nodiscard]] virtual Verdict check(PlayerId player, const StateHash& hash) = 0;
};

}  // namespace tickwire::game
