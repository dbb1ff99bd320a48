// What it owns: a rule of the game that is written as a script: what it is told, and what becomes of it when it fails.
// Who may use it: the server, once a second for each player, from a worker.
// Thread: any; calls of one rule run one after another.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gameserver/common/result.h"
#include "gameserver/script/script.h"

namespace tickwire::game {

// What one player did since the last check. The script gets a table of these names.
struct RuleFacts {
  std::uint32_t player = 0;        // its id, which is never given again
  std::string_view name;           // borrowed for the call
  double seconds = 0;              // how long that was
  std::uint32_t inputs = 0;        // input messages that arrived, stale ones included
  std::uint32_t client_ticks = 0;  // how far the newest client_tick went on; 0 before there were two
  std::uint32_t server_ticks = 0;  // how far the server's tick went on
  std::uint32_t tick_rate_hz = 0;
  std::uint32_t moved_mm = 0;          // length of the way
  std::uint32_t speed_limit_mm_s = 0;  // what can be walked in a second at most, diagonals included
  std::uint32_t chats = 0;             // lines
  std::uint32_t stale_inputs = 0;      // inputs that came after a newer one
};

struct RuleCounts {
  std::uint64_t calls = 0;  // of scripts that were switched on
  std::uint64_t warnings = 0;
  std::uint64_t evictions = 0;
  std::array<std::uint64_t, kScriptErrorCount> errors{};  // by ScriptError; of calls and of loads
  std::uint64_t switched_off = 0;                         // how often
  friend bool operator==(const RuleCounts&, const RuleCounts&) = default;
};

class Rule {
 public:
  static constexpr unsigned kDefaultMostFailures = 10;
  // The function of the script that is called.
  static constexpr const char* kFunction = "check";

  // name is for messages and metrics. After most_failures calls in a row that failed the script is switched off until the next load().
  explicit Rule(std::string name, const ScriptLimits& limits = {}, unsigned most_failures = kDefaultMostFailures)
      : name_(std::move(name)), limits_(limits), most_failures_(most_failures) {}

  // Puts a script in place of the one there is; with an error, which is counted, that one stays as it is.
  [[nodiscard]] Result<void> load(std::string_view source);
  // What the script says of the player. Without a script, or with one that is switched off: nothing. The error, which is counted, says
  // what the script did wrong, and whether it was switched off for it.
  [[nodiscard]] Result<Verdict> check(const RuleFacts& facts);

  [[nodiscard]] bool is_on() const;
  [[nodiscard]] RuleCounts counts() const;
  // Memory of the script's state now; 0 without one.
  [[nodiscard]] std::size_t used_bytes() const;

 private:
  [[nodiscard]] std::string count_failure(ScriptFailure failure);

  const std::string name_;
  const ScriptLimits limits_;
  const unsigned most_failures_;
  mutable std::mutex mutex_;
  std::optional<Script> script_;
  unsigned failures_ = 0;  // in a row
  RuleCounts counts_;
};

}  // namespace tickwire::game
