// SPDX-License-Identifier: Apache-2.0
#include "export/loop_tick.h"

#include <gtest/gtest.h>

#include <set>

#include "unit/export/sample_snapshot.h"

namespace tickwire::exporting {
namespace {

using namespace std::chrono_literals;

std::vector<prometheus::MetricFamily> families_of(const std::vector<model::Service>& services) {
  std::vector<prometheus::MetricFamily> families;
  append_tick_families(families, services);
  return families;
}

std::set<std::string> names_of(const std::vector<prometheus::MetricFamily>& families) {
  std::set<std::string> names;
  for (const auto& family : families) names.insert(family.name);
  return names;
}

model::Service service(std::optional<model::LoopTick> tick, std::uint16_t port = 7777) {
  return {.id = {.name = "world", .protocol = model::Protocol::kUdp, .port = port}, .tick = std::move(tick)};
}

TEST(TickFamilies, AreNotThereWhereNoTickIsInferred) { EXPECT_TRUE(families_of({service(std::nullopt)}).empty()); }

TEST(TickFamilies, HaveNoPeriodWithoutConfidence) {
  const auto families = families_of({service(model::LoopTick{.reason = "the intervals differ"})});
  EXPECT_EQ(names_of(families), (std::set<std::string>{"tickwire_tick_interval_seconds", "tickwire_tick_stalls_total"}));
  EXPECT_EQ(families.at(0).metric.at(0).histogram.sample_count, 0U);
  EXPECT_EQ(families.at(1).metric.at(0).counter.value, 0);
}

TEST(TickFamilies, AddUpWhatPortsOfOneNameHave) {
  const auto families =
      families_of({service(sample::loop_tick()), service(sample::doubtful_tick(), 7778), service(std::nullopt, 7779)});
  ASSERT_EQ(families.size(), 3U);
  EXPECT_EQ(families[0].metric.at(0).histogram.sample_count, 199U + 40U);
  EXPECT_EQ(families[1].metric.at(0).counter.value, 1);
  EXPECT_EQ(families[2].metric.size(), 1U);
  EXPECT_EQ(families[2].metric[0].gauge.value, 0.1);  // the longer one
}

TEST(TickJson, IsNullWhereNoTickIsInferred) { EXPECT_TRUE(tick_json(std::nullopt).is_null()); }

TEST(TickJson, HasNoNumbersWithoutConfidence) {
  const Json json = tick_json(model::LoopTick{.reason = "the intervals differ"});
  EXPECT_EQ(json["confidence"], "none");
  EXPECT_EQ(json["reason"], "the intervals differ");
  for (const char* key :
       {"period_ns", "interval_p50_ns", "interval_p99_ns", "lateness_p50_ns", "lateness_p99_ns", "players", "longest_stall_ns"})
    EXPECT_TRUE(json[key].is_null()) << key;
  EXPECT_EQ(json["stalls"], 0);
}

TEST(TickCells, AreADashWithoutATick) {
  for (const auto& tick : {std::optional<model::LoopTick>(), std::optional(model::LoopTick{.reason = "few"})}) {
    EXPECT_EQ(period_cell(tick), "-");
    EXPECT_EQ(stalls_cell(tick), "-");
  }
}

TEST(TickCells, SayWhereTheConfidenceIsLow) {
  EXPECT_EQ(period_cell(sample::loop_tick()), "50.0ms");
  EXPECT_EQ(period_cell(sample::doubtful_tick()), "~100ms");
}

TEST(TickCells, KeepTheStallsOfATickThatIsLost) {
  model::LoopTick lost = sample::loop_tick();
  lost.confidence = model::TickConfidence::kNone;
  lost.period.reset();
  EXPECT_EQ(period_cell(lost), "-");
  EXPECT_EQ(stalls_cell(lost), "1");
}

}  // namespace
}  // namespace tickwire::exporting
