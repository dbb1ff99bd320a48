// What it owns: the JSON of what stages tell of one connection.
// Who may use it: the json files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "export/json_parts.h"

namespace tickwire::exporting {

// Adds rtt_maybe_delayed, stages, socket_to_app_beyond_tick, spacing, jitter, followed and socket; null for what is not measured.
void add_stages(Json& object, const model::Snapshot& snapshot, const model::Connection& connection);
// Adds stages, jitter, socket_to_app_beyond_tick, followed and socket of a service; null for what is not measured.
void add_service_stages(Json& object, const model::Snapshot& snapshot, const model::Service& service);
// Adds to each stage of `object` the hook that gives it, or why it is missing; without stages it stays null.
void add_stage_hooks(Json& object, const model::Snapshot& snapshot, const model::Connection& connection);

}  // namespace tickwire::exporting
