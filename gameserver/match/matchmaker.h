// What it owns: who waits for a match, and who is matched with whom.
// Who may use it: match/.
// Thread: one at a time; reads no clock itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/common/identity.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

struct MatchRules {
  std::size_t size = 4;             // players of a match, 2 .. 64
  std::int32_t window_start = 100;  // rating points that a match's players may be away from the one who has waited longest
  std::int32_t window_per_s = 50;   // by which that grows with each second of waiting
  std::int32_t window_most = 1000;  // and where it ends
  Nanoseconds patience = std::chrono::seconds(30);  // then whoever is there will do
  std::size_t most_waiting = 4096;                  // of all modes together
};
// The error names what is out of bounds: a size, a negative window, a patience above 5 minutes.
[[nodiscard]] Result<void> check_match_rules(const MatchRules& rules);

// How far from the rating of one who has waited this long the others of the match may be.
[[nodiscard]] std::int32_t window_after(const MatchRules& rules, Nanoseconds waited);

struct WaitingPlayer {
  std::uint64_t account = 0;
  std::int32_t rating = 0;
  Nanoseconds since_mono{};
  friend bool operator==(const WaitingPlayer&, const WaitingPlayer&) = default;
};

struct FormedMatch {
  GameMode mode = GameMode::kState;
  std::vector<WaitingPlayer> players;  // 2 .. size; who has waited longest comes first
};

struct MatchRound {
  std::vector<FormedMatch> matches;
  std::vector<std::uint64_t> nobody;  // accounts that lost patience while nobody else was there; they wait no more
};

enum class JoinOutcome : std::uint8_t {
  kWaits,
  kAlreadyWaiting,  // in this mode or another
  kFull,
};

// Each mode has its own players, each player one place. Oldest first: whoever has waited longest is the first for whom others
// are sought, and of the others within the window those are taken who have waited longest. When patience ends, those nearest in
// rating are taken, however far and few. Memory: about 300 bytes a player.
class Matchmaker {
 public:
  // rules keep to check_match_rules().
  explicit Matchmaker(const MatchRules& rules) : rules_(rules) {}

  [[nodiscard]] JoinOutcome join(std::uint64_t account, GameMode mode, std::int32_t rating, Nanoseconds now_mono);
  // False when the account does not wait.
  bool cancel(std::uint64_t account);
  // Forms every match that can be formed now. Takes time in proportion to the players that wait.
  [[nodiscard]] MatchRound run(Nanoseconds now_mono);
  [[nodiscard]] std::size_t waiting(GameMode mode) const { return line(mode).by_age.size(); }

 private:
  using Place = std::uint64_t;  // counts up: a lower one came earlier
  struct Line {
    std::map<Place, WaitingPlayer> by_age;
    std::set<std::pair<std::int32_t, Place>> by_rating;
  };

  [[nodiscard]] Line& line(GameMode mode) { return lines_[static_cast<std::size_t>(mode)]; }
  [[nodiscard]] const Line& line(GameMode mode) const { return lines_[static_cast<std::size_t>(mode)]; }
  void run_line(GameMode mode, Nanoseconds now_mono, MatchRound& round);
  // Others for this player; empty when there are too few. Only later ones: a match must keep to the window of the one in it who
  // has waited longest, and for an earlier one, whose window is wider, there was none.
  [[nodiscard]] std::vector<Place> others_within(const Line& line, Place place, std::int32_t window) const;
  // Empty when nobody else is there.
  [[nodiscard]] std::vector<Place> nearest_others(const Line& line, Place place) const;
  // Takes the player out of the line.
  WaitingPlayer take(Line& line, Place place);

  MatchRules rules_;
  std::array<Line, 2> lines_;
  std::unordered_map<std::uint64_t, std::pair<GameMode, Place>> places_;  // by account
  Place next_place_ = 0;
};

}  // namespace tickwire::game
