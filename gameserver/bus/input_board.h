// What it owns: the newest input of each player, on its way from the gateways to the world.
// Who may use it: the gateways, and the world's thread.
// Thread: put and counts on any; drain on one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "gameserver/bus/queue.h"
#include "gameserver/common/identity.h"

namespace tickwire::game {

struct PlayerInput {
  std::uint16_t input_seq = 0;    // modulo 2^16
  std::uint32_t client_tick = 0;  // the client's own count
  std::uint16_t buttons = 0;      // kButton...
  Nanoseconds received_mono{};    // when its datagram or frame was read
  friend bool operator==(const PlayerInput&, const PlayerInput&) = default;
};

struct BoardEntry {
  PlayerId player = 0;
  PlayerInput newest;
  // Inputs of this player since the last drain(): this one, those that it replaced, and stale ones. What a rule about rates
  // counts.
  std::uint32_t inputs = 0;
  std::uint32_t stale = 0;  // of these, the ones that came after a newer one
  friend bool operator==(const BoardEntry&, const BoardEntry&) = default;
};

// Memory: 2 entries and 2 .. 4 slots of 12 bytes for each player of the capacity; nothing is allocated after the first drain().
class InputBoard {
 public:
  // capacity: the most players that have an input waiting, 1 .. 2^24.
  InputBoard(std::string name, std::size_t capacity);

  [[nodiscard]] const std::string& name() const { return name_; }

  // Takes the input, unless it is not newer than the one of this player that waits (stale), or it is the first one of a player
  // and the board is full (refused): false, and counted. The board does not know what was drained: an input that is older than
  // one which the world has applied is for the world to see, unless who puts it knows (stale): then it is counted and takes the place
  // of none.
  bool put(PlayerId player, const PlayerInput& input, bool stale = false);
  // Replaces out with everything that waits, in the order in which the players' first inputs came.
  void drain(std::vector<BoardEntry>& out);
  [[nodiscard]] QueueCounts counts() const;
  // Everybody who needs the board waits until the lock is given up: for injected lag.
  [[nodiscard]] std::unique_lock<std::mutex> hold() { return std::unique_lock(mutex_); }

 private:
  // Open addressing. A slot of an older generation is free, which makes emptying the table cost nothing.
  struct Slot {
    std::uint32_t generation = 0;
    PlayerId player = 0;
    std::uint32_t entry = 0;  // into entries_
  };
  // The player's slot, or the free one where it belongs.
  [[nodiscard]] Slot& slot_of(PlayerId player);

  const std::string name_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::vector<BoardEntry> entries_;
  std::vector<Slot> slots_;  // a power of two, at least half of them free
  unsigned shift_;           // 32 less the power
  std::uint32_t generation_ = 1;
  QueueCounts counts_;  // depth and capacity are filled in by counts()
};

}  // namespace tickwire::game
