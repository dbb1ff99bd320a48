// What it owns: the pieces that several JSON documents are made of.
// Who may use it: the json files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/connection.h"
#include "model/hooks.h"
#include "model/rule.h"
#include "model/snapshot.h"

namespace tickwire::exporting {

using Json = nlohmann::ordered_json;

// One line. Bytes that are not UTF-8 (a request's path may have them) become U+FFFD: dumping never throws.
[[nodiscard]] std::string dump(const Json& value);
// A document's beginning: schema_version, and the snapshot's time.
[[nodiscard]] Json document();
[[nodiscard]] Json document(const model::Snapshot& snapshot);
// Nanoseconds, or null.
[[nodiscard]] Json nanoseconds_or_null(std::optional<std::chrono::nanoseconds> value);
// Text, or null for an empty one.
[[nodiscard]] Json text_or_null(const std::string& text);
// Adds samples, and the quantiles, maximum and mean with null for what is not measured.
void add_quantiles(Json& object, const model::Histogram* histogram);
// How a rule fared: its counts, whatever they say; sequences are null without such numbers, and unless it fits. Null without a rule.
[[nodiscard]] Json rule_json(const std::optional<model::RuleCounts>& rule, bool fits);
[[nodiscard]] Json hooks_json(const std::vector<model::HookOutcome>& hooks);

}  // namespace tickwire::exporting
