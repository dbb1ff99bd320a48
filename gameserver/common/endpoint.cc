// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <string_view>

namespace tickwire::game {
namespace {

const sockaddr_in& as_v4(const Endpoint& endpoint) { return reinterpret_cast<const sockaddr_in&>(endpoint.storage); }
const sockaddr_in6& as_v6(const Endpoint& endpoint) { return reinterpret_cast<const sockaddr_in6&>(endpoint.storage); }

// The bytes that tell two addresses apart, without padding that the kernel may leave undefined.
std::array<std::byte, 26> identity(const Endpoint& endpoint) {
  std::array<std::byte, 26> key{};
  const auto put = [&key](std::size_t offset, const auto& field) { std::memcpy(key.data() + offset, &field, sizeof field); };
  put(0, endpoint.storage.ss_family);
  if (endpoint.family() == AF_INET) {
    put(2, as_v4(endpoint).sin_port);
    put(4, as_v4(endpoint).sin_addr);
  } else if (endpoint.family() == AF_INET6) {
    put(2, as_v6(endpoint).sin6_port);
    put(4, as_v6(endpoint).sin6_addr);
    put(20, as_v6(endpoint).sin6_scope_id);
  }
  return key;
}

}  // namespace

Result<Endpoint> Endpoint::resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), fmt::format("{}", port).c_str(), &hints, &found);
  if (code != 0) return std::unexpected(fmt::format("resolve {}: {}", host, ::gai_strerror(code)));
  Endpoint endpoint;
  std::memcpy(&endpoint.storage, found->ai_addr, found->ai_addrlen);
  endpoint.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  return endpoint;
}

Endpoint Endpoint::local_of(int borrowed_fd) {
  Endpoint endpoint;
  endpoint.length = sizeof endpoint.storage;
  if (::getsockname(borrowed_fd, endpoint.address(), &endpoint.length) != 0) return {};
  return endpoint;
}

Endpoint Endpoint::remote_of(int borrowed_fd) {
  Endpoint endpoint;
  endpoint.length = sizeof endpoint.storage;
  if (::getpeername(borrowed_fd, endpoint.address(), &endpoint.length) != 0) return {};
  return endpoint;
}

std::uint16_t Endpoint::port() const {
  if (family() == AF_INET) return ntohs(as_v4(*this).sin_port);
  if (family() == AF_INET6) return ntohs(as_v6(*this).sin6_port);
  return 0;
}

std::string Endpoint::text() const {
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &as_v4(*this).sin_addr, name.data(), name.size());
    return fmt::format("{}:{}", name.data(), port());
  }
  if (family() != AF_INET6) return "-";
  const in6_addr& address6 = as_v6(*this).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address6)) {
    ::inet_ntop(AF_INET, address6.s6_addr + 12, name.data(), name.size());
    return fmt::format("{}:{}", name.data(), port());
  }
  ::inet_ntop(AF_INET6, &address6, name.data(), name.size());
  return fmt::format("[{}]:{}", name.data(), port());
}

bool operator==(const Endpoint& left, const Endpoint& right) { return identity(left) == identity(right); }

}  // namespace tickwire::game

std::size_t std::hash<tickwire::game::Endpoint>::operator()(const tickwire::game::Endpoint& endpoint) const noexcept {
  const auto key = tickwire::game::identity(endpoint);
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.data()), key.size()});
}
