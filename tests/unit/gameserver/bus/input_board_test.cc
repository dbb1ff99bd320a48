// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/input_board.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace tickwire::game {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PlayerInput input(std::uint16_t seq) {
  return {.input_seq = seq, .client_tick = 100U + seq, .buttons = 3, .received_mono = Nanoseconds(seq)};
}

std::vector<BoardEntry> drained(InputBoard& board) {
  std::vector<BoardEntry> out{BoardEntry{.player = 99}};
  board.drain(out);
  return out;
}

TEST(InputBoard, GivesAnInputAsItCame) {
  InputBoard board("inputs", 4);
  EXPECT_TRUE(board.put(7, input(1)));
  EXPECT_THAT(drained(board), ElementsAre(BoardEntry{.player = 7, .newest = input(1), .inputs = 1}));
  EXPECT_THAT(drained(board), IsEmpty());
}

TEST(InputBoard, KeepsTheNewestOfAPlayerAndSaysHowManyCame) {
  InputBoard board("inputs", 4);
  for (const std::uint16_t seq : {1, 2, 3}) EXPECT_TRUE(board.put(7, input(seq)));
  EXPECT_THAT(drained(board), ElementsAre(BoardEntry{.player = 7, .newest = input(3), .inputs = 3}));
}

TEST(InputBoard, DoesNotLetAnOlderInputReplaceANewerOne) {
  InputBoard board("inputs", 4);
  EXPECT_TRUE(board.put(7, input(5)));
  EXPECT_FALSE(board.put(7, input(4)));
  EXPECT_FALSE(board.put(7, input(5)));
  EXPECT_THAT(drained(board), ElementsAre(BoardEntry{.player = 7, .newest = input(5), .inputs = 3, .stale = 2}));
  EXPECT_EQ(board.counts().stale, 2U);
  EXPECT_EQ(board.counts().replaced, 0U);
}

TEST(InputBoard, KnowsThatSequenceNumbersWrap) {
  InputBoard board("inputs", 4);
  EXPECT_TRUE(board.put(7, input(65535)));
  EXPECT_TRUE(board.put(7, input(0)));
  EXPECT_FALSE(board.put(7, input(65534)));
  EXPECT_EQ(drained(board)[0].newest, input(0));
}

TEST(InputBoard, ForgetsWhatWasDrained) {
  InputBoard board("inputs", 4);
  EXPECT_TRUE(board.put(7, input(5)));
  drained(board);
  EXPECT_TRUE(board.put(7, input(4)));
  EXPECT_THAT(drained(board), ElementsAre(BoardEntry{.player = 7, .newest = input(4), .inputs = 1}));
}

TEST(InputBoard, CountsAnInputThatIsKnownToBeStaleAndLetsTheNextTakeItsPlace) {
  InputBoard board("inputs", 4);
  EXPECT_TRUE(board.put(7, input(4), true));
  EXPECT_THAT(drained(board), ElementsAre(BoardEntry{.player = 7, .newest = input(4), .inputs = 1, .stale = 1}));
  EXPECT_TRUE(board.put(7, input(4), true));
  EXPECT_FALSE(board.put(7, input(5), true));
  EXPECT_TRUE(board.put(7, input(2)));
  EXPECT_FALSE(board.put(7, input(3), true));
  EXPECT_THAT(drained(board), ElementsAre(BoardEntry{.player = 7, .newest = input(2), .inputs = 4, .stale = 3}));
}

TEST(InputBoard, GivesPlayersInTheOrderOfTheirFirstInputs) {
  InputBoard board("inputs", 4);
  for (const PlayerId player : {9U, 2U, 5U, 9U, 2U}) static_cast<void>(board.put(player, input(player == 9 ? 2 : 1)));
  std::vector<PlayerId> order;
  for (const auto& entry : drained(board)) order.push_back(entry.player);
  EXPECT_THAT(order, ElementsAre(9, 2, 5));
}

TEST(InputBoard, RefusesAPlayerTooManyButNoneOfThoseThatItHas) {
  InputBoard board("inputs", 2);
  EXPECT_TRUE(board.put(1, input(1)));
  EXPECT_TRUE(board.put(2, input(1)));
  EXPECT_FALSE(board.put(3, input(1)));
  EXPECT_TRUE(board.put(1, input(2)));
  EXPECT_EQ(board.counts(), (QueueCounts{.pushed = 3, .refused = 1, .replaced = 1, .depth = 2, .high_water = 2, .capacity = 2}));
}

TEST(InputBoard, HasRoomAgainAfterADrain) {
  InputBoard board("inputs", 1);
  for (PlayerId player = 1; player <= 1000; ++player) {
    EXPECT_TRUE(board.put(player, input(1)));
    EXPECT_EQ(drained(board)[0].player, player);
  }
}

TEST(InputBoard, KeepsPlayersApartWhoseSlotsCollide) {
  // Four slots for two players: of any five ids two begin at the same one.
  for (PlayerId left = 0; left < 5; ++left) {
    for (PlayerId right = left + 1; right < 5; ++right) {
      InputBoard board("inputs", 2);
      EXPECT_TRUE(board.put(left, input(10)));
      EXPECT_TRUE(board.put(right, input(20)));
      EXPECT_FALSE(board.put(left, input(9)));
      EXPECT_THAT(drained(board), ElementsAre(BoardEntry{.player = left, .newest = input(10), .inputs = 2, .stale = 1},
                                              BoardEntry{.player = right, .newest = input(20), .inputs = 1}));
    }
  }
}

TEST(InputBoard, LetsAGatewayWaitWhileItIsHeld) {
  InputBoard board("inputs", 1);
  std::atomic<bool> was_put = false;
  std::jthread gateway;
  {
    const auto held = board.hold();
    gateway = std::jthread([&] {
      EXPECT_TRUE(board.put(7, input(1)));
      was_put = true;
    });
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    EXPECT_FALSE(was_put);
  }
  gateway.join();
  EXPECT_TRUE(was_put);
}

TEST(InputBoard, AccountsForEveryInputOfManyThreads) {
  constexpr std::uint16_t kEach = 10'000;
  constexpr PlayerId kPlayers = 3;
  InputBoard board("inputs", kPlayers);
  std::uint64_t seen = 0;
  std::vector<BoardEntry> out;
  std::vector<std::uint16_t> last(kPlayers + 1, 0);
  const auto look = [&] {
    board.drain(out);
    for (const auto& entry : out) {
      seen += entry.inputs;
      EXPECT_GT(entry.newest.input_seq, last[entry.player]);
      last[entry.player] = entry.newest.input_seq;
    }
  };
  {
    std::vector<std::jthread> gateways;
    for (PlayerId player = 1; player <= kPlayers; ++player) {
      gateways.emplace_back([&board, player] {
        for (std::uint16_t seq = 1; seq <= kEach; ++seq) EXPECT_TRUE(board.put(player, input(seq)));
      });
    }
    const auto deadline = monotonic_now() + std::chrono::minutes(1);
    while (seen < kPlayers * kEach && monotonic_now() < deadline) look();
  }
  EXPECT_EQ(seen, static_cast<std::uint64_t>(kPlayers) * kEach);
  EXPECT_THAT(last, ElementsAre(0, kEach, kEach, kEach));
  const auto counts = board.counts();
  EXPECT_EQ(counts.pushed, counts.popped + counts.replaced);
}

}  // namespace
}  // namespace tickwire::game
