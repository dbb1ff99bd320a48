// SPDX-License-Identifier: Apache-2.0
// The sample rule behind a front and a world, over a line that duplicates one in ten datagrams and lets one in ten be overtaken.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "gameserver/gateway/front.h"
#include "gameserver/line/model.h"
#include "gameserver/resources/resource_set.h"
#include "gameserver/script/rule.h"
#include "gameserver/world/host.h"
#include "unit/gameserver/gateway/front_harness.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr unsigned kTickRateHz = 128;
constexpr Nanoseconds kTick = Nanoseconds(seconds(1)) / kTickRateHz;
constexpr Nanoseconds kBegin = seconds(100);
constexpr Impairment kLine{.delay = {.mean = milliseconds(20)}, .reorder = 0.1, .reorder_by = milliseconds(40), .duplicate = 0.1};

class FairPlay : public testing::Test {
 protected:
  FairPlay() {
    const auto set = ResourceSet::load("");
    if (!set) throw std::runtime_error(set.error());
    const auto loaded = rule_.load((*set)[ResourceId::kAntiCheat].bytes);
    if (!loaded) throw std::runtime_error(loaded.error());
    WorldPorts ports;
    ports.borrowed_inbox = inbox_.get();
    ports.borrowed_gateways = {gateway_.get()};
    ports.take_facts = [this](const PlayerFacts& facts) { return rule_.check(facts).has_value(); };
    host_ = std::make_unique<WorldHost>(WorldOptions{.tick_rate_hz = kTickRateHz, .max_players = 1}, std::move(ports));
    client_ = front_.add(link_, Transport::kUdp, *Endpoint::resolve("192.0.2.7", 4000), kBegin).value();
    front_.take(client_, {.header = {.seq = 1}, .body = Hello{.nonce = 5}}, kBegin);
    host_->serve(kBegin);
    front_.serve(kBegin);
    conn_ = link_.take_one().header.conn;
  }

  struct Arrival {
    Nanoseconds at_mono{};
    std::uint16_t number = 0;  // of the datagram
  };
  // When a player's datagrams come out of the line; each from 1 on, and some twice.
  std::vector<Arrival> over_the_line(unsigned rate_hz, Nanoseconds length) {
    LineModel line(kLine, 1, kBegin);
    std::vector<Arrival> arrivals;
    for (std::uint16_t number = 1; number * Nanoseconds(seconds(1)) / rate_hz <= length; ++number) {
      const auto fate = line.decide(kBegin + number * Nanoseconds(seconds(1)) / rate_hz, 90);
      arrivals.push_back({fate.departs_mono, number});
      if (fate.copy_mono) arrivals.push_back({*fate.copy_mono, number});
      sent_ = number;
    }
    std::ranges::stable_sort(arrivals, {}, &Arrival::at_mono);
    return arrivals;
  }
  // Until half a second behind the last datagram was sent. repeats: the player sends his first input over and over.
  void play(unsigned rate_hz, Nanoseconds length, bool repeats) {
    const auto arrivals = over_the_line(rate_hz, length);
    auto next = arrivals.begin();
    for (auto now = kBegin + kTick; now < kBegin + length + milliseconds(500); now += kTick) {
      for (; next != arrivals.end() && next->at_mono <= now; ++next) {
        const std::uint16_t seq = next->number + 1U;
        const std::uint16_t input = repeats ? 1 : next->number;
        front_.take(client_, {.header = {.conn = conn_, .seq = seq}, .body = Input{.client_tick = input, .input_seq = input}},
                    next->at_mono);
      }
      host_->serve(now);
      host_->step(now);
    }
    copies_ = arrivals.size() - sent_;
  }

  Rule rule_{"rules/anti_cheat.lua"};
  std::unique_ptr<WorldInbox> inbox_ = WorldInbox::open(1).value();
  std::unique_ptr<GatewayInbox> gateway_ = GatewayInbox::open("net", 1).value();
  FrontStats stats_;
  Front front_{0, {.tick_rate_hz = kTickRateHz, .max_players = 1}, *inbox_, *gateway_, stats_};
  RecordingLink link_;
  std::unique_ptr<WorldHost> host_;
  ClientId client_ = 0;
  std::uint32_t conn_ = 0;
  std::size_t sent_ = 0;
  std::size_t copies_ = 0;
};

TEST_F(FairPlay, SaysNothingOfAPlayerWhoseLineDuplicatesAndReorders) {
  play(kTickRateHz, seconds(60), false);
  EXPECT_EQ(sent_, 7'680U);
  EXPECT_EQ(stats_.duplicates.value(), copies_);
  EXPECT_GT(copies_, 600U);
  EXPECT_EQ(host_->stats().inputs.value(), sent_);
  const auto stale = stats_.stale_inputs[static_cast<std::size_t>(Transport::kUdp)].value();
  EXPECT_GT(stale, 600U);
  EXPECT_EQ(host_->stats().stale_inputs.value(), stale);
  EXPECT_EQ(link_.closed, std::nullopt);
  const auto counts = rule_.counts();
  EXPECT_EQ(counts.calls, 61U);
  EXPECT_EQ(counts.warnings + counts.evictions, 0U);
}

TEST_F(FairPlay, FindsAFloodOfInputsAlthoughAllOfThemAreStale) {
  play(500, seconds(10), true);
  EXPECT_EQ(stats_.stale_inputs[static_cast<std::size_t>(Transport::kUdp)].value(), sent_ - 1);
  EXPECT_EQ(host_->world().find(1)->last_input, 1U);
  const auto counts = rule_.counts();
  // 512 may come at once; from the third look on they are too many, and the fifth such second is the end.
  EXPECT_EQ(counts.calls, 11U);
  EXPECT_EQ(counts.warnings, 4U);
  EXPECT_EQ(counts.evictions, 5U);
}

}  // namespace
}  // namespace tickwire::game
