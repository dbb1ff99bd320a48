// What it owns: which hook gives a stage, and why a stage is missing.
// Who may use it: the files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "model/snapshot.h"
#include "model/stage.h"

namespace tickwire::exporting {

inline constexpr std::array kAllStages{model::Stage::kNicToSocket, model::Stage::kSocketToApp, model::Stage::kApp,
                                       model::Stage::kAppToNic, model::Stage::kQdisc};

[[nodiscard]] std::string_view name(model::Stage stage);  // "nic_to_socket", ...
[[nodiscard]] model::Series series_of(model::Stage stage);

// The agent measures stages: it tried their hooks.
[[nodiscard]] bool has_stages(const model::Snapshot& snapshot);
// What is attached for a capability: "cgroup/recvmsg4,6" where it is one for each family, several names where interfaces differ.
// Empty: nothing.
[[nodiscard]] std::string attached(const model::Snapshot& snapshot, std::string_view capability);
// The hook that sees the end of the stage, as above; the beginning is the end of the stage before, or the arrival.
[[nodiscard]] std::string hook_of(const model::Snapshot& snapshot, model::Protocol protocol, model::Stage stage);
// The connection's latency of the stage.
[[nodiscard]] const model::Latency& latency_of(const model::Connection& connection, model::Stage stage);
// A sentence, when the stage has no sample.
[[nodiscard]] std::string why_no_stage(const model::Snapshot& snapshot, const model::Connection& connection, model::Stage stage);
// Mean of the stages that add up: of the turnaround of the requests that were followed. None without samples.
[[nodiscard]] std::optional<std::chrono::nanoseconds> followed_turnaround(const model::Connection& connection);
// The shortest round trip of the window, of those that may have been delayed too: a delay only adds to it.
[[nodiscard]] std::optional<std::chrono::nanoseconds> shortest_rtt(const model::Snapshot& snapshot,
                                                                   const model::Connection& connection, model::Window window);

}  // namespace tickwire::exporting
