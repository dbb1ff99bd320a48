// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lag/lag_parts.h"

#include <time.h>

#include <algorithm>
#include <chrono>

#include "gameserver/lag/lag_line.h"

namespace tickwire::game {
namespace {

Nanoseconds thread_processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return to_nanoseconds(used);
}

}  // namespace

void LagEnd::sleep_until(Nanoseconds deadline_mono) {
  std::unique_lock lock(mutex_);
  // The steady clock is CLOCK_MONOTONIC.
  changed_.wait_until(lock, std::chrono::steady_clock::time_point(deadline_mono), [this] { return ended_; });
}

void LagEnd::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

bool LagEnd::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void WorldLag::begin_tick(std::uint32_t tick, Nanoseconds now_mono) {
  if (const auto length = tick_stall_.take(now_mono)) stall_for(tick, *length);
  if (const auto length = burn_.take(now_mono)) burn_for(tick, *length);
}

void WorldLag::stall_for(std::uint32_t tick, Nanoseconds length) {
  const auto begin = monotonic_now();
  end_.sleep_until(begin + length);
  auto line = lag_line("tick_stall", begin, monotonic_now(), length);
  line["tick"] = tick;
  log_.write(line.dump());
}

// Counts the thread's own time: where others want the processor too, it lasts longer, as work would.
void WorldLag::burn_for(std::uint32_t tick, Nanoseconds length) {
  const auto begin = monotonic_now();
  const auto processor_begin = thread_processor_time();
  auto used = Nanoseconds::zero();
  while (used < length && !end_.has_ended()) used = thread_processor_time() - processor_begin;
  auto line = lag_line("burn", begin, monotonic_now(), length);
  line["processor_ns"] = used.count();
  line["tick"] = tick;
  log_.write(line.dump());
}

void IoLag::advance(Nanoseconds now_mono) {
  if (stall_ && now_mono >= stall_->begin_mono + stall_->length) close(now_mono);
  const auto length = io_stall_.take(now_mono);
  if (length && !stall_) stall_ = Interval{.begin_mono = now_mono, .length = *length};
}

Nanoseconds IoLag::next_change_mono() const {
  const auto end = stall_ ? stall_->begin_mono + stall_->length : Nanoseconds::max();
  return std::min(end, io_stall_.next_mono());
}

void IoLag::close(Nanoseconds now_mono) {
  if (stall_) note(stall_->begin_mono, now_mono, stall_->length);
  stall_.reset();
}

void IoLag::note(Nanoseconds begin_mono, Nanoseconds end_mono, Nanoseconds asked) {
  auto line = lag_line("io_stall", begin_mono, end_mono, asked);
  line["thread"] = thread_;
  log_.write(line.dump());
}

}  // namespace tickwire::game
