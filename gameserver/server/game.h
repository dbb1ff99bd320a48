// What it owns: what the server does with a player's messages, whichever gateway brought them.
// Who may use it: the gateways and the server.
// Thread: the server's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "gameserver/protocol/ack_window.h"
#include "gameserver/protocol/message.h"
#include "gameserver/server/stats.h"
#include "gameserver/server/world.h"

namespace tickwire::game {

// Nothing heard for so long ends a session.
inline constexpr Nanoseconds kIdleTimeout = std::chrono::seconds(30);
// A newcomer has so long to say hello (TCP) or to prove that its address is its own (UDP).
inline constexpr Nanoseconds kNewcomerTimeout = std::chrono::seconds(3);

// What a gateway keeps of one player.
struct Session {
  std::uint32_t conn = 0;  // not guessable: who knows it has received our welcome
  PlayerId player = 0;     // 0 until join()
  AckWindow received;
  std::uint16_t next_seq = 1;
  std::uint16_t last_input = 0;
  bool has_input = false;
  Nanoseconds heard_mono{};
  Nanoseconds next_chat_mono{};  // chat before this is dropped
};

// A line that everybody is sent at the end of the tick.
struct SpokenChat {
  PlayerId player = 0;
  std::string text;
};

class Game {
 public:
  Game(unsigned tick_rate_hz, std::size_t max_players, ServerStats& borrowed_stats);

  // Makes session a player and gives the answer; the reason when it cannot be one.
  [[nodiscard]] std::expected<Welcome, Reason> join(Session& session, const Hello& hello);
  // The welcome again, for a hello that came twice.
  [[nodiscard]] Welcome welcome(const Session& session, std::uint32_t nonce) const;
  // Takes one message of a player. The reason when the session is to end.
  [[nodiscard]] std::optional<Reason> handle(Session& session, const Message& message, Nanoseconds now_mono);
  // The session's player leaves the world; counted by reason. The session is no player any more.
  void leave(Session& session, Reason reason);
  // The header of the session's next message; takes its sequence number.
  [[nodiscard]] Header next_header(Session& session, Nanoseconds now_mono) const;

  // One tick of the world.
  void step() { world_.step(); }
  // The snapshot of this tick for the session; its states live in the game until the next snapshot().
  [[nodiscard]] Message snapshot(Session& session, Nanoseconds now_mono);
  // What was said since the last end_tick().
  [[nodiscard]] std::span<const SpokenChat> chats() const { return chats_; }
  void end_tick() { chats_.clear(); }

  [[nodiscard]] const World& world() const { return world_; }

 private:
  void speak(Session& session, const Chat& chat, Nanoseconds now_mono);

  unsigned tick_rate_hz_;
  World world_;
  ServerStats& stats_;
  std::random_device random_;
  std::vector<SpokenChat> chats_;
  std::vector<std::byte> states_;
};

}  // namespace tickwire::game
