// SPDX-License-Identifier: Apache-2.0
#include "gameserver/script/library.h"

#include <lua.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "gameserver/script/meter.h"

// Errors of Lua leave these functions by longjmp: none of them may hold an object with a destructor.
namespace tickwire::game {
namespace {

constexpr std::array kBaseNames{"assert", "error", "ipairs", "next", "pairs", "pcall", "select", "type"};
constexpr std::array kMathNames{"abs",  "acos", "asin",      "atan", "ceil", "cos",        "deg",       "exp", "floor",
                                "fmod", "huge", "log",       "max",  "min",  "modf",       "pi",        "rad", "sin",
                                "sqrt", "tan",  "tointeger", "type", "ult",  "maxinteger", "mininteger"};
constexpr std::array kStringNames{"byte", "char", "len", "lower", "reverse", "sub", "upper"};

// What a C function of Lua does element by element, in instructions.
constexpr std::int64_t kElementsPerInstruction = 4;
constexpr std::int64_t kBytesPerComparison = 32;

// Goes on as the original, the function's upvalue, in this very call: its errors name the line of the script.
int call_original(lua_State* state) { return lua_tocfunction(state, lua_upvalueindex(1))(state); }

// The length of the table that is the first argument.
std::int64_t checked_length(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const auto length = static_cast<std::int64_t>(lua_rawlen(state, 1));
  // Unsigned: a length beyond 2^63 is negative here.
  if (length < 0 || length > kMostElements)
    luaL_error(state, "table too large (more than %d elements)", static_cast<int>(kMostElements));
  return length;
}

// How many elements the arguments first .. last, which default to 1 .. length, span.
std::int64_t checked_range(lua_State* state, int first_index, std::int64_t length, std::int64_t most) {
  const lua_Integer first = luaL_optinteger(state, first_index, 1);
  const lua_Integer last = luaL_optinteger(state, first_index + 1, length);
  if (first > last) return 0;
  const std::uint64_t count = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  if (count >= static_cast<std::uint64_t>(most))
    luaL_error(state, "range too large (more than %d elements)", static_cast<int>(most));
  return static_cast<std::int64_t>(count) + 1;
}

int concat(lua_State* state) {
  const std::int64_t range = checked_range(state, 3, checked_length(state), kMostElements);
  Meter::of(state).charge(range / kElementsPerInstruction);
  return call_original(state);
}

// With more arguments than that, insert and remove move what lies behind the position.
int shift(lua_State* state, int arguments_at_the_end) {
  const std::int64_t length = checked_length(state);
  if (lua_gettop(state) > arguments_at_the_end) Meter::of(state).charge(length / kElementsPerInstruction);
  return call_original(state);
}
int insert(lua_State* state) { return shift(state, 2); }
int remove(lua_State* state) { return shift(state, 1); }

int unpack(lua_State* state) {
  const std::int64_t range = checked_range(state, 2, checked_length(state), kMostUnpacked);
  Meter::of(state).charge(range / kElementsPerInstruction);
  return call_original(state);
}

// A comparison of two strings looks at no more bytes than they have.
int sort(lua_State* state) {
  const std::int64_t length = checked_length(state);
  std::int64_t pass = length;
  for (std::int64_t i = 1; i <= length; ++i) {
    if (lua_rawgeti(state, 1, i) == LUA_TSTRING) pass += static_cast<std::int64_t>(lua_rawlen(state, -1)) / kBytesPerComparison;
    lua_pop(state, 1);
  }
  std::int64_t passes = 1;
  while (length >> passes > 0) ++passes;
  Meter::of(state).charge(pass * passes / kElementsPerInstruction);
  return call_original(state);
}

// Each byte of a string is looked at.
int to_number(lua_State* state) {
  if (lua_type(state, 1) == LUA_TSTRING) {
    Meter::of(state).charge(static_cast<std::int64_t>(lua_rawlen(state, 1)) / kElementsPerInstruction);
  }
  return call_original(state);
}

int rep(lua_State* state) {
  std::size_t bytes = 0;
  std::size_t separator_bytes = 0;
  luaL_checklstring(state, 1, &bytes);
  const lua_Integer count = luaL_checkinteger(state, 2);
  luaL_optlstring(state, 3, "", &separator_bytes);
  // Nothing, very often: the original would count to the end.
  if (count <= 0 || bytes + separator_bytes == 0) {
    lua_pushliteral(state, "");
    return 1;
  }
  if (static_cast<std::size_t>(count) > Meter::of(state).most_block_bytes() / (bytes + separator_bytes)) {
    return luaL_error(state, "resulting string too large");
  }
  Meter::of(state).charge(count / kElementsPerInstruction);
  return call_original(state);
}

// %p, tables and functions would show where things lie in memory.
int format(lua_State* state) {
  std::size_t bytes = 0;
  const char* const text = luaL_checklstring(state, 1, &bytes);
  const char* const end = text + bytes;
  for (const char* at = text; at < end; ++at) {
    if (*at != '%' || ++at == end) continue;
    while (at < end && std::strchr("-+ #0123456789.", *at) != nullptr && *at != '\0') ++at;
    if (at < end && *at == 'p') return luaL_error(state, "invalid conversion '%%p' to 'format'");
  }
  for (int i = 2; i <= lua_gettop(state); ++i) {
    const int type = lua_type(state, i);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN && type != LUA_TNIL) {
      return luaL_argerror(state, i, "a string, number, boolean or nil is expected");
    }
  }
  return call_original(state);
}

int to_string(lua_State* state) {
  luaL_checkany(state, 1);
  const int type = lua_type(state, 1);
  if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN || type == LUA_TNIL) {
    luaL_tolstring(state, 1, nullptr);
  } else {
    lua_pushstring(state, lua_typename(state, type));
  }
  return 1;
}

