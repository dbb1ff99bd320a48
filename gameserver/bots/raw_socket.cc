// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/raw_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "gameserver/bots/connect.h"

namespace tickwire::game {
namespace {

constexpr Nanoseconds kConnectTimeout = std::chrono::seconds(5);

// Whether an event has come; false when the deadline has.
bool wait_for(int borrowed_fd, short events, Nanoseconds deadline_mono) {
  for (;;) {
    pollfd poll_fd{.fd = borrowed_fd, .events = events, .revents = 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_mono - monotonic_now()).count();
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Result<RawSocket> RawSocket::connect(const Endpoint& remote, const std::optional<Endpoint>& source, int socket_type,
                                     int receive_bytes) {
  auto fd = open_connecting(remote, source, socket_type, receive_bytes);
  if (!fd) return std::unexpected(fd.error());
  if (!wait_for(fd->fd(), POLLOUT, monotonic_now() + kConnectTimeout)) return fail_errno(ETIMEDOUT, "connect to", remote.text());
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd->fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return fail_errno(error, "connect to", remote.text());
  return RawSocket(std::move(*fd));
}

void RawSocket::send(std::span<const std::byte> bytes) {
  static_cast<void>(::send(fd_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

void RawSocket::send(std::string_view text) { send(std::as_bytes(std::span(text.data(), text.size()))); }

ReadEnd RawSocket::read(std::vector<std::byte>& bytes, Nanoseconds deadline_mono) {
  bytes.clear();
  std::array<std::byte, 4096> space;
  for (;;) {
    if (!wait_for(fd_.fd(), POLLIN, deadline_mono)) return ReadEnd::kTimeout;
    const auto count = ::recv(fd_.fd(), space.data(), space.size(), 0);
    const int reason = errno;
    if (count > 0) {
      bytes.assign(space.begin(), space.begin() + count);
      return ReadEnd::kBytes;
    }
    if (count == 0) return ReadEnd::kClosed;
    if (reason != EAGAIN && reason != EINTR) return ReadEnd::kReset;
  }
}

ReadEnd RawSocket::read_to_end(std::vector<std::byte>& bytes, Nanoseconds deadline_mono) {
  bytes.clear();
  std::vector<std::byte> part;
  for (;;) {
    const auto end = read(part, deadline_mono);
    if (end != ReadEnd::kBytes) return end;
    const auto room = std::min(part.size(), kMostBytes - bytes.size());
    bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(room));
  }
}

void RawSocket::reset_on_close() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace tickwire::game
