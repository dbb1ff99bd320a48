// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/stamps.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace tickwire::game {
namespace {

template <typename Value>
Value control_value(const cmsghdr* header) {
  Value value{};
  std::memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

}  // namespace

bool enable_stamps(int borrowed_fd) {
  const int off = 0;
  const int on = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
                 SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
  // Numbers start when the option is switched on.
  ::setsockopt(borrowed_fd, SOL_SOCKET, SO_TIMESTAMPING, &off, sizeof off);
  return ::setsockopt(borrowed_fd, SOL_SOCKET, SO_TIMESTAMPING, &on, sizeof on) == 0;
}

ReceivedBytes receive_stamped(int borrowed_fd, std::span<std::byte> into) {
  iovec part{.iov_base = into.data(), .iov_len = into.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(scm_timestamping))> control;
  msghdr message{.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.data(), .msg_controllen = control.size()};
  ReceivedBytes received{.count = ::recvmsg(borrowed_fd, &message, 0)};
  if (received.count < 0) return received;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPING) continue;
    received.arrived_unix = to_nanoseconds(control_value<scm_timestamping>(header).ts[0]);
  }
  return received;
}

std::optional<SentStamp> next_sent_stamp(int borrowed_fd) {
  // A stamp, its number, and the address that comes with the latter in either family.
  alignas(cmsghdr) std::array<std::byte, 256> control;
  for (;;) {
    msghdr message{.msg_control = control.data(), .msg_controllen = control.size()};
    if (::recvmsg(borrowed_fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
    std::optional<Nanoseconds> left;
    std::optional<std::uint32_t> number;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPING) {
        left = to_nanoseconds(control_value<scm_timestamping>(header).ts[0]);
      } else if (header->cmsg_len >= CMSG_LEN(sizeof(sock_extended_err))) {
        const auto error = control_value<sock_extended_err>(header);
        if (error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING && error.ee_info == SCM_TSTAMP_SND) number = error.ee_data;
      }
    }
    // What else is in the queue, such as a refused port, is no stamp.
    if (left && number) return SentStamp{.number = *number, .left_unix = *left};
  }
}

}  // namespace tickwire::game
