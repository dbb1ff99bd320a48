// What it owns: what the world and the gateway threads say to each other.
// Who may use it: world/, gateway/, web/ through its front, and the server that wires them.
// Thread: any; every queue has a bound and a stated policy.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <variant>

#include "gameserver/bus/input_board.h"
#include "gameserver/bus/latest.h"
#include "gameserver/bus/queue.h"
#include "gameserver/bus/wake.h"
#include "gameserver/common/identity.h"
#include "gameserver/common/result.h"
#include "gameserver/world/frame.h"

namespace tickwire::game {

using GatewayId = std::uint8_t;  // a gateway thread's place in the world's list
using ClientId = std::uint64_t;  // given by a front; unique in its gateway thread, never used again

// Who wants to play, with what a ticket said of him; never with a credential.
struct JoinRequest {
  GatewayId gateway = 0;
  ClientId client = 0;
  PlayerName name{};
  bool lockstep = false;
  std::uint64_t account = 0;  // 0: a guest
  std::uint32_t match = 0;    // 0: none
  bool unproven =
      false;  // may come from a forged address (UDP): until AddressProven the seat is whoever's who comes when all are taken
};
// The player is where his address says.
struct AddressProven {
  PlayerId player = 0;
};
struct LeaveRequest {
  PlayerId player = 0;
  Reason reason{};
};
struct HashReport {
  PlayerId player = 0;
  StateHash hash;
};
// A rule says that this player is to go.
struct EvictRequest {
  PlayerId player = 0;
  std::string why;  // at most 64 bytes, printable
};
using ToWorld = std::variant<JoinRequest, AddressProven, LeaveRequest, HashReport, EvictRequest>;

struct ChatLine {
  PlayerId player = 0;
  std::string text;  // at most kMaxChatBytes
};

struct Seat {
  PlayerId player = 0;
  std::uint32_t tick = 0;
  bool lockstep = false;
};
// The answer to a JoinRequest.
struct Joined {
  ClientId client = 0;
  std::expected<Seat, Reason> seat;
};
struct Evicted {
  ClientId client = 0;
  Reason reason{};
};
// The client's state is not the room's: it is to be told, and given the room's state.
struct DivergedNotice {
  ClientId client = 0;
  Diverged diverged;
};
using FromWorld = std::variant<Joined, Evicted, DivergedNotice>;

// Towards the world, one for all gateways.
struct WorldInbox {
  std::shared_ptr<Wake> wake;  // control brings the world out of its sleep; inputs and chat wait for the tick
  BoundedQueue<ToWorld, FullPolicy::kRefuse> control;    // never dropped: who is refused stops reading that socket
  InputBoard inputs;                                     // the newest of a player wins
  BoundedQueue<ChatLine, FullPolicy::kDropOldest> chat;  // the oldest goes

  // Queues "world_control", "world_inputs", "world_chat", with room for max_players and 64 control messages, one input of every
  // player, and 256 lines. The error is that of eventfd(2).
  [[nodiscard]] static Result<std::unique_ptr<WorldInbox>> open(std::size_t max_players);
  WorldInbox(std::size_t max_players, std::shared_ptr<Wake> wake);
};

// From the world to one gateway thread.
struct GatewayInbox {
  std::shared_ptr<Wake> wake;
  BoundedQueue<FromWorld, FullPolicy::kRefuse>
      control;  // room for an answer and a notice of every client; the world keeps what is refused
  BoundedQueue<ChatLine, FullPolicy::kDropOldest> chat;  // the oldest goes
  Latest<WorldFrame> frame;                              // the newest wins

  // Queues "<name>_control", "<name>_chat", "<name>_frame"; the chat has room for 256 lines. The error is that of eventfd(2).
  [[nodiscard]] static Result<std::unique_ptr<GatewayInbox>> open(const std::string& name, std::size_t max_players);
  GatewayInbox(const std::string& name, std::size_t max_players, std::shared_ptr<Wake> wake);
};

}  // namespace tickwire::game
