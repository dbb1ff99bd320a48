// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/dictionary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "gameserver/snapshot/walkers.h"
#include "gameserver/snapshot/writer.h"
#include "unit/gameserver/snapshot/snapshot_values.h"

namespace tickwire::game {
namespace {

// A delta's content as players make it.
std::vector<std::byte> walked_content(std::size_t players) {
  Walkers walkers({.players = players, .half_size_mm = 5'000}, 1);
  const auto states_of = [](const WorldFrame& frame) {
    std::vector<PlayerState> states;
    for (const FramePlayer& player : frame.players()) states.push_back(player.state);
    return states;
  };
  const auto before = states_of(*walkers.next());
  DeltaBuilder delta;
  encode_delta(before, states_of(*walkers.next()), delta);
  return {delta.content().begin(), delta.content().end()};
}

std::vector<std::byte> random_content(std::size_t length) {
  std::mt19937 random(1);
  std::vector<std::byte> content(length);
  std::ranges::generate(content, [&] { return static_cast<std::byte>(random()); });
  return content;
}

// The same tables under another id.
std::shared_ptr<const SnapshotDictionary> other_dictionary() {
  auto bytes = dictionary_bytes();
  bytes[4] ^= std::byte{1};
  return SnapshotDictionary::make(bytes).value();
}

TEST(SnapshotDictionary, HasAnIdThatIsNotInZstdsRegister) {
  EXPECT_GE(dictionary()->id(), 0x8000U);
  EXPECT_EQ(dictionary_bytes().size(), 4096U);
}

TEST(SnapshotDictionary, RefusesWhatIsNone) {
  EXPECT_FALSE(SnapshotDictionary::make({}).has_value());
  EXPECT_FALSE(SnapshotDictionary::make(random_content(4096)).has_value());
  auto without_id = dictionary_bytes();
  without_id[4] = without_id[5] = std::byte{0};
  EXPECT_FALSE(SnapshotDictionary::make(without_id).has_value());
  auto without_tables = dictionary_bytes();
  without_tables.resize(8);
  EXPECT_EQ(SnapshotDictionary::make(without_tables).error(), "read the snapshot dictionary: zstd does not take its tables");
  EXPECT_FALSE(SnapshotDictionary::make(std::vector<std::byte>(SnapshotDictionary::kMaxBytes + 1)).has_value());
}

TEST(SnapshotCompressor, ShrinksWhatPlayersDoAndGivesItBack) {
  SnapshotCompressor compressor(dictionary());
  SnapshotDecompressor decompressor(dictionary());
  const auto plain = walked_content(64);
  const auto shorter = compressor.compress(plain);
  ASSERT_TRUE(shorter.has_value());
  EXPECT_LE(shorter->size(), plain.size() - plain.size() / 16);
  const auto again = decompressor.decompress(*shorter, plain.size());
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(std::ranges::equal(*again, plain));
}

TEST(SnapshotCompressor, LeavesAloneWhatDoesNotShrink) {
  SnapshotCompressor compressor(dictionary());
  EXPECT_FALSE(compressor.compress(random_content(kMaxContentBytes)).has_value());
  EXPECT_FALSE(compressor.compress(random_content(SnapshotCompressor::kMinBytes)).has_value());
}

TEST(SnapshotDecompressor, KnowsWhatWasCompressedWithAnotherDictionary) {
  SnapshotCompressor compressor(other_dictionary());
  SnapshotDecompressor decompressor(dictionary());
  const auto plain = walked_content(64);
  const auto shorter = compressor.compress(plain);
  ASSERT_TRUE(shorter.has_value());
  EXPECT_EQ(decompressor.decompress(*shorter, plain.size()).error(), DecompressError::kOtherDictionary);
}

TEST(SnapshotDecompressor, RefusesAnotherLengthThanItIsTold) {
  SnapshotCompressor compressor(dictionary());
  SnapshotDecompressor decompressor(dictionary());
  const auto plain = walked_content(64);
  const auto shorter = compressor.compress(plain);
  ASSERT_TRUE(shorter.has_value());
  EXPECT_EQ(decompressor.decompress(*shorter, plain.size() - 1).error(), DecompressError::kCorrupt);
  EXPECT_EQ(decompressor.decompress(*shorter, plain.size() + 1).error(), DecompressError::kCorrupt);
  EXPECT_EQ(decompressor.decompress(*shorter, kMaxContentBytes).error(), DecompressError::kCorrupt);
}

TEST(SnapshotDecompressor, RefusesEveryPrefix) {
  SnapshotCompressor compressor(dictionary());
  SnapshotDecompressor decompressor(dictionary());
  const auto plain = walked_content(32);
  const auto shorter = compressor.compress(plain);
  ASSERT_TRUE(shorter.has_value());
  for (std::size_t length = 0; length < shorter->size(); ++length)
    EXPECT_FALSE(decompressor.decompress(shorter->first(length), plain.size()).has_value()) << length;
  EXPECT_TRUE(decompressor.decompress(*shorter, plain.size()).has_value());
}

}  // namespace
}  // namespace tickwire::game
