// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/packet_port.h"

#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tickwire::game {
namespace {

constexpr std::size_t kFrameBytes = 65536 + 64;
// A burst must not be lost where the line says that it passes.
constexpr int kSocketBytes = 16 << 20;

template <typename Value>
Value control_value(const cmsghdr* header) {
  Value value{};
  std::memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

void set_option(int borrowed_fd, int level, int option, int value) {
  ::setsockopt(borrowed_fd, level, option, &value, sizeof value);
}

}  // namespace

Result<void> turn_offloads_off(const std::string& interface) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "open", "a socket");
  // Segmentation first: it needs checksums.
  for (const std::uint32_t command : {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM}) {
    ethtool_value off{.cmd = command, .data = 0};
    ifreq request{};
    interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
    request.ifr_data = reinterpret_cast<char*>(&off);
    if (::ioctl(fd.fd(), SIOCETHTOOL, &request) != 0) return fail_errno(errno, "turn offloads off on", interface);
  }
  return {};
}

PacketPort::PacketPort(UniqueFd fd) : fd_(std::move(fd)), buffer_(kFrameBytes) {}

Result<PacketPort> PacketPort::open(const std::string& interface) {
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "open a packet socket on", interface);
  set_option(fd.fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  set_option(fd.fd(), SOL_PACKET, PACKET_AUXDATA, 1);
  set_option(fd.fd(), SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set_option(fd.fd(), SOL_SOCKET, SO_RCVBUFFORCE, kSocketBytes);
  set_option(fd.fd(), SOL_SOCKET, SO_SNDBUFFORCE, kSocketBytes);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (address.sll_ifindex == 0) return fail_errno(errno, "find the interface", interface);
  if (::bind(fd.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno(errno, "bind a packet socket to", interface);
  }
  return PacketPort(std::move(fd));
}

std::optional<PortFrame> PacketPort::receive(Nanoseconds monotonic_less_unix) {
  iovec part{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
  alignas(cmsghdr) std::array<std::byte, 256> control;
  msghdr message{.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.data(), .msg_controllen = control.size()};
  const auto count = ::recvmsg(fd(), &message, 0);
  if (count <= 0) return std::nullopt;
  PortFrame frame{.bytes = std::span(buffer_).first(static_cast<std::size_t>(count)), .arrived_mono = monotonic_now()};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
      frame.arrived_mono = to_nanoseconds(control_value<timespec>(header)) + monotonic_less_unix;
    } else if (header->cmsg_level == SOL_PACKET && header->cmsg_type == PACKET_AUXDATA) {
      frame.checksum_missing = (control_value<tpacket_auxdata>(header).tp_status & TP_STATUS_CSUMNOTREADY) != 0;
    }
  }
  return frame;
}

bool PacketPort::send(std::span<const std::byte> frame) const { return ::send(fd(), frame.data(), frame.size(), 0) >= 0; }

std::size_t PacketPort::take_drops() const {
  tpacket_stats counts{};
  socklen_t length = sizeof counts;
  if (::getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &counts, &length) != 0) return 0;
  return counts.tp_drops;
}

}  // namespace tickwire::game
