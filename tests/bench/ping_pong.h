// What it owns: a player and a server between which one message goes there and back, without a pause: round trips as fast as the
// machine makes them.
// Who may use it: tests/bench, as root. What the system refuses throws std::runtime_error.
// Thread: the server has its own; the player plays on the caller's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <thread>

#include "base/unique_fd.h"
#include "harness/echo_server.h"
#include "harness/network.h"
#include "harness/sockets.h"

namespace tickwire::harness {

struct Processors {
  int server = 0;
  int player = 0;
};

// A message is 64 bytes: a length, the sender's number, the newest number that it has of the other side, and filling.
class PingPong {
 public:
  // Of Tickwire's rules, the one that fits. Over TCP the length is the frame's, over UDP the message begins with it.
  static constexpr const char* kUdpRule = "token=32:32 echo=64:32 sequence=32:32";
  static constexpr const char* kTcpRule = "frame=32 token=0:32 echo=32:32 sequence=0:32";

  PingPong(const Namespace& node, const Namespace& player, Transport transport, const Address& server,
           const Processors& processors);
  ~PingPong();
  PingPong(const PingPong&) = delete;
  PingPong& operator=(const PingPong&) = delete;

  void play(unsigned round_trips);

 private:
  UniqueFd server_, player_;
  int player_processor_;
  std::uint32_t number_ = 0;
  std::uint32_t newest_ = 0;  // of the server's numbers
  std::thread thread_;
};

}  // namespace tickwire::harness
