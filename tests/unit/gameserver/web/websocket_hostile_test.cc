// SPDX-License-Identifier: Apache-2.0
#include "played_world.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

constexpr int kSmallReceiveBuffer = 4096;

// A WebSocket that has said nothing yet.
struct Newcomer {
  explicit Newcomer(PlayedWorld& world) : client(world.gateway().port()) { EXPECT_EQ(client.ask(handshake()).status, 101); }
  WebClient client;
};

// The stream counts what ended it once the client is gone.
bool becomes_one(const Counter& counter) {
  return eventually([&] { return counter.value() == 1; });
}

// The code of the close frame that these bytes are answered with.
unsigned close_code_for(PlayedWorld& world, std::string_view bytes) {
  Newcomer newcomer(world);
  newcomer.client.send(bytes);
  return newcomer.client.read_frame_of(kCloseFrame).close_code();
}

TEST(WebSocketHostile, RefusesText) {
  PlayedWorld world;
  EXPECT_EQ(close_code_for(world, WebClient::frame(kTextFrame, "hello")), 1003U);
  EXPECT_EQ(world.stats().texts.value(), 1U);
  EXPECT_EQ(world.front_stats().leaves[static_cast<std::size_t>(Reason::kMalformed)].value(), 1U);
}

TEST(WebSocketHostile, RefusesWhatIsNoMessageOfTheGame) {
  PlayedWorld world;
  EXPECT_EQ(close_code_for(world, WebClient::frame(kBinaryFrame, "")), 1008U);
  EXPECT_EQ(close_code_for(world, WebClient::frame(kBinaryFrame, std::string(20, '\xff'))), 1008U);
  EXPECT_EQ(world.stats().errors[static_cast<std::size_t>(ParseError::kTruncated)].value(), 1U);
  EXPECT_EQ(world.stats().errors[static_cast<std::size_t>(ParseError::kBadMagic)].value(), 1U);
}

TEST(WebSocketHostile, RefusesAFrameWithoutAMask) {
  PlayedWorld world;
  EXPECT_EQ(close_code_for(world, WebClient::frame(kBinaryFrame, "hello", true, false)), 1002U);
  EXPECT_TRUE(becomes_one(world.stats().protocol_errors));
}

TEST(WebSocketHostile, RefusesReservedOpcodesAndBits) {
  PlayedWorld world;
  EXPECT_EQ(close_code_for(world, WebClient::frame(3, "hello")), 1002U);
  EXPECT_EQ(close_code_for(world, WebClient::frame(11, "hello")), 1002U);
  auto reserved_bit = WebClient::frame(kBinaryFrame, "hello");
  reserved_bit[0] = static_cast<char>(reserved_bit[0] | 0x40);
  EXPECT_EQ(close_code_for(world, reserved_bit), 1002U);
}

TEST(WebSocketHostile, RefusesControlFramesThatAreLongOrFragmented) {
  PlayedWorld world;
  EXPECT_EQ(close_code_for(world, WebClient::frame(kPingFrame, std::string(126, 'x'))), 1002U);
  EXPECT_EQ(close_code_for(world, WebClient::frame(kPingFrame, "x", false)), 1002U);
}

TEST(WebSocketHostile, RefusesFragmentsOutOfOrder) {
  PlayedWorld world;
  EXPECT_EQ(close_code_for(world, WebClient::frame(0, "continues nothing")), 1002U);
  EXPECT_EQ(close_code_for(world, WebClient::frame(kBinaryFrame, "a", false) + WebClient::frame(kBinaryFrame, "b")), 1002U);
}

TEST(WebSocketHostile, TakesAMessageOf64KiBAndNoMore) {
  PlayedWorld world;
  const std::string largest(64 * 1024, 'x');
  // It is no message of the game, but it was read.
  EXPECT_EQ(close_code_for(world, WebClient::frame(kBinaryFrame, largest)), 1008U);
  EXPECT_EQ(world.stats().too_long.value(), 0U);
  EXPECT_EQ(close_code_for(world, WebClient::head_of(kBinaryFrame, 64 * 1024 + 1) + std::string(4, 'm')), 1009U);
  EXPECT_TRUE(becomes_one(world.stats().too_long));
  EXPECT_TRUE(becomes_one(world.front_stats().leaves[static_cast<std::size_t>(Reason::kFrameTooLong)]));
}

TEST(WebSocketHostile, RefusesALengthOf2To63) {
  PlayedWorld world;
  EXPECT_EQ(close_code_for(world, WebClient::head_of(kBinaryFrame, std::uint64_t{1} << 62) + std::string(4, 'm')), 1009U);
}

TEST(WebSocketHostile, BoundsAMessageOfManyFragments) {
  PlayedWorld world;
  Newcomer newcomer(world);
  newcomer.client.send_frame(kBinaryFrame, std::string(1024, 'x'), false);
  for (int i = 0; i < 64; ++i) newcomer.client.send_frame(0, std::string(1024, 'x'), false);
  EXPECT_EQ(newcomer.client.read_frame_of(kCloseFrame).close_code(), 1009U);
}

