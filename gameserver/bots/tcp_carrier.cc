// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/tcp_carrier.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gameserver/bots/connect.h"
#include "gameserver/bots/stamps.h"

namespace tickwire::game {

void TcpCarrier::start(Poller& poller, std::uint64_t id) {
  auto fd = open_connecting(spec_.remote, spec_.source, SOCK_STREAM, spec_.receive_bytes);
  if (!fd) return player_.fail(fd.error());
  if (const auto added = poller.add(fd->fd(), EPOLLIN | EPOLLOUT, id); !added) return player_.fail(added.error());
  fd_ = std::move(*fd);
}

void TcpCarrier::on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) {
  if (!fd_) return;
  if (player_.state() == BotState::kConnecting) return finish_connect(poller, id);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(SIZE_MAX);
}

void TcpCarrier::finish_connect(Poller& poller, std::uint64_t id) {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd_.fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return lose(error);
  poller.modify(fd_.fd(), EPOLLIN, id);
  local_ = Endpoint::local_of(fd_.fd());
  witness_.opened(protocol(), fd_.fd(), local_, spec_.remote);
  player_.connected();
}

void TcpCarrier::read(std::size_t most_bytes) {
  if (fd_) witness_.collect(fd_.fd());
  for (std::size_t taken = 0; fd_ && taken < most_bytes;) {
    const auto space = in_.writable();
    const auto received = receive_stamped(fd_.fd(), space.first(std::min(space.size(), most_bytes - taken)));
    const int reason = errno;
    if (received.count < 0 && (reason == EAGAIN || reason == EINTR)) return;
    if (received.count <= 0) return lose(received.count < 0 ? reason : 0);
    // The option is not sticky: the kernel falls back to delayed acknowledgements by itself.
    const int on = 1;
    if (spec_.quickack) ::setsockopt(fd_.fd(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    const auto count = static_cast<std::size_t>(received.count);
    taken += count;
    take(count, received.arrived_unix);
    // A short read took everything that waited.
    if (player_.state() == BotState::kFailed || count < space.size()) return;
  }
}

void TcpCarrier::take(std::size_t count, Nanoseconds arrived_unix) {
  const auto now = monotonic_now();
  counts_.payload_bytes_received += count;
  in_.commit(count);
  for (;;) {
    const auto frame = in_.next();
    if (!frame) return player_.fail("the server sent a frame that is too long");
    if (!*frame) return;
    ++counts_.messages_received;
    const auto message = parse_frame(**frame);
    if (!message) return player_.fail(fmt::format("the server sent a bad frame: {}", parse_error_name(message.error())));
    witness_.received(*message, kFrameLengthBytes + (*frame)->size(), arrived_unix, now);
    player_.take(*message, now);
  }
}

void TcpCarrier::send(const Message& message, Nanoseconds intended_mono) {
  if (!fd_) return;
  flush();
  // An input that waits for the one before it would be measured from the wrong time.
  if (!fd_ || !out_.empty()) {
    ++counts_.send_drops;
    return;
  }
  encode_frame(message, out_);
  ++counts_.messages_sent;
  witness_.sent(message, out_.size(), intended_mono, monotonic_now());
  flush();
  if (fd_) witness_.collect(fd_.fd());
}

void TcpCarrier::flush() {
  if (out_.empty()) return;
  const auto count = ::send(fd_.fd(), out_.data(), out_.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) lose(errno);
    return;
  }
  counts_.payload_bytes_sent += static_cast<std::size_t>(count);
  out_.erase(out_.begin(), out_.begin() + count);
}

void TcpCarrier::lose(int errno_value) {
  player_.fail(errno_value == 0 ? std::string("the server closed the connection")
                                : fmt::format("connection to {}: {}", spec_.remote.text(), std::strerror(errno_value)));
  stop();
}

}  // namespace tickwire::game
