// SPDX-License-Identifier: Apache-2.0
// The sample rule beside players whose inputs come over a line that loses, stalls and delivers in bursts.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "gameserver/resources/resource_set.h"
#include "gameserver/script/rule.h"

namespace tickwire::game {
namespace {

constexpr std::uint32_t kSpeedLimitMmS = 7'072;  // 5 m/s along each axis
constexpr std::uint32_t kRates[]{10, 30, 60, 128};
constexpr double kLoss = 0.05;

struct Line {
  double stall_chance = 0;  // in each second
  double longest_stall_s = 0;
};
constexpr Line kGood{};
constexpr Line kBad{.stall_chance = 0.2, .longest_stall_s = 2.5};

// When each input of a player arrives, and which client tick it has.
struct Arrival {
  double at_s;
  std::uint32_t client_tick;
};

std::vector<Arrival> arrivals(std::uint32_t rate_hz, double speed_up, const Line& line, double length_s, std::mt19937& random) {
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<Arrival> out;
  double held_until_s = 0;
  double next_second_s = 0;
  const double phase_s = share(random) / rate_hz;
  for (std::uint32_t tick = 1;; ++tick) {
    const double sent_s = phase_s + tick / (rate_hz * speed_up);
    if (sent_s > length_s) break;
    if (sent_s >= next_second_s) {
      next_second_s += 1;
      if (share(random) < line.stall_chance) held_until_s = sent_s + share(random) * line.longest_stall_s;
    }
    if (share(random) >= kLoss) out.push_back({std::max(sent_s + 0.02 + 0.01 * share(random), held_until_s), tick});
  }
  std::ranges::sort(out, {}, &Arrival::at_s);
  return out;
}

class AntiCheat : public testing::Test {
 protected:
  AntiCheat() {
    const auto set = ResourceSet::load("");
    if (!set) throw std::runtime_error(set.error());
    const auto loaded = rule_.load((*set)[ResourceId::kAntiCheat].bytes);
    if (!loaded) throw std::runtime_error(loaded.error());
  }

  // The first verdict on a player, with the second it came at.
  struct Found {
    double at_s = 0;
    Verdict verdict;
  };

  // server_share: how much of its ticks the server gets done. The player walks without a stop, way_up times as far as is allowed.
  struct Game {
    std::uint32_t rate_hz = 30;
    double speed_up = 1;
    double way_up = 1;
    double server_share = 1;
    Line line;
    double length_s = 60;
  };

  std::optional<Found> play(const Game& game, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> window(0.95, 1.1);
    const auto inputs = arrivals(game.rate_hz, game.speed_up, game.line, game.length_s, random);
    const std::uint32_t player = ++players_;
    const auto server_tick = [&](double at_s) { return static_cast<std::uint32_t>(at_s * game.rate_hz * game.server_share); };
    const double way_mm_per_tick = std::floor(kSpeedLimitMmS / game.rate_hz) * game.way_up;
    auto next = inputs.begin();
    std::uint32_t newest_tick = 0;
    double from_s = 0;
    while (from_s < game.length_s - 2) {
      const double to_s = from_s + window(random);
      PlayerFacts facts{.player = player,
                        .lasted = std::chrono::round<Nanoseconds>(std::chrono::duration<double>(to_s - from_s)),
                        .tick_rate_hz = game.rate_hz};
      const std::uint32_t before = newest_tick;
      for (; next != inputs.end() && next->at_s <= to_s; ++next) {
        ++facts.inputs;
        newest_tick = std::max(newest_tick, next->client_tick);
      }
      facts.client_ticks = before == 0 ? 0 : newest_tick - before;
      facts.server_ticks = server_tick(to_s) - server_tick(from_s);
      facts.moved_mm = static_cast<std::uint32_t>(facts.server_ticks * way_mm_per_tick);
      facts.speed_limit_mm_s = kSpeedLimitMmS;
      const auto verdict = rule_.check(facts);
      if (!verdict) throw std::runtime_error(verdict.error());
      if (verdict->action != RuleAction::kNone) return Found{to_s, *verdict};
      from_s = to_s;
    }
    return std::nullopt;
  }