// Leaves the library's table on the stack, which is not registered anywhere.
void open(lua_State* state, lua_CFunction opener) {
  lua_pushcfunction(state, opener);
  lua_call(state, 0, 1);
}

// Copies fields of the table at the top into the one below it.
void copy(lua_State* state, std::span<const char* const> names) {
  for (const char* const name : names) {
    lua_getfield(state, -1, name);
    lua_setfield(state, -3, name);
  }
}

struct Guarded {
  const char* name;
  lua_CFunction guard;
};
constexpr std::array kGuardedBase{Guarded{"tonumber", to_number}};
constexpr std::array kGuardedStrings{Guarded{"format", format}, Guarded{"rep", rep}};
constexpr std::array kGuardedTables{Guarded{"concat", concat}, Guarded{"insert", insert}, Guarded{"remove", remove},
                                    Guarded{"sort", sort}, Guarded{"unpack", unpack}};

// The same, with a guard in front of each.
void copy_guarded(lua_State* state, std::span<const Guarded> functions) {
  for (const Guarded& function : functions) {
    lua_getfield(state, -1, function.name);
    lua_pushcclosure(state, function.guard, 1);
    lua_setfield(state, -3, function.name);
  }
}

}  // namespace

void open_library(lua_State* state) {
  lua_newtable(state);  // the environment

  open(state, luaopen_base);
  copy(state, kBaseNames);
  copy_guarded(state, kGuardedBase);
  lua_pop(state, 1);
  lua_pushcfunction(state, to_string);
  lua_setfield(state, -2, "tostring");

  lua_newtable(state);
  open(state, luaopen_math);
  copy(state, kMathNames);
  lua_pop(state, 1);
  lua_setfield(state, -2, "math");

  lua_newtable(state);
  open(state, luaopen_string);
  copy(state, kStringNames);
  copy_guarded(state, kGuardedStrings);
  lua_pop(state, 1);
  // Methods of strings, ("x"):rep(3), come from the same few functions.
  lua_pushliteral(state, "");
  lua_newtable(state);
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  lua_setmetatable(state, -2);
  lua_pop(state, 1);
  lua_setfield(state, -2, "string");

  lua_newtable(state);
  open(state, luaopen_table);
  copy_guarded(state, kGuardedTables);
  lua_pop(state, 1);
  lua_setfield(state, -2, "table");

  lua_rawseti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

}  // namespace tickwire::game
