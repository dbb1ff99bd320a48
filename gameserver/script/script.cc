// SPDX-License-Identifier: Apache-2.0
#include "gameserver/script/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <lua.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "gameserver/common/printable.h"
#include "gameserver/script/library.h"

// Errors of Lua leave the protected functions by longjmp: none of them may hold an object with a destructor.
namespace tickwire::game {
namespace {

constexpr std::size_t kMostErrorBytes = 200;
// Garbage is collected when there is a fifth more than after the last time: memory is short and the states are small.
constexpr int kGarbagePausePercent = 120;
constexpr int kGarbageStepPercent = 200;

struct Definition {
  const char* function;
  bool found = false;
};

struct Call {
  const char* function;
  std::span<const ScriptArgument> arguments;
  RuleAction action = RuleAction::kNone;
  std::array<char, Script::kMaxReasonBytes> reason{};
  std::size_t reason_bytes = 0;
  const char* wrong = nullptr;  // why the answer is no verdict
};

static_assert(std::is_trivially_destructible_v<Definition> && std::is_trivially_destructible_v<Call> &&
              std::is_trivially_destructible_v<ScriptArgument>);

int set_up(lua_State* state) {
  open_library(state);
  lua_gc(state, LUA_GCCOLLECT);
  lua_gc(state, LUA_GCINC, kGarbagePausePercent, kGarbageStepPercent, 0);
  return 0;
}

// Pushes the global of this name.
int push_global(lua_State* state, const char* name) {
  lua_rawgeti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  return lua_getfield(state, -1, name);
}

int find_function(lua_State* state) {
  auto* const definition = static_cast<Definition*>(lua_touserdata(state, 1));
  definition->found = push_global(state, definition->function) == LUA_TFUNCTION;
  return 0;
}

void push(lua_State* state, const ScriptArgument& argument) {
  if (const auto* const integer = std::get_if<std::int64_t>(&argument.value)) {
    lua_pushinteger(state, *integer);
  } else if (const auto* const number = std::get_if<double>(&argument.value)) {
    lua_pushnumber(state, *number);
  } else if (const auto* const text = std::get_if<std::string_view>(&argument.value)) {
    lua_pushlstring(state, text->data(), text->size());
  }
}

// Reads the verdict at the top of the stack into the call.
void take_verdict(lua_State* state, Call& call) {
  if (lua_isnil(state, -1)) return;
  if (!lua_istable(state, -1)) {
    call.wrong = "neither nil nor a table was returned";
    return;
  }
  std::size_t bytes = 0;
  lua_getfield(state, -1, "action");
  const char* const word = lua_type(state, -1) == LUA_TSTRING ? lua_tolstring(state, -1, &bytes) : "";
  const std::string_view action(word, bytes);
  lua_getfield(state, -2, "reason");
  if (action != "warn" && action != "evict") {
    call.wrong = "action must be \"warn\" or \"evict\"";
  } else if (lua_type(state, -1) != LUA_TSTRING) {
    call.wrong = "reason must be a string";
  } else {
    const char* const reason = lua_tolstring(state, -1, &bytes);
    call.reason_bytes = std::min(bytes, call.reason.size());
    std::copy_n(reason, call.reason_bytes, call.reason.data());
    call.action = action == "warn" ? RuleAction::kWarn : RuleAction::kEvict;
  }
}

int call_function(lua_State* state) {
  auto* const call = static_cast<Call*>(lua_touserdata(state, 1));
  if (push_global(state, call->function) != LUA_TFUNCTION) return luaL_error(state, "there is no function '%s'", call->function);
  lua_createtable(state, 0, static_cast<int>(call->arguments.size()));
  for (const ScriptArgument& argument : call->arguments) {
    push(state, argument);
    lua_setfield(state, -2, argument.name);
  }
  lua_call(state, 1, 1);
  take_verdict(state, *call);
  return 0;
}

}  // namespace

std::string_view script_error_name(ScriptError error) {
  constexpr std::array<std::string_view, kScriptErrorCount> kNames{"syntax", "runtime", "memory", "budget", "verdict"};
  return kNames[static_cast<std::size_t>(error)];
}

void Script::Close::operator()(lua_State* state) const { lua_close(state); }

std::expected<Script, ScriptFailure> Script::load(std::string_view name, std::string_view source, const ScriptLimits& limits) {
  Script script(name, limits);
  if (source.size() > kMaxScriptBytes) {
    return std::unexpected(script.fail(ScriptError::kSyntax, fmt::format("more than {} bytes", kMaxScriptBytes)));
  }
  script.state_.reset(lua_newstate(&Meter::allocate, script.meter_.get()));
  if (!script.state_) return std::unexpected(script.fail(ScriptError::kMemory, "not enough for a Lua state"));
  if (auto ready = script.run(set_up, nullptr); !ready) return std::unexpected(std::move(ready.error()));
  if (auto loaded = script.run_source(source); !loaded) return std::unexpected(std::move(loaded.error()));
  return script;
}

bool Script::defines(const char* function) {
  Definition definition{.function = function};
  return run(find_function, &definition).has_value() && definition.found;
}

std::expected<Verdict, ScriptFailure> Script::call(const char* function, std::span<const ScriptArgument> arguments) {
  Call call{.function = function, .arguments = arguments};
  if (auto ran = run(call_function, &call); !ran) return std::unexpected(std::move(ran.error()));
  if (call.wrong != nullptr) return std::unexpected(fail(ScriptError::kVerdict, call.wrong));
  return Verdict{.action = call.action, .reason = printable({call.reason.data(), call.reason_bytes}, kMaxReasonBytes)};
}

std::expected<void, ScriptFailure> Script::run_source(std::string_view source) {
  meter_->begin(state_.get());
  const std::string chunk_name = "=" + name_;
  // Compiling is protected by itself. "t": bytecode, which can be made to break anything, is refused.
  int status = luaL_loadbufferx(state_.get(), source.data(), source.size(), chunk_name.c_str(), "t");
  // A text that nests too deeply is no other error than a text that is no Lua.
  if (status == LUA_ERRRUN) status = LUA_ERRSYNTAX;
  if (status == LUA_OK) status = lua_pcall(state_.get(), 0, 0, 0);
  return finish(status);
}

std::expected<void, ScriptFailure> Script::run(int (*function)(lua_State*), void* argument) {
  meter_->begin(state_.get());
  lua_pushcfunction(state_.get(), function);
  lua_pushlightuserdata(state_.get(), argument);
  return finish(lua_pcall(state_.get(), 1, 0, 0));
}

std::expected<void, ScriptFailure> Script::finish(int status) {
  std::expected<void, ScriptFailure> outcome;
  // A tail call of pcall() catches the stop and runs no instruction after it, at which the stop would come again.
  if (status != LUA_OK || meter_->stopped() != Meter::Stop::kNone) outcome = std::unexpected(failure(status));
  lua_settop(state_.get(), 0);
  return outcome;
}

ScriptFailure Script::failure(int status) const {
  if (meter_->stopped() == Meter::Stop::kInstructions) return fail(ScriptError::kBudget, "instructions used up");
  if (meter_->stopped() == Meter::Stop::kMemory || status == LUA_ERRMEM) return fail(ScriptError::kMemory, "memory used up");
  std::string_view reason = "an error that is no text";
  // Of a string only: a number would be converted, which needs memory, and nothing is protected here.
  if (lua_type(state_.get(), -1) == LUA_TSTRING) {
    std::size_t bytes = 0;
    const char* const text = lua_tolstring(state_.get(), -1, &bytes);
    reason = {text, bytes};
  }
  return fail(status == LUA_ERRSYNTAX ? ScriptError::kSyntax : ScriptError::kRuntime, reason);
}

ScriptFailure Script::fail(ScriptError kind, std::string_view reason) const {
  return {.kind = kind, .text = fmt::format("{}: {}: {}", name_, script_error_name(kind), printable(reason, kMostErrorBytes))};
}

}  // namespace tickwire::game
