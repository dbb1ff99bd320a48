// What it owns: the front's inside, which two files share.
// Who may use it: front.cc and front_serve.cc.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "gameserver/gateway/front.h"
#include "gameserver/gateway/presence_sender.h"
#include "gameserver/lockstep/sender.h"
#include "gameserver/snapshot/writer.h"

namespace tickwire::game {

struct Front::Client {
  enum class State : std::uint8_t {
    kNew,      // has not said hello
    kJoining,  // the world has been asked
    kPlaying,
  };
  ClientId id = 0;
  ClientLink* link = nullptr;
  Transport transport{};
  State state = State::kNew;
  bool confirmed = false;  // is where its address says; always so over a stream
  bool paused = false;
  Endpoint remote;
  std::uint32_t nonce = 0;
  PlayerId player = 0;  // 0: none, or no more
  std::uint32_t joined_tick = 0;
  Session session;
  std::optional<PresenceSender> presence;     // of a player
  std::unique_ptr<LockstepSender> frames;     // of a player in the lockstep room
  std::unique_ptr<SnapshotWriter> snapshots;  // of any other player

  [[nodiscard]] bool is_udp() const { return transport == Transport::kUdp; }
  // A header with kFlagAck, of a player.
  void acknowledge(const Header& header) {
    if (is_udp()) presence->acknowledged(header);
    if (snapshots) snapshots->acknowledge(header.ack, header.ack_bits);
    if (frames) frames->acknowledge(header.ack, header.ack_bits);
  }
  [[nodiscard]] bool is_served() const { return state == State::kPlaying && confirmed; }
};

struct Front::Parts {
  Parts(GatewayId front_id, FrontOptions front_options, WorldInbox& borrowed_world, GatewayInbox& borrowed_inbox,
        FrontStats& borrowed_stats);

  // Null when the id is gone.
  [[nodiscard]] Client* find(ClientId client) const;

  // front.cc: what clients say.
  void count_refused(Reason reason);
  [[nodiscard]] std::expected<ClientId, Reason> add(ClientLink& link, Transport transport, const Endpoint& remote,
                                                    Nanoseconds now_mono);
  void take(Client& client, const Message& message, Nanoseconds now_mono);
  void take_hello(Client& client, const Header& header, const Hello& hello, Nanoseconds now_mono);
  void take_body(Client& client, const Body& body, Nanoseconds now_mono);
  void end(Client& client, Reason reason, Nanoseconds now_mono);
  void forget(Client& client, Reason reason);
  // Never refused: what the queue has no room for waits here, and its client is not read meanwhile. client: null when it is gone.
  void tell_world(Client* client, ToWorld what);
  void tell_waiting();

  // front_serve.cc: what the world says.
  void serve(Nanoseconds now_mono);
  void take_answer(const Joined& joined, Nanoseconds now_mono);
  void take_answer(const Evicted& evicted, Nanoseconds now_mono);
  void take_answer(const DivergedNotice& notice, Nanoseconds now_mono);
  void send(Client& client, const Body& body, Nanoseconds now_mono, std::uint8_t flags = 0);
  void send_welcome(Client& client, Nanoseconds now_mono);
  void send_frame(Client& client, const WorldFrame& frame, Nanoseconds now_mono);
  void send_presence(Client& client, const PresenceWindow& window, Nanoseconds now_mono);
  void send_snapshot(Client& client, Nanoseconds now_mono);
  void send_lockstep(Client& client, const WorldFrame& frame, Nanoseconds now_mono);
  void count_snapshots();

  const GatewayId id;
  const FrontOptions options;
  WorldInbox& world;
  GatewayInbox& inbox;
  FrontStats& stats;
  AddressLimits limits;

  // By the slot in a ClientId; null: free.
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::uint32_t> free_slots;
  std::size_t client_count = 0;
  std::uint64_t next_serial = 1;

  // At most what every client can have said before it was paused: a join, a proof or a hash, and a leave each.
  std::deque<ToWorld> waiting;
  std::vector<ClientId> paused;

  std::shared_ptr<const WorldFrame> newest;
  SnapshotDesk desk;
  // Reused, so that a tick allocates nothing.
  std::vector<FromWorld> answers;
  std::vector<ChatLine> lines;
  std::vector<std::byte> frame_buffer;
  PresenceStretch encoded_stretch;  // what encoded_events holds: most clients are at the same place
  std::vector<std::byte> encoded_events;
};

}  // namespace tickwire::game
