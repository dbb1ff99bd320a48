// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "export/tables.h"
#include "export/text_stages.h"
#include "model/rtt_shown.h"
#include "unit/export/golden.h"
#include "unit/export/sample_stages.h"

namespace tickwire::exporting {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string table_of(const model::Snapshot& snapshot, bool wide) {
  return connections_table(snapshot, snapshot.connections, wide, model::Window::k1m);
}

TEST(ConnectionsTable, ShowsWaitsAndMarksRoundTripsThatMayHaveBeenDelayed) {
  const std::string text = table_of(sample::stages_only(), false);
  EXPECT_EQ(text, golden::expected("connections_stages.txt", text));
}

TEST(ConnectionsTable, AddsJitterRefusalsAndStarvationInTheWideForm) {
  const std::string text = table_of(sample::stages_only(), true);
  EXPECT_EQ(text, golden::expected("connections_stages_wide.txt", text));
}

TEST(ConnectionsTable, MarksNothingWherePromptRoundTripsAreEnough) {
  model::Snapshot snapshot = sample::stages_only();
  auto connection = std::make_shared<model::Connection>(sample::quiet_player());
  connection->rtt = sample::latency(model::Series::kRttTimestamp, {{16ms, 20}});
  snapshot.connections = {connection};
  snapshot.recent_connections =
      sample::recent(model::Resolution::kConnection, {{{15, 1},
                                                       {{30s, model::Series::kRttTimestamp, {{16ms, 20}}, 15'900us},
                                                        {5s, model::Series::kRttTimestampDelayed, {{20ms, 150}}, 19'400us}}}});
  EXPECT_THAT(table_of(snapshot, false), Not(HasSubstr("~")));
  EXPECT_THAT(table_of(snapshot, false), HasSubstr("15.7ms"));
}

TEST(RttShown, IsOfPromptSamplesWhereThoseThatMayHaveBeenDelayedAreNoMore) {
  model::Snapshot snapshot = sample::stages_only();
  const model::Connection connection = sample::quiet_player();
  const auto shown_of = [&](int prompt, int delayed) {
    snapshot.recent_connections = sample::recent(
        model::Resolution::kConnection,
        {{{15, 1},
          {{5s, model::Series::kRttTimestamp, {{16ms, prompt}}}, {5s, model::Series::kRttTimestampDelayed, {{20ms, delayed}}}}}});
    return model::rtt_shown(snapshot, model::Shown(snapshot), connection, model::Window::k1m);
  };
  EXPECT_FALSE(shown_of(19, 19).maybe_delayed);
  EXPECT_TRUE(shown_of(19, 20).maybe_delayed);
  EXPECT_EQ(shown_of(19, 20).summary.samples, 20U);
  EXPECT_FALSE(shown_of(20, 500).maybe_delayed);
  EXPECT_EQ(shown_of(20, 500).summary.samples, 20U);
}

TEST(ConnectionsTable, HasDashesWithoutStages) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.connections = {std::make_shared<model::Connection>(sample::udp_connection())};
  const std::string text = connections_table(snapshot, snapshot.connections, false);
  EXPECT_THAT(text, HasSubstr("11.5ms   -     -   -     -\n"));
}

// The service's loop ticks each `period`.
std::string waterfall_at(std::chrono::nanoseconds period, model::TickConfidence confidence) {
  model::Snapshot snapshot = sample::stages_only();
  snapshot.services[0].tick = model::LoopTick{.confidence = confidence, .period = period};
  return waterfall(snapshot, sample::slow_reader(), model::Window::kAll);
}

TEST(Waterfall, TellsWhatWaitedForLongerThanATick) {
  EXPECT_THAT(
      waterfall_at(std::chrono::nanoseconds(1 << 25), model::TickConfidence::kHigh),  // 33.6 ms, where the cell of 40 ms begins
      HasSubstr("\n  beyond one tick of 33.6ms, last 1m: 10.0% of the waits for the game, by 4.19ms on average\n"));
  EXPECT_THAT(waterfall_at(50ms, model::TickConfidence::kHigh),
              HasSubstr("\n  beyond one tick of 50.0ms, last 1m: 0.00% of the waits for the game\n"));
}

TEST(Waterfall, TellsNothingOfATickThatIsNotSure) {
  EXPECT_THAT(waterfall_at(33ms, model::TickConfidence::kLow), Not(HasSubstr("beyond one tick")));
}

}  // namespace
}  // namespace tickwire::exporting
