// What it owns: what one script may use, and stopping it when it has used that up.
// Who may use it: script/.
// Thread: the script's, one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "gameserver/common/clock.h"

struct lua_Debug;
struct lua_State;

namespace tickwire::game {

struct ScriptLimits {
  // Of the whole Lua state, which has about 10 KiB before a script is in it. One string or table may have a quarter of it at most, so that
  // no single operation on it takes long.
  std::size_t memory_bytes = 1024 * 1024;
  // Lua instructions per call, 1000 at least. Work that happens inside one instruction counts as well: 64 bytes of memory as one, and
  // see library.h.
  std::int64_t instructions = 100'000;
  // Of the calling thread per call, looked at each kInstructionsPerCheck: for what the count above does not see, such as comparisons of
  // long strings.
  Nanoseconds cpu = std::chrono::milliseconds(50);
};

// Memory and instructions of one Lua state. A script that has used up its share is stopped by an error that comes again at each of its
// further instructions, so that it ends however often it catches it.
class Meter {
 public:
  static constexpr int kInstructionsPerCheck = 1000;
  // Each refused block makes Lua collect its garbage before it gives up: more of that in one call is itself a way to use up time.
  static constexpr int kMostRefusals = 16;

  enum class Stop : std::uint8_t { kNone, kInstructions, kMemory };

  explicit Meter(const ScriptLimits& limits) : limits_(limits) {}
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  // The meter of a state that was made with allocate().
  [[nodiscard]] static Meter& of(lua_State* state);
  // A lua_Alloc; meter is a Meter.
  [[nodiscard]] static void* allocate(void* meter, void* block, std::size_t old_bytes, std::size_t new_bytes);

  // Gives the state a full share for the call that follows.
  void begin(lua_State* borrowed_state);
  // Takes units off the share of the running call; raises a Lua error when nothing is left.
  void charge(std::int64_t units);

  // Why the newest call was stopped.
  [[nodiscard]] Stop stopped() const { return stop_; }
  [[nodiscard]] std::size_t used_bytes() const { return used_bytes_; }
  [[nodiscard]] std::size_t most_block_bytes() const { return limits_.memory_bytes / 4; }

 private:
  static void on_count(lua_State* state, lua_Debug* event);
  [[nodiscard]] bool may_grow(std::size_t old_bytes, std::size_t new_bytes);
  void stop(Stop why);
  [[nodiscard]] bool out_of_time();

  ScriptLimits limits_;
  lua_State* state_ = nullptr;  // of the running call
  std::size_t used_bytes_ = 0;
  std::int64_t left_ = 0;
  int check_interval_ = 1;
  int refusals_ = 0;
  Nanoseconds first_check_cpu_{};
  Stop stop_ = Stop::kNone;
};

}  // namespace tickwire::game
