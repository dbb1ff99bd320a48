// What it owns: an event as one line, for programs and for people; see docs/events.md.
// Who may use it: api.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "model/event.h"

namespace tickwire::exporting {

// A JSON object, or a sentence that begins with the time of day; each ends with a newline.
[[nodiscard]] std::string event_json(const model::Event& event);
[[nodiscard]] std::string event_text(const model::Event& event);

// In place of events that a reader was too slow for; as text it begins with "#".
[[nodiscard]] std::string lost_json(std::uint64_t count);
[[nodiscard]] std::string lost_text(std::uint64_t count);

// For a reader that nothing was sent to for a while: the number of the newest event. As text an empty line.
[[nodiscard]] std::string heartbeat_json(std::uint64_t newest);

}  // namespace tickwire::exporting
