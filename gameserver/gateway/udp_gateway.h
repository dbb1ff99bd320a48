// What it owns: the clients that speak UDP.
// Who may use it: the net loop.
// Thread: the net loop's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gameserver/gateway/datagram_socket.h"
#include "gameserver/gateway/front.h"
#include "gameserver/gateway/stats.h"

namespace tickwire::game {

// A source address can be forged, so a newcomer is sent nothing but one welcome per hello and one bye or reject, together no longer than
// a hello, until a message has come back with the number that the welcome gave it. The front holds to that; here nothing is sent but
// what it says.
class UdpGateway {
 public:
  // host and port as open_bound() takes them.
  [[nodiscard]] static Result<std::unique_ptr<UdpGateway>> open(const std::string& host, std::uint16_t port,
                                                                Front& borrowed_front, UdpStats& borrowed_stats);
  UdpGateway(const UdpGateway&) = delete;
  UdpGateway& operator=(const UdpGateway&) = delete;

  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }

  // Takes what has arrived, within a bound: ticks must not wait for a flood.
  void receive(Nanoseconds now_mono);
  // Sends what the front has said since the last flush; to be called after each of its calls that is not from here.
  void flush();
  // Brings UdpStats::receive_drops up to date.
  void read_drops() { stats_->receive_drops.set(socket_.receive_drops()); }

 private:
  struct Client final : ClientLink {
    Client(UdpGateway& borrowed_gateway, const ReceivedDatagram& hello, std::uint32_t hello_nonce)
        : gateway(borrowed_gateway), remote(hello.remote), own(hello.own), nonce(hello_nonce) {}
    void send(const Message& message) override {
      if (std::holds_alternative<Welcome>(message.body)) conn = message.header.conn;
      gateway.send(remote, own, message);
    }
    void offer(const Message& message) override { gateway.send(remote, own, message); }
    // A socket for all cannot leave one alone: the front drops what comes from a client that it has paused.
    void pause() override {}
    void resume() override {}
    void close(Reason) override { gateway.ended_.push_back(this); }

    UdpGateway& gateway;
    Endpoint remote;
    OwnAddress own;
    std::uint32_t nonce;
    std::uint32_t conn = 0;  // 0: not welcomed yet
    ClientId id = 0;
  };
  using Clients = std::unordered_map<Endpoint, Client>;

  UdpGateway(DatagramSocket socket, Front& borrowed_front, UdpStats& borrowed_stats)
      : socket_(std::move(socket)), front_(&borrowed_front), stats_(&borrowed_stats) {}

  void take(const ReceivedDatagram& datagram, Nanoseconds now_mono);
  void take_known(Client& client, const ReceivedDatagram& datagram, const Message& message, Nanoseconds now_mono);
  void greet(Clients& clients, const ReceivedDatagram& datagram, const Message& hello, Nanoseconds now_mono);
  void send(const Endpoint& remote, const OwnAddress& own, const Message& message);
  // Takes the successor of this address, if there is one, for its client.
  void promote(const Endpoint& remote);
  void forget_ended();
  void count(SendCounts counts);

  DatagramSocket socket_;
  Front* front_;
  UdpStats* stats_;
  Clients clients_;
  // Whoever said hello with another nonce from an address that has a client: a forger, or the same machine with a game that was started
  // again. He takes the client's place when he has proven that he is there; a hello alone puts nobody out.
  Clients successors_;
  std::vector<Client*> ended_;  // not to be used any more
  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