  Rule rule_{"rules/anti_cheat.lua"};
  std::uint32_t players_ = 0;
};

TEST_F(AntiCheat, SaysNothingOfHonestPlayersOverALossyLine) {
  for (const std::uint32_t rate_hz : kRates) {
    for (unsigned seed = 0; seed < 50; ++seed) {
      const auto found = play({.rate_hz = rate_hz, .line = kGood}, seed);
      EXPECT_FALSE(found) << rate_hz << " Hz, seed " << seed << ": " << found->verdict.reason << " after " << found->at_s;
    }
  }
}

TEST_F(AntiCheat, SaysNothingOfHonestPlayersWhoseLineStallsAndBursts) {
  for (const std::uint32_t rate_hz : kRates) {
    for (unsigned seed = 0; seed < 100; ++seed) {
      const auto found = play({.rate_hz = rate_hz, .line = kBad}, seed);
      EXPECT_FALSE(found) << rate_hz << " Hz, seed " << seed << ": " << found->verdict.reason << " after " << found->at_s;
    }
  }
}

TEST_F(AntiCheat, SaysNothingOfHonestPlayersOnAServerThatIsLate) {
  for (const std::uint32_t rate_hz : kRates) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      const auto found = play({.rate_hz = rate_hz, .server_share = 0.5, .line = kGood}, seed);
      EXPECT_FALSE(found) << rate_hz << " Hz, seed " << seed << ": " << found->verdict.reason << " after " << found->at_s;
    }
  }
}

TEST_F(AntiCheat, FindsAClockThatIsHalfAsFastAgainWithinFiveSeconds) {
  for (const std::uint32_t rate_hz : kRates) {
    for (unsigned seed = 0; seed < 50; ++seed) {
      const auto found = play({.rate_hz = rate_hz, .speed_up = 1.5, .line = kGood}, seed);
      ASSERT_TRUE(found) << rate_hz << " Hz, seed " << seed;
      EXPECT_LE(found->at_s, 5) << rate_hz << " Hz, seed " << seed;
      EXPECT_EQ(found->verdict, (Verdict{.action = RuleAction::kWarn, .reason = "its clock is too fast"}));
    }
  }
}

TEST_F(AntiCheat, FindsAPlayerThatMovesHalfAsFarAgainInTheFirstSecond) {
  for (const std::uint32_t rate_hz : kRates) {
    const auto found = play({.rate_hz = rate_hz, .way_up = 1.5}, 1);
    ASSERT_TRUE(found) << rate_hz << " Hz";
    EXPECT_LE(found->at_s, 1.1) << rate_hz << " Hz";
    EXPECT_EQ(found->verdict, (Verdict{.action = RuleAction::kWarn, .reason = "moves too far"}));
  }
}

// One second of a player that stands still and sends so many inputs.
PlayerFacts second_with_inputs(std::uint32_t player, std::uint32_t inputs) {
  return {.player = player,
          .lasted = std::chrono::seconds(1),
          .inputs = inputs,
          .client_ticks = 30,
          .server_ticks = 30,
          .tick_rate_hz = 30,
          .speed_limit_mm_s = kSpeedLimitMmS};
}

TEST_F(AntiCheat, TakesOneAndAHalfTimesTheInputsOfAFastScreenForGood) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rule_.check(second_with_inputs(1, 192)), Verdict{});
}

TEST_F(AntiCheat, FindsAFloodOfInputs) {
  // 512 may come at once after a stall, above the 192 of a second.
  EXPECT_EQ(rule_.check(second_with_inputs(1, 704)), Verdict{});
  EXPECT_EQ(rule_.check(second_with_inputs(2, 705)), (Verdict{.action = RuleAction::kWarn, .reason = "sends too many inputs"}));
}

TEST_F(AntiCheat, ForgivesAFloodThatEnds) {
  EXPECT_EQ(rule_.check(second_with_inputs(1, 1'000'000))->action, RuleAction::kWarn);
  EXPECT_EQ(rule_.check(second_with_inputs(1, 30)), Verdict{});
}

// One second of a player that sends 30 inputs.
PlayerFacts second_with_ticks(std::uint32_t player, std::uint32_t client_ticks) {
  PlayerFacts facts = second_with_inputs(player, 30);
  facts.client_ticks = client_ticks;
  return facts;
}

TEST_F(AntiCheat, TakesAClockThatIsAFifthTooFastForGood) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rule_.check(second_with_ticks(1, 36)), Verdict{});
}

