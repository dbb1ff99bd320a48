// SPDX-License-Identifier: Apache-2.0
#include "app/loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

namespace tickwire::app {

Result<Loop> Loop::make() {
  Loop loop;
  loop.epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!loop.epoll_) {
    const int error = errno;
    return fail_errno(error, "make", "an epoll descriptor");
  }
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGINT);
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  loop.signals_.reset(::signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!loop.signals_) {
    const int error = errno;
    return fail_errno(error, "make", "a signal descriptor");
  }
  if (auto added = loop.on_readable(loop.signals_.fd(), [] {}); !added) return std::unexpected(added.error());
  return loop;
}

Result<void> Loop::on_readable(int borrowed_fd, std::function<void()> callback) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = borrowed_fd;
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, borrowed_fd, &event) != 0) {
    const int error = errno;
    return fail_errno(error, "watch", "a descriptor");
  }
  callbacks_[borrowed_fd] = std::move(callback);
  return {};
}

Result<void> Loop::every(std::chrono::nanoseconds interval, std::function<void()> callback) {
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
  itimerspec when{};
  when.it_interval = {.tv_sec = seconds.count(), .tv_nsec = (interval - seconds).count()};
  when.it_value.tv_nsec = 1;
  if (!timer || ::timerfd_settime(timer.fd(), 0, &when, nullptr) != 0) {
    const int error = errno;
    return fail_errno(error, "make", "a timer");
  }
  const int fd = timer.fd();
  timers_.push_back(std::move(timer));
  return on_readable(fd, [fd, callback = std::move(callback)] {
    std::uint64_t expirations = 0;
    if (::read(fd, &expirations, sizeof(expirations)) == sizeof(expirations)) callback();
  });
}

Result<int> Loop::run() {
  std::array<epoll_event, 8> events{};
  while (true) {
    const int ready = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), -1);
    if (ready < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      return fail_errno(error, "wait for", "events");
    }
    signalfd_siginfo signal{};
    if (::read(signals_.fd(), &signal, sizeof(signal)) == sizeof(signal)) return static_cast<int>(signal.ssi_signo);
    for (int i = 0; i < ready; ++i) callbacks_[events[static_cast<std::size_t>(i)].data.fd]();
  }
}

}  // namespace tickwire::app
