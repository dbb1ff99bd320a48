// SPDX-License-Identifier: Apache-2.0
#include "harness/packet_socket.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <stdexcept>

#include "base/clock.h"

namespace tickwire::harness {

using std::chrono::nanoseconds;

UniqueFd packet_socket(const std::string& interface, Outgoing outgoing) {
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const int ignore = outgoing == Outgoing::kIgnored ? 1 : 0;
  const int queue_bytes = 16 << 20;
  ::setsockopt(fd.fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &ignore, sizeof ignore);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_SNDBUFFORCE, &queue_bytes, sizeof queue_bytes);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (::bind(fd.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("bind to " + interface + ": " + ::strerror(errno));
  }
  return fd;
}

// From the tightest of many readings, so that being put off the processor between two of them does no harm.
nanoseconds clock_offset() {
  nanoseconds offset{};
  nanoseconds tightest = nanoseconds::max();
  for (int round = 0; round < 200; ++round) {
    const nanoseconds before = monotonic_now();
    const nanoseconds real = unix_now();
    const nanoseconds after = monotonic_now();
    if (after - before >= tightest) continue;
    tightest = after - before;
    offset = before + (after - before) / 2 - real;
  }
  return offset;
}

std::vector<std::uint8_t> frame_buffer() { return std::vector<std::uint8_t>(65536 + 64); }

std::optional<StampedFrame> take_frame(int borrowed_fd, std::vector<std::uint8_t>& buffer, nanoseconds offset) {
  iovec part{buffer.data(), buffer.size()};
  std::array<char, 256> control{};
  sockaddr_ll from{};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t length = ::recvmsg(borrowed_fd, &message, 0);
  if (length <= 0) return std::nullopt;
  StampedFrame frame{.at = monotonic_now(),
                     .outgoing = from.sll_pkttype == PACKET_OUTGOING,
                     .bytes = std::span(buffer).first(static_cast<std::size_t>(length))};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    ::memcpy(&stamp, CMSG_DATA(header), sizeof stamp);
    frame.at = std::chrono::seconds(stamp.tv_sec) + nanoseconds(stamp.tv_nsec) + offset;
  }
  return frame;
}

}  // namespace tickwire::harness
