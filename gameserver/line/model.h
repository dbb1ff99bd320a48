// What it owns: one direction of one player's line: what becomes of each packet.
// Who may use it: line/.
// Thread: one at a time; reads no clock itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "gameserver/line/spec.h"

namespace tickwire::game {

enum class Outcome : std::uint8_t { kPassed, kLost, kQueueFull, kHeld };  // kHeld: the line ended before it was due

struct Fate {
  Outcome outcome = Outcome::kPassed;
  Nanoseconds departs_mono{};                 // of a packet that passes
  std::optional<Nanoseconds> copy_mono = {};  // when its duplicate departs
  bool reordered = false;
  friend bool operator==(const Fate&, const Fate&) = default;
};

// In this order: the packet may be lost; waits for its turn where there is a rate, unless the queue is full; is delayed. Packets keep
// their order however their delays differ, but for those that are reordered on purpose. The same seed gives the same fates.
class LineModel {
 public:
  LineModel(const Impairment& impairment, std::uint64_t seed, Nanoseconds started_mono);

  // Times must not go back.
  [[nodiscard]] Fate decide(Nanoseconds arrived_mono, std::size_t wire_bytes);

 private:
  [[nodiscard]] bool happens(double chance);
  [[nodiscard]] bool is_lost();
  // When the last bit has left the queue; nullopt when there is no room in it.
  [[nodiscard]] std::optional<Nanoseconds> serialise(Nanoseconds arrived_mono, std::size_t wire_bytes);
  [[nodiscard]] Nanoseconds delay(Nanoseconds arrived_mono);

  Impairment impairment_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  Nanoseconds started_;
  bool bad_ = false;
  Nanoseconds busy_until_{};
  Nanoseconds last_departure_{};
};

}  // namespace tickwire::game
