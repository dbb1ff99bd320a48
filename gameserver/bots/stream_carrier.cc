// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/stream_carrier.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gameserver/bots/connect.h"
#include "gameserver/bots/stamps.h"

namespace tickwire::game {

void StreamCarrier::start(Poller& poller, std::uint64_t id) {
  auto fd = open_connecting(spec_.remote, spec_.source, SOCK_STREAM, spec_.receive_bytes);
  if (!fd) return player_.fail(fd.error());
  if (const auto added = poller.add(fd->fd(), EPOLLIN | EPOLLOUT, id); !added) return player_.fail(added.error());
  fd_ = std::move(*fd);
}

void StreamCarrier::on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) {
  if (!fd_) return;
  if (connected_) {
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(SIZE_MAX);
    return;
  }
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd_.fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return lose(error);
  poller.modify(fd_.fd(), EPOLLIN, id);
  local_ = Endpoint::local_of(fd_.fd());
  connected_ = true;
  connected();
}

void StreamCarrier::read(std::size_t most_bytes) {
  if (fd_) witness_.collect(fd_.fd());
  for (std::size_t taken = 0; fd_ && taken < most_bytes;) {
    const auto room = space();
    const auto received = receive_stamped(fd_.fd(), room.first(std::min(room.size(), most_bytes - taken)));
    const int reason = errno;
    if (received.count < 0 && (reason == EAGAIN || reason == EINTR)) return;
    if (received.count <= 0) return lose(received.count < 0 ? reason : 0);
    // The option is not sticky: the kernel falls back to delayed acknowledgements by itself.
    const int on = 1;
    if (spec_.quickack) ::setsockopt(fd_.fd(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    const auto count = static_cast<std::size_t>(received.count);
    taken += count;
    // A short read took everything that waited.
    if (!take(room.first(count), received.arrived_unix) || count < room.size()) return;
  }
}

void StreamCarrier::lose(int errno_value) {
  player_.fail(errno_value == 0 ? std::string("the server closed the connection")
                                : fmt::format("connection to {}: {}", spec_.remote.text(), std::strerror(errno_value)));
  stop();
}

void StreamCarrier::send(const Message& message, Nanoseconds intended_mono) {
  if (!fd_ || !is_open()) return;
  flush();
  // An input that waits for the one before it would be measured from the wrong time.
  if (!fd_ || !output().empty()) {
    ++counts_.send_drops;
    return;
  }
  const auto bytes = append(message);
  ++counts_.messages_sent;
  counts_.payload_bytes_sent += bytes;
  witness_.sent(message, bytes, intended_mono, monotonic_now());
  flush();
  // By itself: the kernel stamps the last byte of what it is given at once.
  if (std::holds_alternative<Bye>(message.body)) {
    witness_.passed_over(append_end());
    flush();
  }
  if (fd_) witness_.collect(fd_.fd());
}

void StreamCarrier::flush() {
  const auto bytes = output();
  if (bytes.empty() || !fd_) return;
  const auto count = ::send(fd_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) return sent(static_cast<std::size_t>(count));
  if (errno != EAGAIN && errno != EINTR) lose(errno);
}

}  // namespace tickwire::game
