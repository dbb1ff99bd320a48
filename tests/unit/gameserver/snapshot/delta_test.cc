// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/delta.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "unit/gameserver/snapshot/snapshot_values.h"

namespace tickwire::game {
namespace {

using States = std::vector<PlayerState>;

struct Encoded {
  std::size_t count = 0;
  std::vector<std::byte> content;
};

Encoded encode(const States& baseline, const States& states) {
  DeltaBuilder delta;
  encode_delta(baseline, states, delta);
  return {.count = delta.count(), .content = {delta.content().begin(), delta.content().end()}};
}

std::expected<States, DeltaError> apply(const States& baseline, const std::vector<std::byte>& content, std::size_t count) {
  States out;
  if (const auto applied = apply_delta(baseline, content, count, out); !applied) return std::unexpected(applied.error());
  return out;
}

DeltaError error_of(const States& baseline, std::initializer_list<unsigned> content, std::size_t count = 1) {
  return apply(baseline, bytes_of(content), count).error();
}

const States kThree = {player_at(1, 0, 0), player_at(5, 1000, -1000), player_at(300, 5, 5)};

TEST(Delta, IsEmptyWhenNothingChanged) {
  const auto encoded = encode(kThree, kThree);
  EXPECT_EQ(encoded.count, 0U);
  EXPECT_TRUE(encoded.content.empty());
  EXPECT_EQ(apply(kThree, {}, 0), kThree);
}

TEST(Delta, CountsFieldsFromTheBaseline) {
  States moved = kThree;
  moved[0].x_mm += 64;  // zigzag 128: two bytes
  moved[0].y_mm -= 3;   // zigzag 5
  moved[2].hp -= 10;    // zigzag 19
  moved[2].status = 2;
  const auto encoded = encode(kThree, moved);
  EXPECT_EQ(encoded.count, 2U);
  // Id 1, x and y; id 300 = 1 + 299, hp and status.
  EXPECT_EQ(encoded.content, bytes_of({1, 0x03, 0x80, 0x01, 5, 0xab, 0x02, 0x0c, 19, 2}));
  EXPECT_EQ(apply(kThree, encoded.content, 2), moved);
}

TEST(Delta, CountsFieldsOfANewPlayerFromZero) {
  const States more = {kThree[0], player_at(2, -1, 0), kThree[1], kThree[2]};
  const auto encoded = encode(kThree, more);
  // Id 2: new, x, hp 100 as zigzag 200, status.
  EXPECT_EQ(encoded.content, bytes_of({2, 0x4d, 1, 0xc8, 0x01, 1}));
  EXPECT_EQ(apply(kThree, encoded.content, 1), more);
}

TEST(Delta, SaysOfAPlayerWhoIsGoneNothingElse) {
  const States fewer = {kThree[0], kThree[2]};
  const auto encoded = encode(kThree, fewer);
  EXPECT_EQ(encoded.content, bytes_of({5, 0x80}));
  EXPECT_EQ(apply(kThree, encoded.content, 1), fewer);
}

TEST(Delta, HoldsTheGreatestDifferences) {
  const States low = {{.id = 1, .x_mm = std::numeric_limits<std::int32_t>::min(), .hp = 65535}};
  const States high = {{.id = 1, .x_mm = std::numeric_limits<std::int32_t>::max(), .hp = 0},
                       {.id = std::numeric_limits<PlayerId>::max()}};
  const auto up = encode(low, high);
  EXPECT_EQ(apply(low, up.content, up.count), high);
  const auto down = encode(high, low);
  EXPECT_EQ(apply(high, down.content, down.count), low);
}

TEST(Delta, HoldsEverybodyGoneAndAsManyNew) {
  States before;
  States after;
  for (std::uint32_t i = 0; i < kMaxStates; ++i) {
    before.push_back(player_at(2 * i + 1, -50'000, 50'000));
    after.push_back(player_at(2 * i + 2, -50'000, 50'000));
  }
  const auto encoded = encode(before, after);
  EXPECT_EQ(encoded.count, 2 * kMaxStates);
  EXPECT_LE(encoded.content.size(), kMaxDeltaBytes);
  EXPECT_EQ(apply(before, encoded.content, encoded.count), after);
}

// Random lists with few ids, so that players stay, come and go.
States random_states(std::mt19937& random) {
  States states;
  for (PlayerId id = 1; id <= 2 * kMaxStates && states.size() < kMaxStates; ++id) {
    if (random() % 3 != 0) continue;
    states.push_back({.id = id * 7,
                      .x_mm = static_cast<std::int32_t>(random()) >> random() % 32,
                      .y_mm = static_cast<std::int32_t>(random()) >> random() % 32,
                      .hp = static_cast<std::uint16_t>(random() >> random() % 32),
                      .status = static_cast<std::uint8_t>(random() % 4)});
  }
  return states;
}

TEST(Delta, LeadsFromAnyStatesToAnyOthers) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const States before = random_states(random);
    const States after = random_states(random);
    const auto encoded = encode(before, after);
    ASSERT_EQ(apply(before, encoded.content, encoded.count), after) << "round " << round;
  }
}

