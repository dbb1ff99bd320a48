// SPDX-License-Identifier: Apache-2.0
// What State makes of the counts and samples of a rule.
#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

constexpr ConnectionId kFirst{3, 1};
constexpr ConnectionId kSecond{4, 1};

RuleCounts counts(std::uint64_t base) {
  const SequenceCounts sequence{
      .messages = base + 5, .passed_over = base + 6, .reordered = base + 7, .duplicated = base + 8, .jumps = base + 9};
  return {.messages = {base + 1, base + 101},
          .strangers = {base + 2, base + 102},
          .tokens = {base + 3, base + 103},
          .echoes = {base + 4, base + 104},
          .sequences = {sequence, sequence}};
}

// The same change with what a rule adds to it.
ConnectionChange ruled(World& world, ConnectionChange change, const RuleCounts& gained, const HistogramGain& rtt_network = {}) {
  change.rule = static_cast<std::uint32_t>(world.tick.rules.size());
  world.tick.rules.push_back({.counts = gained, .rtt_network = rtt_network});
  return change;
}

TEST(StateRule, AddsUpWhatAConnectionGained) {
  World world;
  const ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  world.apply(10s, {ruled(world, change, counts(10))});
  const Snapshot snapshot = world.apply(11s, {ruled(world, next(change), counts(20))});
  RuleCounts expected = counts(10);
  expected += counts(20);
  EXPECT_EQ(snapshot.connections.at(0)->rule, expected);
  EXPECT_EQ(service_in(snapshot, kWorld).rule, expected);
}

TEST(StateRule, IsAbsentWhereNoChangeCarriesCounts) {
  World world;
  const Snapshot snapshot = world.apply(10s, {new_connection(kFirst, kWorldNumber, 9s)});
  EXPECT_EQ(snapshot.connections.at(0)->rule, std::nullopt);
  EXPECT_EQ(service_in(snapshot, kWorld).rule, std::nullopt);
}

TEST(StateRule, IsThereFromTheFirstCountsOnEvenIfTheyAreZero) {
  World world;
  const Snapshot snapshot = world.apply(10s, {ruled(world, new_connection(kFirst, kWorldNumber, 9s), {})});
  EXPECT_EQ(snapshot.connections.at(0)->rule, RuleCounts{});
  EXPECT_EQ(service_in(snapshot, kWorld).rule, RuleCounts{});
  EXPECT_EQ(service_in(snapshot, kLobby).rule, std::nullopt);
}

TEST(StateRule, AddsUpTheConnectionsOfAService) {
  World world;
  const Snapshot snapshot = world.apply(10s, {ruled(world, new_connection(kFirst, kWorldNumber, 9s), {.messages = {3, 4}}),
                                              ruled(world, new_connection(kSecond, kWorldNumber, 9s), {.messages = {10, 20}})});
  EXPECT_EQ(service_in(snapshot, kWorld).rule, (RuleCounts{.messages = {13, 24}}));
  EXPECT_EQ(find_id(snapshot, kSecond)->rule, (RuleCounts{.messages = {10, 20}}));
}

TEST(StateRule, KeepsAServicesCountsWhenASlotBeginsAnewWithAnotherConnection) {
  World world;
  world.apply(10s, {ruled(world, new_connection(kFirst, kWorldNumber, 9s), {.messages = {30, 40}})});
  const ConnectionId again{kFirst.slot, kFirst.generation + 1};
  const Snapshot snapshot = world.apply(11s, {ruled(world, new_connection(again, kWorldNumber, 10s), {.messages = {1, 2}})});
  EXPECT_EQ(service_in(snapshot, kWorld).rule, (RuleCounts{.messages = {31, 42}}));
  EXPECT_EQ(find_id(snapshot, again)->rule, (RuleCounts{.messages = {1, 2}}));
}

TEST(StateRule, FindsALossAgainThatWasLateOnlyWhileEveryCountGrows) {
  World world;
  const ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  RuleCounts gained;
  gained.sequences[1].passed_over = 5;
  const SequenceCounts before = service_in(world.apply(10s, {ruled(world, change, gained)}), kWorld).rule->sequences[1];
  EXPECT_EQ(before.lost(), 5U);
  gained.sequences[1] = {.messages = 1, .reordered = 1};
  const SequenceCounts after = service_in(world.apply(11s, {ruled(world, next(change), gained)}), kWorld).rule->sequences[1];
  EXPECT_EQ(after, (SequenceCounts{.messages = 1, .passed_over = 5, .reordered = 1}));
  EXPECT_EQ(after.lost(), 4U);
}

TEST(StateRule, StillCountsForTheServiceWhatComesAfterTheConnectionIsShownNoMore) {
  World world({.closed_visible = 1s});
  ConnectionChange change = new_connection(kFirst, kLobbyNumber, 9s);
  change.state = ConnectionState::kClosed;
  world.apply(10s, {ruled(world, change, {.messages = {3, 0}})});
  EXPECT_TRUE(world.apply(20s).connections.empty());
  const Snapshot snapshot = world.apply(21s, {ruled(world, next(change), {.messages = {2, 0}})});
  EXPECT_EQ(service_in(snapshot, kLobby).rule, (RuleCounts{.messages = {5, 0}}));
}

TEST(StateRule, IsTheMethodOfTheTurnaround) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  EXPECT_EQ(world.apply(10s, {ruled(world, change, {})}).connections.at(0)->turnaround.series, std::nullopt);
  change = next(change);
  change.turnaround = world.gain(40, 3, 3ms);
  const auto row = world.apply(11s, {ruled(world, change, {})}).connections.at(0);
  EXPECT_EQ(row->turnaround.series, Series::kTurnaroundRule);
  EXPECT_EQ(row->turnaround.samples(), 3U);
}

TEST(StateRule, KeepsTheRttWithoutThePlayersDelayApart) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  change.rtt_series = Series::kRttRule;
  change.rtt = world.gain(60, 2, 60ms);
  const auto row = world.apply(10s, {ruled(world, change, {}, world.gain(56, 1, 20ms))}).connections.at(0);
  Histogram expected(Resolution::kConnection);
  expected.add(56, 1);
  expected.add_sum(20ms);
  EXPECT_EQ(row->rtt.series, Series::kRttRule);
  EXPECT_EQ(row->rtt.samples(), 2U);
  EXPECT_EQ(row->rtt_network.series, Series::kRttRuleNetwork);
  EXPECT_EQ(*row->rtt_network.histogram, expected);
  EXPECT_EQ(row->rtt_network.p50, expected.quantile(0.5));
}

TEST(StateRule, SaysNothingOfANetworkRttThatWasNotMeasured) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  change.rtt_series = Series::kRttRule;
  change.rtt = world.gain(60, 2, 60ms);
  const auto row = world.apply(10s, {ruled(world, change, {})}).connections.at(0);
  EXPECT_EQ(row->rtt_network.series, std::nullopt);
  EXPECT_EQ(row->rtt_network.histogram, nullptr);
}

}  // namespace
}  // namespace tickwire::model
