// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/ws_carrier.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "gameserver/bots/connect.h"
#include "gameserver/bots/stamps.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {
namespace {

constexpr std::size_t kReadBytes = 4 * 1024;
constexpr std::uint16_t kNormalClosure = 1000;  // RFC 6455, section 7.4.1

}  // namespace

void WsCarrier::start(Poller& poller, std::uint64_t id) {
  auto fd = open_connecting(spec_.remote, spec_.source, SOCK_STREAM, spec_.receive_bytes);
  if (!fd) return player_.fail(fd.error());
  if (const auto added = poller.add(fd->fd(), EPOLLIN | EPOLLOUT, id); !added) return player_.fail(added.error());
  fd_ = std::move(*fd);
}

void WsCarrier::on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) {
  if (!fd_) return;
  if (requested_) {
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(SIZE_MAX);
    return;
  }
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd_.fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return lose(error);
  poller.modify(fd_.fd(), EPOLLIN, id);
  local_ = Endpoint::local_of(fd_.fd());
  requested_ = true;
  flush();
}

void WsCarrier::read(std::size_t most_bytes) {
  if (fd_) witness_.collect(fd_.fd());
  std::array<std::byte, kReadBytes> space;
  for (std::size_t taken = 0; fd_ && taken < most_bytes;) {
    const auto received = receive_stamped(fd_.fd(), std::span(space).first(std::min(space.size(), most_bytes - taken)));
    const int reason = errno;
    if (received.count < 0 && (reason == EAGAIN || reason == EINTR)) return;
    if (received.count <= 0) return lose(received.count < 0 ? reason : 0);
    const int on = 1;
    if (spec_.quickack) ::setsockopt(fd_.fd(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    const auto count = static_cast<std::size_t>(received.count);
    taken += count;
    if (!take(std::span(space).first(count), received.arrived_unix)) return;
    // A short read took everything that waited.
    if (count < space.size()) return;
  }
}

bool WsCarrier::take(std::span<const std::byte> bytes, Nanoseconds arrived_unix) {
  const bool was_open = stream_.is_open();
  const auto waited = stream_.output().size();
  const auto fed = stream_.feed(bytes, [&](std::span<const std::byte> message) { take_message(message, arrived_unix); });
  if (!was_open && stream_.is_open()) {
    // The server's answer has acknowledged the request, so the numbers of stamps begin behind it.
    witness_.opened(protocol(), fd_.fd(), local_, spec_.remote);
    player_.connected();
  } else {
    witness_.passed_over(stream_.output().size() - waited);
  }
  flush();
  if (fed) return fd_ && player_.state() != BotState::kFailed;
  player_.fail(fed.error());
  stop();
  return false;
}

void WsCarrier::take_message(std::span<const std::byte> bytes, Nanoseconds arrived_unix) {
  const auto now = monotonic_now();
  const auto frame_bytes = WsStream::frame_bytes(bytes.size());
  ++counts_.messages_received;
  counts_.payload_bytes_received += frame_bytes;
  const auto message = parse_frame(bytes);
  if (!message) return player_.fail(fmt::format("the server sent a bad message: {}", parse_error_name(message.error())));
  witness_.received(*message, frame_bytes, arrived_unix, now);
  player_.take(*message, now);
}

void WsCarrier::send(const Message& message, Nanoseconds intended_mono) {
  if (!fd_ || !stream_.is_open()) return;
  flush();
  // An input that waits for the one before it would be measured from the wrong time.
  if (!fd_ || !stream_.output().empty()) {
    ++counts_.send_drops;
    return;
  }
  encode_frame(message, buffer_);
  const auto frame_bytes = stream_.send(std::span(buffer_).subspan(kFrameLengthBytes));
  ++counts_.messages_sent;
  counts_.payload_bytes_sent += frame_bytes;
  witness_.sent(message, frame_bytes, intended_mono, monotonic_now());
  flush();
  if (std::holds_alternative<Bye>(message.body)) {
    witness_.passed_over(stream_.close(kNormalClosure));
    flush();
  }
  if (fd_) witness_.collect(fd_.fd());
}

void WsCarrier::flush() {
  const auto output = stream_.output();
  if (output.empty() || !fd_) return;
  const auto count = ::send(fd_.fd(), output.data(), output.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) lose(errno);
    return;
  }
  stream_.sent(static_cast<std::size_t>(count));
}

void WsCarrier::lose(int errno_value) {
  player_.fail(errno_value == 0 ? std::string("the server closed the connection")
                                : fmt::format("connection to {}: {}", spec_.remote.text(), std::strerror(errno_value)));
  stop();
}

}  // namespace tickwire::game