TEST(Delta, RefusesEveryPrefixOfAContent) {
  States moved = kThree;
  moved[0].x_mm = 100'000;
  moved[2].hp = 1;
  const auto encoded = encode(kThree, moved);
  for (std::size_t length = 0; length < encoded.content.size(); ++length) {
    const std::vector<std::byte> prefix(encoded.content.begin(), encoded.content.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(apply(kThree, prefix, encoded.count).error(), DeltaError::kTruncated) << length;
  }
}

TEST(Delta, RefusesBytesBehindTheLastRecord) {
  EXPECT_EQ(error_of(kThree, {1, 0x01, 2, 0}), DeltaError::kTrailing);
  EXPECT_EQ(error_of(kThree, {0}, 0), DeltaError::kTrailing);
}

TEST(Delta, RefusesNumbersThatAreLongerThanTheyNeedToBe) {
  EXPECT_EQ(error_of(kThree, {0x81, 0x00, 0x80}), DeltaError::kNumber);
  EXPECT_EQ(error_of(kThree, {1, 0x01, 0x82, 0x00}), DeltaError::kNumber);
  EXPECT_EQ(error_of(kThree, {1, 0x01, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}), DeltaError::kNumber);
  // 2^33.
  EXPECT_EQ(error_of(kThree, {1, 0x01, 0x80, 0x80, 0x80, 0x80, 0x20}), DeltaError::kNumber);
}

TEST(Delta, RefusesIdsThatDoNotAscend) {
  EXPECT_EQ(error_of(kThree, {0, 0x80}), DeltaError::kOrder);
  EXPECT_EQ(error_of(kThree, {1, 0x80, 0, 0x80}, 2), DeltaError::kOrder);
  // 1 + (2^32 - 1).
  EXPECT_EQ(error_of(kThree, {1, 0x80, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x40}, 2), DeltaError::kOrder);
}

TEST(Delta, RefusesMasksThatSayNothingOrTooMuch) {
  EXPECT_EQ(error_of(kThree, {1, 0x00}), DeltaError::kMask);
  EXPECT_EQ(error_of(kThree, {1, 0x10}), DeltaError::kMask);
  EXPECT_EQ(error_of(kThree, {1, 0x20}), DeltaError::kMask);
  EXPECT_EQ(error_of(kThree, {1, 0x81, 2}), DeltaError::kMask);
  EXPECT_EQ(error_of(kThree, {1, 0xc0}), DeltaError::kMask);
}

TEST(Delta, RefusesFieldsThatChangeByNothing) {
  EXPECT_EQ(error_of(kThree, {1, 0x01, 0}), DeltaError::kMask);
  EXPECT_EQ(error_of(kThree, {1, 0x08, 1}), DeltaError::kMask);
  EXPECT_EQ(error_of({}, {1, 0x41, 0}), DeltaError::kMask);
}

TEST(Delta, RefusesChangesOfPlayersWhoAreNotThere) {
  EXPECT_EQ(error_of(kThree, {2, 0x01, 2}), DeltaError::kNotThere);
  EXPECT_EQ(error_of(kThree, {2, 0x80}), DeltaError::kNotThere);
  EXPECT_EQ(error_of({}, {1, 0x80}), DeltaError::kNotThere);
}

TEST(Delta, RefusesANewPlayerWhoIsThere) { EXPECT_EQ(error_of(kThree, {1, 0x40}), DeltaError::kThereBefore); }

TEST(Delta, RefusesFieldsBeyondTheirRange) {
  // hp 100 less 101; 100 more 65436; x 0 less 2^31 + 1.
  EXPECT_EQ(error_of(kThree, {1, 0x04, 0xc9, 0x01}), DeltaError::kRange);
  EXPECT_EQ(error_of(kThree, {1, 0x04, 0xb8, 0xfe, 0x07}), DeltaError::kRange);
  EXPECT_EQ(error_of(kThree, {1, 0x01, 0x81, 0x80, 0x80, 0x80, 0x10}), DeltaError::kRange);
}

TEST(Delta, RefusesMoreStatesThanASnapshotHas) {
  States full;
  for (std::uint32_t i = 0; i < kMaxStates; ++i) full.push_back(player_at(i + 1, 0, 0));
  EXPECT_EQ(error_of(full, {kMaxStates + 1, 0x40}), DeltaError::kTooMany);
  full.pop_back();
  EXPECT_TRUE(apply(full, bytes_of({kMaxStates + 1, 0x40}), 1).has_value());
}

TEST(Delta, NamesEachError) {
  EXPECT_EQ(delta_error_name(DeltaError::kTruncated), "truncated");
  EXPECT_EQ(delta_error_name(DeltaError::kTooMany), "too_many");
}

}  // namespace
}  // namespace tickwire::game
