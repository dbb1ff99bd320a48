// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanoseconds kStart = seconds(100);
constexpr std::uint64_t kSeed = 7;

// The fates of so many packets of 100 bytes, one each `apart`.
std::vector<Fate> fates(const Impairment& impairment, int count, Nanoseconds apart = milliseconds(10),
                        std::uint64_t seed = kSeed) {
  LineModel model(impairment, seed, kStart);
  std::vector<Fate> all;
  for (int i = 0; i < count; ++i) all.push_back(model.decide(kStart + i * apart, 100));
  return all;
}

double share_of(const std::vector<Fate>& all, Outcome outcome) {
  return static_cast<double>(std::ranges::count(all, outcome, &Fate::outcome)) / static_cast<double>(all.size());
}

TEST(LineModel, PassesEverythingAtOnceUnlessTold) {
  for (int i = 0; const auto& fate : fates({}, 100)) EXPECT_EQ(fate, Fate{.departs_mono = kStart + i++ * milliseconds(10)});
}

TEST(LineModel, DelaysByAConstant) {
  for (int i = 0; const auto& fate : fates({.delay = {.mean = milliseconds(30)}}, 100)) {
    EXPECT_EQ(fate.departs_mono, kStart + i++ * milliseconds(10) + milliseconds(30));
  }
}

TEST(LineModel, DelaysByANormalDistribution) {
  constexpr int kCount = 10'000;
  const auto all = fates({.delay = {.mean = milliseconds(50), .deviation = milliseconds(5)}}, kCount, seconds(1));
  double sum = 0;
  double squares = 0;
  for (int i = 0; const auto& fate : all) {
    const double delay = static_cast<double>((fate.departs_mono - kStart - i++ * seconds(1)).count()) / 1e6;
    sum += delay;
    squares += delay * delay;
  }
  const double mean = sum / kCount;
  // Four standard errors of a mean and of a deviation of this many draws.
  EXPECT_NEAR(mean, 50, 4 * 5 / std::sqrt(kCount));
  EXPECT_NEAR(std::sqrt(squares / kCount - mean * mean), 5, 4 * 5 / std::sqrt(2.0 * kCount));
}

TEST(LineModel, NeverDelaysByLessThanNothing) {
  for (int i = 0;
       const auto& fate : fates({.delay = {.mean = milliseconds(1), .deviation = milliseconds(5)}}, 1000, seconds(1))) {
    EXPECT_GE(fate.departs_mono, kStart + i++ * seconds(1));
  }
}

TEST(LineModel, KeepsTheOrderHoweverDelaysDiffer) {
  auto last = Nanoseconds::zero();
  for (const auto& fate : fates({.delay = {.mean = milliseconds(50), .deviation = milliseconds(20)}}, 1000, milliseconds(1))) {
    EXPECT_GE(fate.departs_mono, last);
    last = fate.departs_mono;
  }
}

TEST(LineModel, FollowsATrace) {
  const DelaySpec trace{.trace = {{.offset = {}, .delay = milliseconds(20)}, {.offset = seconds(2), .delay = milliseconds(80)}}};
  LineModel model({.delay = trace}, kSeed, kStart);
  const auto delay_at = [&model](Nanoseconds offset) {
    return model.decide(kStart + offset, 100).departs_mono - kStart - offset;
  };
  EXPECT_EQ(delay_at({}), milliseconds(20));
  EXPECT_EQ(delay_at(seconds(2) - Nanoseconds(1)), milliseconds(20));
  EXPECT_EQ(delay_at(seconds(2)), milliseconds(80));
  EXPECT_EQ(delay_at(seconds(1000)), milliseconds(80));
}

TEST(LineModel, BeginsATraceAnew) {
  const DelaySpec trace{.trace = {{.offset = {}, .delay = milliseconds(20)}, {.offset = seconds(2), .delay = milliseconds(80)}},
                        .trace_period = seconds(6)};
  LineModel model({.delay = trace}, kSeed, kStart);
  EXPECT_EQ(model.decide(kStart + seconds(7), 100).departs_mono, kStart + seconds(7) + milliseconds(20));
  EXPECT_EQ(model.decide(kStart + seconds(8), 100).departs_mono, kStart + seconds(8) + milliseconds(80));
}

TEST(LineModel, LosesIndependently) {
  constexpr int kCount = 20'000;
  const auto all = fates({.loss = {.in_good = 0.1}}, kCount);
  EXPECT_NEAR(share_of(all, Outcome::kLost), 0.1, 4 * std::sqrt(0.1 * 0.9 / kCount));
}

TEST(LineModel, LosesEverythingOrNothingAtTheEnds) {
  EXPECT_EQ(share_of(fates({.loss = {.in_good = 1}}, 1000), Outcome::kLost), 1);
  EXPECT_EQ(share_of(fates({.loss = {.in_good = 0, .in_bad = 1}}, 1000), Outcome::kLost), 0);
}

