// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "gameserver/protocol/ack_window.h"
#include "gameserver/protocol/datagram.h"
#include "gameserver/snapshot/walkers.h"
#include "gameserver/snapshot/writer.h"
#include "unit/gameserver/snapshot/snapshot_values.h"

namespace tickwire::game {
namespace {

using States = std::vector<PlayerState>;

std::vector<std::byte> encoded(const States& states) {
  std::vector<std::byte> bytes;
  for (const PlayerState& state : states) encode_state(state, bytes);
  return bytes;
}

Snapshot complete(const std::vector<std::byte>& content) {
  return {.count = static_cast<std::uint16_t>(content.size() / kStateBytes), .content = content};
}

SnapshotError error_of(SnapshotReader& reader, const Snapshot& snapshot) { return reader.read(1, snapshot).error(); }

TEST(SnapshotReader, OrdersCompleteStatesById) {
  SnapshotReader reader(nullptr);
  const auto content = encoded({player_at(5, 1, 2), player_at(2, 3, 4)});
  const auto states = reader.read(1, complete(content));
  ASSERT_TRUE(states.has_value());
  EXPECT_TRUE(std::ranges::equal(*states, States{player_at(2, 3, 4), player_at(5, 1, 2)}));
  EXPECT_EQ(reader.read_count(), 1U);
}

TEST(SnapshotReader, AppliesChangesToTheBaselineThatTheyName) {
  SnapshotReader reader(nullptr);
  const auto old_content = encoded({player_at(1, 10, 0)});
  const auto new_content = encoded({player_at(1, 20, 0)});
  ASSERT_TRUE(reader.read(7, complete(old_content)).has_value());
  ASSERT_TRUE(reader.read(8, complete(new_content)).has_value());
  const auto content = bytes_of({1, 0x01, 2});
  const auto states = reader.read(9, {.baseline = 7, .count = 1, .content = content});
  ASSERT_TRUE(states.has_value());
  EXPECT_EQ(states->front().x_mm, 11);
}

TEST(SnapshotReader, CountsAnUnknownBaselineAndGoesOn) {
  SnapshotReader reader(nullptr);
  EXPECT_EQ(error_of(reader, {.baseline = 7}), SnapshotError::kUnknownBaseline);
  EXPECT_EQ(reader.errors(SnapshotError::kUnknownBaseline), 1U);
  EXPECT_EQ(reader.read_count(), 0U);
  const auto content = encoded({player_at(1, 0, 0)});
  EXPECT_TRUE(reader.read(8, complete(content)).has_value());
}

TEST(SnapshotReader, KeepsTheNewest32WhateverTheOrderInWhichTheyCome) {
  SnapshotReader reader(nullptr);
  const auto content = encoded({player_at(1, 0, 0)});
  for (std::uint16_t seq = 1; seq <= 32; ++seq) ASSERT_TRUE(reader.read(seq, complete(content)).has_value());
  ASSERT_TRUE(reader.read(65530, complete(content)).has_value()) << "older than all";
  EXPECT_TRUE(reader.read(33, {.baseline = 1}).has_value());
  EXPECT_FALSE(reader.read(34, {.baseline = 1}).has_value());
  EXPECT_TRUE(reader.read(34, {.baseline = 2}).has_value());
}

TEST(SnapshotReader, RefusesCompleteStatesThatAreNoListOfPlayers) {
  SnapshotReader reader(nullptr);
  const auto twice = encoded({player_at(1, 0, 0), player_at(1, 1, 1)});
  EXPECT_EQ(error_of(reader, complete(twice)), SnapshotError::kBadStates);
  const auto nobody = encoded({player_at(0, 0, 0)});
  EXPECT_EQ(error_of(reader, complete(nobody)), SnapshotError::kBadStates);
  const auto one = encoded({player_at(1, 0, 0)});
  EXPECT_EQ(error_of(reader, {.count = 2, .content = one}), SnapshotError::kBadStates);
}

TEST(SnapshotReader, RefusesABadDeltaAndKeepsTheBaseline) {
  SnapshotReader reader(nullptr);
  const auto content = encoded({player_at(1, 0, 0)});
  ASSERT_TRUE(reader.read(1, complete(content)).has_value());
  const auto bad = bytes_of({2, 0x80});
  EXPECT_EQ(reader.read(2, {.baseline = 1, .count = 1, .content = bad}).error(), SnapshotError::kBadDelta);
  EXPECT_FALSE(reader.read(3, {.baseline = 2}).has_value());
  EXPECT_TRUE(reader.read(3, {.baseline = 1}).has_value());
}

TEST(SnapshotReader, SaysWhyACompressedOneCannotBeRead) {
  SnapshotDecompressor decompressor(dictionary());
  SnapshotReader with(&decompressor);
  SnapshotReader without(nullptr);
  const auto noise = bytes_of({0xff, 2, 3, 4, 5, 6, 7, 8});  // a reserved bit is set
  const Snapshot snapshot{.count = 1, .plain_bytes = kStateBytes, .content = noise};
  EXPECT_EQ(error_of(with, snapshot), SnapshotError::kCorrupt);
  EXPECT_EQ(error_of(without, snapshot), SnapshotError::kNoDictionary);
  EXPECT_EQ(error_of(with, {.count = 1, .plain_bytes = kMaxContentBytes + 1, .content = noise}), SnapshotError::kCorrupt);
}

// What a viewer sees, ordered by id.
States seen(const WorldFrame& frame, PlayerId viewer) {
  std::vector<std::uint16_t> sight;
  static_cast<void>(frame.in_sight(*frame.find(viewer), kMaxStates, sight));
  States states;
  for (const auto place : sight) states.push_back(frame.players()[place].state);
  std::ranges::sort(states, {}, &PlayerState::id);
  return states;
}

// Snapshots through a line that loses, delays, overtakes and repeats, and acknowledgements through another: whatever is read is what the
// viewer saw at that tick, and nothing ever comes that cannot be read.
struct Line {
  explicit Line(std::uint32_t seed) : random(seed) {}

