// What it owns: the subcommand `watch`: events as they happen.
// Who may use it: commands.cc; tests.
// Thread: the main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/commands.h"
#include "cli/request.h"

namespace tickwire::cli {

// What `tickwire watch` was told; an empty text was not given.
struct EventFlags {
  std::string service, since, count;
  std::vector<std::string> kinds;
  std::string output;  // text, jsonl
};

[[nodiscard]] Request events_request(const EventFlags& flags);
// --count; 0 = without end. Usage error for anything but 1 .. 1,000,000,000.
[[nodiscard]] Result<std::uint64_t> event_count(const EventFlags& flags);

// Which lines of the stream are events, and when there were enough of them.
class EventLines {
 public:
  explicit EventLines(std::uint64_t wanted, bool text) : wanted_(wanted), text_(text) {}

  // Takes what came of the stream, in whatever pieces; gives the lines that are to be printed: whole ones, without those that only say
  // that the agent is there, and none behind the last event that is wanted.
  [[nodiscard]] std::string take(std::string_view piece);
  [[nodiscard]] bool has_enough() const { return wanted_ > 0 && seen_ >= wanted_; }

 private:
  enum class Line : std::uint8_t { kEvent, kLost, kHeartbeat };
  [[nodiscard]] Line kind_of(std::string_view line) const;

  std::uint64_t wanted_;
  bool text_;
  std::uint64_t seen_ = 0;
  std::string begun_;  // a line that has not ended yet
};

[[nodiscard]] Command add_watch(CLI::App& program);

}  // namespace tickwire::cli
