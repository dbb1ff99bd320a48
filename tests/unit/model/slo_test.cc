// SPDX-License-Identifier: Apache-2.0
#include "model/slo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/query.h"
#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

Slo slo(SloQuantity quantity, std::chrono::nanoseconds limit, std::string service = {}) {
  return {.service = std::move(service), .quantity = quantity, .limit = limit};
}

std::string refusal(std::string_view text) {
  const auto parsed = Slo::parse(text);
  return parsed ? "taken" : parsed.error().text();
}

TEST(Slo, IsParsedFromItsQuantityAndLimit) {
  EXPECT_EQ(Slo::parse("rtt=100ms").value(), slo(SloQuantity::kRtt, 100ms));
  EXPECT_EQ(Slo::parse("world:turnaround=1.5ms").value(), slo(SloQuantity::kTurnaround, 1'500us, "world"));
  EXPECT_EQ(Slo::parse("jitter=1us").value(), slo(SloQuantity::kJitter, 1us));
  EXPECT_EQ(Slo::parse("socket_to_app=1h").value(), slo(SloQuantity::kSocketToApp, 1h));
}

TEST(Slo, RefusesWhatIsNone) {
  EXPECT_THAT(refusal("rtt"), HasSubstr("there is no = in it"));
  EXPECT_THAT(refusal("rtt="), HasSubstr("rtt=100ms"));
  EXPECT_THAT(refusal("loss=1s"), HasSubstr("\"loss\" is none of rtt, turnaround, jitter, socket_to_app"));
  EXPECT_THAT(refusal(":rtt=1s"), HasSubstr("the service's name"));
  EXPECT_THAT(refusal("a b:rtt=1s"), HasSubstr("the service's name"));
  EXPECT_THAT(refusal("rtt=999ns"), HasSubstr("not between 1us and 1h"));
  EXPECT_THAT(refusal("rtt=61m"), HasSubstr("not between 1us and 1h"));
  EXPECT_THAT(refusal("rtt=fast"), HasSubstr("fast"));
}

TEST(Slo, IsNamedByTheLargestUnitThatMakesItsLimitWhole) {
  EXPECT_EQ(slo(SloQuantity::kRtt, 100ms).name(), "rtt_100ms");
  EXPECT_EQ(slo(SloQuantity::kTurnaround, 1'500us).name(), "turnaround_1500us");
  EXPECT_EQ(slo(SloQuantity::kSocketToApp, 60s, "world").name(), "socket_to_app_60s");
  EXPECT_EQ(slo(SloQuantity::kJitter, 1'001ns).name(), "jitter_1001ns");
}

TEST(Slo, OfAServiceTakesThePlaceOfTheGeneralOnesOfItsQuantity) {
  const std::vector<Slo> all{slo(SloQuantity::kRtt, 100ms), slo(SloQuantity::kRtt, 150ms), slo(SloQuantity::kJitter, 10ms),
                             slo(SloQuantity::kRtt, 80ms, "world")};
  EXPECT_FALSE(is_of(all, all[0], "world"));
  EXPECT_FALSE(is_of(all, all[1], "world"));
  EXPECT_TRUE(is_of(all, all[2], "world"));
  EXPECT_TRUE(is_of(all, all[3], "world"));
  EXPECT_TRUE(is_of(all, all[0], "lobby"));
  EXPECT_FALSE(is_of(all, all[3], "lobby"));
}

TEST(DefaultSlos, AreDistinctAndReadBack) {
  std::set<std::string> names;
  for (const Slo& each : default_slos()) {
    EXPECT_TRUE(names.insert(each.name()).second) << each.name();
    EXPECT_TRUE(each.service.empty());
  }
  EXPECT_EQ(names, (std::set<std::string>{"rtt_100ms", "rtt_150ms", "jitter_10ms", "jitter_20ms", "turnaround_50ms",
                                          "socket_to_app_50ms"}));
}

// A player whose samples came `ago` before the snapshot.
class Player {
 public:
  Player() {
    snapshot_.monotonic = 1000s;
    snapshot_.services = {{.id = kWorld}};
    connection_.id = {.slot = 1, .generation = 0};
    connection_.service = std::make_shared<const ServiceId>(kWorld);
    connection_.state = ConnectionState::kActive;
  }

  Latency measure(Series series, std::chrono::nanoseconds duration, std::uint32_t samples, std::chrono::nanoseconds ago = 1s) {
    const auto cell = static_cast<std::uint16_t>(tw_cell(static_cast<__u64>(duration.count()), TW_CONNECTION_PARTS_LOG2));
    const CellGain gain{cell, samples};
    recorder_.add({.number = 1, .generation = 0}, series, std::span(&gain, 1));
    recorder_.finish(snapshot_.monotonic - ago);
    auto histogram = std::make_shared<Histogram>(Resolution::kConnection);
    histogram->add(cell, samples);
    return {.series = series, .histogram = histogram, .max = histogram->max()};
  }

  Connection& connection() { return connection_; }
  std::vector<Slo>& slos() { return snapshot_.slos; }
  Snapshot& snapshot() {
    snapshot_.recent_connections = recorder_.samples();
    snapshot_.connections = {std::make_shared<const Connection>(connection_)};
    return snapshot_;
  }
  std::vector<std::size_t> beyond() { return SloCheck(snapshot()).beyond(*snapshot_.connections[0]); }

 private:
  Snapshot snapshot_;
  Connection connection_;
  RecentRecorder recorder_{Resolution::kConnection};
};

TEST(SloCheck, IsBeyondTheLimitsThatTheP95OfTheLastMinuteIsAbove) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms), slo(SloQuantity::kRtt, 120ms), slo(SloQuantity::kTurnaround, 5ms)};
  player.connection().rtt = player.measure(Series::kRttTimestamp, 100ms, 20);
  player.connection().turnaround = player.measure(Series::kTurnaroundNextPacket, 9ms, 20);
  EXPECT_THAT(player.beyond(), ElementsAre(0, 2));
}

TEST(SloCheck, IsBeyondNoneWithFewerThanTwentySamples) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms)};
  player.connection().rtt = player.measure(Series::kRttTimestamp, 100ms, 19);
  EXPECT_THAT(player.beyond(), IsEmpty());
}

