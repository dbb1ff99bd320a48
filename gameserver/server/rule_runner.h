// What it owns: the way of a player's facts from the world to the rules, and of a verdict back.
// Who may use it: the server's wiring.
// Thread: take() on the world's, load() and the counts on any; rules run on a worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <vector>

#include "gameserver/bus/queue.h"
#include "gameserver/bus/workers.h"
#include "gameserver/metrics/families.h"
#include "gameserver/script/rule.h"
#include "gameserver/world/facts.h"
#include "gameserver/world/port.h"

namespace tickwire::game {

class RuleRunner {
 public:
  // capacity: facts that wait for a worker: those of every player once.
  RuleRunner(std::size_t capacity, WorkerPool& borrowed_workers, WorldInbox& borrowed_world);

  // As Rule::load(). A script that was switched off is on again.
  [[nodiscard]] Result<void> load(std::string_view source) { return rule_.load(source); }
  // False: no room.
  [[nodiscard]] bool take(const PlayerFacts& facts);

  [[nodiscard]] const auto& queue() const { return facts_; }
  // game_script_calls_total, game_script_errors_total{script,kind}, game_script_verdicts_total{script,action},
  // game_script_switched_off_total, game_script_on, game_script_memory_bytes, game_script_lost_evictions_total.
  [[nodiscard]] MetricFamilies families() const;

 private:
  void work();
  void check(const PlayerFacts& facts);
  // One line a second at most: a script that fails does so for each player.
  void report(std::string_view what);

  WorkerPool* workers_;
  WorldInbox* world_;
  Rule rule_;
  BoundedQueue<PlayerFacts, FullPolicy::kRefuse> facts_;
  std::atomic<bool> scheduled_ = false;            // a worker will look into the queue
  std::atomic<std::uint64_t> lost_evictions_ = 0;  // the world had no room; a rule that still holds says so again
  std::mutex mutex_;                               // of what follows: one worker at a time
  std::vector<PlayerFacts> batch_;
  Nanoseconds next_report_mono_{};
};

}  // namespace tickwire::game