TEST_F(AntiCheat, FindsAFasterClockInTheThirdSecondInARow) {
  EXPECT_EQ(rule_.check(second_with_ticks(1, 0)), Verdict{});
  EXPECT_EQ(rule_.check(second_with_ticks(1, 37)), Verdict{});
  EXPECT_EQ(rule_.check(second_with_ticks(1, 37)), Verdict{});
  EXPECT_EQ(rule_.check(second_with_ticks(1, 30)), Verdict{});
  EXPECT_EQ(rule_.check(second_with_ticks(1, 37)), Verdict{});
  EXPECT_EQ(rule_.check(second_with_ticks(1, 37)), Verdict{});
  EXPECT_EQ(rule_.check(second_with_ticks(1, 37)), (Verdict{.action = RuleAction::kWarn, .reason = "its clock is too fast"}));
}

TEST_F(AntiCheat, LetsAClientCatchUpFiveSecondsAndNoMore) {
  EXPECT_EQ(rule_.check(second_with_ticks(1, 30)), Verdict{});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(rule_.check(second_with_ticks(1, 0)), Verdict{});
  // 150 ticks may come late: 30 more in each of five seconds.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rule_.check(second_with_ticks(1, 60)), Verdict{}) << i;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(rule_.check(second_with_ticks(1, 60)), Verdict{}) << i;
  EXPECT_EQ(rule_.check(second_with_ticks(1, 60))->action, RuleAction::kWarn);
}

TEST_F(AntiCheat, LetsAPlayerGoATenthAndTwoTicksFarther) {
  PlayerFacts facts = second_with_inputs(1, 30);
  facts.moved_mm = 8'297;  // 7072 mm/s * (1 s + 2 / 30 Hz) * 1.1 = 8297.8 mm
  EXPECT_EQ(rule_.check(facts), Verdict{});
  facts.moved_mm = 8'298;
  EXPECT_EQ(rule_.check(facts), (Verdict{.action = RuleAction::kWarn, .reason = "moves too far"}));
}

TEST_F(AntiCheat, EvictsInTheFifthSecondInARow) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rule_.check(second_with_inputs(1, 5'000))->action, RuleAction::kWarn) << i;
  EXPECT_EQ(rule_.check(second_with_inputs(1, 5'000)),
            (Verdict{.action = RuleAction::kEvict, .reason = "sends too many inputs"}));
}

TEST_F(AntiCheat, CountsSecondsInARowOnly) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rule_.check(second_with_inputs(1, 5'000))->action, RuleAction::kWarn);
  EXPECT_EQ(rule_.check(second_with_inputs(1, 30)), Verdict{});
  EXPECT_EQ(rule_.check(second_with_inputs(1, 5'000))->action, RuleAction::kWarn);
}

TEST_F(AntiCheat, KeepsPlayersApart) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rule_.check(second_with_inputs(1, 5'000))->action, RuleAction::kWarn);
  EXPECT_EQ(rule_.check(second_with_inputs(2, 5'000))->action, RuleAction::kWarn);
}

TEST_F(AntiCheat, NeedsNoMoreMemoryHoweverManyPlayersComeAndGo) {
  for (std::uint32_t player = 1; player <= 20'000; ++player) {
    ASSERT_TRUE(rule_.check(second_with_inputs(player, 5'000))) << player;
  }
  EXPECT_EQ(rule_.counts().errors, (std::array<std::uint64_t, kScriptErrorCount>{}));
  EXPECT_LE(rule_.used_bytes(), ScriptLimits{}.memory_bytes);
}

TEST_F(AntiCheat, ForgetsThePlayerThatCameFirstForANewOne) {
  for (int i = 0; i < 4; ++i) static_cast<void>(rule_.check(second_with_inputs(1, 5'000)));
  for (std::uint32_t player = 2; player <= 2'049; ++player) static_cast<void>(rule_.check(second_with_inputs(player, 30)));
  EXPECT_EQ(rule_.check(second_with_inputs(1, 5'000))->action, RuleAction::kWarn);
}

TEST_F(AntiCheat, TakesFactsOfNothing) {
  EXPECT_EQ(rule_.check({}), Verdict{});
  EXPECT_EQ(rule_.check({.player = 1, .client_ticks = 4'294'967'295}), Verdict{});
}

}  // namespace
}  // namespace tickwire::game
