// What it owns: what is shown of a service or connection with a rule: nothing that a rule measured while it does not fit.
// Who may use it: the files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "model/connection.h"
#include "model/rule.h"

namespace tickwire::exporting {

using model::is_by_rule;

// There is a rule, and it does not fit.
[[nodiscard]] bool misfits(const std::optional<model::RuleCounts>& rule);

// One of the connection's latencies; an empty one instead when a rule that does not fit gave it.
[[nodiscard]] const model::Latency& shown(const model::Connection& connection, const model::Latency& latency);
// Connection::rtt_min; none when a rule that does not fit gave it.
[[nodiscard]] std::optional<std::chrono::nanoseconds> shown_rtt_min(const model::Connection& connection);

// Messages that must have been sent: those that came, each once, and those that were lost. Only grows.
[[nodiscard]] std::uint64_t expected_messages(const model::SequenceCounts& sequence);
// lost / expected_messages, 0 .. 1; none before the first message, and without sequences in the protocol.
[[nodiscard]] std::optional<double> loss_ratio(const model::SequenceCounts& sequence);
// The same of a direction; also none without a rule and while it does not fit.
[[nodiscard]] std::optional<double> loss_ratio(const std::optional<model::RuleCounts>& rule, model::Direction direction);

}  // namespace tickwire::exporting
