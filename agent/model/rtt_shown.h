// What it owns: which round trips stand for a connection's rtt where there is room for one value.
// Who may use it: select(), and export's tables.
// Thread: any, pure functions of one snapshot.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/connection.h"
#include "model/shown.h"
#include "model/snapshot.h"

namespace tickwire::model {

// The round trips over the line alone, if the service's rule tells how long the player held a token; else all that rtt has.
[[nodiscard]] const Latency& line_rtt(const Connection& connection);

struct RttShown {
  WindowSummary summary;
  bool maybe_delayed = false;  // of samples whose acknowledgement may have been delayed: the rtt is at most this
};

// Fewer prompt samples than this say little.
inline constexpr std::uint64_t kFewPrompt = 20;

// Of line_rtt() the prompt samples of the window; where they are fewer than kFewPrompt, and those that may have been delayed are more, the latter.
[[nodiscard]] RttShown rtt_shown(const Snapshot& snapshot, const Shown& shown, const Connection& connection, Window window);

}  // namespace tickwire::model
