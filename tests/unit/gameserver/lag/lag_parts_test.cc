// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lag/lag_parts.h"

#include <gtest/gtest.h>

#include <thread>

#include "unit/gameserver/log_lines.h"

namespace tickwire::game {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Json = nlohmann::json;

class LagPart : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<Json> lines() const { return log_lines(path_.text()); }

  TemporaryPath path_{"lag_parts"};
  LagLog log_{*LineFile::open(path_.text())};
  LagEnd end_;
};

class WorldLagTest : public LagPart {
 protected:
  WorldLag lag_{log_, end_};
};

TEST_F(WorldLagTest, StallsATickForAsLongAsItSays) {
  lag_.tick_stall().start({.length = milliseconds(5)}, seconds(1));
  lag_.begin_tick(17, seconds(1) - Nanoseconds(1));
  EXPECT_TRUE(lines().empty());
  const auto before = monotonic_now();
  lag_.begin_tick(18, seconds(1));
  const auto after = monotonic_now();
  ASSERT_EQ(lines().size(), 1U);
  const auto line = lines()[0];
  EXPECT_EQ(line["kind"], "tick_stall");
  EXPECT_EQ(line["asked_ns"], 5'000'000);
  EXPECT_EQ(line["tick"], 18);
  const std::int64_t begin = line["begin_mono_ns"];
  const std::int64_t end = line["end_mono_ns"];
  EXPECT_GE(end - begin, 5'000'000);
  EXPECT_GE(begin, before.count());
  EXPECT_LE(end, after.count());
}

TEST_F(WorldLagTest, BurnsProcessorTime) {
  lag_.burn().start({.length = milliseconds(2)}, seconds(1));
  lag_.begin_tick(1, seconds(1));
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0]["kind"], "burn");
  EXPECT_GE(lines()[0]["processor_ns"], 2'000'000);
}

TEST_F(WorldLagTest, DoesNothingUnlessAsked) {
  lag_.begin_tick(1, hours(1));
  EXPECT_TRUE(lines().empty());
}

TEST_F(WorldLagTest, DoesNothingOnceStopped) {
  lag_.tick_stall().start({.length = milliseconds(5), .every = seconds(1)}, seconds(1));
  lag_.tick_stall().stop();
  lag_.begin_tick(1, seconds(2));
  EXPECT_TRUE(lines().empty());
}

TEST_F(WorldLagTest, GoesOnAtOnceWhenTheServerEnds) {
  lag_.tick_stall().start({.length = hours(1)}, seconds(1));
  lag_.burn().start({.length = hours(1)}, seconds(1));
  std::thread world([this] { lag_.begin_tick(1, seconds(1)); });
  end_.end();
  world.join();
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(lines()[0]["asked_ns"], 3'600'000'000'000);
  EXPECT_EQ(lines()[1]["asked_ns"], 3'600'000'000'000);
}

class IoLagTest : public LagPart {
 protected:
  IoLag lag_{"net", log_};
};

TEST_F(IoLagTest, StallsBetweenTwoTimes) {
  lag_.io_stall().start({.length = milliseconds(200), .every = seconds(2)}, seconds(12));
  EXPECT_EQ(lag_.next_change_mono(), seconds(12));
  lag_.advance(seconds(12) - Nanoseconds(1));
  EXPECT_FALSE(lag_.stalled());
  lag_.advance(seconds(12));
  EXPECT_TRUE(lag_.stalled());
  EXPECT_EQ(lag_.next_change_mono(), seconds(12) + milliseconds(200));
  lag_.advance(seconds(12) + milliseconds(203));
  EXPECT_FALSE(lag_.stalled());
  EXPECT_EQ(lag_.next_change_mono(), seconds(14));
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0], Json::parse(R"({"kind":"io_stall","begin_mono_ns":12000000000,"end_mono_ns":12203000000,
                                        "asked_ns":200000000,"thread":"net"})"));
}

TEST_F(IoLagTest, LetsAStallEndThatWasStopped) {
  lag_.io_stall().start({.length = milliseconds(200), .every = seconds(2)}, seconds(12));
  lag_.advance(seconds(12));
  lag_.io_stall().stop();
  EXPECT_TRUE(lag_.stalled());
  lag_.advance(seconds(13));
  EXPECT_FALSE(lag_.stalled());
  EXPECT_EQ(lag_.next_change_mono(), Nanoseconds::max());
}

TEST_F(IoLagTest, NotesAStallThatWasSomebodyElsesDoing) {
  lag_.note(seconds(1), seconds(3), seconds(2));
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0], Json::parse(R"({"kind":"io_stall","begin_mono_ns":1000000000,"end_mono_ns":3000000000,
                                        "asked_ns":2000000000,"thread":"net"})"));
  EXPECT_FALSE(lag_.stalled());
}

TEST_F(IoLagTest, WritesAStallThatTheEndCutsShort) {
  lag_.io_stall().start({.length = seconds(5)}, seconds(1));
  lag_.advance(seconds(1));
  lag_.close(seconds(2));
  lag_.close(seconds(3));
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0]["end_mono_ns"], 2'000'000'000);
}

}  // namespace
}  // namespace tickwire::game
