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

// A source address can be forged, so a newcomer is sent nothing but one welcome per hello, smaller than the hello, until a message has come
// back with the number that the welcome gave it. The front holds to that; here nothing is sent but what it says.
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
    Client(UdpGateway& borrowed_gateway, const ReceivedDatagram& hello)
        : gateway(borrowed_gateway), remote(hello.remote), own(hello.own) {}
    void send(const Message& message) override { gateway.send(remote, own, message); }
    void offer(const Message& message) override { gateway.send(remote, own, message); }
    // A socket for all cannot leave one alone: the front drops what comes from a client that it has paused.
    void pause() override {}
    void resume() override {}
    void close(Reason) override { gateway.ended_.push_back(remote); }

    UdpGateway& gateway;
    Endpoint remote;
    OwnAddress own;
    ClientId id = 0;
  };

  UdpGateway(DatagramSocket socket, Front& borrowed_front, UdpStats& borrowed_stats)
      : socket_(std::move(socket)), front_(&borrowed_front), stats_(&borrowed_stats) {}

  void take(const ReceivedDatagram& datagram, Nanoseconds now_mono);
  void greet(const ReceivedDatagram& datagram, const Message& hello, Nanoseconds now_mono);
  void send(const Endpoint& remote, const OwnAddress& own, const Message& message);
  void forget_ended();
  void count(SendCounts counts);

  DatagramSocket socket_;
  Front* front_;
  UdpStats* stats_;
  std::unordered_map<Endpoint, Client> clients_;
  std::vector<Endpoint> ended_;  // their links are not to be used any more
  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
