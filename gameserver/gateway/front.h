// What it owns: the clients of one gateway thread and their sessions, whoever carries their messages.
// Who may use it: the UDP, TCP and WebSocket gateways of its thread.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

#include "gameserver/common/clock.h"
#include "gameserver/common/endpoint.h"
#include "gameserver/gateway/limits.h"
#include "gameserver/gateway/session.h"
#include "gameserver/gateway/stats.h"
#include "gameserver/gateway/tickets.h"
#include "gameserver/protocol/message.h"
#include "gameserver/snapshot/dictionary.h"
#include "gameserver/world/port.h"

namespace tickwire::game {

// Nothing heard for so long ends a session.
inline constexpr Nanoseconds kIdleTimeout = std::chrono::seconds(30);
// A newcomer has so long to say hello (over a stream) or to prove that its address is its own (UDP).
inline constexpr Nanoseconds kNewcomerTimeout = std::chrono::seconds(3);

// What a front asks of whoever carries one client's messages. Called on the gateway's thread, never out of a call of the same link.
class ClientLink {
 public:
  virtual ~ClientLink() = default;
  // Sends in order; over UDP it may be lost. Memory is bounded: a link that has no room calls Front::end() with kSlow later, not from here.
  virtual void send(const Message& message) = 0;
  // Sends a snapshot; a newer one takes the place of one that has not gone.
  virtual void offer(const Message& message) = 0;
  // Nothing is to be read until resume(): the queue towards the world is full. What has been read is held back as well.
  virtual void pause() = 0;
  virtual void resume() = 0;
  // The session has ended and the last message was sent: close once it has gone. The front forgets the client; the link lives on as long
  // as its gateway needs it. reason: why, for transports that carry one of their own.
  virtual void close(Reason reason) = 0;
};

struct FrontOptions {
  unsigned tick_rate_hz = 30;
  std::size_t max_players = 1000;
  bool guests = true;                                    // a hello without a ticket is let in
  AddressLimitOptions limits;                            // of each front by itself
  TicketCheck tickets;                                   // empty: no ticket is good
  std::shared_ptr<const SnapshotDictionary> dictionary;  // null: no snapshot is compressed
};

// Memory: at most max_players and kSpareClients clients, of 7 KiB each (6 of them a player's) and what their links hold; the newest frames.
class Front {
 public:
  // Clients beyond the players: newcomers that have not said hello, or wait for the world.
  static constexpr std::size_t kSpareClients = 256;

  Front(GatewayId id, FrontOptions options, WorldInbox& borrowed_world, GatewayInbox& borrowed_inbox, FrontStats& borrowed_stats);
  ~Front();

  // A client, whose link lives until it is told to close, or lost() was called. The reason when the server or this address has too many,
  // which is counted.
  [[nodiscard]] std::expected<ClientId, Reason> add(ClientLink& borrowed_link, Transport transport, const Endpoint& remote,
                                                    Nanoseconds now_mono);
  // A well-formed message of a client; ids that are gone are ignored.
  void take(ClientId client, const Message& message, Nanoseconds now_mono);
  // Ends the session with this reason, after telling the client.
  void end(ClientId client, Reason reason, Nanoseconds now_mono);
  // The carrier is gone without a word.
  void lost(ClientId client);

  // The world's answers, chat and newest frame: sends them. To be called when the inbox's wake is readable, after draining it.
  void serve(Nanoseconds now_mono);
  // Ends clients that are silent; once a second.
  void sweep(Nanoseconds now_mono);
  // Says bye to everybody.
  void close(Nanoseconds now_mono);

  // For gateways: a datagram of nobody whom they know; a connection that they could not even take.
  void count_unknown_sender() { ++stats_->unknown_senders; }
  void count_refused(Reason reason);

 private:
  struct Client;
  struct Parts;
  FrontStats* stats_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tickwire::game
