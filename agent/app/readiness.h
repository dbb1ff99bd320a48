// What it owns: whether the agent does its work: attached everywhere, and not blind.
// Who may use it: Agent.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/hooks.h"
#include "model/snapshot.h"
#include "model/tick.h"

namespace tickwire::app {

// Blind: over kWindow an interface's own counter moved by kPackets or more in a direction, and our programs saw none of them. Its
// counter counts wire packets and ours may see merged ones, so only "none" means something.
class Blindness {
 public:
  static constexpr std::chrono::seconds kWindow{5};
  static constexpr std::uint64_t kPackets = 20;

  // Takes the totals of a tick; gives a sentence for each interface and direction that we are blind on.
  [[nodiscard]] std::vector<std::string> check(std::chrono::nanoseconds now, const std::vector<model::InterfaceTotals>& totals);

 private:
  struct Side {
    std::chrono::nanoseconds since{};  // when the two were last seen to move together, or neither
    std::uint64_t seen = 0;
    std::uint64_t counted = 0;
  };
  std::map<std::string, std::array<Side, 2>> sides_;
};

// Ready when arrival and departure are attached on at least one interface and on each that is watched, and nothing is blind.
[[nodiscard]] model::Readiness readiness_of(const std::vector<model::HookOutcome>& hooks, std::vector<std::string> blind);

}  // namespace tickwire::app
