// What it owns: everything that the world does, without a thread or a clock of its own.
// Who may use it: the world's loop, tests.
// Thread: the world's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "gameserver/bus/event_bus.h"
#include "gameserver/bus/events.h"
#include "gameserver/common/clock.h"
#include "gameserver/resources/world_config.h"
#include "gameserver/world/facts.h"
#include "gameserver/world/known_matches.h"
#include "gameserver/world/lockstep_source.h"
#include "gameserver/world/player_table.h"
#include "gameserver/world/port.h"
#include "gameserver/world/presence_list.h"
#include "gameserver/world/stats.h"
#include "gameserver/world/world.h"

namespace tickwire::game {

struct WorldOptions {
  unsigned tick_rate_hz = 30;      // 1 .. 1000
  std::size_t max_players = 1000;  // 1 .. 65,535, of both kinds together
  WorldConfig config;
  bool matches_required = false;  // nobody joins but with an account of a match that was announced (kBadTicket)
};

// Towards the rest of the server. What is borrowed outlives the world's thread.
struct WorldPorts {
  WorldInbox* borrowed_inbox = nullptr;          // never null
  std::vector<GatewayInbox*> borrowed_gateways;  // a gateway's id is its place
  std::unique_ptr<LockstepSource> lockstep;      // null: there is no such room (kServerFull)
  std::shared_ptr<EventQueue> events;            // of a subscription to MatchStarted, woken by the inbox's wake; null: no matches
  // Takes a PlayerLeft of whoever had an account or sent an input, or has no room: it is tried again at each tick, and nobody joins or
  // leaves meanwhile. Empty: nobody is told.
  std::function<bool(const Event&)> publish;
  // Each player's facts once a second, spread over the ticks; false: no room, they are lost. Empty: there are no rules.
  std::function<bool(const PlayerFacts&)> take_facts;
};

// A player who leaves by a LeaveRequest is not answered; one who is put out by a rule or by diverging too often has left already when
// his gateway is told (Evicted). Memory: 300 bytes for each player there is room for, and the bounds of its parts; control messages
// that are held while the bus has no room are at most a queue full.
class WorldHost {
 public:
  // PlayerLeft events that wait for the bus before nothing more is taken that leads to one.
  static constexpr std::size_t kMostEventsWaiting = 1024;
  // From other processes a match and its players come on different ways, and the players may be here first: so long, and so many of
  // them, wait for the match to be announced.
  static constexpr Nanoseconds kAnnouncedWithin = std::chrono::milliseconds(500);
  static constexpr std::size_t kMostEarlyJoins = 1024;

  WorldHost(const WorldOptions& options, WorldPorts ports);

  // Takes what waits: matches, joins, leaves, hashes, evictions. Between ticks too, so that a newcomer does not wait for one.
  void serve(Nanoseconds now_mono);
  // One tick: inputs, chat, movement, the lockstep room's frame, and facts for the rules.
  void step(Nanoseconds now_mono);
  // Gives the frame of the last step to every gateway.
  void publish_frame();
  // Rules and sizes from the next step on.
  void configure(const WorldConfig& config) { world_.configure(config); }
  // Takes what waits and lets everybody who is still there leave (kShutdown).
  void close(Nanoseconds now_mono);

  [[nodiscard]] const World& world() const { return world_; }
  // The loop counts its ticks here as well.
  [[nodiscard]] WorldStats& stats() { return stats_; }
  [[nodiscard]] const WorldStats& stats() const { return stats_; }

 private:
  // Who a player is, and what is counted of him for the rules.
  struct Member {
    JoinRequest request;
    Nanoseconds joined_mono{};
    Nanoseconds next_chat_mono{};              // a line before this is dropped
    std::optional<std::uint32_t> client_tick;  // newest
    // As they were at the last facts:
    Nanoseconds facts_mono{};
    std::uint32_t facts_tick = 0;
    std::uint64_t facts_walked_mm = 0;
    std::optional<std::uint32_t> facts_client_tick;
    // Since then:
    std::uint32_t inputs = 0;
    std::uint32_t stale_inputs = 0;
    std::uint32_t chats = 0;
  };

  // Whether a control message may be taken now: everything that can come of it has room.
  [[nodiscard]] bool may_take() const { return events_.size() < kMostEventsWaiting && answers_.empty(); }
  void take(const JoinRequest& request, Nanoseconds now_mono);
  void take(const AddressProven& proven, Nanoseconds now_mono);
  void take(const LeaveRequest& request, Nanoseconds now_mono);
  void take(const HashReport& report, Nanoseconds now_mono);
  void take(const EvictRequest& request, Nanoseconds now_mono);
  // Lets in those whose match has been announced meanwhile, and refuses those who have waited for long enough.
  void take_early(Nanoseconds now_mono);
  void seat_and_answer(const JoinRequest& request, Nanoseconds now_mono);
  [[nodiscard]] std::expected<Seat, Reason> seat(const JoinRequest& request, Nanoseconds now_mono);
  // False: every seat is taken by who has proven his address. Or the one that has been unproven for longest is put out, whichever gateway
  // he came by: forged hellos would keep everybody out. lockstep: a seat in that room is wanted.
  [[nodiscard]] bool make_room(bool lockstep, Nanoseconds now_mono);
  // The player's gateway is told unless it asked for it.
  void remove(PlayerId player, Reason reason, bool tell, Nanoseconds now_mono);
  void answer(GatewayId gateway, FromWorld message);
  // The member leaves the rolls; the event goes to the bus, or waits for it.
  void announce_left(PlayerId player, const Member& member, Reason reason, Nanoseconds now_mono);
  // Tries again what had no room.
  void flush();
  void take_matches();
  void take_inputs();
  void take_chat(Nanoseconds now_mono);
  // Whether this line is to be dropped, and where that is counted; null: it goes to everybody.
  [[nodiscard]] Counter* refusal_of(const ChatLine& line, std::size_t taken, Nanoseconds now_mono);
  void report_facts(Nanoseconds now_mono);
  [[nodiscard]] PlayerFacts facts_of(PlayerId player, Member& member, Nanoseconds now_mono) const;

  const bool matches_required_;
  WorldPorts ports_;
  WorldStats stats_;
  World world_;
  PlayerTable<Member> members_;
  std::set<PlayerId> unproven_;           // oldest first, as ids only ever grow
  std::set<PlayerId> unproven_lockstep_;  // of these, those in the room
  PresenceList presence_;
  std::shared_ptr<const LockstepWindow> lockstep_window_;
  KnownMatches matches_;
  std::deque<Event> events_;                             // wait for the bus
  std::deque<std::pair<GatewayId, FromWorld>> answers_;  // wait for a gateway: those of one control message at most
  std::vector<ToWorld> control_;                         // taken out of the queue; those before next_control_ are done
  std::size_t next_control_ = 0;
  std::vector<Event> announced_;
  std::deque<std::pair<JoinRequest, Nanoseconds>> early_;  // wait for their match, until then; oldest first
  std::vector<BoardEntry> inputs_;
  std::vector<BoardEntry> lockstep_inputs_;
  std::vector<ChatLine> chat_;
};

}  // namespace tickwire::game
