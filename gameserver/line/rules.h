// What it owns: which rule each frame goes by, and the state of each rule's line.
// Who may use it: tickwire-line.
// Thread: the bridge's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "gameserver/line/bridge.h"
#include "gameserver/line/spec.h"

namespace tickwire::game {

// The first rule that fits decides; a frame that none fits passes at once. The two directions of a rule are lines of their own.
class LineRules {
 public:
  static constexpr std::size_t kNoRule = SIZE_MAX;

  // Each rule and direction draws from a seed of its own, made from this one.
  LineRules(const std::vector<LineRule>& rules, std::uint64_t seed, Nanoseconds started_mono);

  // Fills in fate and rule.
  void decide(LineFrame& frame);

 private:
  struct Entry {
    LineMatch match;
    LineModel up;
    LineModel down;
  };
  std::vector<Entry> entries_;
};

}  // namespace tickwire::game
