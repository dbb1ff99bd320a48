// SPDX-License-Identifier: Apache-2.0
#include "harness/echo_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>

#include "base/clock.h"

namespace tickwire::harness {

namespace {

// Whether something can be read before the server is told to stop.
bool readable(int borrowed_fd, int borrowed_stop_fd) {
  std::array<pollfd, 2> waits{pollfd{borrowed_fd, POLLIN, 0}, pollfd{borrowed_stop_fd, POLLIN, 0}};
  ::poll(waits.data(), waits.size(), -1);
  return waits[1].revents == 0;
}

}  // namespace

EchoServer::EchoServer(const Namespace& network, Transport transport, const Address& bound, std::chrono::nanoseconds wait,
                       std::chrono::nanoseconds read_after)
    : socket_(transport == Transport::kTcp ? tcp_listener(network, bound) : udp_socket(network, bound)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this, transport, wait, read_after] { serve(transport, wait, read_after); }) {}

EchoServer::~EchoServer() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.fd(), &one, sizeof one));
  thread_.join();
}

void EchoServer::ask(int borrowed_fd, Transport transport) {
  if (transport == Transport::kUdp) {
    send_datagram(borrowed_fd, kBytes);
    take_datagram(borrowed_fd);
  } else {
    send_bytes(borrowed_fd, kBytes);
    take_bytes(borrowed_fd, kBytes);
  }
}

std::vector<std::chrono::nanoseconds> EchoServer::log() const {
  const std::scoped_lock lock(mutex_);
  return log_;
}

std::vector<std::chrono::nanoseconds> EchoServer::read_log() const {
  const std::scoped_lock lock(mutex_);
  return read_log_;
}

void EchoServer::serve(Transport transport, std::chrono::nanoseconds wait, std::chrono::nanoseconds read_after) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  UniqueFd accepted;
  if (transport == Transport::kTcp) {
    if (!readable(socket_.fd(), stop_.fd())) return;
    accepted = tcp_accept(socket_.fd());
  }
  const int peer_fd = accepted ? accepted.fd() : socket_.fd();
  std::array<char, kBytes> request{};
  while (readable(peer_fd, stop_.fd())) {
    const std::chrono::nanoseconds told = monotonic_now();
    if (read_after.count() > 0) std::this_thread::sleep_until(std::chrono::steady_clock::time_point(told + read_after));
    const std::chrono::nanoseconds asked = monotonic_now();
    sockaddr_storage peer{};
    socklen_t peer_length = sizeof peer;
    if (::recvfrom(peer_fd, request.data(), request.size(), 0, reinterpret_cast<sockaddr*>(&peer), &peer_length) <= 0) return;
    const std::chrono::nanoseconds read = monotonic_now();
    std::this_thread::sleep_until(std::chrono::steady_clock::time_point(read + wait));
    const std::chrono::nanoseconds written = monotonic_now();
    const auto* address = accepted ? nullptr : reinterpret_cast<const sockaddr*>(&peer);
    static_cast<void>(::sendto(peer_fd, request.data(), request.size(), MSG_NOSIGNAL, address, accepted ? 0 : peer_length));
    const std::scoped_lock lock(mutex_);
    log_.push_back(written - read);
    read_log_.push_back(asked - told);
  }
}

}  // namespace tickwire::harness
