// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/listen.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "gameserver/common/endpoint.h"

namespace tickwire::game {
namespace {

void enable(int borrowed_fd, int level, int option) {
  const int on = 1;
  ::setsockopt(borrowed_fd, level, option, &on, sizeof on);
}

}  // namespace

Result<UniqueFd> open_bound(const std::string& host, std::uint16_t port, int socket_type) {
  auto local = Endpoint::resolve(host.empty() ? "::" : host, port);
  if (!local) return std::unexpected(local.error());
  UniqueFd fd(::socket(local->family(), socket_type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd && errno == EAFNOSUPPORT && host.empty()) return open_bound("0.0.0.0", port, socket_type);
  const std::string object = fmt::format("{} {}", socket_type == SOCK_DGRAM ? "UDP" : "TCP", local->text());
  if (!fd) return fail_errno(errno, "open", object);
  const int only_v6 = host.empty() ? 0 : 1;
  if (local->family() == AF_INET6) ::setsockopt(fd.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
  enable(fd.fd(), SOL_SOCKET, SO_TIMESTAMPNS);
  if (socket_type == SOCK_STREAM) enable(fd.fd(), SOL_SOCKET, SO_REUSEADDR);
  if (socket_type == SOCK_DGRAM && local->family() == AF_INET6) enable(fd.fd(), IPPROTO_IPV6, IPV6_RECVPKTINFO);
  if (socket_type == SOCK_DGRAM && local->family() == AF_INET) enable(fd.fd(), IPPROTO_IP, IP_PKTINFO);
  if (::bind(fd.fd(), local->address(), local->length) != 0) return fail_errno(errno, "bind", object);
  if (socket_type == SOCK_STREAM && ::listen(fd.fd(), SOMAXCONN) != 0) return fail_errno(errno, "listen on", object);
  return fd;
}

}  // namespace tickwire::game
