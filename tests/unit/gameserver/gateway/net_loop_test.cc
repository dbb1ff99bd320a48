// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/net_loop.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <thread>

#include "unit/gameserver/bus/eventually.h"
#include "unit/gameserver/loopback_client.h"

namespace tickwire::game {
namespace {

// A net loop whose world is the test: it gives everybody a seat.
class NetLoopTest : public testing::Test {
 protected:
  static constexpr std::size_t kPlayers = 8;

  ~NetLoopTest() override { stop(); }

  void start(FrontOptions front = {.max_players = kPlayers}) {
    auto loop = NetLoop::open({.bind = "127.0.0.1", .udp_port = 0, .tcp_port = 0, .front = std::move(front)}, *world_, *inbox_);
    ASSERT_TRUE(loop) << loop.error();
    loop_ = std::move(*loop);
    thread_ = std::thread([this] { loop_->run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    loop_->stop();
    thread_.join();
  }
  // Answers joins until so many have come.
  void seat(PlayerId count) {
    ASSERT_TRUE(eventually([this, count] {
      std::vector<ToWorld> told;
      world_->control.drain(told);
      for (const auto& what : told) {
        const auto* request = std::get_if<JoinRequest>(&what);
        if (request == nullptr) continue;
        EXPECT_TRUE(inbox_->control.push(Joined{.client = request->client, .seat = Seat{.player = ++seated_}}));
      }
      return seated_ >= count;
    }));
  }
  void say(std::size_t lines, std::size_t bytes = kMaxChatBytes) {
    for (std::size_t i = 0; i < lines; ++i) inbox_->chat.push({.player = 1, .text = std::string(bytes, 'x')});
  }
  std::uint64_t left(Reason reason) const { return loop_->front_stats().leaves[static_cast<std::size_t>(reason)].value(); }
  static Message hello() { return {.header = {.seq = 1}, .body = Hello{.nonce = 1}}; }

  std::unique_ptr<WorldInbox> world_ = WorldInbox::open(kPlayers).value();
  std::unique_ptr<GatewayInbox> inbox_ = GatewayInbox::open("net", kPlayers).value();
  std::unique_ptr<NetLoop> loop_;
  std::thread thread_;
  PlayerId seated_ = 0;
};

TEST_F(NetLoopTest, EvictsAClientThatDoesNotReadAndKeepsTheOthersMessages) {
  start();
  const RawClient slow(SOCK_STREAM, loop_->tcp_port(), 4096);
  slow.send(framed(hello()));
  const RawClient good(SOCK_STREAM, loop_->tcp_port());
  good.send(framed(hello()));
  seat(2);
  std::size_t received = 0;
  std::size_t said = 0;
  // What the slow one's socket and outbox take between them is some megabytes at most.
  while (left(Reason::kSlow) == 0 && said < 100'000) {
    say(32);
    said += 32;
    while (received < said * kMaxChatBytes) {
      const auto part = good.receive();
      ASSERT_FALSE(part.empty());
      received += part.size();
    }
  }
  EXPECT_EQ(left(Reason::kSlow), 1U);
  EXPECT_EQ(loop_->front_stats().evictions[static_cast<std::size_t>(Reason::kSlow)].value(), 1U);
  EXPECT_EQ(farewell(slow), Reason::kSlow);
}

TEST_F(NetLoopTest, CoalescesSnapshotsThatAClientDoesNotTake) {
  start();
  const RawClient slow(SOCK_STREAM, loop_->tcp_port(), 4096);
  slow.send(framed(hello()));
  seat(1);
  std::uint32_t tick = 0;
  EXPECT_TRUE(eventually([&] {
    std::vector<FramePlayer> players;
    for (PlayerId id = 1; id <= kMaxStates; ++id) players.push_back({.state = {.id = id}});
    inbox_->frame.publish(
        std::make_shared<WorldFrame>(++tick, std::move(players), 10'000, std::make_shared<PresenceWindow>(), nullptr));
    return loop_->tcp_stats().coalesced_snapshots.value() > 0;
  }));
  EXPECT_EQ(left(Reason::kSlow), 0U);
}

TEST_F(NetLoopTest, GoesOnWithAStreamThatTheWorldHadNoRoomFor) {
  while (world_->control.push(HashReport{})) {
  }
  start();
  const RawClient client(SOCK_STREAM, loop_->tcp_port());
  auto bytes = framed(hello());
  client.send(bytes);
  ASSERT_TRUE(eventually([this] { return loop_->front_stats().world_waits.value() == 1; }));
  std::vector<ToWorld> full;
  world_->control.drain(full);
  inbox_->wake->notify();
  seat(1);
  EXPECT_FALSE(client.receive().empty());
}

TEST_F(NetLoopTest, TellsAConnectionTooManyWhy) {
  start({.max_players = kPlayers, .limits = {.most_connections = 1}});
  const RawClient first(SOCK_STREAM, loop_->tcp_port());
  first.send(framed(hello()));
  seat(1);
  const RawClient second(SOCK_STREAM, loop_->tcp_port());
  second.send(framed(hello()));
  EXPECT_EQ(farewell(second), Reason::kTooMany);
  EXPECT_FALSE(first.receive().empty());
}

TEST_F(NetLoopTest, RefusesAHelloOfAnAddressWithTooManyBySmallerDatagrams) {
  start({.max_players = kPlayers, .limits = {.most_connections = 1}});
  const RawClient first(SOCK_DGRAM, loop_->udp_port());
  first.send(datagram(hello()));
  seat(1);
  ASSERT_FALSE(first.receive().empty());
  const RawClient second(SOCK_DGRAM, loop_->udp_port());
  second.send(datagram(hello()));
  const auto bytes = second.receive();
  EXPECT_LT(bytes.size(), datagram(hello()).size());
  const auto reject = parse_datagram(bytes);
  ASSERT_TRUE(reject);
  EXPECT_EQ(std::get<Reject>(reject->body).reason, Reason::kTooMany);
}

TEST_F(NetLoopTest, TakesAGameThatWasStartedAgainForTheOneBeforeItOnceItIsProven) {
  start();
  const RawClient client(SOCK_DGRAM, loop_->udp_port());
  client.send(datagram(hello()));
  seat(1);
  const auto first_bytes = client.receive();
  const auto first = parse_datagram(first_bytes);
  ASSERT_TRUE(first);
  client.send(datagram({.header = {.conn = first->header.conn, .seq = 2}, .body = Input{.input_seq = 1}}));
  client.send(datagram({.header = {.seq = 1}, .body = Hello{.nonce = 2}}));
  seat(2);
  const auto second_bytes = client.receive();
  const auto second = parse_datagram(second_bytes);
  ASSERT_TRUE(second);
  EXPECT_EQ(std::get<Welcome>(second->body).nonce, 2U);
  EXPECT_EQ(left(Reason::kPeerClosed), 0U);
  client.send(datagram({.header = {.conn = second->header.conn, .seq = 2}, .body = Input{.input_seq = 1}}));
  EXPECT_TRUE(eventually([this] { return left(Reason::kPeerClosed) == 1; }));
  EXPECT_TRUE(eventually([this] { return loop_->front_stats().confirmed.value() == 2; }));
  client.send(datagram({.header = {.conn = first->header.conn, .seq = 3}, .body = Input{.input_seq = 2}}));
  EXPECT_TRUE(eventually([this] { return loop_->front_stats().unknown_senders.value() == 1; }));
}

TEST_F(NetLoopTest, LeavesAPlayerAloneWhoseAddressAForgerUses) {
  start();
  const RawClient client(SOCK_DGRAM, loop_->udp_port());
  client.send(datagram(hello()));
  seat(1);
  const auto welcome_bytes = client.receive();
  const auto conn = parse_datagram(welcome_bytes)->header.conn;
  client.send(datagram({.header = {.seq = 1}, .body = Hello{.nonce = 2}}));
  client.send(datagram({.header = {.conn = conn, .seq = 2}, .body = Input{.input_seq = 1}}));
  EXPECT_TRUE(eventually([this] { return loop_->front_stats().confirmed.value() == 1; }));
  EXPECT_EQ(left(Reason::kPeerClosed), 0U);
}

// Welcomed, or still waiting for the world: neither has shown that its address is its own.
TEST_F(NetLoopTest, SaysByeToUnprovenAddressesWithNoMoreBytesThanTheyHaveSent) {
  start();
  const RawClient welcomed(SOCK_DGRAM, loop_->udp_port());
  welcomed.send(datagram(hello()));
  seat(1);
  const auto welcome = welcomed.receive();
  EXPECT_TRUE(parse_datagram(welcome));
  const RawClient joining(SOCK_DGRAM, loop_->udp_port());
  joining.send(datagram(hello()));
  ASSERT_TRUE(eventually([this] { return world_->control.counts().depth == 1; }));
  stop();
  for (const auto* client : {&welcomed, &joining}) {
    const auto bytes = client->receive();
    const auto bye = parse_datagram(bytes);
    ASSERT_TRUE(bye);
    EXPECT_EQ(std::get<Bye>(bye->body).reason, Reason::kShutdown);
    EXPECT_LE(welcome.size() + bytes.size(), datagram(hello()).size());
    EXPECT_TRUE(client->receive().empty());
  }
  EXPECT_EQ(loop_->front_stats().confirmed.value(), 0U);
}

TEST_F(NetLoopTest, LosesAClientWhoseConnectionBreaks) {
  start();
  {
    const RawClient client(SOCK_STREAM, loop_->tcp_port());
    client.send(framed(hello()));
    seat(1);
    ASSERT_FALSE(client.receive().empty());
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  EXPECT_TRUE(eventually([this] { return left(Reason::kPeerClosed) == 1; }));
  std::vector<ToWorld> told;
  EXPECT_TRUE(eventually([&] {
    world_->control.drain(told);
    return !told.empty();
  }));
  EXPECT_EQ(std::get<LeaveRequest>(told.front()).player, 1U);
}

}  // namespace
}  // namespace tickwire::game
