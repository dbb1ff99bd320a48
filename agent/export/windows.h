// What it owns: latency over the windows that end now, as JSON and as text.
// Who may use it: the files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "export/json_parts.h"
#include "model/snapshot.h"

namespace tickwire::exporting {

// A latency is one of the connection's, as model::Shown shows it.

// None if it has no samples at all. The minimum of rtt is the shortest of those samples too that may have been delayed: a delay only
// adds to it.
[[nodiscard]] std::optional<model::WindowSummaries> windows_of(const model::Snapshot& snapshot,
                                                               const model::Connection& connection,
                                                               const model::Latency& latency);

// Adds "windows": {"10s": {...}, "1m": {...}, "5m": {...}}, or null.
void add_windows(Json& object, const model::Snapshot& snapshot, const model::Connection& connection,
                 const model::Latency& latency);
// The same, and "queueing_delay": of the last 10 s, over the minimum of 10 s and of 5 min; or null.
void add_rtt_windows(Json& object, const model::Snapshot& snapshot, const model::Connection& connection,
                     const model::Latency& rtt);
// The same as the first, of a series; null while the service's rule gave it and does not fit.
void add_windows(Json& object, const model::Snapshot& snapshot, const model::Service& service, model::Series series);

// One line a window, and for rtt one of queueing delay; empty if there is nothing to show.
[[nodiscard]] std::string windows_text(const model::Snapshot& snapshot, const model::Connection& connection,
                                       const model::Latency& latency);

}  // namespace tickwire::exporting
