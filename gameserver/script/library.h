// What it owns: the functions that a script has.
// Who may use it: script/.
// Thread: the script's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

struct lua_State;

namespace tickwire::game {

// A table, or a range of one, with more elements is refused by the functions of `table`: a length can be anything up to 2^63 without the
// memory for it, and a C function that walks it is not interrupted.
inline constexpr std::int64_t kMostElements = 8192;
// Values that table.unpack() gives back.
inline constexpr std::int64_t kMostUnpacked = 250;

// Makes a fresh environment the one of all chunks that are loaded from now on. Raises Lua errors: call it protected.
//
//   assert error ipairs next pairs pcall select tonumber tostring type
//   math    all but random and randomseed
//   string  byte char format len lower rep reverse sub upper; format without %p, and of no tables or functions
//   table   concat insert remove sort unpack
//
// Not there: whatever reaches the system, loads code, or runs long inside one call: patterns (find, match, gmatch, gsub), pack and
// unpack of string, coroutines (each has an instruction count of its own), metatables (finalizers), utf8, collectgarbage. Walks of a
// table cost instructions by its length.
void open_library(lua_State* state);

}  // namespace tickwire::game
