// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "host_harness.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

// What happens at a tick of 10 Hz: inputs, chat and facts.
class WorldTickTest : public HostHarness {
 protected:
  void say(PlayerId player, const std::string& text) { inbox_->chat.push({.player = player, .text = text}); }
  std::vector<std::string> heard(GatewayId gateway = 0) {
    std::vector<std::string> texts;
    for (const auto& line : chat(gateway)) texts.push_back(line.text);
    return texts;
  }
  void take_facts() {
    ports_.take_facts = [this](const PlayerFacts& facts) {
      if (rules_have_room_) facts_.push_back(facts);
      return rules_have_room_;
    };
  }

  bool rules_have_room_ = true;
  std::vector<PlayerFacts> facts_;
};

TEST_F(WorldTickTest, AppliesTheNewestInputOfAPlayer) {
  const auto id = joined();
  for (const std::uint16_t seq : {1, 2, 3}) inbox_->inputs.put(id, {.input_seq = seq, .buttons = kButtonFire});
  step();
  const auto seen = frame();
  EXPECT_TRUE(seen->players()[0].has_input);
  EXPECT_EQ(seen->players()[0].last_input, 3);
  EXPECT_EQ(seen->players()[0].state.status, 2);
  EXPECT_EQ(stats().inputs.value(), 3U);
  EXPECT_EQ(stats().stale_inputs.value(), 0U);
}

TEST_F(WorldTickTest, CountsInputsThatAreOlderThanWhatItHasApplied) {
  const auto id = joined();
  inbox_->inputs.put(id, {.input_seq = 5});
  step();
  inbox_->inputs.put(id, {.input_seq = 4});
  inbox_->inputs.put(id, {.input_seq = 3});
  step();
  EXPECT_EQ(frame()->players()[0].last_input, 5);
  EXPECT_EQ(stats().stale_inputs.value(), 2U);
}

TEST_F(WorldTickTest, CountsHowManyInputsOfEachPlayerATickTakes) {
  const auto first = joined(1);
  const auto second = joined(2);
  joined(3);
  for (const std::uint16_t seq : {1, 2, 3, 2, 1}) inbox_->inputs.put(first, {.input_seq = seq});
  inbox_->inputs.put(second, {.input_seq = 1});
  inbox_->inputs.put(7, {.input_seq = 1});  // nobody's
  step();
  step();
  inbox_->inputs.put(second, {.input_seq = 2});
  step();
  const auto counts = stats().inputs_per_tick.counts();
  EXPECT_THAT(counts.bounds, ElementsAre(1, 2, 3, 4, 6, 8, 16, 32));
  EXPECT_THAT(counts.cells, ElementsAre(2, 0, 0, 0, 1, 0, 0, 0, 0));
  EXPECT_EQ(counts.sum, 7);
}

TEST_F(WorldTickTest, CountsWhatComesFromNobody) {
  inbox_->inputs.put(7, {.input_seq = 5});
  say(7, "hello");
  step();
  EXPECT_EQ(stats().orphans.value(), 2U);
  EXPECT_TRUE(heard().empty());
}

TEST_F(WorldTickTest, GivesALineToEveryGateway) {
  const auto id = joined();
  say(id, "hello");
  step();
  EXPECT_THAT(heard(0), ElementsAre("hello"));
  EXPECT_THAT(heard(1), ElementsAre("hello"));
  EXPECT_EQ(stats().chats.value(), 1U);
}

TEST_F(WorldTickTest, LetsAPlayerSayFourLinesASecond) {
  const auto id = joined();
  // Ten seconds less a tick.
  for (int tick = 0; tick < 99; ++tick) {
    say(id, "a");
    say(id, "b");
    step();
  }
  EXPECT_EQ(heard().size(), 40U);
  EXPECT_EQ(stats().dropped_chats_player.value(), 158U);
}

TEST_F(WorldTickTest, DropsNoLineOfAPlayerWhoKeepsToTheLimit) {
  const auto id = joined();
  // A line each 250 ms, seen at ticks of 100 ms: 300, 200, 300, 200 ms apart.
  for (int tick = 1; tick <= 100; ++tick) {
    if (tick % 5 == 1 || tick % 5 == 4) say(id, "a");
    step();
  }
  EXPECT_EQ(heard().size(), 40U);
  EXPECT_EQ(stats().dropped_chats_player.value(), 0U);
}

