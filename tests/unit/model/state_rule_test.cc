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
      .messages = base + 5, .lost = base + 6, .reordered = base + 7, .duplicated = base + 8, .jumps = base + 9};
  return {.messages = {base + 1, base + 101},
          .strangers = {base + 2, base + 102},
          .tokens = {base + 3, base + 103},
          .echoes = {base + 4, base + 104},
          .sequences = {sequence, sequence}};
}

ConnectionChange ruled(ConnectionChange change, const RuleCounts& rule) {
  change.rule = rule;
  return change;
}

RuleCounts lost(std::uint64_t count) {
  RuleCounts rule;
  rule.sequences[1].lost = count;
  return rule;
}

std::uint64_t lost_of(const Snapshot& snapshot) { return service_in(snapshot, kWorld).rule.value().sequences[1].lost; }

TEST(StateRule, ShowsTheCountsOfAConnectionAsTheyStand) {
  World world;
  const ConnectionChange change = ruled(new_connection(kFirst, kWorldNumber, 9s), counts(10));
  world.apply(10s, {change});
  const Snapshot snapshot = world.apply(11s, {ruled(next(change), counts(20))});
  EXPECT_EQ(snapshot.connections.at(0)->rule, counts(20));
  EXPECT_EQ(service_in(snapshot, kWorld).rule, counts(20));
}

TEST(StateRule, IsAbsentWhereNoChangeCarriesCounts) {
  World world;
  const Snapshot snapshot = world.apply(10s, {new_connection(kFirst, kWorldNumber, 9s)});
  EXPECT_EQ(snapshot.connections.at(0)->rule, std::nullopt);
  EXPECT_EQ(service_in(snapshot, kWorld).rule, std::nullopt);
}

TEST(StateRule, IsThereFromTheFirstCountsOnEvenIfTheyAreZero) {
  World world;
  const Snapshot snapshot = world.apply(10s, {ruled(new_connection(kFirst, kWorldNumber, 9s), {})});
  EXPECT_EQ(snapshot.connections.at(0)->rule, RuleCounts{});
  EXPECT_EQ(service_in(snapshot, kWorld).rule, RuleCounts{});
  EXPECT_EQ(service_in(snapshot, kLobby).rule, std::nullopt);
}

TEST(StateRule, AddsUpTheConnectionsOfAService) {
  World world;
  const Snapshot snapshot = world.apply(10s, {ruled(new_connection(kFirst, kWorldNumber, 9s), {.messages = {3, 4}}),
                                              ruled(new_connection(kSecond, kWorldNumber, 9s), {.messages = {10, 20}})});
  EXPECT_EQ(service_in(snapshot, kWorld).rule, (RuleCounts{.messages = {13, 24}}));
}

TEST(StateRule, KeepsAServicesCountsWhenASlotBeginsAnewWithAnotherConnection) {
  World world;
  world.apply(10s, {ruled(new_connection(kFirst, kWorldNumber, 9s), {.messages = {30, 40}})});
  const ConnectionId again{kFirst.slot, kFirst.generation + 1};
  const Snapshot snapshot = world.apply(11s, {ruled(new_connection(again, kWorldNumber, 10s), {.messages = {1, 2}})});
  EXPECT_EQ(service_in(snapshot, kWorld).rule, (RuleCounts{.messages = {31, 42}}));
  EXPECT_EQ(find_id(snapshot, again)->rule, (RuleCounts{.messages = {1, 2}}));
}

TEST(StateRule, CountsALossThatWasTakenBackOnceInTheService) {
  World world;
  const ConnectionChange change = ruled(new_connection(kFirst, kWorldNumber, 9s), lost(5));
  EXPECT_EQ(lost_of(world.apply(10s, {change})), 5U);
  const Snapshot late = world.apply(11s, {ruled(next(change), lost(4))});
  EXPECT_EQ(lost_of(late), 5U);
  EXPECT_EQ(late.connections.at(0)->rule, lost(4));
  EXPECT_EQ(lost_of(world.apply(12s, {ruled(next(change), lost(5))})), 5U);
  EXPECT_EQ(lost_of(world.apply(13s, {ruled(next(change), lost(7))})), 7U);
}

TEST(StateRule, StillCountsForTheServiceWhatComesAfterTheConnectionIsShownNoMore) {
  World world({.closed_visible = 1s});
  ConnectionChange change = ruled(new_connection(kFirst, kLobbyNumber, 9s), {.messages = {3, 0}});
  change.state = ConnectionState::kClosed;
  world.apply(10s, {change});
  EXPECT_TRUE(world.apply(20s).connections.empty());
  const Snapshot snapshot = world.apply(21s, {ruled(next(change), {.messages = {5, 0}})});
  EXPECT_EQ(service_in(snapshot, kLobby).rule, (RuleCounts{.messages = {5, 0}}));
}

TEST(StateRule, TakesTheMethodOfTheTurnaroundFromTheChange) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  change.turnaround_series = Series::kTurnaroundRule;
  EXPECT_EQ(world.apply(10s, {change}).connections.at(0)->turnaround.series, std::nullopt);
  change = next(change);
  change.turnaround = world.gain(40, 3, 3ms);
  const auto row = world.apply(11s, {change}).connections.at(0);
  EXPECT_EQ(row->turnaround.series, Series::kTurnaroundRule);
  EXPECT_EQ(row->turnaround.samples(), 3U);
}

TEST(StateRule, KeepsTheRttWithoutThePlayersDelayApart) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  change.rtt_series = Series::kRttRule;
  change.rtt = world.gain(60, 2, 60ms);
  change.rtt_network = world.gain(56, 1, 20ms);
  const auto row = world.apply(10s, {change}).connections.at(0);
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
  const auto row = world.apply(10s, {change}).connections.at(0);
  EXPECT_EQ(row->rtt_network.series, std::nullopt);
  EXPECT_EQ(row->rtt_network.histogram, nullptr);
}

}  // namespace
}  // namespace tickwire::model
