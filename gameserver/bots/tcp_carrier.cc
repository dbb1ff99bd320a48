// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/tcp_carrier.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "gameserver/bots/connect.h"

namespace tickwire::game {

void TcpCarrier::start(Poller& poller, std::uint64_t id) {
  auto fd = open_connecting(remote_, source_, SOCK_STREAM);
  if (!fd) return player_.fail(fd.error());
  if (const auto added = poller.add(fd->fd(), EPOLLIN | EPOLLOUT, id); !added) return player_.fail(added.error());
  fd_ = std::move(*fd);
}

void TcpCarrier::on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) {
  if (!fd_) return;
  if (player_.state() == BotState::kConnecting) return finish_connect(poller, id);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
}

void TcpCarrier::finish_connect(Poller& poller, std::uint64_t id) {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd_.fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return lose(error);
  poller.modify(fd_.fd(), EPOLLIN, id);
  local_ = Endpoint::local_of(fd_.fd());
  player_.connected();
}

void TcpCarrier::read() {
  for (;;) {
    const auto space = in_.writable();
    const auto count = ::recv(fd_.fd(), space.data(), space.size(), 0);
    const int reason = errno;
    if (count < 0 && (reason == EAGAIN || reason == EINTR)) return;
    if (count <= 0) return lose(count < 0 ? reason : 0);
    const auto now = monotonic_now();
    // The option is not sticky: the kernel falls back to delayed acknowledgements by itself.
    const int on = 1;
    if (quickack_) ::setsockopt(fd_.fd(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    counts_.payload_bytes_received += static_cast<std::size_t>(count);
    in_.commit(static_cast<std::size_t>(count));
    for (;;) {
      const auto frame = in_.next();
      if (!frame) return player_.fail("the server sent a frame that is too long");
      if (!*frame) break;
      ++counts_.messages_received;
      const auto message = parse_frame(**frame);
      if (!message) return player_.fail(fmt::format("the server sent a bad frame: {}", parse_error_name(message.error())));
      player_.take(*message, now);
    }
  }
}

void TcpCarrier::send(const Message& message) {
  if (!fd_) return;
  flush();
  // An input that waits for the one before it would be measured from the wrong time.
  if (!fd_ || !out_.empty()) {
    ++counts_.send_drops;
    return;
  }
  encode_frame(message, out_);
  ++counts_.messages_sent;
  flush();
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
                                : fmt::format("connection to {}: {}", remote_.text(), std::strerror(errno_value)));
  fd_.reset();
}

}  // namespace tickwire::game
