// What it owns: a made-up game on UDP whose every send, read and write is logged by its own clock, and what follows from that log: the
// turnaround and the stages of each request that a watcher should follow.
// Who may use it: tests of this folder.
// Thread: the loop and the players have one each; logs are read when both have ended.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "harness/sockets.h"

namespace tickwire::e2e {

// One datagram of a player (by his port, and his own count), or one answer to him.
struct Moment {
  enum class Kind : std::uint8_t { kSent, kRead, kWritten };
  Kind kind;
  std::uint16_t player;
  std::uint32_t number;             // kSent and kRead
  std::chrono::nanoseconds before;  // the call of the kernel
  std::chrono::nanoseconds after;   // its return
  // What orders them: a read is one when it has returned.
  [[nodiscard]] std::chrono::nanoseconds at() const { return kind == Kind::kRead ? after : before; }
};

// One request from its sending to the answer: how long each part took at least and at most, as the calls between lie.
struct Followed {
  struct Range {
    std::chrono::nanoseconds least, most;
  };
  std::uint16_t player;
  Range socket_to_app;  // from the player's send to the game's read
  Range app;            // to the game's send
  Range turnaround;     // both
};

// Each tick: reads all that lies in the socket, works, answers each player whom something was read of.
class GameLoop {
 public:
  GameLoop(const harness::Namespace& network, const harness::Address& bound, std::chrono::nanoseconds period,
           std::chrono::nanoseconds work, int ticks);
  void join() { thread_.join(); }
  [[nodiscard]] const std::vector<Moment>& log() const { return log_; }

 private:
  void run(std::chrono::nanoseconds period, std::chrono::nanoseconds work, int ticks);
  UniqueFd socket_;
  std::vector<Moment> log_;
  std::thread thread_;
};

// Players who send `rounds` datagrams each, one every `period`, whatever comes back. Their log.
[[nodiscard]] std::vector<Moment> play(const harness::Namespace& network, const std::string& from_ip, const harness::Address& to,
                                       int players, int rounds, std::chrono::nanoseconds period);

// What a watcher should have followed: of each player the first request since the last answer, until the first answer that the game
// wrote after it had read that request.
[[nodiscard]] std::vector<Followed> followed(std::vector<Moment> log);

}  // namespace tickwire::e2e