TEST(WebSocketHostile, EndsWhoSendsOnAfterTheGoodbye) {
  auto options = test_options();
  options.timeouts.farewell = milliseconds(50);
  PlayedWorld world(options);
  Newcomer newcomer(world);
  newcomer.client.send_frame(kTextFrame, "hello");
  const auto frame = WebClient::frame(kBinaryFrame, std::string(1024, 'x'));
  while (newcomer.client.send(frame)) {
  }
  EXPECT_TRUE(eventually([&] { return world.stats().connections.value() == 0; }));
}

TEST(WebSocketHostile, KeepsOnlyTheNewestSnapshotForWhoDoesNotRead) {
  PlayedWorld world;
  WebPlayer slow(world, 7, kSmallReceiveBuffer);
  WebPlayer quick(world, 8);
  int ticks = 0;
  std::vector<PlayerId> players(60);
  for (PlayerId id = 0; id < players.size(); ++id) players[id] = id + 1;
  while (world.stats().coalesced_snapshots.value() < 10 && ++ticks < 2000) {
    world.tick(players);
    ASSERT_FALSE(quick.read<Snapshot>().empty());
  }
  EXPECT_EQ(world.stats().coalesced_snapshots.value(), 10U);
  // What it reads at last is the newest.
  std::uint32_t newest = 0;
  while (newest != static_cast<std::uint32_t>(ticks)) {
    const auto payload = slow.read<Snapshot>();
    ASSERT_FALSE(payload.empty());
    newest = std::get<Snapshot>(message_of(payload)->body).server_tick;
  }
  EXPECT_EQ(world.stats().slow_evictions.value(), 0U);
}

TEST(WebSocketHostile, EvictsWhoTakesNothingAndNobodyElse) {
  auto options = test_options();
  options.timeouts.write = milliseconds(100);
  options.timeouts.farewell = milliseconds(50);
  PlayedWorld world(options);
  WebPlayer slow(world, 7, kSmallReceiveBuffer);
  WebPlayer quick(world, 8);
  std::vector<PlayerId> players(60);
  for (PlayerId id = 0; id < players.size(); ++id) players[id] = id + 1;
  EXPECT_TRUE(eventually([&] {
    world.tick(players);
    EXPECT_FALSE(quick.read<Snapshot>().empty());
    return world.stats().slow_evictions.value() == 1;
  }));
  EXPECT_TRUE(eventually([&] { return world.stats().websockets.value() == 1; }));
  EXPECT_EQ(world.front_stats().evictions[static_cast<std::size_t>(Reason::kSlow)].value(), 1U);
  world.tick(players);
  EXPECT_FALSE(quick.read<Snapshot>().empty());
}

TEST(WebSocketHostile, EvictsWhoLetsMessagesPileUp) {
  PlayedWorld world;
  WebPlayer slow(world, 7, kSmallReceiveBuffer);
  WebPlayer quick(world, 8);
  const std::string line(kMaxChatBytes, 'x');
  int lines = 0;
  while (world.stats().slow_evictions.value() == 0 && lines < 10'000) {
    world.chat(line);
    ++lines;
    ASSERT_FALSE(quick.read<Chat>().empty());
  }
  EXPECT_EQ(world.stats().slow_evictions.value(), 1U);
  // Room for 64 KiB of messages, and what the kernel holds.
  EXPECT_GE(lines, 200);
  world.chat("last");
  EXPECT_FALSE(quick.read<Chat>().empty());
}

TEST(WebSocketHostile, ReadsNobodyWhileTheWorldIsBehind) {
  PlayedWorld world(test_options(), 1, {.limits = {.most_connections = 0, .joins_per_s = 0}});
  // Fills the queue towards the world: a join each, and the world takes none.
  std::vector<std::unique_ptr<Newcomer>> newcomers;
  while (world.front_stats().world_waits.value() == 0 && newcomers.size() < 200) {
    newcomers.push_back(std::make_unique<Newcomer>(world));
    newcomers.back()->client.send_frame(kBinaryFrame, wire({.header = {.seq = 1}, .body = Hello{.nonce = 1}}));
    EXPECT_TRUE(eventually([&] { return world.stats().messages_received.value() == newcomers.size(); }));
  }
  ASSERT_EQ(world.front_stats().world_waits.value(), 1U);
  // The one who waits is not read: a second hello, which would end him, has no effect yet.
  auto& waiting = newcomers.back()->client;
  waiting.send_frame(kBinaryFrame, wire({.header = {.seq = 2}, .body = Hello{.nonce = 1}}));
  EXPECT_FALSE(waiting.readable_within(milliseconds(50)));
  EXPECT_EQ(world.stats().messages_received.value(), newcomers.size());
  // The world goes on, and so does he.
  EXPECT_TRUE(world.next<JoinRequest>().has_value());
  EXPECT_EQ(waiting.read_frame_of(kCloseFrame).close_reason(), "unexpected");
}

TEST(WebSocketHostile, TakesAnythingWithoutFalling) {
  PlayedWorld world;
  std::uint32_t state = 1;
  const auto random = [&state] {
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
  };
  for (int i = 0; i < 200; ++i) {
    Newcomer newcomer(world);
    std::string bytes(random() % 300, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    newcomer.client.send(bytes);
  }
  EXPECT_TRUE(eventually([&] { return world.stats().connections.value() == 0; }));
}

}  // namespace
}  // namespace tickwire::game
