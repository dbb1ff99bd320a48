// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace tickwire::game {

Result<UniqueFd> open_connecting(const Endpoint& remote, const std::optional<Endpoint>& source, int socket_type,
                                 int receive_bytes) {
  UniqueFd fd(::socket(remote.family(), socket_type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "open a socket to", remote.text());
  const int on = 1;
  if (socket_type == SOCK_STREAM) ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Before connect(): the window that TCP offers first follows from it.
  if (receive_bytes > 0) ::setsockopt(fd.fd(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  if (source) {
    // The port is chosen at connect(), so that two bots may share one towards different servers.
    if (socket_type == SOCK_STREAM) ::setsockopt(fd.fd(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(fd.fd(), source->address(), source->length) != 0) return fail_errno(errno, "send from", source->text());
  }
  if (::connect(fd.fd(), remote.address(), remote.length) != 0 && errno != EINPROGRESS) {
    return fail_errno(errno, "connect to", remote.text());
  }
  return fd;
}

}  // namespace tickwire::game
