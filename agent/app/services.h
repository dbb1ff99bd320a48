// What it owns: which services are watched under which numbers: those that were named, or those found on the machine.
// Who may use it: Agent.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "model/service.h"

namespace tickwire::app {

// Numbers services, and says what to begin and to stop watching as they come and go.
class ServiceNumbers {
 public:
  struct Assigned {
    std::uint16_t number;
    model::ServiceId id;
    friend bool operator==(const Assigned&, const Assigned&) = default;
  };
  struct Change {
    std::vector<Assigned> begin;
    std::vector<Assigned> stop;
  };

  explicit ServiceNumbers(std::uint32_t most) : most_(most) {}

  // What differs between the services of now and those that were there before. A service stays for kMissesAllowed looks without
  // its socket, so that the restart of a game is no change. What finds no number is refused, and counted once.
  [[nodiscard]] Change update(const std::vector<model::ServiceId>& now);
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  static constexpr int kMissesAllowed = 3;

 private:
  struct Known {
    std::uint16_t number;
    int misses = 0;
  };
  std::uint32_t most_;
  std::map<model::ServiceId, Known> known_;
  std::vector<model::ServiceId> refused_ids_;
  std::uint64_t refused_ = 0;
};

}  // namespace tickwire::app
