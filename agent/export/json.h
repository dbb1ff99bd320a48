// What it owns: the JSON of one snapshot: snake_case, integer _ns, RFC 3339 times, schema_version, null for "not measured".
// Who may use it: api; doctor in app.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/hooks.h"
#include "model/snapshot.h"

namespace tickwire::exporting {

inline constexpr int kSchemaVersion = 1;
using Rows = std::vector<std::shared_ptr<const model::Connection>>;

// One document, or (jsonl) one line a connection; both end with a newline.
[[nodiscard]] std::string connections_json(const model::Snapshot& snapshot, const Rows& rows);
[[nodiscard]] std::string connections_jsonl(const model::Snapshot& snapshot, const Rows& rows);
// One connection with its histograms' filled cells; none of those that a rule measured that does not fit.
[[nodiscard]] std::string connection_json(const model::Snapshot& snapshot, const model::Connection& connection);
[[nodiscard]] std::string services_json(const model::Snapshot& snapshot);
// Build, readiness, hooks, losses, interfaces, table fill, programs.
[[nodiscard]] std::string status_json(const model::Snapshot& snapshot);
[[nodiscard]] std::string doctor_json(const model::DoctorReport& report);
// {"schema_version":1,"error":"..."}
[[nodiscard]] std::string error_json(const std::string& message);

}  // namespace tickwire::exporting
