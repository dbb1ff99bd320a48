// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/world_loop.h"

#include <sys/resource.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace tickwire::game {
namespace {

enum Id : std::uint64_t { kTimer, kWake };

// Of nice(2), for this thread alone: a tick takes a millisecond, and is not to wait for a gateway that sends to thousands.
constexpr int kNice = -10;

}  // namespace

WorldLoop::WorldLoop(const WorldOptions& options, WorldPorts ports, TickObserver before_tick)
    : host_(options, std::move(ports)), before_tick_(std::move(before_tick)) {}

Result<std::unique_ptr<WorldLoop>> WorldLoop::open(const WorldOptions& options, WorldPorts ports, TickObserver before_tick) {
  auto wake = ports.borrowed_inbox->wake;
  std::unique_ptr<WorldLoop> loop(new WorldLoop(options, std::move(ports), std::move(before_tick)));
  loop->wake_ = std::move(wake);
  auto opened =
      in_order([&] { return keep(loop->poller_, Poller::open()); }, [&] { return keep(loop->timer_, DeadlineTimer::open()); },
               [&] { return loop->poller_->add(loop->timer_->fd(), EPOLLIN, kTimer); },
               [&] { return loop->poller_->add(loop->wake_->fd(), EPOLLIN, kWake); });
  if (!opened) return std::unexpected(std::move(opened.error()));
  return loop;
}

Result<void> WorldLoop::start() {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "start", "the world's thread");
  }
  return {};
}

void WorldLoop::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake_->notify();
  thread_.join();
}

void WorldLoop::configure(const WorldConfig& config) {
  const std::lock_guard lock(config_mutex_);
  next_config_ = config;
}

void WorldLoop::take_config() {
  const std::lock_guard lock(config_mutex_);
  if (next_config_) host_.configure(*std::exchange(next_config_, std::nullopt));
}

void WorldLoop::run() {
  // Linux takes 0 for the calling thread. Refused without CAP_SYS_NICE: ticks are then as punctual as the scheduler has it.
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice));
  TickClock ticks(tick_rate_hz(), monotonic_now());
  while (!stopping_) {
    timer_->arm(ticks.next_deadline_mono());
    const auto ready = poller_->wait();
    if (std::ranges::any_of(ready, [](const epoll_event& event) { return event.data.u64 == kWake; })) wake_->drain();
    const auto now = monotonic_now();
    if (const auto due = ticks.advance(now); due.run > 0) {
      tick(due, now);
    } else {
      host_.serve(now);
    }
  }
  host_.close(monotonic_now());
}

void WorldLoop::tick(const DueTicks& due, Nanoseconds woken_mono) {
  if (before_tick_) before_tick_(host_.world().tick() + 1, woken_mono);
  take_config();
  const auto begin = monotonic_now();
  host_.serve(begin);
  for (int i = 0; i < due.run; ++i) host_.step(begin);
  // A tick that is caught up moves the world; players see its outcome in the frame of the tick behind it.
  host_.publish_frame();
  const auto work = monotonic_now() - woken_mono;
  auto& stats = host_.stats();
  const auto late_ns = static_cast<std::uint64_t>(due.late_by.count());
  const auto work_ns = static_cast<std::uint64_t>(work.count());
  stats.ticks += static_cast<std::uint64_t>(due.run);
  stats.skipped_ticks += due.skipped;
  if (due.late_by * 10 * tick_rate_hz() > std::chrono::seconds(1)) ++stats.late_ticks;
  stats.worst_late_ns.set(std::max(stats.worst_late_ns.value(), late_ns));
  stats.worst_work_ns.set(std::max(stats.worst_work_ns.value(), work_ns));
  stats.recent_late_ns.note(late_ns);
  stats.recent_work_ns.note(work_ns);
  stats.work_ns += work_ns;
  stats.lateness_s.observe(std::chrono::duration<double>(due.late_by).count());
  stats.work_s.observe(std::chrono::duration<double>(work).count());
}

}  // namespace tickwire::game
