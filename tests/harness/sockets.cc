// SPDX-License-Identifier: Apache-2.0
#include "harness/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

namespace tickwire::harness {

namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

void check(bool succeeded, const std::string& operation) {
  if (!succeeded) throw std::runtime_error(operation + ": " + ::strerror(errno));
}

SocketAddress resolve(const Address& address) {
  SocketAddress result;
  if (address.ip.find(':') != std::string::npos) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    check(::inet_pton(AF_INET6, address.ip.c_str(), &v6->sin6_addr) == 1, "read " + address.ip);
    result.length = sizeof *v6;
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    check(::inet_pton(AF_INET, address.ip.c_str(), &v4->sin_addr) == 1, "read " + address.ip);
    result.length = sizeof *v4;
  }
  return result;
}

UniqueFd open_socket(const Namespace& network, int family, int type) {
  UniqueFd fd;
  network.enter([&] { fd.reset(::socket(family, type | SOCK_CLOEXEC, 0)); });
  check(static_cast<bool>(fd), "open a socket");
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  const int on = 1;
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return fd;
}

void bind_to(int borrowed_fd, const SocketAddress& address) {
  check(::bind(borrowed_fd, address.get(), address.length) == 0, "bind");
}

std::vector<char> payload(std::size_t bytes) { return std::vector<char>(bytes, 'x'); }

}  // namespace

UniqueFd udp_socket(const Namespace& network, const Address& bound, const Address& to) {
  const SocketAddress local = resolve(bound);
  UniqueFd fd = open_socket(network, local.storage.ss_family, SOCK_DGRAM);
  const int queue_bytes = 8 << 20;
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes);
  bind_to(fd.fd(), local);
  if (to.port == 0) return fd;
  const SocketAddress remote = resolve(to);
  check(::connect(fd.fd(), remote.get(), remote.length) == 0, "connect UDP");
  return fd;
}

UniqueFd tcp_listener(const Namespace& network, const Address& bound) {
  const SocketAddress local = resolve(bound);
  UniqueFd fd = open_socket(network, local.storage.ss_family, SOCK_STREAM);
  bind_to(fd.fd(), local);
  check(::listen(fd.fd(), 4096) == 0, "listen");
  return fd;
}

UniqueFd tcp_connect(const Namespace& network, const Address& to, const Address& from) {
  const SocketAddress remote = resolve(to);
  UniqueFd fd = open_socket(network, remote.storage.ss_family, SOCK_STREAM);
  const int on = 1;
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!from.ip.empty()) bind_to(fd.fd(), resolve(from));
  check(::connect(fd.fd(), remote.get(), remote.length) == 0, "connect TCP");
  return fd;
}

UniqueFd tcp_accept(int borrowed_listener) {
  UniqueFd fd(::accept4(borrowed_listener, nullptr, nullptr, SOCK_CLOEXEC));
  check(static_cast<bool>(fd), "accept");
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  const int on = 1;
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::uint16_t local_port(int borrowed_fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  check(::getsockname(borrowed_fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) == 0, "getsockname");
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

void send_datagram(int borrowed_fd, std::size_t bytes) {
  const std::vector<char> data = payload(bytes);
  check(::send(borrowed_fd, data.data(), data.size(), 0) == static_cast<ssize_t>(bytes), "send a datagram");
}

void send_datagram(int borrowed_fd, std::span<const std::uint8_t> content) {
  check(::send(borrowed_fd, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()), "send a datagram");
}

void send_datagram_to(int borrowed_fd, const Address& to, std::size_t bytes) {
  const std::vector<char> data = payload(bytes);
  const SocketAddress remote = resolve(to);
  check(::sendto(borrowed_fd, data.data(), data.size(), 0, remote.get(), remote.length) == static_cast<ssize_t>(bytes),
        "send a datagram");
}

std::size_t take_datagram(int borrowed_fd) {
  std::array<char, 65536> buffer{};
  const ssize_t length = ::recv(borrowed_fd, buffer.data(), buffer.size(), 0);
  check(length >= 0, "take a datagram");
  return static_cast<std::size_t>(length);
}

void send_bytes(int borrowed_fd, std::size_t bytes) {
  const std::vector<char> data = payload(std::min<std::size_t>(bytes, 65536));
  while (bytes > 0) {
    const ssize_t sent = ::send(borrowed_fd, data.data(), std::min(bytes, data.size()), MSG_NOSIGNAL);
    check(sent > 0, "send");
    bytes -= static_cast<std::size_t>(sent);
  }
}

void take_bytes(int borrowed_fd, std::size_t bytes) {
  std::array<char, 65536> buffer{};
  while (bytes > 0) {
    const ssize_t taken = ::recv(borrowed_fd, buffer.data(), std::min(bytes, buffer.size()), 0);
    if (taken == 0) errno = EPIPE;
    check(taken > 0, "receive");
    bytes -= static_cast<std::size_t>(taken);
  }
}

bool take_end(int borrowed_fd) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t taken = ::recv(borrowed_fd, buffer.data(), buffer.size(), 0);
    if (taken == 0) return true;
    if (taken < 0 && errno == ECONNRESET) return false;
    check(taken > 0, "wait for the end");
  }
}

void acknowledge_at_once(int borrowed_fd) {
  const int on = 1;
  ::setsockopt(borrowed_fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

UniqueFd frame_socket(const Namespace& network, const std::string& interface) {
  UniqueFd fd = open_socket(network, AF_PACKET, SOCK_RAW);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  network.enter([&] { address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str())); });
  check(::bind(fd.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind to " + interface);
  return fd;
}

void send_frame(int borrowed_fd, std::span<const std::uint8_t> frame) {
  check(::send(borrowed_fd, frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()), "send a frame");
}

void reset_on_close(int borrowed_fd) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(borrowed_fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace tickwire::harness
