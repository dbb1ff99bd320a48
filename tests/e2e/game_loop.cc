// SPDX-License-Identifier: Apache-2.0
#include "e2e/game_loop.h"

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/clock.h"

namespace tickwire::e2e {
namespace {

using std::chrono::nanoseconds;
constexpr std::size_t kBytes = 64;

void sleep_until(nanoseconds moment) { std::this_thread::sleep_until(std::chrono::steady_clock::time_point(moment)); }

std::uint16_t port_of(const sockaddr_storage& peer) {
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&peer);
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&peer);
  return ntohs(peer.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
}

}  // namespace

GameLoop::GameLoop(const harness::Namespace& network, const harness::Address& bound, nanoseconds period, nanoseconds work,
                   int ticks)
    : socket_(harness::udp_socket(network, bound)), thread_([this, period, work, ticks] { run(period, work, ticks); }) {}

void GameLoop::run(nanoseconds period, nanoseconds work, int ticks) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  nanoseconds next = monotonic_now();
  for (int tick = 0; tick < ticks; ++tick) {
    sleep_until(next += period);
    std::map<std::uint16_t, sockaddr_storage> heard;
    std::array<std::uint8_t, kBytes> input{};
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    nanoseconds before = monotonic_now();
    while (::recvfrom(socket_.fd(), input.data(), input.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&peer), &length) > 0) {
      std::uint32_t number = 0;
      std::memcpy(&number, input.data(), sizeof number);
      log_.push_back({Moment::Kind::kRead, port_of(peer), number, before, monotonic_now()});
      heard[port_of(peer)] = peer;
      length = sizeof peer;
      before = monotonic_now();
    }
    if (work.count() > 0) sleep_until(monotonic_now() + work);
    for (const auto& [port, address] : heard) {
      before = monotonic_now();
      static_cast<void>(::sendto(socket_.fd(), input.data(), input.size(), MSG_NOSIGNAL,
                                 reinterpret_cast<const sockaddr*>(&address), sizeof(sockaddr_storage)));
      log_.push_back({Moment::Kind::kWritten, port, 0, before, monotonic_now()});
    }
  }
}

std::vector<Moment> play(const harness::Namespace& network, const std::string& from_ip, const harness::Address& to, int players,
                         int rounds, nanoseconds period) {
  constexpr std::uint16_t kFirstPort = 20000;
  std::vector<UniqueFd> sockets;
  for (int player = 0; player < players; ++player) {
    sockets.push_back(harness::udp_socket(network, {.ip = from_ip, .port = static_cast<std::uint16_t>(kFirstPort + player)}, to));
  }
  std::vector<Moment> log;
  const nanoseconds start = monotonic_now();
  for (int round = 0; round < rounds; ++round) {
    for (int player = 0; player < players; ++player) {
      // Spread over the period, as real players are.
      sleep_until(start + period * round + period * player / players);
      std::array<std::uint8_t, kBytes> input{};
      const auto number = static_cast<std::uint32_t>(round);
      std::memcpy(input.data(), &number, sizeof number);
      const nanoseconds before = monotonic_now();
      harness::send_datagram(sockets[static_cast<std::size_t>(player)].fd(), input);
      log.push_back({Moment::Kind::kSent, static_cast<std::uint16_t>(kFirstPort + player), number, before, monotonic_now()});
      while (::recv(sockets[static_cast<std::size_t>(player)].fd(), input.data(), input.size(), MSG_DONTWAIT) > 0) {
      }
    }
  }
  return log;
}

std::vector<Followed> followed(std::vector<Moment> log) {
  struct Pending {
    std::optional<Moment> sent, read;  // of the request that is followed
  };
  // From the first moment to the second.
  const auto range = [](const Moment& from, const Moment& to) {
    return Followed::Range{.least = to.before - from.after, .most = to.after - from.before};
  };
  std::ranges::stable_sort(log, {}, &Moment::at);
  std::map<std::uint16_t, Pending> pending;
  std::vector<Followed> all;
  for (const Moment& moment : log) {
    auto& [sent, read] = pending[moment.player];
    switch (moment.kind) {
      case Moment::Kind::kSent:
        if (!sent) sent = moment;
        break;
      case Moment::Kind::kRead:
        if (sent && sent->number == moment.number) read = moment;
        break;
      case Moment::Kind::kWritten:
        if (!read) break;
        all.push_back({moment.player, range(*sent, *read), range(*read, moment), range(*sent, moment)});
        sent.reset();
        read.reset();
        break;
    }
  }
  return all;
}

}  // namespace tickwire::e2e
