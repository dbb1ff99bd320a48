// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/idle_group.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "gameserver/bots/connect.h"

namespace tickwire::game {
namespace {

constexpr std::uint16_t kGoingAway = 1001;  // RFC 6455, section 7.4.1

}  // namespace

std::optional<Nanoseconds> IdleGroup::begin_due(Poller& poller, Nanoseconds started_mono, Nanoseconds now_mono) {
  constexpr Nanoseconds kSecond = std::chrono::seconds(1);
  while (counts_.begun < spec_.count) {
    const auto due =
        spec_.ramp_hz == 0 ? started_mono : started_mono + kSecond * static_cast<std::int64_t>(counts_.begun) / spec_.ramp_hz;
    if (due > now_mono) return due;
    begin(poller);
  }
  return std::nullopt;
}

void IdleGroup::begin(Poller& poller) {
  const auto id = spec_.first_id + counts_.begun++;
  Socket& socket = sockets_.emplace_back();
  auto fd = open_connecting(spec_.remote, spec_.source, SOCK_STREAM);
  if (!fd) return end(socket, fd.error());
  if (const auto added = poller.add(fd->fd(), EPOLLIN | EPOLLOUT, id); !added) return end(socket, added.error());
  socket.fd = std::move(*fd);
  socket.stream = std::make_unique<WsStream>(spec_.remote.text());
}

void IdleGroup::on_ready(Poller& poller, std::uint64_t id, std::uint32_t) {
  Socket& socket = sockets_[id - spec_.first_id];
  if (!socket.fd) return;
  if (socket.requested) return read(socket);
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket.fd.fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return end(socket, std::strerror(error));
  socket.requested = true;
  poller.modify(socket.fd.fd(), EPOLLIN, id);
  flush(socket);
}

void IdleGroup::read(Socket& socket) {
  std::array<std::byte, 4096> space;
  const auto count = ::recv(socket.fd.fd(), space.data(), space.size(), 0);
  const int reason = errno;
  if (count < 0 && (reason == EAGAIN || reason == EINTR)) return;
  if (count <= 0) return end(socket, count < 0 ? std::strerror(reason) : "the server closed the connection");
  const bool was_open = socket.stream->is_open();
  const auto pings = socket.stream->pings();
  const auto fed =
      socket.stream->feed(std::span(space).first(static_cast<std::size_t>(count)), [](std::span<const std::byte>) {});
  counts_.pings += socket.stream->pings() - pings;
  if (!was_open && socket.stream->is_open()) ++counts_.upgraded;
  flush(socket);
  if (!fed) end(socket, fed.error());
}

void IdleGroup::flush(Socket& socket) {
  const auto output = socket.stream->output();
  if (output.empty()) return;
  const auto count = ::send(socket.fd.fd(), output.data(), output.size(), MSG_NOSIGNAL);
  // What does not go now goes with the next ping's answer; what can never go shows at the next read.
  if (count > 0) socket.stream->sent(static_cast<std::size_t>(count));
}

void IdleGroup::end(Socket& socket, const std::string& why) {
  ++(socket.stream && socket.stream->is_open() ? counts_.lost : counts_.refused);
  if (counts_.first_failure.empty()) counts_.first_failure = why;
  socket = {};
}

void IdleGroup::close() {
  for (auto& socket : sockets_) {
    if (!socket.fd) continue;
    if (socket.stream->is_open()) {
      socket.stream->close(kGoingAway);
      flush(socket);
    }
    socket = {};
  }
}

}  // namespace tickwire::game
