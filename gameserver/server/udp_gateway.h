// What it owns: the players that speak UDP.
// Who may use it: the server.
// Thread: the server's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "gameserver/gateway/datagram_socket.h"
#include "gameserver/server/game.h"

namespace tickwire::game {

// A source address can be forged, so a newcomer is sent nothing but one welcome per hello, smaller than the hello, until a
// message has come back with the number that the welcome gave it.
class UdpGateway {
 public:
  // host and port as open_bound() takes them.
  [[nodiscard]] static Result<UdpGateway> open(const std::string& host, std::uint16_t port, Game& borrowed_game,
                                               ServerStats& borrowed_stats);

  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }

  [[nodiscard]] std::uint64_t receive_drops() const { return socket_.receive_drops(); }

  // Takes what has arrived, within a bound: ticks must not wait for a flood.
  void receive(Nanoseconds now_mono);
  // Sends everybody this tick's snapshot and chat.
  void send_tick(Nanoseconds now_mono);
  // Ends sessions that have been silent for too long.
  void sweep(Nanoseconds now_mono);
  // Says bye to everybody.
  void close(Nanoseconds now_mono);

 private:
  struct Client {
    Session session;
    OwnAddress own;
    std::uint32_t nonce = 0;
    bool confirmed = false;
  };
  using Clients = std::unordered_map<Endpoint, Client>;

  UdpGateway(DatagramSocket socket, Game& borrowed_game, ServerStats& borrowed_stats)
      : socket_(std::move(socket)), game_(&borrowed_game), stats_(&borrowed_stats) {}

  void take(const ReceivedDatagram& datagram, Nanoseconds now_mono);
  void greet(const ReceivedDatagram& datagram, const Header& hello_header, const Hello& hello, Nanoseconds now_mono);
  void send(const Endpoint& remote, const OwnAddress& own, const Message& message);
  // Returns the client behind it.
  Clients::iterator end(Clients::iterator client, Reason reason, Nanoseconds now_mono);
  void count(SendCounts counts);

  DatagramSocket socket_;
  Game* game_;
  ServerStats* stats_;
  Clients clients_;
  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
