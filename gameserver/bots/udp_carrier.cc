// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/udp_carrier.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "gameserver/bots/connect.h"
#include "gameserver/protocol/datagram.h"

namespace tickwire::game {

void UdpCarrier::start(Poller& poller, std::uint64_t id) {
  auto fd = open_connecting(remote_, source_, SOCK_DGRAM);
  if (!fd) return player_.fail(fd.error());
  if (const auto added = poller.add(fd->fd(), EPOLLIN, id); !added) return player_.fail(added.error());
  fd_ = std::move(*fd);
  local_ = Endpoint::local_of(fd_.fd());
  player_.connected();
}

void UdpCarrier::on_ready(Poller&, std::uint64_t, std::uint32_t) {
  std::array<std::byte, kMaxDatagramBytes + 1> bytes;
  for (;;) {
    const auto count = ::recv(fd_.fd(), bytes.data(), bytes.size(), 0);
    // A refused port is reported once for each datagram; a server that starts late answers a later hello.
    if (count < 0 && (errno == ECONNREFUSED || errno == EINTR)) continue;
    if (count < 0) return;
    ++counts_.messages_received;
    counts_.payload_bytes_received += static_cast<std::size_t>(count);
    const auto message = parse_datagram(std::span(bytes).first(static_cast<std::size_t>(count)));
    if (message) player_.take(*message, monotonic_now());
  }
}

void UdpCarrier::send(const Message& message) {
  if (!fd_) return;
  encode_datagram(message, buffer_);
  if (::send(fd_.fd(), buffer_.data(), buffer_.size(), 0) < 0) {
    ++counts_.send_drops;
    return;
  }
  ++counts_.messages_sent;
  counts_.payload_bytes_sent += buffer_.size();
}

}  // namespace tickwire::game
