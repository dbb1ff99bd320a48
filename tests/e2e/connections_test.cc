// SPDX-License-Identifier: Apache-2.0
// The life of TCP connections: each is seen once, with its state, and with why it ended.
#include <gtest/gtest.h>

#include <set>

#include "e2e/agent.h"
#include "harness/frame_view.h"

namespace tickwire::e2e {
namespace {

using harness::eventually;
using harness::FrameView;
using harness::PassedFrame;
using harness::Side;

const Address kNode{.ip = kNodeV4, .port = kTcpPort};

// Both ends of an established connection.
struct Ends {
  Ends(const Pair& scene, int listener_fd)
      : client(harness::tcp_connect(scene.player, kNode)), server(harness::tcp_accept(listener_fd)) {}
  UniqueFd client, server;
};

// The only row of the table, once its state is `state`.
json only_row(const Agent& agent, const std::string& state) {
  json row;
  EXPECT_TRUE(eventually([&] {
    const std::vector<json> rows = agent.connections();
    if (rows.size() == 1) row = rows[0];
    return !row.is_null() && row["state"] == state;
  })) << "no row became "
      << state << ": " << row.dump();
  return row;
}

TEST(Connections, OpenedAndClosedBetweenTwoTicksAreEachCountedOnce) {
  constexpr int kConnections = 1000;
  const Pair scene;
  Agent agent(scene.node, {"--interval", "5s"});
  ASSERT_TRUE(agent.ready());
  const UniqueFd listener = harness::tcp_listener(scene.node, kNode);
  for (int i = 0; i < kConnections; ++i) {
    Ends ends(scene, listener.fd());
    harness::send_bytes(ends.client.fd(), 10);
    harness::take_bytes(ends.server.fd(), 10);
    ends.client.reset();
    ASSERT_TRUE(harness::take_end(ends.server.fd()));
  }
  EXPECT_TRUE(eventually([&] { return agent.service("lobby")["connections_closed"] == kConnections; }));
  json service = agent.service("lobby");
  EXPECT_EQ(service["connections_opened"], kConnections);
  EXPECT_EQ(service["connections_closed"], kConnections);
  EXPECT_EQ(service["closed_by"]["remote_fin"], kConnections);
  EXPECT_EQ(service["tcp_state_transitions"]["established"], kConnections);
  EXPECT_EQ(service["payload_bytes_in"], 10 * kConnections);
  EXPECT_EQ(agent.connections("state=closed").size(), static_cast<std::size_t>(kConnections));
}

TEST(Connections, ThatAreOlderThanTheAgentAreSeededAndCloseOnce) {
  const Pair scene;
  const UniqueFd listener = harness::tcp_listener(scene.node, kNode);
  Ends ends(scene, listener.fd());
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  json row = only_row(agent, "established");
  EXPECT_EQ(row["seeded"], true);
  EXPECT_EQ(row["remote"], std::string(kPlayerV4) + ":" + std::to_string(harness::local_port(ends.client.fd())));
  EXPECT_TRUE(row["handshake_ns"].is_null());

  harness::send_bytes(ends.client.fd(), 77);
  harness::take_bytes(ends.server.fd(), 77);
  ends.client.reset();
  ASSERT_TRUE(harness::take_end(ends.server.fd()));
  ends.server.reset();
  row = only_row(agent, "closed");
  EXPECT_EQ(row["close_reason"], "remote_fin");
  EXPECT_EQ(row["payload_bytes_in"], 77);
  agent.settle();
  EXPECT_EQ(agent.service("lobby")["connections_closed"], 1);
  EXPECT_EQ(agent.connections().size(), 1U);
}

TEST(Connections, ThatAreOpenedWhileTheAgentWatchesAreNotSeeded) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const UniqueFd listener = harness::tcp_listener(scene.node, kNode);
  const Ends ends(scene, listener.fd());
  const json row = only_row(agent, "established");
  EXPECT_EQ(row["seeded"], false);
  EXPECT_TRUE(row["handshake_ns"].is_number());
  EXPECT_TRUE(row["close_reason"].is_null());
  EXPECT_EQ(agent.service("lobby")["connections"]["established"], 1);
  EXPECT_EQ(agent.service("lobby")["connections_closed"], 0);
}

TEST(Connections, OfTheSamePortInAnotherNamespaceAreNotOurs) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  // The player serves the same port: hooks on TCP state see its sockets as well.
  const Address player{.ip = kPlayerV4, .port = kTcpPort};
  const UniqueFd listener = harness::tcp_listener(scene.player, player);
  UniqueFd client = harness::tcp_connect(scene.node, player);
  UniqueFd server = harness::tcp_accept(listener.fd());
  client.reset();
  ASSERT_TRUE(harness::take_end(server.fd()));
  server.reset();
  agent.settle();
  EXPECT_EQ(agent.service("lobby")["connections_opened"], 0);
  EXPECT_EQ(agent.service("lobby")["tcp_state_transitions"].value("established", 0), 0);
  EXPECT_TRUE(agent.connections().empty());
}

