// What it owns: from which duration on a single sample of a service is told as an event.
// Who may use it: config (from an option), kernel (to the programs).
// Thread: any, values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/protocol.h"

namespace tickwire::model {

struct Threshold {
  std::string service;                 // a service's name; empty: every service that has none of its own for this quantity
  Quantity quantity = Quantity::kRtt;  // kRtt or kTurnaround
  std::chrono::nanoseconds over{};     // a longer sample is told

  // "world:rtt=150ms", "turnaround=50ms": 1us .. 17s. Usage error that says what is wrong with it.
  [[nodiscard]] static Result<Threshold> parse(std::string_view text);
  friend bool operator==(const Threshold&, const Threshold&) = default;
};

// The one that counts for a service of this name; none: its samples are not told.
[[nodiscard]] std::optional<std::chrono::nanoseconds> threshold_of(std::span<const Threshold> thresholds,
                                                                   std::string_view service, Quantity quantity);

}  // namespace tickwire::model
