// What it owns: one script in its sandbox.
// Who may use it: rules.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "gameserver/script/meter.h"

struct lua_State;

namespace tickwire::game {

enum class ScriptError : std::uint8_t {
  kSyntax,   // the text is no Lua 5.4, or is larger than kMaxScriptBytes
  kRuntime,  // the script raised an error, or has no such function
  kMemory,   // it needs more memory than it may have
  kBudget,   // it used up its instructions
  kVerdict,  // it returned what is no verdict
};
inline constexpr std::size_t kScriptErrorCount = 5;
// "syntax", "runtime", "memory", "budget", "verdict".
[[nodiscard]] std::string_view script_error_name(ScriptError error);

struct ScriptFailure {
  ScriptError kind = ScriptError::kRuntime;
  std::string text;  // "rules/anti_cheat.lua: budget: ..."; printable ASCII
};

enum class RuleAction : std::uint8_t { kNone, kWarn, kEvict };

struct Verdict {
  RuleAction action = RuleAction::kNone;
  std::string reason;  // printable ASCII, at most kMaxReasonBytes
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// A field of the table that a function is called with.
struct ScriptArgument {
  const char* name = "";
  std::variant<std::int64_t, double, std::string_view> value;
};

// Text, never bytecode. Each script has a Lua state of its own, with nothing of the system in it; library.h says what is. Memory: at most
// ScriptLimits::memory_bytes, which are the script's to keep from call to call.
class Script {
 public:
  static constexpr std::size_t kMaxScriptBytes = 64 * 1024;
  static constexpr std::size_t kMaxReasonBytes = 64;

  // Compiles the source and runs it once, within the limits of a call, so that it can define its functions. name is for messages.
  [[nodiscard]] static std::expected<Script, ScriptFailure> load(std::string_view name, std::string_view source,
                                                                 const ScriptLimits& limits = {});

  [[nodiscard]] bool defines(const char* function);
  // Calls a global function with one table of these fields. It returns nil, or a table: action is "warn" or "evict", reason a string,
  // which is cut to kMaxReasonBytes. After a failure the script can be called again; what it has set before stays.
  [[nodiscard]] std::expected<Verdict, ScriptFailure> call(const char* function, std::span<const ScriptArgument> arguments);

  [[nodiscard]] std::size_t used_bytes() const { return meter_->used_bytes(); }

 private:
  struct Close {
    void operator()(lua_State* state) const;
  };
  explicit Script(std::string_view name, const ScriptLimits& limits) : name_(name), meter_(std::make_unique<Meter>(limits)) {}

  // Compiles and runs the source.
  [[nodiscard]] std::expected<void, ScriptFailure> run_source(std::string_view source);
  // Runs a C function, protected, with a pointer as its argument; nothing of what it leaves on the stack is kept.
  [[nodiscard]] std::expected<void, ScriptFailure> run(int (*function)(lua_State*), void* argument);
  // What came of a call with this status; empties the stack.
  [[nodiscard]] std::expected<void, ScriptFailure> finish(int status);
  [[nodiscard]] ScriptFailure failure(int status) const;
  [[nodiscard]] ScriptFailure fail(ScriptError kind, std::string_view reason) const;

  std::string name_;
  std::unique_ptr<Meter> meter_;  // outlives the state, and does not move
  std::unique_ptr<lua_State, Close> state_;
};

}  // namespace tickwire::game
