// What it owns: the frames that pass an interface, each with the kernel's own stamp.
// Who may use it: harness/.
// Thread: any; each socket by one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace tickwire::harness {

enum class Outgoing : std::uint8_t { kIgnored, kSeen };

// Of an interface of the namespace that the thread is in; not blocking. Throws std::runtime_error when it cannot be bound.
[[nodiscard]] UniqueFd packet_socket(const std::string& interface, Outgoing outgoing);

// CLOCK_MONOTONIC less CLOCK_REALTIME: kernel stamps of frames are in the latter.
[[nodiscard]] std::chrono::nanoseconds clock_offset();

// Room for the largest frame.
[[nodiscard]] std::vector<std::uint8_t> frame_buffer();

struct StampedFrame {
  std::chrono::nanoseconds at{};  // CLOCK_MONOTONIC
  bool outgoing = false;
  std::span<const std::uint8_t> bytes;  // in the buffer
};
// A frame that waits in the socket; none when none does.
[[nodiscard]] std::optional<StampedFrame> take_frame(int borrowed_fd, std::vector<std::uint8_t>& buffer,
                                                     std::chrono::nanoseconds offset);

}  // namespace tickwire::harness
