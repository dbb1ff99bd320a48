// What it owns: the players that speak TCP.
// Who may use it: the server.
// Thread: the server's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "gameserver/common/poller.h"
#include "gameserver/protocol/frame.h"
#include "gameserver/server/game.h"
#include "gameserver/gateway/outbox.h"

namespace tickwire::game {

// Memory per client: FrameReader's 68 KiB and Outbox's 64 KiB with one snapshot, at most. A client that takes nothing for
// kSlowTimeout, or lets its outbox fill up, is told so and closed; nobody waits for it.
class TcpGateway {
 public:
  // Ids in the poller from here on are clients; the server uses smaller ones.
  static constexpr std::uint64_t kFirstClientId = 16;
  static constexpr Nanoseconds kSlowTimeout = std::chrono::seconds(5);
  // A closed client has so long to read why.
  static constexpr Nanoseconds kFarewellTimeout = std::chrono::seconds(1);

  // listener: as open_bound() gives it.
  TcpGateway(UniqueFd listener, Poller& borrowed_poller, Game& borrowed_game, ServerStats& borrowed_stats);

  [[nodiscard]] int listener_fd() const { return listener_.fd(); }
  [[nodiscard]] std::uint16_t port() const;

  // Takes the connections that wait, within a bound.
  void accept(Nanoseconds now_mono);
  // Handles events of the client with this id; an id that is gone is ignored.
  void on_ready(std::uint64_t id, std::uint32_t events, Nanoseconds now_mono);
  // Sends everybody this tick's snapshot and chat.
  void send_tick(Nanoseconds now_mono);
  // Ends clients that are silent or slow.
  void sweep(Nanoseconds now_mono);
  // Says bye to everybody and closes at once.
  void close(Nanoseconds now_mono);

 private:
  struct Client {
    UniqueFd fd;
    FrameReader in;
    Outbox out;
    Session session;
    std::optional<Nanoseconds> closes_at_mono;  // set: it is told why and its bytes are thrown away
    bool gone = false;                          // the socket failed: nothing can be sent any more
    bool waits_for_room = false;                // EPOLLOUT is on
  };

  void adopt(UniqueFd fd, Nanoseconds now_mono);
  void refuse_without_descriptor();
  void read(Client& client, Nanoseconds now_mono);
  void take_frames(Client& client, Nanoseconds now_mono);
  void take(Client& client, const Message& message, Nanoseconds now_mono);
  void push(Client& client, const Message& message, Nanoseconds now_mono);
  void flush(std::uint64_t id, Client& client, Nanoseconds now_mono);
  // Takes the player out of the world and tells the client why, with a bye if it is a normal end, else with a reject.
  void end(Client& client, Reason reason, Nanoseconds now_mono);
  // The socket ended without a word.
  void lose(Client& client);

  UniqueFd listener_;
  UniqueFd spare_;  // given up for a moment to close a connection that came when no descriptor was left
  Poller* poller_;
  Game* game_;
  ServerStats* stats_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::uint64_t next_id_ = kFirstClientId;
  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