TEST(SloCheck, IsBeyondNoneByWhatIsOlderThanAMinute) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms)};
  player.connection().rtt = player.measure(Series::kRttTimestamp, 100ms, 500, 90s);
  EXPECT_THAT(player.beyond(), IsEmpty());
}

TEST(SloCheck, IsBeyondNoneByAcknowledgementsThatMayHaveBeenDelayed) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms)};
  player.connection().rtt_delayed = player.measure(Series::kRttTimestampDelayed, 100ms, 500);
  EXPECT_THAT(player.beyond(), IsEmpty());
}

TEST(SloCheck, TakesTheLineAloneWhereTheRuleTellsIt) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms)};
  player.connection().rtt = player.measure(Series::kRttRule, 100ms, 500, 2s);
  player.connection().rtt_network = player.measure(Series::kRttRuleNetwork, 60ms, 500);
  EXPECT_THAT(player.beyond(), IsEmpty());
  player.slos() = {slo(SloQuantity::kRtt, 50ms)};
  EXPECT_THAT(player.beyond(), ElementsAre(0));
}

TEST(SloCheck, KnowsTheWaitForTheGame) {
  Player player;
  player.slos() = {slo(SloQuantity::kSocketToApp, 50ms), slo(SloQuantity::kSocketToApp, 30ms)};
  player.connection().stages[1] = player.measure(Series::kStageSocketToApp, 40ms, 20);
  EXPECT_THAT(player.beyond(), ElementsAre(1));
}

TEST(SloCheck, TakesTheJitterOfNowWhereTheMinuteHasSamplesEnough) {
  Player player;
  player.slos() = {slo(SloQuantity::kJitter, 10ms), slo(SloQuantity::kJitter, 20ms)};
  player.connection().rtt = player.measure(Series::kRttTimestamp, 30ms, 20);
  player.connection().rtt_jitter = 10ms;
  EXPECT_THAT(player.beyond(), IsEmpty()) << "at the limit is within it";
  player.connection().rtt_jitter = 12ms;
  EXPECT_THAT(player.beyond(), ElementsAre(0));
  player.connection().rtt.series = Series::kRttSequence;  // of which the minute has none
  EXPECT_THAT(player.beyond(), IsEmpty());
}

TEST(SloCheck, HasNoPlayerWhoLeft) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms)};
  player.connection().rtt = player.measure(Series::kRttTimestamp, 100ms, 20);
  player.connection().closed = 999s;
  EXPECT_THAT(player.beyond(), IsEmpty());
}

TEST(SloCheck, HasNothingThatARuleMeasuredThatDoesNotFit) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms)};
  player.connection().rtt = player.measure(Series::kRttRule, 100ms, 20);
  EXPECT_THAT(player.beyond(), ElementsAre(0));
  player.connection().rule = RuleCounts{.messages = {600, 600}};
  EXPECT_THAT(player.beyond(), IsEmpty());
}