  // The datagrams that arrive now.
  std::vector<std::vector<std::byte>> pass(std::vector<std::byte> datagram) {
    for (unsigned copies = random() % 5 == 0 ? 0 : 1 + (random() % 10 == 0 ? 1 : 0); copies > 0; --copies)
      under_way.push_back(datagram);
    std::vector<std::vector<std::byte>> arrived;
    while (under_way.size() > 3 + random() % 4) {
      const auto which = under_way.begin() + static_cast<std::ptrdiff_t>(random() % 3);
      arrived.push_back(std::move(*which));
      under_way.erase(which);
    }
    return arrived;
  }

  std::mt19937 random;
  std::deque<std::vector<std::byte>> under_way;
};

class SnapshotsOverALine : public testing::TestWithParam<std::uint32_t> {};

TEST_P(SnapshotsOverALine, AreWhatTheViewerSees) {
  constexpr PlayerId kViewer = 9;
  Walkers walkers({.players = 300, .tick_rate_hz = 10, .half_size_mm = 25'000, .area_radius_mm = 8'000}, GetParam());
  Line down(GetParam());
  Line up(GetParam() + 1000);
  SnapshotDesk desk(dictionary());
  SnapshotWriter writer;
  SnapshotDecompressor decompressor(dictionary());
  SnapshotReader reader(&decompressor);
  AckWindow received;
  std::vector<States> truth(1);
  std::vector<std::byte> datagram;
  std::uint16_t seq = 65'000;  // numbers wrap on the way
  for (std::uint32_t tick = 1; tick <= 1000; ++tick) {
    const auto frame = walkers.next();
    desk.push(frame);
    truth.push_back(seen(*frame, kViewer));
    encode_datagram({.header = {.seq = seq}, .body = writer.make(desk, kViewer, seq)->snapshot}, datagram);
    ++seq;
    for (const auto& arrived : down.pass(datagram)) {
      const auto message = parse_datagram(arrived);
      ASSERT_TRUE(message.has_value());
      const auto& snapshot = std::get<Snapshot>(message->body);
      const auto states = reader.read(message->header.seq, snapshot);
      ASSERT_TRUE(states.has_value()) << snapshot_error_name(states.error());
      ASSERT_TRUE(std::ranges::equal(*states, truth[snapshot.server_tick])) << "tick " << snapshot.server_tick;
      static_cast<void>(received.receive(message->header.seq, Nanoseconds(0)));
    }
    Header header{.seq = static_cast<std::uint16_t>(tick)};
    received.fill(header, Nanoseconds(0));
    encode_datagram({.header = header, .body = Input{}}, datagram);
    for (const auto& arrived : up.pass(datagram)) {
      const auto message = parse_datagram(arrived);
      ASSERT_TRUE(message.has_value());
      if ((message->header.flags & kFlagAck) != 0) writer.acknowledge(message->header.ack, message->header.ack_bits);
    }
  }
  EXPECT_GT(desk.counts().delta, 900U);
  EXPECT_GT(desk.counts().compressed, 200U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SnapshotsOverALine, testing::Range(1U, 9U));

}  // namespace
}  // namespace tickwire::game
