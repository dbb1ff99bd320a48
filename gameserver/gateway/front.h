// What it owns: the clients of one gateway thread and their sessions, whoever carries their messages.
// Who may use it: the UDP, TCP and WebSocket gateways of its thread.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "gameserver/common/endpoint.h"
#include "gameserver/gateway/stats.h"
#include "gameserver/protocol/message.h"
#include "gameserver/world/port.h"

namespace tickwire::game {

enum class Transport : std::uint8_t { kUdp, kTcp, kWebSocket };
inline constexpr std::size_t kTransportCount = 3;

// What a front asks of whoever carries one client's messages. Called on the gateway's thread, never out of a call of the same link.
class ClientLink {
 public:
  virtual ~ClientLink() = default;
  // Sends in order; over UDP it may be lost. Memory is bounded: a link that has no room calls Front::slow() later, not from here.
  virtual void send(const Message& message) = 0;
  // Sends a snapshot or frames; a newer one takes the place of one that has not gone.
  virtual void offer(const Message& message) = 0;
  // Nothing is to be read until resume(): the queue towards the world is full.
  virtual void pause() = 0;
  virtual void resume() = 0;
  // The session has ended and the last message was sent: close once it has gone. The front forgets the client; the link lives on as long
  // as its gateway needs it.
  virtual void close() = 0;
};

struct FrontOptions {
  unsigned tick_rate_hz = 30;
  std::size_t max_players = 1000;
  bool guests = true;  // a hello without a ticket is let in
};

class Front {
 public:
  // Messages of a player in a second, beyond which he is put out (Reason::kFlood).
  static constexpr unsigned kMostMessagesPerSecond = 1000;

  Front(GatewayId id, const FrontOptions& options, WorldInbox& borrowed_world, GatewayInbox& borrowed_inbox,
        FrontStats& borrowed_stats);
  ~Front();

  // A client, whose link lives until remove() or close() of the link. nullopt: the server or this address has too many, the reason is
  // counted and given.
  [[nodiscard]] std::expected<ClientId, Reason> add(ClientLink& borrowed_link, Transport transport, const Endpoint& remote,
                                                    Nanoseconds now_mono);
  // A well-formed message of a client; ids that are gone are ignored.
  void take(ClientId client, const Message& message, Nanoseconds now_mono);
  // Ends the session with this reason, after telling the client.
  void end(ClientId client, Reason reason, Nanoseconds now_mono);
  // The carrier is gone without a word.
  void lost(ClientId client);

  // The world's answers, chat and newest frame: sends them. To be called when the inbox's wake is readable.
  void serve(Nanoseconds now_mono);
  // Ends clients that are silent; once a second.
  void sweep(Nanoseconds now_mono);
  // Says bye to everybody.
  void close(Nanoseconds now_mono);

 private:
  struct Client;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tickwire::game
