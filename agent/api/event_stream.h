// What it owns: what a reader of events asked for, how far it has come, and the lines that are next.
// Who may use it: Routes makes it, Server reads it; tests.
// Thread: the server's; values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/event_log.h"

namespace tickwire::api {

struct EventQuery {
  std::optional<std::string> service;                   // a service's name
  std::array<bool, model::kEventKinds.size()> kinds{};  // by EventKind
  std::optional<std::uint64_t> since;                   // the newest that the reader has; none: what is new from now on
  bool text = false;                                    // sentences instead of JSON

  // By the names service, kind (several times), since, format (jsonl, text). Usage error for an unknown name, a repeated one, or a bad
  // value; it says what is allowed.
  [[nodiscard]] static Result<EventQuery> parse(const std::vector<std::pair<std::string, std::string>>& parameters);
  [[nodiscard]] bool wants(const model::Event& event) const;
};

class EventStream {
 public:
  // Begins behind query.since, or behind the newest of the log.
  EventStream(EventQuery query, const model::EventLog& log);

  // The lines of the next events that are wanted, whole ones, until they are `enough` bytes or more; empty when there are none. Events
  // that are not kept any more become one line that counts them, wanted ones or not.
  [[nodiscard]] std::string next(const model::EventLog& log, std::size_t enough);
  // Something to send when there is no event.
  [[nodiscard]] std::string heartbeat() const;
  // There are events that next() has not looked at.
  [[nodiscard]] bool is_behind(const model::EventLog& log) const { return seen_ < log.newest(); }
  [[nodiscard]] bool is_text() const { return query_.text; }

 private:
  EventQuery query_;
  std::uint64_t seen_;  // the number of the newest event that was looked at
};

}  // namespace tickwire::api
