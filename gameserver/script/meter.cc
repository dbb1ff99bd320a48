// SPDX-License-Identifier: Apache-2.0
#include "gameserver/script/meter.h"

#include <time.h>
#include <lua.hpp>

#include <algorithm>
#include <cstdlib>

namespace tickwire::game {
namespace {

constexpr std::size_t kBytesPerInstruction = 64;

Nanoseconds thread_cpu_now() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return to_nanoseconds(now);
}

// Without a text: that would need memory, which may be what has run out.
[[noreturn]] void raise(lua_State* state) {
  lua_pushnil(state);
  lua_error(state);
  std::abort();  // not reached: lua_error() does not return
}

}  // namespace

Meter& Meter::of(lua_State* state) {
  void* meter = nullptr;
  lua_getallocf(state, &meter);
  return *static_cast<Meter*>(meter);
}

void* Meter::allocate(void* meter, void* block, std::size_t old_bytes, std::size_t new_bytes) {
  Meter& self = *static_cast<Meter*>(meter);
  if (block == nullptr) old_bytes = 0;  // Lua passes what the block is for
  if (new_bytes == 0) {
    std::free(block);
    self.used_bytes_ -= old_bytes;
    return nullptr;
  }
  if (!self.may_grow(old_bytes, new_bytes)) return nullptr;
  void* const moved = std::realloc(block, new_bytes);
  if (moved == nullptr && new_bytes > old_bytes) return nullptr;
  self.used_bytes_ += new_bytes - old_bytes;
  // Lua relies on it that a block can be made smaller.
  return moved != nullptr ? moved : block;
}

bool Meter::may_grow(std::size_t old_bytes, std::size_t new_bytes) {
  if (new_bytes <= old_bytes) return true;
  const std::size_t growth = new_bytes - old_bytes;
  if (new_bytes > most_block_bytes() || growth > limits_.memory_bytes - used_bytes_) {
    if (++refusals_ >= kMostRefusals) stop(Stop::kMemory);
    return false;
  }
  left_ -= static_cast<std::int64_t>(growth / kBytesPerInstruction);
  if (left_ < 0) stop(Stop::kInstructions);
  return true;
}

void Meter::begin(lua_State* borrowed_state) {
  state_ = borrowed_state;
  left_ = limits_.instructions;
  refusals_ = 0;
  first_check_cpu_ = {};
  stop_ = Stop::kNone;
  check_interval_ = static_cast<int>(std::clamp<std::int64_t>(limits_.instructions, 1, kInstructionsPerCheck));
  lua_sethook(state_, &Meter::on_count, LUA_MASKCOUNT, check_interval_);
}

void Meter::charge(std::int64_t units) {
  left_ -= units;
  if (left_ >= 0 && stop_ == Stop::kNone) return;
  stop(Stop::kInstructions);
  raise(state_);
}

void Meter::stop(Stop why) {
  if (state_ == nullptr) return;  // the state is being made or closed
  if (stop_ == Stop::kNone) stop_ = why;
  // May be called at any time, even by the allocator: the manual lets signal handlers do it.
  lua_sethook(state_, &Meter::on_count, LUA_MASKCOUNT, 1);
}

bool Meter::out_of_time() {
  const Nanoseconds now = thread_cpu_now();
  if (first_check_cpu_ == Nanoseconds{}) first_check_cpu_ = now;
  return now - first_check_cpu_ > limits_.cpu;
}

void Meter::on_count(lua_State* state, lua_Debug*) {
  Meter& self = of(state);
  if (self.stop_ == Stop::kNone) {
    self.left_ -= self.check_interval_;
    if (self.left_ > 0 && !self.out_of_time()) return;
    self.stop(Stop::kInstructions);
  }
  raise(state);
}

}  // namespace tickwire::game
