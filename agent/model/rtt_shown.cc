// SPDX-License-Identifier: Apache-2.0
#include "model/rtt_shown.h"

namespace tickwire::model {

const Latency& line_rtt(const Connection& connection) {
  return connection.rtt_network.samples() > 0 ? connection.rtt_network : connection.rtt;
}

RttShown rtt_shown(const Snapshot& snapshot, const Shown& shown, const Connection& connection, Window window) {
  const WindowSummary prompt = snapshot.summary(connection, shown.latency(connection, line_rtt(connection)), window);
  if (prompt.samples >= kFewPrompt || connection.rtt_delayed.samples() == 0) return {.summary = prompt};
  const WindowSummary delayed = snapshot.summary(connection, connection.rtt_delayed, window);
  if (delayed.samples <= prompt.samples) return {.summary = prompt};
  return {.summary = delayed, .maybe_delayed = true};
}

}  // namespace tickwire::model
