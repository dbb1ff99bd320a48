// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/wake.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>

namespace tickwire::game {

Result<std::shared_ptr<Wake>> Wake::open() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return fail_errno(errno, "open", "an eventfd");
  return std::shared_ptr<Wake>(new Wake(std::move(event)));
}

void Wake::notify() {
  if (pending_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  // Fails only when the counter is at its end, and then the descriptor is readable anyway.
  static_cast<void>(::write(event_.fd(), &one, sizeof one) == sizeof one);
}

void Wake::drain() {
  std::uint64_t count = 0;
  static_cast<void>(::read(event_.fd(), &count, sizeof count) == sizeof count);
  // After the read: the other way round it could swallow the write of a notify() that later ones rely on.
  pending_.exchange(false, std::memory_order_acq_rel);
}

bool Wake::wait_until(Nanoseconds deadline_mono) const {
  pollfd waiting{.fd = event_.fd(), .events = POLLIN, .revents = 0};
  if (deadline_mono == Nanoseconds::max()) return ::ppoll(&waiting, 1, nullptr, nullptr) > 0;
  const auto left = to_timespec(deadline_mono - monotonic_now());
  return ::ppoll(&waiting, 1, &left, nullptr) > 0;
}

}  // namespace tickwire::game
