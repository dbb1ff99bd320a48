// SPDX-License-Identifier: Apache-2.0
#include "played_world.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

TEST(WebSocket, AnswersTheHandshakeOfTheStandard) {
  PlayedWorld world;
  WebClient client(world.gateway().port());
  const auto answer = client.ask(handshake());
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.headers.at("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(answer.headers.count("Sec-WebSocket-Extensions"), 0U);
  EXPECT_TRUE(eventually([&] { return world.stats().upgrades.value() == 1; }));
  EXPECT_EQ(world.stats().websockets.value(), 1U);
}

TEST(WebSocket, IsCompressedForNobody) {
  PlayedWorld world;
  WebClient client(world.gateway().port());
  const auto answer = client.ask(handshake("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.headers.count("Sec-WebSocket-Extensions"), 0U);
}

TEST(WebSocket, IsOpenToPagesOfThisHostAndThoseNamed) {
  auto options = test_options();
  options.origins = {"https://play.example"};
  PlayedWorld world(options);
  for (const std::string origin : {"http://192.0.2.1", "https://play.example"}) {
    WebClient client(world.gateway().port());
    EXPECT_EQ(client.ask(handshake("Origin: " + origin + "\r\n")).status, 101) << origin;
  }
  EXPECT_EQ(world.stats().refused_origin.value(), 0U);
}

TEST(WebSocket, IsClosedToPagesOfOthers) {
  PlayedWorld world;
  WebClient client(world.gateway().port());
  EXPECT_EQ(client.ask(handshake("Origin: https://evil.example\r\n")).status, 403);
  EXPECT_EQ(world.stats().refused_origin.value(), 1U);
  EXPECT_EQ(world.stats().upgrades.value(), 0U);
}

TEST(WebSocket, WantsVersion13) {
  PlayedWorld world;
  WebClient client(world.gateway().port());
  const auto answer = client.ask(
      "GET /ws HTTP/1.1\r\nHost: 192.0.2.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n");
  EXPECT_EQ(answer.status, 426);
  EXPECT_EQ(answer.headers.at("Sec-WebSocket-Version"), "13");
  EXPECT_EQ(world.stats().refused_upgrades.value(), 1U);
}

TEST(WebSocket, WantsNothingBehindTheHandshake) {
  PlayedWorld world;
  WebClient client(world.gateway().port());
  EXPECT_EQ(client.ask(handshake() + WebClient::frame(kBinaryFrame, "early")).status, 400);
}

TEST(WebSocket, IsAllThatIsSpokenThere) {
  PlayedWorld world;
  WebClient client(world.gateway().port());
  EXPECT_EQ(client.ask("GET /ws HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n").status, 426);
  EXPECT_EQ(client.ask("POST /ws HTTP/1.1\r\nHost: 192.0.2.1\r\nContent-Length: 0\r\n\r\n").headers.at("Allow"), "GET");
}

TEST(WebSocket, IsNotThereWithoutAFront) {
  RunningGateway gateway(test_options(), {});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(handshake()).status, 404);
}

TEST(WebSocket, SaysWhenThereAreTooManyOfAnAddress) {
  PlayedWorld world(test_options(), 8, {.limits = {.most_connections = 1}});
  WebClient first(world.gateway().port());
  EXPECT_EQ(first.ask(handshake()).status, 101);
  WebClient second(world.gateway().port());
  EXPECT_EQ(second.ask(handshake()).status, 429);
  EXPECT_EQ(world.stats().refused_clients.value(), 1U);
}

TEST(WebSocket, TakesAPlayerIntoTheWorld) {
  PlayedWorld world;
  WebPlayer player(world, 7);
  EXPECT_EQ(world.front_stats().players[static_cast<std::size_t>(Transport::kWebSocket)].value(), 1U);
}

TEST(WebSocket, BringsInputsToTheWorld) {
  PlayedWorld world;
  WebPlayer player(world, 7);
  player.send(Input{.client_tick = 3, .input_seq = 1, .buttons = kButtonUp});
  std::vector<BoardEntry> entries;
  ASSERT_TRUE(eventually([&] {
    world.to_world().inputs.drain(entries);
    return !entries.empty();
  }));
  EXPECT_EQ(entries[0].player, 7U);
  EXPECT_EQ(entries[0].newest.buttons, kButtonUp);
}

TEST(WebSocket, SendsSnapshotsAndChat) {
  PlayedWorld world;
  WebPlayer player(world, 7);
  world.tick({7, 8});
  const auto snapshot = player.read<Snapshot>();
  ASSERT_FALSE(snapshot.empty());
  EXPECT_EQ(std::get<Snapshot>(message_of(snapshot)->body).count, 2U);
  world.chat("good game");
  EXPECT_EQ(std::get<Chat>(message_of(player.read<Chat>())->body).text, "good game");
}

TEST(WebSocket, PutsFragmentsTogether) {
  PlayedWorld world;
  WebPlayer player(world, 7);
  const auto message = player.next(Chat{.text = "in three parts"});
  player.client.send_frame(kBinaryFrame, message.substr(0, 5), false);
  player.client.send_frame(kPingFrame, "between");
  player.client.send_frame(0, message.substr(5, 10), false);
  player.client.send_frame(0, message.substr(15));
  EXPECT_EQ(player.client.read_frame_of(kPongFrame).payload, "between");
  std::vector<ChatLine> lines;
  ASSERT_TRUE(eventually([&] {
    world.to_world().chat.drain(lines);
    return !lines.empty();
  }));
  EXPECT_EQ(lines[0].text, "in three parts");
}

TEST(WebSocket, AnswersAPingWithItsPayload) {
  PlayedWorld world;
  WebPlayer player(world, 7);
  player.client.send_frame(kPingFrame, "payload");
  EXPECT_EQ(player.client.read_frame().payload, "payload");
}

TEST(WebSocket, SaysGoodbyeToAPlayerWhoLeaves) {
  PlayedWorld world;
  WebPlayer player(world, 7);
  player.send(Bye{.reason = Reason::kDone});
  EXPECT_EQ(std::get<Bye>(message_of(player.read<Bye>())->body).reason, Reason::kDone);
  const auto close = player.client.read_frame();
  EXPECT_EQ(close.opcode, kCloseFrame);
  EXPECT_EQ(close.close_code(), 1000U);
  EXPECT_EQ(close.close_reason(), "done");
  player.client.send_frame(kCloseFrame, "\x03\xe8");
  EXPECT_TRUE(player.client.ended());
  const auto left = world.next<LeaveRequest>();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->reason, Reason::kDone);
}

TEST(WebSocket, AnswersAClose) {
  PlayedWorld world;
  WebPlayer player(world, 7);
  player.client.send_frame(kCloseFrame, "\x03\xe8");
  EXPECT_EQ(player.client.read_frame().close_code(), 1000U);
  EXPECT_TRUE(player.client.ended());
  const auto left = world.next<LeaveRequest>();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->reason, Reason::kPeerClosed);
}