TEST_F(WorldTickTest, LimitsTheLinesOfATick) {
  options_.config.chat.lines_per_tick = 2;
  for (ClientId client = 1; client <= 4; ++client) say(joined(client), std::to_string(client));
  step();
  EXPECT_THAT(heard(), ElementsAre("1", "2"));
  EXPECT_EQ(stats().dropped_chats_tick.value(), 2U);
}

TEST_F(WorldTickTest, DropsALineThatIsTooLongForThisWorld) {
  options_.config.chat.max_bytes = 5;
  const auto id = joined();
  say(id, "123456");
  say(id, "12345");
  step();
  EXPECT_THAT(heard(), ElementsAre("12345"));
  EXPECT_EQ(stats().dropped_chats_length.value(), 1U);
}

TEST_F(WorldTickTest, TellsTheRulesOncePerSecondWhatAPlayerDid) {
  take_facts();
  options_.config.walking_speed_mm_s = 1'000;
  const auto id = joined();
  const bool left_half = host().world().find(id)->state.x_mm < 0;
  const std::uint16_t walk = left_half ? kButtonRight : kButtonLeft;
  for (std::uint16_t tick = 1; tick <= 21; ++tick) {
    // Two inputs a tick, one of them too late.
    inbox_->inputs.put(id, {.input_seq = static_cast<std::uint16_t>(2 * tick), .client_tick = 1000U + tick, .buttons = walk});
    inbox_->inputs.put(id, {.input_seq = static_cast<std::uint16_t>(2 * tick - 1), .client_tick = 999U + tick});
    if (tick % 5 == 0) say(id, "hello");
    step();
  }
  // Player 1 is looked at in ticks 1, 11 and 21.
  ASSERT_EQ(facts_.size(), 3U);
  EXPECT_EQ(facts_[0].server_ticks, 1U);
  EXPECT_EQ(facts_[0].lasted, milliseconds(100));
  EXPECT_EQ(facts_[0].client_ticks, 0U);
  EXPECT_EQ(facts_[2], (PlayerFacts{.player = id,
                                    .name = player_name_of("ann"),
                                    .lasted = seconds(1),
                                    .inputs = 20,
                                    .stale_inputs = 10,
                                    .client_ticks = 10,
                                    .server_ticks = 10,
                                    .tick_rate_hz = 10,
                                    .moved_mm = 1'000,
                                    .speed_limit_mm_s = 1'415,
                                    .chats = 2}));
  EXPECT_EQ(stats().facts.value(), 3U);
}

TEST_F(WorldTickTest, SpreadsTheFactsOverTheTicks) {
  take_facts();
  for (ClientId client = 1; client <= 4; ++client) joined(client);
  std::vector<std::size_t> by_tick;
  for (int tick = 1; tick <= 10; ++tick) {
    facts_.clear();
    step();
    by_tick.push_back(facts_.size());
  }
  EXPECT_THAT(by_tick, ElementsAre(1, 1, 1, 1, 0, 0, 0, 0, 0, 0));
}

TEST_F(WorldTickTest, TakesAClientTickThatGoesBackForNone) {
  take_facts();
  const auto id = joined();
  inbox_->inputs.put(id, {.input_seq = 1, .client_tick = 1000});
  step();
  inbox_->inputs.put(id, {.input_seq = 2, .client_tick = 10});
  for (int tick = 0; tick < 10; ++tick) step();
  ASSERT_EQ(facts_.size(), 2U);
  EXPECT_EQ(facts_[1].client_ticks, 0U);
}

TEST_F(WorldTickTest, CountsFactsThatTheRulesHaveNoRoomFor) {
  take_facts();
  rules_have_room_ = false;
  joined();
  step();
  EXPECT_EQ(stats().refused_facts.value(), 1U);
  EXPECT_EQ(stats().facts.value(), 0U);
}

}  // namespace
}  // namespace tickwire::game
