// What it owns: a socket address as a value.
// Who may use it: every folder of gameserver/.
// Thread: any, values; resolve() may block on the name service.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "gameserver/common/result.h"

namespace tickwire::game {

// An IPv4 or IPv6 address with its port, ready for the socket calls.
struct Endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;

  // A numeric address or a name; the first address that the resolver gives. The error names the host.
  [[nodiscard]] static Result<Endpoint> resolve(const std::string& host, std::uint16_t port);
  // The two ends of a socket; an empty Endpoint when the kernel does not say.
  [[nodiscard]] static Endpoint local_of(int borrowed_fd);
  [[nodiscard]] static Endpoint remote_of(int borrowed_fd);

  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] std::uint16_t port() const;
  // "192.0.2.1:4000", "[2001:db8::1]:4000"; an IPv4 peer of a dual-stack socket is written as IPv4. "-" when empty.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* address() { return reinterpret_cast<sockaddr*>(&storage); }

  // Same family, address, scope and port.
  friend bool operator==(const Endpoint& left, const Endpoint& right);
};

}  // namespace tickwire::game

template <>
struct std::hash<tickwire::game::Endpoint> {
  std::size_t operator()(const tickwire::game::Endpoint& endpoint) const noexcept;
};
