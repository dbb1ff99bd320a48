// SPDX-License-Identifier: Apache-2.0
#include "harness/frame_log.h"

#include <linux/if_packet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "harness/packet_socket.h"

namespace tickwire::harness {

namespace {

constexpr std::ptrdiff_t kHeadBytes = 128;

}  // namespace

FrameLog::FrameLog(const Namespace& network, const std::string& interface) : stop_(::eventfd(0, EFD_CLOEXEC)) {
  network.enter([&] { socket_ = packet_socket(interface, Outgoing::kSeen); });
  thread_ = std::thread([this] { serve(); });
}

FrameLog::~FrameLog() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.fd(), &one, sizeof one));
  thread_.join();
}

std::vector<LoggedFrame> FrameLog::frames() const {
  const std::scoped_lock lock(mutex_);
  return frames_;
}

std::uint32_t FrameLog::missed() const {
  tpacket_stats counts{};
  socklen_t length = sizeof counts;
  ::getsockopt(socket_.fd(), SOL_PACKET, PACKET_STATISTICS, &counts, &length);
  return counts.tp_drops;
}

void FrameLog::serve() {
  const std::chrono::nanoseconds offset = clock_offset();
  std::vector<std::uint8_t> buffer = frame_buffer();
  for (;;) {
    std::array<pollfd, 2> waits{pollfd{socket_.fd(), POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}};
    ::poll(waits.data(), waits.size(), -1);
    if (waits[1].revents != 0) return;
    while (const std::optional<StampedFrame> frame = take_frame(socket_.fd(), buffer, offset)) {
      const auto end = frame->bytes.begin() + std::min(std::ssize(frame->bytes), kHeadBytes);
      const std::scoped_lock lock(mutex_);
      frames_.push_back({.at = frame->at, .outgoing = frame->outgoing, .head = {frame->bytes.begin(), end}});
    }
  }
}

}  // namespace tickwire::harness