TEST(SloCheck, GoesByTheNameOfTheService) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms, "world"), slo(SloQuantity::kRtt, 70ms, "lobby"), slo(SloQuantity::kRtt, 60ms)};
  player.connection().rtt = player.measure(Series::kRttTimestamp, 100ms, 20);
  EXPECT_THAT(player.beyond(), ElementsAre(0));
}

TEST(CountBeyond, CountsByServiceAndObjective) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms), slo(SloQuantity::kRtt, 120ms), slo(SloQuantity::kJitter, 1ms, "lobby")};
  player.connection().rtt = player.measure(Series::kRttTimestamp, 100ms, 20);
  Snapshot& snapshot = player.snapshot();
  snapshot.services = {{.id = kLobby}, {.id = kWorld}};
  const SloCounts counts = count_beyond(snapshot);
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_THAT(counts[0], ElementsAre(Optional(0U), Optional(0U), Optional(0U)));
  EXPECT_THAT(counts[1], ElementsAre(Optional(1U), Optional(0U), std::nullopt));
}

TEST(Select, ListsThoseBeyondAnObjective) {
  Player player;
  player.slos() = {slo(SloQuantity::kRtt, 80ms), slo(SloQuantity::kRtt, 120ms)};
  player.connection().rtt = player.measure(Series::kRttTimestamp, 100ms, 20);
  const auto found = [&](const std::string& name) {
    return select(player.snapshot(), ConnectionQuery::parse({{"over_slo", name}}).value()).size();
  };
  EXPECT_EQ(found("any"), 1U);
  EXPECT_EQ(found("rtt_80ms"), 1U);
  EXPECT_EQ(found("rtt_120ms"), 0U);
}

TEST(CheckObjective, RefusesOneThatTheAgentHasNot) {
  Snapshot snapshot;
  ConnectionQuery query;
  EXPECT_TRUE(check_objective(snapshot, query));
  query.over_slo = "rtt_80ms";
  EXPECT_THAT(check_objective(snapshot, query).error().text(), HasSubstr("the agent has none"));
  snapshot.slos = {slo(SloQuantity::kRtt, 90ms)};
  EXPECT_THAT(check_objective(snapshot, query).error().text(), HasSubstr("one of any, rtt_90ms"));
  query.over_slo = "rtt_90ms";
  EXPECT_TRUE(check_objective(snapshot, query));
  query.over_slo = "any";
  EXPECT_TRUE(check_objective(snapshot, query));
}

// Three players whose datagrams wait for 1 ms, for 20 ms, and not measured.
Snapshot three() {
  Snapshot snapshot;
  for (std::uint32_t slot = 1; slot <= 3; ++slot) {
    Connection connection{.id = {.slot = slot, .generation = 0}};
    if (slot < 3) {
      connection.stages[1].p95 = slot == 1 ? 1ms : 20ms;
      connection.stages[2].p95 = slot == 1 ? 9ms : 3ms;
      connection.rtt_jitter = slot == 1 ? 4ms : 5ms;
      connection.pace[0].jitter = slot == 1 ? 7ms : 6ms;
    }
    snapshot.connections.push_back(std::make_shared<const Connection>(connection));
  }
  return snapshot;
}

std::vector<std::uint32_t> slots(const std::string& name, const std::string& value) {
  std::vector<std::uint32_t> result;
  for (const auto& row : select(three(), ConnectionQuery::parse({{name, value}}).value())) result.push_back(row->id.slot);
  return result;
}

TEST(Select, SortsByWaitsAndJitterAndPutsTheUnmeasuredLast) {
  EXPECT_THAT(slots("sort", "-wait"), ElementsAre(2, 1, 3));
  EXPECT_THAT(slots("sort", "wait"), ElementsAre(1, 2, 3));
  EXPECT_THAT(slots("sort", "-app"), ElementsAre(1, 2, 3));
  EXPECT_THAT(slots("sort", "-jitter"), ElementsAre(2, 1, 3));
  EXPECT_THAT(slots("sort", "-jitter_in"), ElementsAre(1, 2, 3));
}

TEST(Select, HasThoseWhoWaitForSoLong) {
  EXPECT_THAT(slots("min_wait", "20ms"), ElementsAre(2));
  EXPECT_THAT(slots("min_wait", "1ms"), ElementsAre(1, 2));
  EXPECT_THAT(slots("min_wait", "21ms"), IsEmpty());
}

TEST(ConnectionQuery, RefusesAnEmptyObjective) {
  EXPECT_THAT(ConnectionQuery::parse({{"over_slo", ""}}).error().text(), HasSubstr("over_slo"));
}

}  // namespace
}  // namespace tickwire::model