// Where the kernel gives no hook on the state, it is read from the packets.
TEST(Connections, AreFollowedByTheirPacketsWithoutAStateHook) {
  const Pair scene;
  Agent agent(scene.node, {"--tcp-state", "none"});
  ASSERT_TRUE(agent.ready());
  EXPECT_EQ(agent.mode("tcp_state"), "");
  const UniqueFd listener = harness::tcp_listener(scene.node, kNode);
  Ends ends(scene, listener.fd());
  EXPECT_TRUE(only_row(agent, "established")["handshake_ns"].is_number());
  ends.client.reset();
  ASSERT_TRUE(harness::take_end(ends.server.fd()));
  static_cast<void>(only_row(agent, "close_wait"));  // two FINs between two ticks would not tell who was first
  ends.server.reset();
  EXPECT_EQ(only_row(agent, "closed")["close_reason"], "remote_fin");
  EXPECT_EQ(agent.service("lobby")["connections_closed"], 1);
}

struct Ending {
  std::string reason;
  bool by_server;
  bool by_reset;
};

class CloseReason : public ::testing::TestWithParam<Ending> {};
INSTANTIATE_TEST_SUITE_P(Endings, CloseReason,
                         ::testing::Values(Ending{"local_fin", true, false}, Ending{"remote_fin", false, false},
                                           Ending{"local_reset", true, true}, Ending{"remote_reset", false, true}),
                         [](const auto& chosen) { return chosen.param.reason; });

TEST_P(CloseReason, SaysWhoEndedTheConnectionAndHow) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const UniqueFd listener = harness::tcp_listener(scene.node, kNode);
  Ends ends(scene, listener.fd());
  static_cast<void>(only_row(agent, "established"));
  UniqueFd& first = GetParam().by_server ? ends.server : ends.client;
  UniqueFd& second = GetParam().by_server ? ends.client : ends.server;
  if (GetParam().by_reset) harness::reset_on_close(first.fd());
  first.reset();
  EXPECT_EQ(harness::take_end(second.fd()), !GetParam().by_reset);
  second.reset();
  const json row = only_row(agent, "closed");
  EXPECT_EQ(row["close_reason"], GetParam().reason);
  EXPECT_TRUE(row["closed"].is_string());
  EXPECT_EQ(agent.service("lobby")["closed_by"], json({{GetParam().reason, 1}}));
}

TEST(Retransmissions, AreCountedAsTheLineSawThem) {
  // The first sending of some segments with payload is lost on the way to the player.
  std::set<std::uint32_t> seen;
  int segments = 0;
  const Wire scene({.lose = [&](const PassedFrame& frame) {
    const std::optional<FrameView> read = harness::view(frame.head);
    if (frame.from != Side::kNode || !read || read->payload_bytes == 0 || !seen.insert(read->sequence).second) return false;
    return ++segments % 20 == 7;
  }});
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const UniqueFd listener = harness::tcp_listener(scene.node, kNode);
  const UniqueFd client = harness::tcp_connect(scene.player, kNode);
  const UniqueFd server = harness::tcp_accept(listener.fd());
  harness::send_bytes(server.fd(), 100'000);
  harness::take_bytes(client.fd(), 100'000);

  // A machine that is put off makes TCP send more of them again, the last when all has arrived: compare once both stand still.
  int again = 0;
  int lost = 0;
  const auto look = [&] {
    std::set<std::uint32_t> sent;
    again = lost = 0;
    for (const PassedFrame& frame : scene.line->log()) {
      const std::optional<FrameView> read = harness::view(frame.head);
      if (frame.from != Side::kNode || !read || read->payload_bytes == 0) continue;
      if (!sent.insert(read->sequence).second) ++again;
      if (frame.dropped()) ++lost;
    }
    return again;
  };
  EXPECT_TRUE(eventually([&] {
    const int before = look();
    agent.settle();
    return look() == before && agent.service("lobby")["retransmissions"] == again;
  })) << again;
  EXPECT_GE(lost, 3);
  EXPECT_GE(again, lost);
  EXPECT_EQ(agent.service("lobby")["retransmissions"], again);
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["retransmissions"], again);
}

TEST(Udp, EndsAfterItsIdleTimeAndComesBackAsAnotherConnection) {
  const Pair scene;
  Agent agent(scene.node, {"--udp-idle-timeout", "1s"});
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  const UniqueFd client = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node);
  harness::send_datagram(client.fd(), 100);
  EXPECT_EQ(only_row(agent, "active")["close_reason"], nullptr);
  const json row = only_row(agent, "closed");
  EXPECT_EQ(row["close_reason"], "idle");
  // The slot goes back some seconds after the end; the player's next packet opens another connection.
  EXPECT_TRUE(eventually([&] {
    harness::send_datagram(client.fd(), 100);
    return agent.connections().size() == 2;
  }));
  EXPECT_EQ(agent.service("world")["connections_opened"], 2);
  EXPECT_EQ(agent.service("world")["connections_closed"], 1);
}

}  // namespace
}  // namespace tickwire::e2e
