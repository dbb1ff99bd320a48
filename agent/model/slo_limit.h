// What it owns: one service level objective as it is declared.
// Who may use it: config, model.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickwire::model {

enum class SloQuantity : std::uint8_t { kRtt, kTurnaround, kJitter, kSocketToApp };
[[nodiscard]] std::string_view name(SloQuantity quantity);  // "rtt", "turnaround", "jitter", "socket_to_app"

// Players of whom the quantity is above the limit are at risk.
struct Slo {
  std::string service;  // a service's name; empty: every service that has none of its own for this quantity
  SloQuantity quantity = SloQuantity::kRtt;
  std::chrono::nanoseconds limit{};

  // "rtt=100ms" or "world:rtt=80ms"; 1 us .. 1 h. Usage error that says what is wrong with it.
  [[nodiscard]] static Result<Slo> parse(std::string_view text);
  [[nodiscard]] std::string name() const;  // "rtt_100ms": with the largest unit that makes it a whole number
  friend bool operator==(const Slo&, const Slo&) = default;
};

// Whether one of the objectives is one of the service's.
[[nodiscard]] bool is_of(std::span<const Slo> all, const Slo& slo, std::string_view service);

// At most so many: each is a series of every service.
inline constexpr std::size_t kMostSlos = 32;

// What is wanted of any game. The rtt's limits are where a first-person game becomes unfair and where it becomes unplayable; the
// jitter's are what interpolation buffers of common length hide, and half of it; 50 ms of turnaround are a tick and a half at 30 a
// second.
[[nodiscard]] std::vector<Slo> default_slos();

}  // namespace tickwire::model
