// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "gameserver/snapshot/walkers.h"
#include "unit/gameserver/snapshot/snapshot_values.h"

namespace tickwire::game {
namespace {

// A desk and one session whose viewer has id 1; frames and messages are numbered alike.
struct Session {
  explicit Session(std::shared_ptr<const SnapshotDictionary> dictionary = nullptr) : desk(std::move(dictionary)) {}

  Snapshot make(const std::shared_ptr<const WorldFrame>& frame) {
    desk.push(frame);
    return writer.make(desk, 1, static_cast<std::uint16_t>(frame->tick())).value().snapshot;
  }

  SnapshotDesk desk;
  SnapshotWriter writer;
};

std::vector<PlayerState> three(std::int32_t x_mm) { return {player_at(1, x_mm, 0), player_at(2, 500, 0), player_at(3, 100, 0)}; }

std::vector<PlayerId> ids_of(std::span<const std::byte> content) {
  std::vector<PlayerId> ids;
  for (; !content.empty(); content = content.subspan(kStateBytes)) ids.push_back(decode_state(content.first<kStateBytes>()).id);
  return ids;
}

TEST(SnapshotWriter, HasNothingForAViewerWhoIsNotThere) {
  SnapshotDesk desk(nullptr);
  SnapshotWriter writer;
  EXPECT_FALSE(writer.make(desk, 1, 1).has_value());
  desk.push(frame_of(1, three(0)));
  EXPECT_FALSE(writer.make(desk, 4, 1).has_value());
  EXPECT_TRUE(writer.make(desk, 3, 1).has_value());
}

TEST(SnapshotWriter, BeginsWithCompleteStatesTheViewersFirst) {
  Session session;
  const auto first = session.make(frame_of(1, three(0)));
  EXPECT_EQ(first.server_tick, 1U);
  EXPECT_EQ(first.baseline, 0);
  EXPECT_EQ(first.count, 3);
  auto ids = ids_of(first.content);
  EXPECT_EQ(ids.front(), 1U);
  std::ranges::sort(ids);
  EXPECT_EQ(ids, (std::vector<PlayerId>{1, 2, 3}));
  EXPECT_EQ(session.make(frame_of(2, three(1))).baseline, 0) << "nothing was acknowledged";
}

TEST(SnapshotWriter, SendsChangesToTheNewestThatWasAcknowledged) {
  Session session;
  static_cast<void>(session.make(frame_of(1, three(0))));
  static_cast<void>(session.make(frame_of(2, three(0))));
  static_cast<void>(session.make(frame_of(3, three(0))));
  session.writer.acknowledge(2, 0);
  session.writer.acknowledge(1, 0);
  const auto delta = session.make(frame_of(4, three(5)));
  EXPECT_EQ(delta.baseline, 2);
  EXPECT_EQ(delta.count, 1);
  // Id 1: x by 5, zigzag 10.
  EXPECT_TRUE(std::ranges::equal(delta.content, bytes_of({1, 0x01, 10})));
}

TEST(SnapshotWriter, ReadsTheAcknowledgementBits) {
  Session session;
  for (std::uint32_t tick = 1; tick <= 5; ++tick) static_cast<void>(session.make(frame_of(tick, three(0))));
  session.writer.acknowledge(9, 1U << 4);  // 9 - 1 - 4
  EXPECT_EQ(session.make(frame_of(6, three(0))).baseline, 4);
}

TEST(SnapshotWriter, TakesNoMessageAsABaselineThatIsNoSnapshot) {
  Session session;
  static_cast<void>(session.make(frame_of(1, three(0))));
  session.writer.acknowledge(2, 0);
  EXPECT_EQ(session.make(frame_of(3, three(0))).baseline, 0);
}

TEST(SnapshotWriter, NeverTakesNumberZeroAsABaseline) {
  SnapshotDesk desk(nullptr);
  SnapshotWriter writer;
  desk.push(frame_of(1, three(0)));
  static_cast<void>(writer.make(desk, 1, 65535));
  desk.push(frame_of(2, three(0)));
  static_cast<void>(writer.make(desk, 1, 0));
  writer.acknowledge(0, 1);
  desk.push(frame_of(3, three(0)));
  EXPECT_EQ(writer.make(desk, 1, 1)->snapshot.baseline, 65535);
}

TEST(SnapshotWriter, SaysWhoCameIntoSightAndWhoWent) {
  Session session;
  static_cast<void>(session.make(frame_of(1, {player_at(1, 0, 0), player_at(2, 500, 0), player_at(3, 5000, 0)})));
  session.writer.acknowledge(1, 0);
  const auto delta = session.make(frame_of(2, {player_at(1, 0, 0), player_at(2, 5000, 0), player_at(3, -1, 0)}));
  EXPECT_EQ(delta.count, 2);
  // Id 2 gone; id 3 new with x, hp and status.
  EXPECT_TRUE(std::ranges::equal(delta.content, bytes_of({2, 0x80, 1, 0x4d, 1, 0xc8, 0x01, 1})));
}

TEST(SnapshotWriter, SendsCompleteStatesWhenTheBaselineIsTooOld) {
  Session session;
  static_cast<void>(session.make(frame_of(1, three(0))));
  session.writer.acknowledge(1, 0);
  for (std::uint32_t tick = 2; tick <= 32; ++tick) EXPECT_EQ(session.make(frame_of(tick, three(0))).baseline, 1) << tick;
  EXPECT_EQ(session.make(frame_of(33, three(0))).baseline, 0);
}

TEST(SnapshotWriter, SendsCompleteStatesWhenTheFrameOfTheBaselineIsGone) {
  Session session;
  static_cast<void>(session.make(frame_of(1, three(0))));
  session.writer.acknowledge(1, 0);
  EXPECT_EQ(session.make(frame_of(33, three(0))).baseline, 0);
}

TEST(SnapshotWriter, SendsCompleteStatesWhenChangesAreNotSmaller) {
  Session session;
  static_cast<void>(session.make(frame_of(1, {player_at(1, 0, 0)})));
  session.writer.acknowledge(1, 0);
  // A step of both axes by more than a kilometre takes 4 + 4 bytes, so 12 with id, mask and length: smaller than 16.
  EXPECT_EQ(session.make(frame_of(2, {player_at(1, 2'000'000, 2'000'000)})).baseline, 1);
  // 5 + 5, hp 3 and status 1: 18.
  const PlayerState everything{.id = 1, .x_mm = 2'000'000'000, .y_mm = -2'000'000'000, .hp = 65535, .status = 2};
  EXPECT_EQ(session.make(frame_of(3, {everything})).baseline, 0);
}

TEST(SnapshotWriter, WritesTheSameBytesAsTheGeneralEncoder) {
  Walkers walkers({.players = 400}, 3);
  SnapshotDesk desk(nullptr);
  SnapshotWriter writer;
  std::vector<PlayerState> before;
  for (std::uint16_t tick = 1; tick <= 50; ++tick) {
    const auto frame = walkers.next();
    desk.push(frame);
    std::vector<std::uint16_t> sight;
    static_cast<void>(frame->in_sight(6, kMaxStates, sight));
    std::vector<PlayerState> states;
    for (const auto place : sight) states.push_back(frame->players()[place].state);
    std::ranges::sort(states, {}, &PlayerState::id);
    const auto made = writer.make(desk, 7, tick);
    ASSERT_TRUE(made.has_value());
    if (tick > 1) {
      DeltaBuilder expected;
      encode_delta(before, states, expected);
      ASSERT_EQ(made->snapshot.baseline, tick - 1);
      ASSERT_TRUE(std::ranges::equal(made->snapshot.content, expected.content())) << "tick " << tick;
    }
    writer.acknowledge(tick, 0);
    before = std::move(states);
  }
}

TEST(SnapshotWriter, SaysWhenSomebodyInSightIsLeftOut) {
  std::vector<PlayerState> crowd;
  for (std::uint32_t i = 0; i < kMaxStates; ++i) crowd.push_back(player_at(i + 1, static_cast<std::int32_t>(i), 0));
  SnapshotDesk desk(nullptr);
  SnapshotWriter writer;
  desk.push(frame_of(1, crowd));
  EXPECT_EQ(writer.make(desk, 1, 1)->flags & kFlagPartial, 0);
  crowd.push_back(player_at(kMaxStates + 1, 1, 1));
  desk.push(frame_of(2, crowd));
  const auto made = writer.make(desk, 1, 2);
  EXPECT_EQ(made->flags & kFlagPartial, kFlagPartial);
  EXPECT_EQ(made->snapshot.count, kMaxStates);
}

TEST(SnapshotWriter, CarriesTheNewestInputOfTheViewer) {
  SnapshotDesk desk(nullptr);
  SnapshotWriter writer;
  desk.push(frame_of(1, three(0)));
  EXPECT_EQ(writer.make(desk, 1, 1)->flags, 0);
  std::vector<FramePlayer> players = {{.state = player_at(1, 0, 0), .last_input = 77, .has_input = true}};
  desk.push(std::make_shared<const WorldFrame>(2, players, 1000, nullptr, nullptr));
  const auto made = writer.make(desk, 1, 2);
  EXPECT_EQ(made->flags, kFlagInput);
  EXPECT_EQ(made->snapshot.last_input, 77);
}

// Walkers of whom everybody sees everybody.
Walkers crowd() { return Walkers({.players = 60, .half_size_mm = 5'000}, 1); }

TEST(SnapshotWriter, CompressesWhatShrinks) {
  Session session(dictionary());
  Walkers walkers = crowd();
  static_cast<void>(session.make(walkers.next()));
  session.writer.acknowledge(1, 0);
  const auto delta = session.make(walkers.next());
  EXPECT_EQ(delta.baseline, 1);
  EXPECT_LT(delta.content.size(), delta.plain_bytes);
  EXPECT_EQ(session.desk.counts().delta, 1U);
}

TEST(SnapshotWriter, CompressesNothingThatIsShort) {
  Session session(dictionary());
  EXPECT_EQ(session.make(frame_of(1, {player_at(1, 0, 0), player_at(2, 0, 0)})).plain_bytes, 0);
  EXPECT_EQ(session.desk.counts().not_shrunk, 0U);
}

TEST(SnapshotWriter, RestsFromCompressingWhenItDoesNotPay) {
  Session session(dictionary());
  std::mt19937 random(1);
  const auto noise = [&random] {
    std::vector<PlayerState> states;
    for (PlayerId id = 1; id <= 8; ++id) {
      const auto place = [&random] { return static_cast<std::int32_t>(random() % 200); };
      states.push_back({.id = id,
                        .x_mm = place(),
                        .y_mm = place(),
                        .hp = static_cast<std::uint16_t>(random()),
                        .status = static_cast<std::uint8_t>(random())});
    }
    return states;
  };
  for (std::uint32_t tick = 1; tick <= 46; ++tick) static_cast<void>(session.make(frame_of(tick, noise())));
  const auto& counts = session.desk.counts();
  EXPECT_EQ(counts.complete, 46U);
  EXPECT_EQ(counts.not_shrunk + counts.compressed, 5U) << "1, 3, 7, 15, 31 and no 47 are tried";
}

TEST(SnapshotWriter, StopsCompressingForAClientThatCannotReadIt) {
  Session session(dictionary());
  Walkers walkers = crowd();
  for (std::uint32_t i = 0; i < 32; ++i) EXPECT_NE(session.make(walkers.next()).plain_bytes, 0) << i;
  for (std::uint32_t i = 0; i < 1024; ++i) ASSERT_EQ(session.make(walkers.next()).plain_bytes, 0) << i;
  EXPECT_NE(session.make(walkers.next()).plain_bytes, 0) << "tries again: there may have been losses only";
}

}  // namespace
}  // namespace tickwire::game
