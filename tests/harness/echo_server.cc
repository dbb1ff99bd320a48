// SPDX-License-Identifier: Apache-2.0
#include "harness/echo_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>

#include "base/clock.h"
#include "harness/packet_socket.h"

namespace tickwire::harness {

namespace {

// Whether something can be read before the server is told to stop.
bool readable(int borrowed_fd, int borrowed_stop_fd) {
  std::array<pollfd, 2> waits{pollfd{borrowed_fd, POLLIN, 0}, pollfd{borrowed_stop_fd, POLLIN, 0}};
  ::poll(waits.data(), waits.size(), -1);
  return waits[1].revents == 0;
}

// Reads a request; when the kernel stamped its arrival (CLOCK_REALTIME), or none at the end. `peer`: who sent it, where that is told.
std::optional<std::chrono::nanoseconds> take(int borrowed_fd, std::span<char> request, sockaddr_storage& peer,
                                             socklen_t& peer_length) {
  alignas(cmsghdr) std::array<char, 256> control{};
  iovec bytes{.iov_base = request.data(), .iov_len = request.size()};
  msghdr message{.msg_name = &peer,
                 .msg_namelen = sizeof peer,
                 .msg_iov = &bytes,
                 .msg_iovlen = 1,
                 .msg_control = control.data(),
                 .msg_controllen = control.size(),
                 .msg_flags = 0};
  if (::recvmsg(borrowed_fd, &message, 0) <= 0) return std::nullopt;
  peer_length = message.msg_namelen;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec at{};
    std::memcpy(&at, CMSG_DATA(part), sizeof at);
    return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
  }
  throw std::runtime_error("no stamp of an arrival");
}

}  // namespace

EchoServer::EchoServer(const Namespace& network, Transport transport, const Address& bound, std::chrono::nanoseconds wait,
                       std::chrono::nanoseconds read_after)
    : socket_(transport == Transport::kTcp ? tcp_listener(network, bound) : udp_socket(network, bound)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  const int on = 1;
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);  // what is accepted has it too
  thread_ = std::thread([this, transport, wait, read_after] { serve(transport, wait, read_after); });
}

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

Durations EchoServer::turnarounds() const {
  return durations(&Answered::arrived, &Answered::told, &Answered::written, &Answered::sent);
}

Durations EchoServer::reads() const { return durations(&Answered::arrived, &Answered::told, &Answered::asked, &Answered::read); }

Durations EchoServer::works() const { return durations(&Answered::asked, &Answered::read, &Answered::written, &Answered::sent); }

Durations EchoServer::durations(Moment earliest_begin, Moment latest_begin, Moment earliest_end, Moment latest_end) const {
  const std::scoped_lock lock(mutex_);
  Durations all;
  for (const Answered& each : log_) {
    all.least.push_back(each.*earliest_end - each.*latest_begin);
    all.most.push_back(each.*latest_end - each.*earliest_begin);
  }
  return all;
}

void EchoServer::serve(Transport transport, std::chrono::nanoseconds wait, std::chrono::nanoseconds read_after) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  UniqueFd accepted;
  if (transport == Transport::kTcp) {
    if (!readable(socket_.fd(), stop_.fd())) return;
    accepted = tcp_accept(socket_.fd());
  }
  const int peer_fd = accepted ? accepted.fd() : socket_.fd();
  const std::chrono::nanoseconds offset = clock_offset();
  std::array<char, kBytes> request{};
  while (readable(peer_fd, stop_.fd())) {
    Answered each{.told = monotonic_now()};
    if (read_after.count() > 0) std::this_thread::sleep_until(std::chrono::steady_clock::time_point(each.told + read_after));
    each.asked = monotonic_now();
    sockaddr_storage peer{};
    socklen_t peer_length = 0;
    const auto stamped = take(peer_fd, request, peer, peer_length);
    if (!stamped) return;
    each.arrived = *stamped + offset;
    each.read = monotonic_now();
    std::this_thread::sleep_until(std::chrono::steady_clock::time_point(each.read + wait));
    each.written = monotonic_now();
    const auto* address = accepted ? nullptr : reinterpret_cast<const sockaddr*>(&peer);
    static_cast<void>(::sendto(peer_fd, request.data(), request.size(), MSG_NOSIGNAL, address, accepted ? 0 : peer_length));
    each.sent = monotonic_now();
    const std::scoped_lock lock(mutex_);
    log_.push_back(each);
  }
}

}  // namespace tickwire::harness
