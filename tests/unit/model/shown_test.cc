// SPDX-License-Identifier: Apache-2.0
#include "model/shown.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "model/query.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

const ServiceId kZone{.name = "zone", .protocol = Protocol::kUdp, .port = 7900};
constexpr RuleCounts kFitting{.messages = {100, 100}, .echoes = {50, 50}};
constexpr RuleCounts kMisfitting{.messages = {100, 100}, .echoes = {50, 4}};
constexpr RuleCounts kTooFew{.messages = {RuleCounts::kLeastMessages - 1, 0}};

Latency latency(Series series) {
  Latency made{.series = series, .histogram = nullptr, .p50 = 30ms, .p90 = {}, .p95 = {}, .p99 = 90ms, .p999 = {}, .max = {}};
  return made;
}

// One connection of the zone whose rule has counted so much of it and of the service.
struct World {
  World(const std::optional<RuleCounts>& of_service, const std::optional<RuleCounts>& of_connection) {
    Service service;
    service.id = kZone;
    service.rule = of_service;
    snapshot.services.push_back(service);
    row->service = std::make_shared<ServiceId>(kZone);
    row->rule = of_connection;
    row->rtt = latency(Series::kRttRule);
    row->rtt_min = 20ms;
    row->rtt_network = latency(Series::kRttRuleNetwork);
    row->turnaround = latency(Series::kTurnaroundRule);
    snapshot.connections.push_back(row);
  }
  [[nodiscard]] std::size_t selected(const std::string& name, const std::string& value) const {
    return select(snapshot, *ConnectionQuery::parse({{name, value}})).size();
  }

  Snapshot snapshot;
  std::shared_ptr<Connection> row = std::make_shared<Connection>();
};

TEST(Misfits, NeedsARuleThatDoesNotFit) {
  EXPECT_TRUE(misfits(kMisfitting));
  EXPECT_FALSE(misfits(kFitting));
  EXPECT_FALSE(misfits(kTooFew));
  EXPECT_FALSE(misfits(std::nullopt));
}

TEST(Shown, IsTheLatencyItselfWhileTheRuleFits) {
  const World world(kFitting, kTooFew);
  const Shown shown(world.snapshot);
  EXPECT_EQ(shown.misfit(*world.row), nullptr);
  EXPECT_EQ(&shown.latency(*world.row, world.row->rtt), &world.row->rtt);
  EXPECT_EQ(shown.rtt_min(*world.row), 20ms);
}

TEST(Shown, IsNothingWhenTheConnectionsOwnMessagesDoNotFit) {
  const World world(kFitting, kMisfitting);
  const Shown shown(world.snapshot);
  EXPECT_EQ(shown.misfit(*world.row), &*world.row->rule);
  EXPECT_EQ(shown.latency(*world.row, world.row->rtt).p50, std::nullopt);
  EXPECT_EQ(shown.latency(*world.row, world.row->rtt_network).p50, std::nullopt);
  EXPECT_EQ(shown.latency(*world.row, world.row->turnaround).p50, std::nullopt);
  EXPECT_EQ(shown.rtt_min(*world.row), std::nullopt);
}

TEST(Shown, IsNothingOfAConnectionWithFewMessagesWhenTheServicesDoNotFit) {
  const World world(kMisfitting, kTooFew);
  const Shown shown(world.snapshot);
  EXPECT_EQ(shown.misfit(*world.row), &*world.snapshot.services[0].rule);
  EXPECT_EQ(shown.latency(*world.row, world.row->rtt).p50, std::nullopt);
  EXPECT_EQ(shown.rtt_min(*world.row), std::nullopt);
}

TEST(Shown, GoesByTheConnectionsOwnMessagesWhenTheServiceIsGone) {
  World world(kMisfitting, kTooFew);
  world.snapshot.services.clear();
  EXPECT_EQ(Shown(world.snapshot).misfit(*world.row), nullptr);
  world.row->rule = kMisfitting;
  EXPECT_EQ(Shown(world.snapshot).misfit(*world.row), &*world.row->rule);
}

TEST(Shown, KeepsWhatAnotherMethodMeasuredWhenTheRuleDoesNotFit) {
  World world(kMisfitting, kMisfitting);
  world.row->rtt.series = Series::kRttTimestamp;
  const Shown shown(world.snapshot);
  EXPECT_EQ(&shown.latency(*world.row, world.row->rtt), &world.row->rtt);
  EXPECT_EQ(shown.rtt_min(*world.row), 20ms);
}

TEST(Shown, IsWhatIsFiltered) {
  const World fitting(kFitting, kTooFew);
  EXPECT_EQ(fitting.selected("min_rtt", "90ms"), 1U);
  EXPECT_EQ(fitting.selected("min_turnaround", "90ms"), 1U);
  const World misfitting(kMisfitting, kTooFew);
  EXPECT_EQ(misfitting.selected("min_rtt", "90ms"), 0U);
  EXPECT_EQ(misfitting.selected("min_turnaround", "90ms"), 0U);
}

TEST(Shown, IsWhatIsSortedBy) {
  World world(kMisfitting, kTooFew);
  auto other = std::make_shared<Connection>();
  other->id = {.slot = 1, .generation = 1};
  other->rtt = latency(Series::kRttTimestamp);
  other->rtt.p50 = other->rtt.p99 = 1ms;
  other->rtt_min = 1ms;
  other->turnaround = latency(Series::kTurnaroundNextPacket);
  other->turnaround.p50 = other->turnaround.p99 = 1ms;
  world.snapshot.connections.push_back(other);
  for (const char* key : {"rtt_p50", "rtt_p99", "rtt_min", "turnaround_p50", "turnaround_p99"}) {
    const auto descending = ConnectionQuery::parse({{"sort", "-" + std::string(key)}});
    EXPECT_EQ(select(world.snapshot, *descending).front()->id, other->id) << key;
    world.snapshot.services[0].rule = kFitting;
    EXPECT_EQ(select(world.snapshot, *descending).front()->id, world.row->id) << key;
    world.snapshot.services[0].rule = kMisfitting;
  }
}

TEST(Shown, TellsTheLossOfARuleThatFits) {
  World world(kFitting, kFitting);
  world.row->rule->sequences[0] = {.messages = 10, .passed_over = 3, .reordered = 1, .duplicated = 2};
  EXPECT_EQ(Shown(world.snapshot).loss_ratio(*world.row, Direction::kIngress), 0.2);
  EXPECT_EQ(Shown(world.snapshot).loss_ratio(*world.row, Direction::kEgress), std::nullopt);
  world.snapshot.services[0].rule = kMisfitting;
  EXPECT_EQ(Shown(world.snapshot).loss_ratio(*world.row, Direction::kIngress), std::nullopt);
  world.row->rule = {};
  EXPECT_EQ(Shown(world.snapshot).loss_ratio(*world.row, Direction::kIngress), std::nullopt);
}

}  // namespace
}  // namespace tickwire::model
