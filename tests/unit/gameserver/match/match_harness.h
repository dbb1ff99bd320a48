// What it owns: a Match with a bus that may be full, and clocks that are set.
// Who may use it: the tests of match/.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/match/match.h"

namespace tickwire::game {

class MatchHarness {
 public:
  using Answer = std::optional<std::expected<MatchGrant, MatchRefusal>>;

  explicit MatchHarness(MatchOptions options = {.rules = {.size = 2}}) {
    auto made = Match::make(options, {.key = key,
                                      .publish =
                                          [this](const Event& event) {
                                            tried.push_back(event);
                                            if (is_bus_full) return false;
                                            events.push_back(event);
                                            return true;
                                          },
                                      .now_mono = [this] { return now_mono; },
                                      .now_unix = [this] { return now_unix; }});
    EXPECT_TRUE(made);
    match = std::move(*made);
  }

  [[nodiscard]] Token session(std::uint64_t account, std::int32_t rating = 1500) const {
    return {.audience = Audience::kMatch,
            .expires_unix_s = 1'000'900,
            .account = account,
            .rating = rating,
            .name = player_name_of("player-" + std::to_string(account)),
            .id = account};
  }
  // The answer of this call, once there is one.
  Answer& find(std::uint64_t account, GameMode mode = GameMode::kState, std::int32_t rating = 1500) {
    Answer& answer = answers.emplace_back();
    match->find(session(account, rating), mode, [&answer](auto given) {
      EXPECT_FALSE(answer) << "a second answer";
      answer = std::move(given);
    });
    match->run_due();
    return answer;
  }
  void pass(Nanoseconds time) {
    now_mono += time;
    now_unix += time;
    match->run_due();
  }

  std::shared_ptr<const TokenKey> key = std::make_shared<TokenKey>(TokenKey::random());
  std::vector<Event> tried;   // what was to be published, each time
  std::vector<Event> events;  // what was
  std::deque<Answer> answers;
  bool is_bus_full = false;
  Nanoseconds now_mono = std::chrono::seconds(100);
  Nanoseconds now_unix = std::chrono::seconds(1'000'000);
  std::unique_ptr<Match> match;
};

}  // namespace tickwire::game
