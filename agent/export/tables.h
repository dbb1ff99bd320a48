// What it owns: the text that a person sees in a terminal.
// Who may use it: api (rendered where the snapshot is), app's doctor.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/hooks.h"
#include "model/snapshot.h"

namespace tickwire::exporting {

using Rows = std::vector<std::shared_ptr<const model::Connection>>;

// RTT, TURNAROUND and P95 are of the window, which stands above them.
// Columns PROTO LOCAL REMOTE STATE AGE RTT(min of 5 min, p50 p99) TURNAROUND(p50 p99) P95(WAIT: socket_to_app, APP) RETX; wide adds
// ID SERVICE METHOD MIN SRTT HANDSHAKE JITTER(rtt in out) PACKETS(in out) BYTES(in out) LOSS(in out) REFUSED STARVED CLOSE and never
// cuts an address. An rtt with "~" in front may hold the wait of a delayed acknowledgement: there are too few others. LOSS is the
// players' messages, by the sequences of the service's rule. A dash stands for "not measured", also for what a rule measured that does not fit. Below it a line of totals,
// one for each service of these rows whose rule does not fit, and one for each kind of loss that is not zero.
[[nodiscard]] std::string connections_table(const model::Snapshot& snapshot, const Rows& rows, bool wide,
                                            model::Window window = model::Window::kAll);
// All fields, how the rule fared if there is one, then each latency with its method and what that method means: since the start,
// over each window, and the histogram of the window `bars`.
[[nodiscard]] std::string connection_text(const model::Snapshot& snapshot, const model::Connection& connection,
                                          model::Window bars = model::Window::kAll);
// One row a service; then a line for each rule that does not fit, one for each service with players at risk, and the same lines of losses.
[[nodiscard]] std::string services_table(const model::Snapshot& snapshot, model::Window window = model::Window::kAll);
[[nodiscard]] std::string status_text(const model::Snapshot& snapshot);
[[nodiscard]] std::string doctor_text(const model::DoctorReport& report);

}  // namespace tickwire::exporting
