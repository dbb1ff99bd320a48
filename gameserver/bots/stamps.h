// What it owns: the kernel's stamps of what a socket sends and receives (SO_TIMESTAMPING, software).
// Who may use it: bots/.
// Thread: any, each socket on one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "gameserver/common/clock.h"

namespace tickwire::game {

// Asks for stamps of arrivals and departures from now on. Departures are numbered from 0: datagrams one by one, a stream by its
// bytes. Calling it again starts the numbers anew. False when the kernel refuses.
bool enable_stamps(int borrowed_fd);

struct ReceivedBytes {
  ssize_t count = -1;          // as recv() gives it, with errno
  Nanoseconds arrived_unix{};  // CLOCK_REALTIME when the kernel got the packet, of a stream: the newest one; zero: no stamp
};
[[nodiscard]] ReceivedBytes receive_stamped(int borrowed_fd, std::span<std::byte> into);

struct SentStamp {
  std::uint32_t number = 0;  // of a stream: of the last byte that one send() took
  Nanoseconds left_unix{};   // CLOCK_REALTIME when the packet was handed to the network device
};
// The next departure stamp that waits on the socket's error queue; nullopt when there is none.
[[nodiscard]] std::optional<SentStamp> next_sent_stamp(int borrowed_fd);

}  // namespace tickwire::game
