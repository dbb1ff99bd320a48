// SPDX-License-Identifier: Apache-2.0
#include "bench/ping_pong.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <stdexcept>

#include "harness/on_processor.h"

namespace tickwire::harness {

namespace {

struct Message {
  std::uint32_t length = htonl(sizeof(Message) - sizeof length);
  std::uint32_t number = 0;
  std::uint32_t newest = 0;
  std::uint32_t filling[13] = {};
};
static_assert(sizeof(Message) == 64);

// Until something comes that is no message. Datagrams are read and written with their address, as a server of many players does.
void serve(int borrowed_fd, Transport transport, int processor) {
  const OnProcessor here(processor);
  sockaddr_storage peer{};
  auto* address = transport == Transport::kUdp ? reinterpret_cast<sockaddr*>(&peer) : nullptr;
  Message message;
  for (std::uint32_t number = 1;; ++number) {
    socklen_t length = sizeof peer;
    if (::recvfrom(borrowed_fd, &message, sizeof message, 0, address, address != nullptr ? &length : nullptr) != sizeof message)
      return;
    message.newest = message.number;
    message.number = htonl(number);
    if (::sendto(borrowed_fd, &message, sizeof message, MSG_NOSIGNAL, address, address != nullptr ? length : 0) != sizeof message)
      return;
  }
}

}  // namespace

PingPong::PingPong(const Namespace& node, const Namespace& player, Transport transport, const Address& server,
                   const Processors& processors)
    : player_processor_(processors.player) {
  if (transport == Transport::kUdp) {
    server_ = udp_socket(node, server);
    player_ = udp_socket(player, {.ip = "0.0.0.0"}, server);
  } else {
    const UniqueFd listener = tcp_listener(node, server);
    player_ = tcp_connect(player, server);
    server_ = tcp_accept(listener.fd());
  }
  thread_ = std::thread(serve, server_.fd(), transport, processors.server);
}

PingPong::~PingPong() {
  const char end = 0;
  static_cast<void>(::send(player_.fd(), &end, sizeof end, MSG_NOSIGNAL));
  thread_.join();
}

void PingPong::play(unsigned round_trips) {
  const OnProcessor here(player_processor_);
  for (unsigned trip = 0; trip < round_trips; ++trip) {
    Message message;
    message.number = htonl(++number_);
    message.newest = newest_;
    if (::send(player_.fd(), &message, sizeof message, MSG_NOSIGNAL) != sizeof message)
      throw std::runtime_error("a request was not sent");
    if (::recv(player_.fd(), &message, sizeof message, 0) != sizeof message)
      throw std::runtime_error("a request was not answered");
    newest_ = message.number;
  }
}

}  // namespace tickwire::harness
