// What it owns: the module that brings players together: from a session token to a ticket for the world.
// Who may use it: its HTTP face, and the server's wiring.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gameserver/bus/events.h"
#include "gameserver/common/clock.h"
#include "gameserver/match/matchmaker.h"
#include "gameserver/metrics/families.h"
#include "gameserver/metrics/histogram.h"
#include "gameserver/token/token.h"

namespace tickwire::game {

struct MatchOptions {
  MatchRules rules;
  std::chrono::seconds ticket_life{60};
  // While the bus has no room for MatchStarted, the match waits, and nobody else is taken; after this its players are sent away.
  Nanoseconds publish_within = std::chrono::seconds(5);
};

// Where Match's world ends. publish is called under a lock, so it calls nothing of Match.
struct MatchLinks {
  std::shared_ptr<const TokenKey> key;
  // False when a subscriber has no room.
  std::function<bool(const Event&)> publish;
  std::function<Nanoseconds()> now_mono = monotonic_now;
  std::function<Nanoseconds()> now_unix = unix_now;
};

enum class MatchRefusal : std::uint8_t {
  kAlreadyWaiting,
  kNobody,     // nobody else was there for as long as patience goes
  kBusy,       // no room: nothing was done
  kCancelled,  // by cancel()
  kGone,       // by leave()
};
inline constexpr std::size_t kMatchRefusalCount = 5;
// "already_waiting", "nobody", "busy", "cancelled", "gone".
[[nodiscard]] std::string_view match_refusal_name(MatchRefusal refusal);

struct MatchGrant {
  SignedToken ticket{};  // audience world, for this account and match
  std::uint32_t match = 0;
  GameMode mode = GameMode::kState;
  std::size_t players = 0;
};
using MatchDone = std::move_only_function<void(std::expected<MatchGrant, MatchRefusal>)>;

struct MatchCounts {
  std::array<std::size_t, 2> waiting{};  // by mode
  std::array<std::uint64_t, 2> matches{};
  std::array<std::uint64_t, 2> matched_players{};
  std::array<HistogramCounts, 2> waited_s;  // of matched players
  std::array<std::uint64_t, kMatchRefusalCount> refused{};
  std::array<std::uint64_t, kTokenFaultCount> bad_tokens{};
  std::size_t unpublished = 0;  // matches that wait for room on the bus
};

class Match {
 public:
  // A player's request for a match, until it is answered.
  struct Search {
    std::uint64_t account = 0;
    std::uint64_t number = 0;  // an account may search again
  };

  // The error is check_match_rules()'s.
  [[nodiscard]] static Result<std::unique_ptr<Match>> make(MatchOptions options, MatchLinks links);
  Match(const Match&) = delete;
  Match& operator=(const Match&) = delete;
  // Answers whoever waits: busy.
  ~Match();

  // The session token of "Authorization: Bearer TOKEN"; a fault is counted.
  [[nodiscard]] std::expected<Token, TokenFault> authenticate(std::string_view authorization);
  // Calls done exactly once, without a lock: here when it is refused at once, else in a later run_due(), cancel() or leave(), at
  // the latest publish_within after patience has ended. session is what authenticate() gave. The number of this search, for
  // leave(); nullopt: it was refused.
  std::optional<Search> find(const Token& session, GameMode mode, MatchDone done);
  // Answers kCancelled for this account; false when it does not wait, or is matched already.
  bool cancel(std::uint64_t account);
  // The same for one search, whose player has gone: kGone. Of a search that has ended, nothing.
  void leave(Search search);
  // Forms matches and answers; to be called every 100 ms or so. Not done by each find(): it looks at everybody who waits, which
  // takes milliseconds when these are thousands.
  void run_due();

  [[nodiscard]] MatchCounts counts() const;

 private:
  struct Seeker {
    Token session;
    std::uint64_t search = 0;
    MatchDone done;
  };
  struct Started {
    Event event;
    GameMode mode;
    std::uint32_t match;
    std::vector<WaitingPlayer> players;
    Nanoseconds formed_mono;
  };
  // Given once the lock is released.
  using Answers = std::vector<std::pair<MatchDone, std::expected<MatchGrant, MatchRefusal>>>;

  Match(MatchOptions options, MatchLinks links);
  // Takes done when the player waits from now on; otherwise says why not.
  [[nodiscard]] std::expected<Search, MatchRefusal> enter(const Token& session, GameMode mode, MatchDone& done);
  // Called under lock_.
  void start(FormedMatch formed);
  void publish_started(Answers& answers);
  void grant(const Started& started, Answers& answers);
  void refuse(std::uint64_t account, MatchRefusal refusal, Answers& answers);
  static void give(Answers answers);

  const MatchOptions options_;
  const MatchLinks links_;

  mutable std::mutex lock_;
  Matchmaker matchmaker_;
  std::unordered_map<std::uint64_t, Seeker> seekers_;  // by account: everybody who has no answer yet
  std::deque<Started> unpublished_;                    // oldest first; no more than the seekers
  std::uint32_t next_match_;
  std::uint64_t next_search_ = 0;
  std::array<Histogram, 2> waited_s_;  // by mode
  MatchCounts counts_;                 // without what counts() fills in
};

// Families game_match_waiting_players{mode}, game_match_started_total{mode}, game_match_players_total{mode},
// game_match_wait_seconds{mode}, game_match_refused_total{reason}, game_match_bad_tokens_total{reason} and
// game_match_unpublished_matches.
[[nodiscard]] MetricFamilies match_families(const MatchCounts& counts);

}  // namespace tickwire::game
