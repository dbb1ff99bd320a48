// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/datagram_socket.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "gameserver/gateway/listen.h"

namespace tickwire::game {
namespace {

// One stamp and one address of either family.
constexpr std::size_t kControlBytes =
    CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo));

template <typename Value>
Value control_value(const cmsghdr* header) {
  Value value{};
  std::memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

void read_control(msghdr& message, ReceivedDatagram& datagram) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
      datagram.arrived_unix = to_nanoseconds(control_value<timespec>(header));
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO && datagram.own.family == 0) {
      datagram.own = {.family = AF_INET, .v4 = control_value<in_pktinfo>(header).ipi_spec_dst};
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      const auto info = control_value<in6_pktinfo>(header);
      const bool link_local = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr);
      datagram.own = {
          .family = AF_INET6, .v6 = info.ipi6_addr, .interface_index = link_local ? static_cast<int>(info.ipi6_ifindex) : 0};
    }
  }
}

template <typename Value>
void put_control(msghdr& message, int level, int type, const Value& value) {
  message.msg_controllen = CMSG_SPACE(sizeof value);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(header), &value, sizeof value);
}

}  // namespace

struct DatagramSocket::Buffers {
  struct Slot {
    std::array<std::byte, kReceiveBytes> bytes;
    alignas(cmsghdr) std::array<std::byte, kControlBytes> control;
    Endpoint remote;
    iovec part;
  };
  std::array<Slot, kBatch> in;
  std::array<Slot, kBatch> out;
  std::array<mmsghdr, kBatch> in_headers{};
  std::array<mmsghdr, kBatch> out_headers{};
  std::array<ReceivedDatagram, kBatch> received;
};

DatagramSocket::DatagramSocket() : buffers_(std::make_unique<Buffers>()) {}
DatagramSocket::DatagramSocket(DatagramSocket&&) noexcept = default;
DatagramSocket& DatagramSocket::operator=(DatagramSocket&&) noexcept = default;
DatagramSocket::~DatagramSocket() = default;

Result<DatagramSocket> DatagramSocket::open(const std::string& host, std::uint16_t port) {
  auto fd = open_bound(host, port, SOCK_DGRAM);
  if (!fd) return std::unexpected(fd.error());
  DatagramSocket socket;
  socket.fd_ = std::move(*fd);
  return socket;
}

void DatagramSocket::widen_buffers(int bytes) {
  constexpr std::array<std::array<int, 2>, 2> kOptions = {{{SO_RCVBUFFORCE, SO_RCVBUF}, {SO_SNDBUFFORCE, SO_SNDBUF}}};
  for (const auto& [forced, asked] : kOptions) {
    if (::setsockopt(fd(), SOL_SOCKET, forced, &bytes, sizeof bytes) == 0) continue;
    ::setsockopt(fd(), SOL_SOCKET, asked, &bytes, sizeof bytes);
  }
}

std::uint64_t DatagramSocket::receive_drops() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, info.data(), &length) != 0) return 0;
  return info[SK_MEMINFO_DROPS];
}

std::span<const ReceivedDatagram> DatagramSocket::receive() {
  for (std::size_t i = 0; i < kBatch; ++i) {
    auto& slot = buffers_->in[i];
    slot.part = {.iov_base = slot.bytes.data(), .iov_len = slot.bytes.size()};
    buffers_->in_headers[i].msg_hdr = {.msg_name = slot.remote.address(),
                                       .msg_namelen = sizeof slot.remote.storage,
                                       .msg_iov = &slot.part,
                                       .msg_iovlen = 1,
                                       .msg_control = slot.control.data(),
                                       .msg_controllen = slot.control.size()};
  }
  const int count = ::recvmmsg(fd(), buffers_->in_headers.data(), kBatch, MSG_DONTWAIT, nullptr);
  const auto taken = static_cast<std::size_t>(std::max(count, 0));
  for (std::size_t i = 0; i < taken; ++i) {
    auto& slot = buffers_->in[i];
    auto& header = buffers_->in_headers[i];
    slot.remote.length = header.msg_hdr.msg_namelen;
    auto& datagram = buffers_->received[i];
    datagram = {.bytes = std::span(slot.bytes).first(header.msg_len),
                .truncated = (header.msg_hdr.msg_flags & MSG_TRUNC) != 0,
                .remote = slot.remote};
    read_control(header.msg_hdr, datagram);
  }
  return std::span(buffers_->received).first(taken);
}

SendCounts DatagramSocket::queue(const Endpoint& remote, const OwnAddress& own, std::span<const std::byte> bytes) {
  auto& slot = buffers_->out[queued_];
  std::copy(bytes.begin(), bytes.end(), slot.bytes.begin());
  slot.part = {.iov_base = slot.bytes.data(), .iov_len = bytes.size()};
  slot.remote = remote;
  slot.control.fill(std::byte{0});
  auto& message = buffers_->out_headers[queued_].msg_hdr;
  message = {.msg_name = slot.remote.address(),
             .msg_namelen = slot.remote.length,
             .msg_iov = &slot.part,
             .msg_iovlen = 1,
             .msg_control = slot.control.data(),
             .msg_controllen = slot.control.size()};
  if (own.family == AF_INET) {
    put_control(message, IPPROTO_IP, IP_PKTINFO, in_pktinfo{.ipi_ifindex = 0, .ipi_spec_dst = own.v4, .ipi_addr = {}});
  } else if (own.family == AF_INET6) {
    put_control(message, IPPROTO_IPV6, IPV6_PKTINFO,
                in6_pktinfo{.ipi6_addr = own.v6, .ipi6_ifindex = static_cast<unsigned>(own.interface_index)});
  } else {
    message.msg_control = nullptr;
    message.msg_controllen = 0;
  }
  return ++queued_ == kBatch ? flush() : SendCounts{};
}

SendCounts DatagramSocket::flush() {
  SendCounts counts;
  for (std::size_t next = 0; next < queued_;) {
    const int sent = ::sendmmsg(fd(), buffers_->out_headers.data() + next, static_cast<unsigned>(queued_ - next), MSG_DONTWAIT);
    if (sent > 0) {
      counts.sent += static_cast<std::size_t>(sent);
      next += static_cast<std::size_t>(sent);
    } else if (errno != EINTR) {
      ++counts.dropped;  // the error belongs to the first one; the others have their chance
      ++next;
    }
  }
  queued_ = 0;
  return counts;
}

}  // namespace tickwire::game
