// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/loopback_only.h"

#include <netinet/in.h>

#include <utility>

namespace tickwire::game {
namespace {

constexpr unsigned char kLoopbackNet = 127;

}  // namespace

bool is_loopback(const Endpoint& endpoint) {
  if (endpoint.family() == AF_INET) {
    return ntohl(reinterpret_cast<const sockaddr_in&>(endpoint.storage).sin_addr.s_addr) >> 24 == kLoopbackNet;
  }
  if (endpoint.family() != AF_INET6) return false;
  const auto& address = reinterpret_cast<const sockaddr_in6&>(endpoint.storage).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return address.s6_addr[12] == kLoopbackNet;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

HttpRoute loopback_only(HttpRoute route) {
  route.handler = [handler = std::move(route.handler)](const HttpRequest& request, HttpReply reply) {
    if (is_loopback(request.remote)) return handler(request, std::move(reply));
    reply(http_error(403, "forbidden", "only for requests from the machine itself"));
  };
  return route;
}

}  // namespace tickwire::game
