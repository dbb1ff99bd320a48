// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/rule_runner.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

#include "gameserver/resources/resource.h"

namespace tickwire::game {
namespace {

const std::string kScript(resource_name(ResourceId::kAntiCheat));

void say(std::string_view what) { fmt::print(stderr, "tickwire-gameserver: {}\n", what); }

}  // namespace

RuleRunner::RuleRunner(std::size_t capacity, WorkerPool& borrowed_workers, WorldInbox& borrowed_world)
    : workers_(&borrowed_workers), world_(&borrowed_world), rule_(kScript), facts_("rule_facts", capacity) {}

bool RuleRunner::take(const PlayerFacts& facts) {
  if (!facts_.push(PlayerFacts(facts))) return false;
  // Without a worker the facts wait for the next ones to call for one.
  if (!scheduled_.exchange(true) && !workers_->try_run([this] { work(); })) scheduled_ = false;
  return true;
}

void RuleRunner::work() {
  const std::lock_guard lock(mutex_);
  // Before the queue is emptied: what comes afterwards calls for a worker again.
  scheduled_ = false;
  facts_.drain(batch_);
  for (const auto& facts : batch_) check(facts);
}

void RuleRunner::check(const PlayerFacts& facts) {
  auto verdict = rule_.check(facts);
  if (!verdict) return report(verdict.error());
  if (verdict->action == RuleAction::kNone) return;
  if (verdict->action != RuleAction::kEvict) return report(fmt::format("player {}: warned: {}", facts.player, verdict->reason));
  // Of each player once, so it is said of everyone.
  say(fmt::format("player {}: put out: {}", facts.player, verdict->reason));
  if (!world_->control.push(EvictRequest{.player = facts.player, .why = std::move(verdict->reason)})) ++lost_evictions_;
}

void RuleRunner::report(std::string_view what) {
  const auto now = monotonic_now();
  if (now < next_report_mono_) return;
  next_report_mono_ = now + std::chrono::seconds(1);
  say(what);
}

MetricFamilies RuleRunner::families() const {
  const auto counts = rule_.counts();
  const MetricLabels script = {{"script", kScript}};
  std::vector<MetricSample> errors;
  for (std::size_t i = 0; i < kScriptErrorCount; ++i) {
    errors.push_back({.labels = {{"script", kScript}, {"kind", std::string(script_error_name(static_cast<ScriptError>(i)))}},
                      .value = static_cast<double>(counts.errors[i])});
  }
  std::vector<MetricSample> verdicts = {
      {.labels = {{"script", kScript}, {"action", "warn"}}, .value = static_cast<double>(counts.warnings)},
      {.labels = {{"script", kScript}, {"action", "evict"}}, .value = static_cast<double>(counts.evictions)}};
  const auto of_script = [&script](double value) { return std::vector<MetricSample>{{.labels = script, .value = value}}; };
  return {counter_family("game_script_calls_total", "Calls of scripts.", of_script(static_cast<double>(counts.calls))),
          counter_family("game_script_errors_total", "Loads and calls of scripts that failed.", std::move(errors)),
          counter_family("game_script_verdicts_total", "What scripts said of players.", std::move(verdicts)),
          counter_family("game_script_switched_off_total", "Scripts switched off for failing again and again.",
                         of_script(static_cast<double>(counts.switched_off))),
          counter_family("game_script_lost_evictions_total", "Evictions that the world had no room for.",
                         of_script(static_cast<double>(lost_evictions_.load()))),
          gauge_family("game_script_on", "1: the script is called.", of_script(rule_.is_on() ? 1 : 0)),
          gauge_family("game_script_memory_bytes", "Memory of the script's state.",
                       of_script(static_cast<double>(rule_.used_bytes())))};
}

}  // namespace tickwire::game
