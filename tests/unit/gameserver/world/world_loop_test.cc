// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/world_loop.h"

#include <gtest/gtest.h>

#include <atomic>

namespace tickwire::game {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Whether it became true within ten seconds.
template <typename Condition>
bool eventually(Condition&& condition) {
  const auto deadline = monotonic_now() + seconds(10);
  while (!condition()) {
    if (monotonic_now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class WorldLoopTest : public ::testing::Test {
 protected:
  std::unique_ptr<WorldLoop> started(unsigned tick_rate_hz, WorldLoop::TickObserver before_tick = {}) {
    WorldPorts ports;
    ports.borrowed_inbox = inbox_.get();
    ports.borrowed_gateways = {gateway_.get()};
    ports.publish = [this](const Event&) {
      ++events_;
      return true;
    };
    auto loop = WorldLoop::open({.tick_rate_hz = tick_rate_hz, .max_players = 8}, std::move(ports), std::move(before_tick));
    EXPECT_TRUE(loop) << loop.error();
    const auto running = (*loop)->start();
    EXPECT_TRUE(running) << running.error();
    return std::move(*loop);
  }
  std::shared_ptr<const WorldFrame> next_frame() {
    std::shared_ptr<const WorldFrame> frame;
    EXPECT_TRUE(eventually([&] { return (frame = gateway_->frame.take()) != nullptr; }));
    return frame;
  }
  // Waits for the answer to a join.
  Joined next_answer() {
    std::vector<FromWorld> out;
    EXPECT_TRUE(eventually([&] {
      gateway_->control.drain(out);
      return !out.empty();
    }));
    return out.empty() ? Joined{} : std::get<Joined>(out[0]);
  }

  std::unique_ptr<WorldInbox> inbox_ = *WorldInbox::open(8);
  std::unique_ptr<GatewayInbox> gateway_ = *GatewayInbox::open("net", 8);
  std::atomic<int> events_ = 0;
};

TEST_F(WorldLoopTest, PublishesFrameAfterFrameAndWakesTheGateway) {
  const auto loop = started(1000);
  EXPECT_TRUE(gateway_->wake->wait_until(monotonic_now() + seconds(10)));
  const auto first = next_frame()->tick();
  EXPECT_GE(first, 1U);
  EXPECT_GT(next_frame()->tick(), first);
}

TEST_F(WorldLoopTest, AnswersAJoinBetweenTwoTicks) {
  const auto loop = started(1);
  next_frame();
  const auto ticks = loop->stats().ticks.value();
  ASSERT_TRUE(inbox_->control.push(JoinRequest{.client = 6}));
  const auto answer = next_answer();
  EXPECT_EQ(answer.client, 6U);
  ASSERT_TRUE(answer.seat);
  // Nothing but a process that stands still for a second lets a tick come in between.
  EXPECT_LE(loop->stats().ticks.value(), ticks + 1);
}

TEST_F(WorldLoopTest, AppliesInputsAtTheTick) {
  const auto loop = started(1000);
  ASSERT_TRUE(inbox_->control.push(JoinRequest{.client = 6}));
  const auto player = next_answer().seat->player;
  inbox_->inputs.put(player, {.input_seq = 44});
  EXPECT_TRUE(eventually([&] {
    const auto frame = next_frame();
    const auto place = frame->find(player);
    return place && frame->players()[*place].last_input == 44;
  }));
}

TEST_F(WorldLoopTest, CallsTheObserverBeforeEachTickWithItsNumber) {
  std::atomic<std::uint32_t> last = 0;
  std::atomic<bool> in_order = true;
  auto loop = started(1000, [&](std::uint32_t tick, Nanoseconds woken_mono) {
    if (tick <= last || woken_mono > monotonic_now()) in_order = false;
    last = tick;
  });
  EXPECT_GE(next_frame()->tick(), 1U);
  EXPECT_TRUE(eventually([&] { return last >= 10; }));
  loop->stop();
  EXPECT_TRUE(in_order);
  EXPECT_LE(last, loop->stats().ticks.value());
}

TEST_F(WorldLoopTest, SkipsAndCountsTheTicksThatAStallSwallows) {
  std::atomic<bool> stalled = false;
  auto loop = started(100, [&](std::uint32_t, Nanoseconds woken_mono) {
    if (stalled.exchange(true)) return;
    while (monotonic_now() < woken_mono + milliseconds(55)) std::this_thread::yield();
  });
  EXPECT_TRUE(eventually([&] { return loop->stats().skipped_ticks.value() > 0; }));
  loop->stop();
  EXPECT_GE(loop->stats().late_ticks.value(), 1U);
  EXPECT_GE(loop->stats().worst_work_ns.value(), 55'000'000U);
  EXPECT_GE(loop->stats().worst_late_ns.value(), 10'000'000U);
  const auto work = loop->stats().work_s.counts();
  EXPECT_GE(work.sum, 0.055);
}

TEST_F(WorldLoopTest, CountsEachWakeUpInItsHistograms) {
  auto loop = started(1000);
  EXPECT_TRUE(eventually([&] { return loop->stats().ticks.value() >= 20; }));
  loop->stop();
  const auto sum = [](const HistogramCounts& counts) {
    std::uint64_t total = 0;
    for (const auto cell : counts.cells) total += cell;
    return total;
  };
  EXPECT_EQ(sum(loop->stats().work_s.counts()), sum(loop->stats().lateness_s.counts()));
  EXPECT_GE(sum(loop->stats().work_s.counts()), 10U);
  EXPECT_EQ(loop->stats().work_s.counts().bounds.size(), 9U);
}

TEST_F(WorldLoopTest, TakesNewRulesWhileItRuns) {
  const auto loop = started(1000);
  WorldConfig config;
  config.full_hp = 7;
  loop->configure(config);
  // A tick after this one has them.
  next_frame();
  next_frame();
  ASSERT_TRUE(inbox_->control.push(JoinRequest{.client = 6}));
  const auto player = next_answer().seat->player;
  EXPECT_TRUE(eventually([&] { return next_frame()->find(player).has_value(); }));
  const auto frame = next_frame();
  EXPECT_EQ(frame->players()[*frame->find(player)].state.hp, 7);
}

TEST_F(WorldLoopTest, EndsWithinATickAndLetsEverybodyLeave) {
  auto loop = started(1);
  ASSERT_TRUE(inbox_->control.push(JoinRequest{.client = 6}));
  ASSERT_TRUE(next_answer().seat);
  loop->stop();
  EXPECT_EQ(events_, 1);
  EXPECT_EQ(loop->stats().players.value(), 0U);
  loop->stop();
}

TEST_F(WorldLoopTest, EndsWithoutHavingBegun) {
  WorldPorts ports;
  ports.borrowed_inbox = inbox_.get();
  const auto loop = WorldLoop::open({}, std::move(ports));
  ASSERT_TRUE(loop);
  (*loop)->stop();
  EXPECT_EQ((*loop)->stats().ticks.value(), 0U);
}

}  // namespace
}  // namespace tickwire::game
