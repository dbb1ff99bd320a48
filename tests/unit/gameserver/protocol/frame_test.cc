// SPDX-License-Identifier: Apache-2.0
#include "gameserver/protocol/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/gameserver/protocol/bytes_of.h"

namespace tickwire::game {
namespace {

using Frames = std::vector<std::vector<std::byte>>;

// Puts bytes into the reader, as many at once as it takes; gives every frame that comes out.
Frames feed(FrameReader& reader, std::span<const std::byte> bytes, std::size_t most_at_once = 4096) {
  Frames frames;
  while (!bytes.empty()) {
    const auto space = reader.writable();
    const auto count = std::min({space.size(), bytes.size(), most_at_once});
    std::ranges::copy(bytes.first(count), space.begin());
    reader.commit(count);
    bytes = bytes.subspan(count);
    for (auto frame = reader.next(); frame && *frame; frame = reader.next())
      frames.emplace_back((*frame)->begin(), (*frame)->end());
  }
  return frames;
}

TEST(FrameReader, GivesNothingBeforeTheLastByte) {
  FrameReader reader;
  EXPECT_TRUE(feed(reader, bytes_of({0, 0, 0, 2, 7}), 1).empty());
  EXPECT_EQ(feed(reader, bytes_of({8})), (Frames{bytes_of({7, 8})}));
}

TEST(FrameReader, GivesTwoFramesFromOneRead) {
  FrameReader reader;
  EXPECT_EQ(feed(reader, bytes_of({0, 0, 0, 1, 5, 0, 0, 0, 2, 6, 7})), (Frames{bytes_of({5}), bytes_of({6, 7})}));
}

TEST(FrameReader, GivesAnEmptyFrame) {
  FrameReader reader;
  EXPECT_EQ(feed(reader, bytes_of({0, 0, 0, 0})), (Frames{bytes_of({})}));
}

TEST(FrameReader, TakesTheLongestFrame) {
  std::vector<std::byte> bytes = bytes_of({0, 1, 0, 0});
  bytes.resize(kFrameLengthBytes + kMaxFrameBytes, std::byte{9});
  FrameReader reader;
  const auto frames = feed(reader, bytes);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0], std::vector<std::byte>(kMaxFrameBytes, std::byte{9}));
}

TEST(FrameReader, RefusesALengthOneAboveTheLongest) {
  FrameReader reader;
  EXPECT_TRUE(feed(reader, bytes_of({0, 1, 0, 1})).empty());
  EXPECT_EQ(reader.next().error(), FrameTooLong{65537});
}

TEST(FrameReader, RefusesTheLargestLength) {
  FrameReader reader;
  EXPECT_TRUE(feed(reader, bytes_of({0xff, 0xff, 0xff, 0xff})).empty());
  EXPECT_EQ(reader.next().error(), FrameTooLong{0xffffffff});
}

TEST(FrameReader, GivesTheFramesOfAStreamHoweverItIsCut) {
  std::mt19937 random(1);
  std::vector<std::byte> stream;
  Frames frames;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::byte> body(random() % 5000, static_cast<std::byte>(i));
    ByteWriter writer(stream);
    writer.write(static_cast<std::uint32_t>(body.size()));
    writer.write_bytes(body);
    frames.push_back(std::move(body));
  }
  for (const std::size_t most_at_once : {1U, 3U, 1000U, 4096U}) {
    FrameReader reader;
    EXPECT_EQ(feed(reader, stream, most_at_once), frames);
  }
}

TEST(Frame, IsParsedWithoutItsLength) {
  std::vector<std::byte> bytes;
  encode_frame({{.conn = 1, .seq = 2}, Bye{.reason = Reason::kDone}}, bytes);
  const auto parsed = parse_frame(std::span(bytes).subspan(kFrameLengthBytes));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header, (Header{.conn = 1, .seq = 2}));
}

}  // namespace
}  // namespace tickwire::game
