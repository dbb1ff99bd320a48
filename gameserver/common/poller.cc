// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/poller.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>

namespace tickwire::game {
namespace {

Result<UniqueFd> open_signals(std::initializer_list<int> numbers) {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int number : numbers) ::sigaddset(&signals, number);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  UniqueFd fd(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) return fail_errno(errno, "create", "signal descriptor");
  return fd;
}

}  // namespace

Result<Poller> Poller::open() {
  Poller poller;
  poller.epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!poller.epoll_) return fail_errno(errno, "create", "epoll set");
  return poller;
}

Result<void> Poller::add(int borrowed_fd, std::uint32_t events, std::uint64_t id) {
  epoll_event event{.events = events, .data = {.u64 = id}};
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, borrowed_fd, &event) != 0) return fail_errno(errno, "watch", "descriptor");
  return {};
}

void Poller::modify(int borrowed_fd, std::uint32_t events, std::uint64_t id) {
  epoll_event event{.events = events, .data = {.u64 = id}};
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, borrowed_fd, &event);
}

void Poller::remove(int borrowed_fd) { ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, borrowed_fd, nullptr); }

std::span<const epoll_event> Poller::wait() {
  const int ready = ::epoll_wait(epoll_.fd(), events_.data(), static_cast<int>(events_.size()), -1);
  return std::span(events_).first(static_cast<std::size_t>(std::max(ready, 0)));
}

Result<DeadlineTimer> DeadlineTimer::open() {
  DeadlineTimer timer;
  timer.timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer.timer_) return fail_errno(errno, "create", "timer");
  return timer;
}

void DeadlineTimer::arm(Nanoseconds deadline_mono) {
  itimerspec spec{};
  // Zero would disarm the timer.
  spec.it_value = to_timespec(std::max(deadline_mono, Nanoseconds(1)));
  ::timerfd_settime(timer_.fd(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void DeadlineTimer::disarm() {
  const itimerspec spec{};
  ::timerfd_settime(timer_.fd(), 0, &spec, nullptr);
}

Result<UniqueFd> open_stop_signals() { return open_signals({SIGINT, SIGTERM}); }

Result<UniqueFd> open_reload_signal() { return open_signals({SIGHUP}); }

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace tickwire::game
