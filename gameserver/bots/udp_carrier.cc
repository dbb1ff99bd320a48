// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/udp_carrier.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "gameserver/bots/connect.h"
#include "gameserver/bots/stamps.h"
#include "gameserver/protocol/datagram.h"

namespace tickwire::game {

void UdpCarrier::start(Poller& poller, std::uint64_t id) {
  auto fd = open_connecting(spec_.remote, spec_.source, SOCK_DGRAM);
  if (!fd) return player_.fail(fd.error());
  if (const auto added = poller.add(fd->fd(), EPOLLIN, id); !added) return player_.fail(added.error());
  fd_ = std::move(*fd);
  local_ = Endpoint::local_of(fd_.fd());
  witness_.opened(protocol(), fd_.fd(), local_, spec_.remote);
  player_.connected();
}

// One datagram an event: what else waits wakes the loop again, at a lower price than asking the socket for more in vain.
void UdpCarrier::on_ready(Poller&, std::uint64_t, std::uint32_t) {
  if (fd_) read_one();
}

void UdpCarrier::read(std::size_t) {
  while (fd_ && read_one()) {
  }
}

bool UdpCarrier::read_one() {
  witness_.collect(fd_.fd());
  std::array<std::byte, kMaxDatagramBytes + 1> bytes;
  const auto received = receive_stamped(fd_.fd(), bytes);
  // A refused port is reported once for each datagram; a server that starts late answers a later hello.
  if (received.count < 0) return errno == ECONNREFUSED || errno == EINTR;
  const auto count = static_cast<std::size_t>(received.count);
  ++counts_.messages_received;
  counts_.payload_bytes_received += count;
  const auto message = parse_datagram(std::span(bytes).first(count));
  if (!message) return true;
  const auto now = monotonic_now();
  witness_.received(*message, count, received.arrived_unix, now);
  player_.take(*message, now);
  return true;
}

void UdpCarrier::send(const Message& message, Nanoseconds intended_mono) {
  if (!fd_) return;
  encode_datagram(message, buffer_);
  const auto called = monotonic_now();
  if (::send(fd_.fd(), buffer_.data(), buffer_.size(), 0) < 0) {
    ++counts_.send_drops;
    witness_.refused(fd_.fd());
    return;
  }
  ++counts_.messages_sent;
  counts_.payload_bytes_sent += buffer_.size();
  witness_.sent(message, buffer_.size(), intended_mono, called);
  witness_.collect(fd_.fd());
}

}  // namespace tickwire::game
