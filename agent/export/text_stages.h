// What it owns: the text of what stages tell of one connection.
// Who may use it: the text files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/snapshot.h"

namespace tickwire::exporting {

// Lines of at most 100 characters each; empty where there is nothing to tell.
// The waterfall: where a request's turnaround went, one bar a stage; or why it is not known.
// Means are of all since the connection began, for their sum is not kept by window; P50 and P99 are of the window.
[[nodiscard]] std::string waterfall(const model::Snapshot& snapshot, const model::Connection& connection, model::Window window);
// TCP: everything that tells of the rtt, side by side.
[[nodiscard]] std::string rtt_sources(const model::Snapshot& snapshot, const model::Connection& connection);
// Spacing of packets, its jitter and that of the rtt.
[[nodiscard]] std::string pace_lines(const model::Connection& connection);
// UDP: what became of the player's datagrams at the game's socket.
[[nodiscard]] std::string socket_lines(const model::Connection& connection);

}  // namespace tickwire::exporting
