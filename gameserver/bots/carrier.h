// What it owns: how the runner sees a bot's connection, whatever carries its messages.
// Who may use it: bots/.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "gameserver/bots/player.h"
#include "gameserver/bots/witness.h"
#include "gameserver/common/endpoint.h"
#include "gameserver/common/poller.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

struct CarrierCounts {
  std::uint64_t messages_sent = 0;  // datagrams, frames, or WebSocket messages
  std::uint64_t messages_received = 0;
  std::uint64_t payload_bytes_sent = 0;  // behind the UDP or TCP header
  std::uint64_t payload_bytes_received = 0;
  std::uint64_t send_drops = 0;  // the kernel did not take it
};

// What a carrier is made of.
struct CarrierSpec {
  std::uint32_t nonce = 0;
  Endpoint remote;
  std::optional<Endpoint> source;  // the local address to send from, port 0; none: as the route says
  Nanoseconds ack_hold{};          // as Player takes it
  bool quickack = true;            // of a stream: acknowledge each read at once
  int receive_bytes = 0;           // of a stream: SO_RCVBUF; 0: the kernel's default
  TruthLog* borrowed_truth = nullptr;
  SnapshotDecompressor* borrowed_decompressor = nullptr;  // as Player takes it
};

// Carries one player's messages.
class Carrier {
 public:
  virtual ~Carrier() = default;

  // "udp", "tcp", "ws".
  [[nodiscard]] virtual const char* protocol() const = 0;
  // What is sent arrives, in order: TCP and WebSocket.
  [[nodiscard]] virtual bool is_stream() const { return true; }
  // Opens a socket to the server and puts it into the poller under id; a failure shows in player().
  virtual void start(Poller& poller, std::uint64_t id) = 0;
  // Handles the socket's events.
  virtual void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) = 0;
  // Reads what waits, up to most_bytes of a stream.
  virtual void read(std::size_t most_bytes) = 0;
  // Sends what was due at intended_mono; what cannot be sent now is counted as a drop.
  virtual void send(const Message& message, Nanoseconds intended_mono) = 0;
  // Whether the socket's events wake the loop.
  void watch(Poller& poller, std::uint64_t id, bool on);
  // Closes the socket.
  void stop();

  [[nodiscard]] Player& player() { return player_; }
  [[nodiscard]] const Player& player() const { return player_; }
  [[nodiscard]] Witness& witness() { return witness_; }
  [[nodiscard]] const CarrierCounts& counts() const { return counts_; }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] const Endpoint& remote() const { return spec_.remote; }

 protected:
  explicit Carrier(const CarrierSpec& spec)
      : spec_(spec), player_(spec.nonce, spec.ack_hold, spec.borrowed_decompressor), witness_(spec.borrowed_truth) {}

  CarrierSpec spec_;
  Player player_;
  Witness witness_;
  CarrierCounts counts_;
  Endpoint local_;
  UniqueFd fd_;

 private:
  bool watched_ = true;
};

}  // namespace tickwire::game
