// SPDX-License-Identifier: Apache-2.0
#include "model/stage_tally.h"

#include <gtest/gtest.h>

#include <chrono>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

TEST(JitterSamples, AreOneForEachSecondThatBeganSinceThePacketsBefore) {
  EXPECT_EQ(jitter_samples(1'000ms, 1'000ms, 2'000ms), 1U);
  EXPECT_EQ(jitter_samples(1'950ms, 1'950ms, 2'000ms), 1U);
  EXPECT_EQ(jitter_samples(2'000ms, 2'000ms, 2'050ms), 0U);
}

TEST(JitterSamples, AreOneAfterASilenceHoweverLong) {
  EXPECT_EQ(jitter_samples(500ms, 5'650ms, 5'700ms), 1U);
  EXPECT_EQ(jitter_samples(500ms, 6'000ms, 7'000ms), 1U);
}

TEST(JitterSamples, AreEachSecondOfALongTick) {
  EXPECT_EQ(jitter_samples(5s, 5s, 10s), 5U);
  EXPECT_EQ(jitter_samples(7'500ms, 5s, 10s), 3U);
}

TEST(JitterSamples, AreNoneWithinTheSecondThatTheConnectionBeganIn) { EXPECT_EQ(jitter_samples(1'200ms, 0s, 1'900ms), 0U); }

// So many samples of jitter does a minute of a player's packets give, read at each interval.
std::uint64_t samples_of_a_minute(std::chrono::nanoseconds interval) {
  std::uint64_t samples = 0;
  for (std::chrono::nanoseconds now = 100s + interval; now <= 160s; now += interval) {
    samples += jitter_samples(now - interval, now - interval, now);
  }
  return samples;
}

TEST(JitterSamples, DoNotDependOnTheInterval) {
  for (const std::chrono::nanoseconds interval : {std::chrono::nanoseconds(50ms), std::chrono::nanoseconds(600ms),
                                                  std::chrono::nanoseconds(1s), std::chrono::nanoseconds(5s)}) {
    EXPECT_EQ(samples_of_a_minute(interval), 60U) << interval.count();
  }
}

TEST(StageTally, AddsWhatCountsGrewBy) {
  Connection before;
  Connection after;
  before.socket = SocketCounts{.taken = 10, .read = 9, .refused = 1, .waiting_sum = 5, .waiting_max = 2, .starved = 0};
  after.socket = SocketCounts{.taken = 25, .read = 20, .refused = 4, .waiting_sum = 12, .waiting_max = 6, .starved = 3};
  before.followed = FollowedCounts{.followed = 3, .completed = 2, .resyncs = 0};
  after.followed = FollowedCounts{.followed = 8, .completed = 6, .resyncs = 1};
  StageTally tally;
  tally.count(before, after);
  EXPECT_EQ(tally.totals().socket,
            (SocketCounts{.taken = 15, .read = 11, .refused = 3, .waiting_sum = 7, .waiting_max = 6, .starved = 3}));
  EXPECT_EQ(tally.totals().followed, (FollowedCounts{.followed = 5, .completed = 4, .resyncs = 1}));
}

TEST(StageTally, HasNothingOfConnectionsWithoutStages) {
  StageTally tally;
  tally.count({}, {});
  tally.count_jitter({}, 5);
  EXPECT_FALSE(tally.totals().socket);
  EXPECT_FALSE(tally.totals().followed);
  for (const auto& jitter : tally.totals().jitter) EXPECT_EQ(jitter, nullptr);
}

TEST(StageTally, KeepsTheGreatestWaitOfAnyPlayer) {
  Connection patient;
  Connection crowded;
  patient.socket = SocketCounts{.taken = 1, .waiting_max = 3};
  crowded.socket = SocketCounts{.taken = 1, .waiting_max = 40};
  StageTally tally;
  tally.count({}, crowded);
  tally.count({}, patient);
  EXPECT_EQ(tally.totals().socket->waiting_max, 40U);
  EXPECT_EQ(tally.totals().socket->taken, 2U);
}

TEST(StageTally, SamplesEachJitterThatIsKnown) {
  Connection connection;
  connection.rtt_jitter = 2ms;
  connection.pace[0].jitter = 1ms;
  StageTally tally;
  tally.count_jitter(connection, 3);
  const auto& jitter = tally.totals().jitter;
  EXPECT_EQ(jitter[0]->samples(), 3U);
  EXPECT_EQ(jitter[0]->sum(), 3ms);
  EXPECT_EQ(jitter[1], nullptr);
  EXPECT_EQ(jitter[2]->sum(), 6ms);
}

TEST(StageTally, GivesOutHistogramsThatStayAsTheyWere) {
  Connection connection;
  connection.rtt_jitter = 2ms;
  StageTally tally;
  tally.count_jitter(connection, 1);
  const auto before = tally.totals().jitter[2];
  EXPECT_EQ(tally.totals().jitter[2], before) << "nothing came in between";
  tally.count_jitter(connection, 1);
  EXPECT_EQ(before->samples(), 1U);
  EXPECT_EQ(tally.totals().jitter[2]->samples(), 2U);
}

TEST(Histogram, HasAMeanAndNoQuantilesOfSamplesWithoutCells) {
  Histogram histogram(Resolution::kConnection);
  histogram.add_without_cells(40);
  histogram.add_sum(200us);
  EXPECT_EQ(histogram.samples(), 40U);
  EXPECT_EQ(histogram.mean(), 5us);
  EXPECT_FALSE(histogram.quantile(0.5));
  EXPECT_FALSE(histogram.max());
}

}  // namespace
}  // namespace tickwire::model
