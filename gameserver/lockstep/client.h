// What it owns: a client's side of the lockstep room: its own simulation, and what it says of its state.
// Who may use it: bots/; one a connection.
// Thread: its connection's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gameserver/lockstep/command.h"
#include "gameserver/lockstep/simulation.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

struct LockstepCounts {
  std::uint64_t applied = 0;       // frames
  std::uint64_t repeated = 0;      // frames that had been applied before
  std::uint64_t unusable = 0;      // messages of frames that came before the state, behind a gap, or while the state is awaited
  std::uint64_t malformed = 0;     // messages whose content is none
  std::uint64_t states = 0;        // of the room that were taken over
  std::uint64_t stale_states = 0;  // older than what is here
  std::uint64_t divergences = 0;   // that the server told of
};

// **Acknowledge a message only when take() says so**: the server concludes from it what this client has.
class LockstepClient {
 public:
  // tick_rate_hz: of the welcome.
  explicit LockstepClient(unsigned tick_rate_hz) : tick_rate_hz_(tick_rate_hz) {}

  // Applies what is new. False: it is of no use now, and must not be acknowledged.
  [[nodiscard]] bool take(const Frames& frames);
  [[nodiscard]] bool take(const RoomState& state);
  // Frames are of no use until the room's state has come.
  void take(const Diverged& diverged);

  // Once for each second's frame, behind which it is: to be sent.
  [[nodiscard]] std::optional<StateHash> take_hash();
  // From now on this client's state is another one, until it is given the room's: proves that the server finds out.
  void corrupt();

  // Null before the first state.
  [[nodiscard]] const LockstepSimulation* simulation() const { return simulation_ ? &*simulation_ : nullptr; }
  [[nodiscard]] const LockstepCounts& counts() const { return counts_; }

 private:
  const unsigned tick_rate_hz_;
  bool awaits_state_ = true;
  std::optional<LockstepSimulation> simulation_;
  std::optional<StateHash> hash_;
  std::vector<Command> commands_;
  LockstepCounts counts_;
};

}  // namespace tickwire::game
