// What it owns: running a piece of Lua in the sandbox and saying in one line what came of it.
// Who may use it: the tests of script/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "gameserver/script/script.h"

namespace tickwire::game {

// "none", "warn REASON", "evict REASON", or the failure's text.
inline std::string text_of(const std::expected<Verdict, ScriptFailure>& verdict) {
  if (!verdict) return verdict.error().text;
  if (verdict->action == RuleAction::kNone) return "none";
  return (verdict->action == RuleAction::kWarn ? "warn " : "evict ") + verdict->reason;
}

// Of load() when that fails, else of a call of check() without fields.
inline std::string outcome_of(std::string_view source, const ScriptLimits& limits = {}) {
  auto script = Script::load("rule", source, limits);
  return script ? text_of(script->call("check", {})) : script.error().text;
}

// The value of an expression, as a text; or the failure's text.
inline std::string value_of(std::string_view expression) {
  const std::string outcome =
      outcome_of(fmt::format("function check() return {{action = 'warn', reason = tostring({})}} end", expression));
  return outcome.starts_with("warn ") ? outcome.substr(5) : outcome;
}

}  // namespace tickwire::game
