// SPDX-License-Identifier: Apache-2.0
#include "gameserver/script/rule.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace tickwire::game {

Result<void> Rule::load(std::string_view source) {
  // Outside of the lock: checks by the old script go on meanwhile.
  auto loaded = Script::load(name_, source, limits_);
  const bool complete = loaded && loaded->defines(kFunction);
  const std::lock_guard lock(mutex_);
  if (!loaded) {
    ++counts_.errors[static_cast<std::size_t>(loaded.error().kind)];
    return std::unexpected(std::move(loaded.error().text));
  }
  if (!complete) {
    ++counts_.errors[static_cast<std::size_t>(ScriptError::kRuntime)];
    return std::unexpected(
        fmt::format("{}: {}: there is no function '{}'", name_, script_error_name(ScriptError::kRuntime), kFunction));
  }
  script_ = std::move(*loaded);
  failures_ = 0;
  return {};
}

Result<Verdict> Rule::check(const PlayerFacts& facts) {
  const std::array arguments{
      ScriptArgument{"player", std::int64_t{facts.player}},
      ScriptArgument{"name", player_name_text(facts.name)},
      ScriptArgument{"seconds", std::chrono::duration<double>(facts.lasted).count()},
      ScriptArgument{"inputs", std::int64_t{facts.inputs}},
      ScriptArgument{"client_ticks", std::int64_t{facts.client_ticks}},
      ScriptArgument{"server_ticks", std::int64_t{facts.server_ticks}},
      ScriptArgument{"tick_rate_hz", std::int64_t{facts.tick_rate_hz}},
      ScriptArgument{"moved_mm", std::int64_t{facts.moved_mm}},
      ScriptArgument{"speed_limit_mm_s", std::int64_t{facts.speed_limit_mm_s}},
      ScriptArgument{"chats", std::int64_t{facts.chats}},
      ScriptArgument{"stale_inputs", std::int64_t{facts.stale_inputs}},
  };
  const std::lock_guard lock(mutex_);
  if (!script_ || failures_ >= most_failures_) return Verdict{};
  ++counts_.calls;
  auto verdict = script_->call(kFunction, arguments);
  if (!verdict) return std::unexpected(count_failure(std::move(verdict.error())));
  failures_ = 0;
  counts_.warnings += verdict->action == RuleAction::kWarn;
  counts_.evictions += verdict->action == RuleAction::kEvict;
  return std::move(*verdict);
}

std::string Rule::count_failure(ScriptFailure failure) {
  ++counts_.errors[static_cast<std::size_t>(failure.kind)];
  if (++failures_ < most_failures_) return std::move(failure.text);
  ++counts_.switched_off;
  return fmt::format("{}; switched off after {} failures in a row, until it is loaded again", failure.text, failures_);
}

bool Rule::is_on() const {
  const std::lock_guard lock(mutex_);
  return script_.has_value() && failures_ < most_failures_;
}

RuleCounts Rule::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::size_t Rule::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return script_ ? script_->used_bytes() : 0;
}

}  // namespace tickwire::game