// Bad times of 1 / to_good = 4 packets in the mean; to_bad / (to_bad + to_good) of all packets are in one: 1 of 26.
TEST(LineModel, LosesInBurstsAsGilbertAndElliottHaveIt) {
  constexpr int kCount = 100'000;
  const auto all = fates({.loss = {.in_bad = 1, .to_bad = 0.01, .to_good = 0.25}}, kCount);
  int bursts = 0;
  int lost = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].outcome != Outcome::kLost) continue;
    ++lost;
    bursts += i == 0 || all[i - 1].outcome != Outcome::kLost;
  }
  // Burst lengths are geometric: their deviation is sqrt(1 - 0.25) / 0.25 = 3.5 packets; some 960 bursts.
  EXPECT_NEAR(static_cast<double>(lost) / bursts, 4, 4 * 3.5 / std::sqrt(960));
  EXPECT_NEAR(static_cast<double>(lost) / kCount, 1.0 / 26, 0.006);
}

TEST(LineModel, LosesInItsGoodStateTooWhereThatIsAsked) {
  constexpr int kCount = 100'000;
  // Half of the time bad: 0.5 * 0.8 + 0.5 * 0.2.
  const auto all = fates({.loss = {.in_good = 0.2, .in_bad = 0.8, .to_bad = 0.5, .to_good = 0.5}}, kCount);
  EXPECT_NEAR(share_of(all, Outcome::kLost), 0.5, 0.01);
}

TEST(LineModel, SendsNoFasterThanItsRate) {
  // 100 bytes at 80 kbit/s take 10 ms.
  LineModel model({.delay = {.mean = milliseconds(5)}, .rate_bps = 80'000, .queue_bytes = 1000}, kSeed, kStart);
  EXPECT_EQ(model.decide(kStart, 100).departs_mono, kStart + milliseconds(15));
  EXPECT_EQ(model.decide(kStart, 100).departs_mono, kStart + milliseconds(25));
  EXPECT_EQ(model.decide(kStart + milliseconds(15), 100).departs_mono, kStart + milliseconds(35));
  EXPECT_EQ(model.decide(kStart + seconds(1), 100).departs_mono, kStart + seconds(1) + milliseconds(15));
}

TEST(LineModel, DropsWhatDoesNotFitIntoItsQueue) {
  LineModel model({.rate_bps = 80'000, .queue_bytes = 250}, kSeed, kStart);
  EXPECT_EQ(model.decide(kStart, 100).outcome, Outcome::kPassed);
  EXPECT_EQ(model.decide(kStart, 100).outcome, Outcome::kPassed);
  EXPECT_EQ(model.decide(kStart, 100).outcome, Outcome::kQueueFull);
  EXPECT_EQ(model.decide(kStart, 50).outcome, Outcome::kPassed);
  EXPECT_EQ(model.decide(kStart + milliseconds(9), 100).outcome, Outcome::kQueueFull);
  EXPECT_EQ(model.decide(kStart + milliseconds(10), 100).outcome, Outcome::kPassed);
}

TEST(LineModel, HoldsBackWhatItReorders) {
  const auto all = fates({.delay = {.mean = milliseconds(10)}, .reorder = 0.1, .reorder_by = milliseconds(25)}, 10'000);
  std::size_t reordered = 0;
  for (int i = 0; const auto& fate : all) {
    const auto late = fate.departs_mono - kStart - i++ * milliseconds(10);
    EXPECT_EQ(late, fate.reordered ? milliseconds(35) : milliseconds(10));
    reordered += fate.reordered;
  }
  EXPECT_NEAR(static_cast<double>(reordered), 1000, 4 * std::sqrt(10'000 * 0.1 * 0.9));
}

TEST(LineModel, DuplicatesAsOftenAsItIsAsked) {
  std::size_t copies = 0;
  for (const auto& fate : fates({.delay = {.mean = milliseconds(10)}, .duplicate = 0.05}, 10'000)) {
    if (!fate.copy_mono) continue;
    ++copies;
    EXPECT_EQ(*fate.copy_mono, fate.departs_mono);
  }
  EXPECT_NEAR(static_cast<double>(copies), 500, 4 * std::sqrt(10'000 * 0.05 * 0.95));
}

TEST(LineModel, DoesTheSameAgainForTheSameSeed) {
  const Impairment impairment{.delay = {.mean = milliseconds(30), .deviation = milliseconds(5)},
                              .loss = {.in_good = 0.1},
                              .reorder = 0.1,
                              .duplicate = 0.1};
  EXPECT_EQ(fates(impairment, 1000), fates(impairment, 1000));
  EXPECT_NE(fates(impairment, 1000), fates(impairment, 1000, milliseconds(10), kSeed + 1));
}

TEST(LineModel, LosesTheSamePacketsWhateverItsDelayIs) {
  const auto outcomes = [](const Impairment& impairment) {
    std::vector<Outcome> all;
    for (const auto& fate : fates(impairment, 1000)) all.push_back(fate.outcome);
    return all;
  };
  EXPECT_EQ(
      outcomes({.loss = {.in_good = 0.1}}),
      outcomes({.delay = {.mean = milliseconds(3), .deviation = milliseconds(1)}, .loss = {.in_good = 0.1}, .duplicate = 0.2}));
}

}  // namespace
}  // namespace tickwire::game
