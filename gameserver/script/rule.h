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
#include "gameserver/world/facts.h"

namespace tickwire::game {

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
  // What the script says of the player. It gets the facts as a table of the same names, with "seconds" for how long they lasted. Without a script, or with one that is switched off: nothing. The error, which is counted, says
  // what the script did wrong, and whether it was switched off for it.
  [[nodiscard]] Result<Verdict> check(const PlayerFacts& facts);

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
