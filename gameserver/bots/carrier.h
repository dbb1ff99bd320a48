// What it owns: how the runner sees a bot's connection, UDP or TCP.
// Who may use it: bots/.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gameserver/bots/player.h"
#include "gameserver/common/endpoint.h"
#include "gameserver/common/poller.h"

namespace tickwire::game {

struct CarrierCounts {
  std::uint64_t messages_sent = 0;  // datagrams, or frames
  std::uint64_t messages_received = 0;
  std::uint64_t payload_bytes_sent = 0;  // behind the UDP or TCP header
  std::uint64_t payload_bytes_received = 0;
  std::uint64_t send_drops = 0;  // the kernel did not take it
};

// Carries one player's messages.
class Carrier {
 public:
  virtual ~Carrier() = default;

  [[nodiscard]] virtual const char* protocol() const = 0;
  // Opens a socket to the server and puts it into the poller under id; a failure shows in player().
  virtual void start(Poller& poller, std::uint64_t id) = 0;
  // Handles the socket's events.
  virtual void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) = 0;
  // Sends; what cannot be sent now is counted as a drop.
  virtual void send(const Message& message) = 0;
  // Closes the socket.
  virtual void stop() = 0;

  [[nodiscard]] Player& player() { return player_; }
  [[nodiscard]] const Player& player() const { return player_; }
  [[nodiscard]] const CarrierCounts& counts() const { return counts_; }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] const Endpoint& remote() const { return remote_; }

 protected:
  Carrier(std::uint32_t nonce, const Endpoint& remote) : player_(nonce), remote_(remote) {}

  Player player_;
  CarrierCounts counts_;
  Endpoint local_;
  Endpoint remote_;
};

}  // namespace tickwire::game