TEST(WebSocket, NoticesAPlayerWhoIsGone) {
  PlayedWorld world;
  { WebPlayer player(world, 7); }
  const auto left = world.next<LeaveRequest>();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->reason, Reason::kPeerClosed);
  EXPECT_TRUE(eventually([&] { return world.stats().connections.value() == 0; }));
  EXPECT_EQ(world.stats().websockets.value(), 0U);
}

TEST(WebSocket, TellsAnEvictedPlayerWhy) {
  PlayedWorld world;
  WebClient client(world.gateway().port());
  EXPECT_EQ(client.ask(handshake()).status, 101);
  client.send_frame(kBinaryFrame, wire({.header = {.seq = 1}, .body = Hello{.nonce = 5}}));
  const auto join = world.next<JoinRequest>();
  ASSERT_TRUE(join.has_value());
  world.say(Joined{.client = join->client, .seat = std::unexpected(Reason::kServerFull)});
  const auto frame = client.read_frame();
  const auto reject = message_of(frame.payload);
  ASSERT_TRUE(reject.has_value());
  EXPECT_EQ(std::get<Reject>(reject->body).reason, Reason::kServerFull);
  const auto close = client.read_frame();
  EXPECT_EQ(close.close_code(), 1008U);
  EXPECT_EQ(close.close_reason(), "server_full");
}

TEST(WebSocket, SaysGoodbyeToEverybodyWhenItStops) {
  PlayedWorld world;
  WebPlayer player(world, 7);
  std::thread reader([&] {
    EXPECT_EQ(std::get<Bye>(message_of(player.read<Bye>())->body).reason, Reason::kShutdown);
    EXPECT_EQ(player.client.read_frame().close_code(), 1001U);
    player.client.close();
  });
  world.gateway().stop();
  reader.join();
}

TEST(WebSocket, StopsWithoutAClientThatDoesNotAnswer) {
  auto options = test_options();
  options.timeouts.farewell = milliseconds(50);
  PlayedWorld world(options);
  WebPlayer player(world, 7);
  world.gateway().stop();
  EXPECT_EQ(world.stats().connections.value(), 0U);
}

TEST(WebSocket, AsksWhetherAClientLives) {
  auto options = test_options();
  options.timeouts.ping_every = milliseconds(100);
  options.timeouts.pong_within = milliseconds(1000);
  PlayedWorld world(options);
  WebPlayer player(world, 7);
  // Longer than pong_within in all.
  for (int pings = 0; pings < 12; ++pings) {
    auto ping = player.client.read_frame();
    while (ping.opcode == kBinaryFrame) ping = player.client.read_frame();
    ASSERT_EQ(ping.opcode, kPingFrame);
    player.client.send_frame(kPongFrame, ping.payload);
  }
  EXPECT_EQ(world.stats().pong_timeouts.value(), 0U);
}

TEST(WebSocket, EndsAClientThatDoesNotLive) {
  auto options = test_options();
  options.timeouts.ping_every = milliseconds(20);
  options.timeouts.pong_within = milliseconds(60);
  PlayedWorld world(options);
  WebPlayer player(world, 7);
  EXPECT_EQ(std::get<Bye>(message_of(player.read<Bye>())->body).reason, Reason::kIdle);
  EXPECT_EQ(player.client.read_frame().close_reason(), "idle");
  EXPECT_EQ(world.stats().pong_timeouts.value(), 1U);
}

}  // namespace
}  // namespace tickwire::game
