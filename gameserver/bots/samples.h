// What it owns: the durations that one bot measured, and what is said about them.
// Who may use it: bots/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gameserver/common/clock.h"

namespace tickwire::game {

// Quantiles by nearest rank: each is a duration that was measured.
struct Summary {
  std::uint64_t count = 0;
  Nanoseconds min{};
  Nanoseconds p50{};
  Nanoseconds p90{};
  Nanoseconds p99{};
  Nanoseconds p999{};  // 99.9 %
  Nanoseconds max{};
  Nanoseconds mean{};
  friend bool operator==(const Summary&, const Summary&) = default;
};

// Exact: every sample is kept, 8 bytes each, up to kMaxSamples (9 hours at 30 Hz); later ones are only counted as lost.
class Samples {
 public:
  static constexpr std::size_t kMaxSamples = 1'000'000;

  void add(Nanoseconds duration);
  void add_all(const Samples& other);
  // nullopt when nothing was measured.
  [[nodiscard]] std::optional<Summary> summary() const;
  [[nodiscard]] std::uint64_t lost_count() const { return lost_; }

 private:
  std::vector<Nanoseconds> durations_;
  std::uint64_t lost_ = 0;
};

}  // namespace tickwire::game
