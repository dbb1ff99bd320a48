// SPDX-License-Identifier: Apache-2.0
#include "model/rtt_shown.h"

namespace tickwire::model {

RttShown rtt_shown(const Snapshot& snapshot, const Shown& shown, const Connection& connection, Window window) {
  const WindowSummary prompt = snapshot.summary(connection, shown.latency(connection, connection.rtt), window);
  if (prompt.samples >= kFewPrompt || connection.rtt_delayed.samples() == 0) return {.summary = prompt};
  const WindowSummary delayed = snapshot.summary(connection, connection.rtt_delayed, window);
  if (delayed.samples <= prompt.samples) return {.summary = prompt};
  return {.summary = delayed, .maybe_delayed = true};
}

}  // namespace tickwire::model
