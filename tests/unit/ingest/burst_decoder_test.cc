// SPDX-License-Identifier: Apache-2.0
#include "ingest/burst_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace tickwire::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Two services' rings, written to as the programs write.
class Bursts : public testing::Test {
 protected:
  // 10 ms after the burst before, 80 us long.
  void begin(std::uint16_t service, std::uint16_t players = 8, std::uint16_t prompt = 0) {
    tw_burst_ring& ring = rings[service];
    now_ns += 10'000'000;
    ring.bursts[ring.head++ % TW_BURSTS] = {.start_ns = now_ns, .span_ns = 80'000, .players = players, .prompt = prompt};
    ring.last_ns = now_ns + 80'000;
  }
  // So long after the last packet that its burst is whole.
  const model::Tick& read(nanoseconds later = milliseconds(5)) {
    tick.bursts.clear();
    tick.burst_gains.clear();
    tick.losses.fill(0);
    raw.monotonic = nanoseconds(now_ns + 80'000) + later;
    decoder.decode(raw, tick);
    return tick;
  }
  [[nodiscard]] std::vector<std::uint32_t> players() const {
    std::vector<std::uint32_t> result;
    for (const model::Burst& burst : tick.bursts) result.push_back(burst.players);
    return result;
  }

  std::uint64_t now_ns = 1'000'000'000;
  std::vector<tw_burst_ring> rings = std::vector<tw_burst_ring>(2);
  RawTick raw{.bursts = rings, .services = {0, 1}};
  BurstDecoder decoder;
  model::Tick tick;
};

TEST_F(Bursts, AreToldWithAllThatIsKnownOfThem) {
  begin(1, 8, 2);
  EXPECT_THAT(read().bursts,
              ElementsAre(model::Burst{
                  .start = nanoseconds(1'010'000'000), .end = nanoseconds(1'010'080'000), .players = 8, .prompt = 2}));
  EXPECT_THAT(tick.burst_gains, ElementsAre(model::BurstGain{.service = 1, .first = 0, .count = 1}));
  EXPECT_TRUE(tick.has_bursts);
}

TEST_F(Bursts, AreToldOnce) {
  begin(0);
  EXPECT_THAT(read().bursts, SizeIs(1));
  EXPECT_THAT(read().bursts, IsEmpty());
  EXPECT_THAT(tick.burst_gains, IsEmpty());
}

TEST_F(Bursts, AreToldInTheirOrderServiceByService) {
  begin(1, 3);
  begin(0, 5);
  begin(1, 4);
  read();
  EXPECT_THAT(players(), ElementsAre(5, 3, 4));
  EXPECT_THAT(tick.burst_gains, ElementsAre(model::BurstGain{.service = 0, .first = 0, .count = 1},
                                            model::BurstGain{.service = 1, .first = 1, .count = 2}));
}

TEST_F(Bursts, WaitUntilTheyAreWhole) {
  begin(0, 1);
  begin(0, 2);
  read(milliseconds(1));  // not later than the gap: it may go on
  EXPECT_THAT(players(), ElementsAre(1));
  rings[0].bursts[1].players = 3;
  read(milliseconds(1) + nanoseconds(1));
  EXPECT_THAT(players(), ElementsAre(3));
}

TEST_F(Bursts, OfARingThatWentRoundAreToldButThoseThatWereWrittenOver) {
  for (unsigned i = 0; i < TW_BURSTS + 10; ++i) begin(0);
  EXPECT_THAT(read().bursts, SizeIs(TW_BURSTS));
  EXPECT_THAT(tick.burst_gains, ElementsAre(model::BurstGain{.service = 0, .first = 0, .count = TW_BURSTS, .missed = 10}));
  EXPECT_EQ(tick.losses[TW_LOSS_BURST], 10U);
}

TEST_F(Bursts, AreNotMissedWhereTheRingIsJustFull) {
  for (unsigned i = 0; i < TW_BURSTS; ++i) begin(0);
  EXPECT_THAT(read().bursts, SizeIs(TW_BURSTS));
  EXPECT_EQ(tick.losses[TW_LOSS_BURST], 0U);
}

TEST_F(Bursts, ThatWereMissedAreTotals) {
  for (unsigned i = 0; i < TW_BURSTS + 10; ++i) begin(0);
  read();
  for (unsigned i = 0; i < TW_BURSTS + 5; ++i) begin(1);
  EXPECT_EQ(read().losses[TW_LOSS_BURST], 15U);
  EXPECT_EQ(read().losses[TW_LOSS_BURST], 15U);
}

TEST_F(Bursts, ThatAreCountedButNotWrittenYetAreMissed) {
  for (unsigned i = 0; i < TW_BURSTS; ++i) begin(0);
  read();
  begin(0, 1);
  begin(0, 2);
  rings[0].bursts[0].start_ns = 1'010'000'000;  // what stood there before
  read();
  EXPECT_THAT(players(), ElementsAre(2));
  EXPECT_EQ(tick.losses[TW_LOSS_BURST], 1U);
}

TEST_F(Bursts, ThatTwoProcessorsBeganAreBothTold) {
  begin(0, 1);
  begin(0, 2);
  rings[0].bursts[1].start_ns = rings[0].bursts[0].start_ns - 100;
  read();
  EXPECT_THAT(players(), ElementsAre(1, 2));
}

TEST_F(Bursts, OfAForgottenNumberBeginAnew) {
  begin(0);
  begin(0);
  read();
  rings[0] = {};
  decoder.forget(0);
  begin(0, 5);
  read();
  EXPECT_THAT(players(), ElementsAre(5));
}

TEST_F(Bursts, OfNumbersThatAreNotInUseAreLeftAlone) {
  raw.services = {1, 1'023};
  begin(0);
  EXPECT_THAT(read().bursts, IsEmpty());
}

TEST_F(Bursts, AreNotThereWithoutRings) {
  raw.bursts = {};
  EXPECT_FALSE(read().has_bursts);
}

}  // namespace
}  // namespace tickwire::ingest
