// SPDX-License-Identifier: Apache-2.0
// Where the agent attaches, and that nothing of it stays, nor anything of others is touched.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "base/clock.h"
#include "e2e/agent.h"

namespace tickwire::e2e {
namespace {

using harness::eventually;

// 40 datagrams of 100 bytes in and 30 of 50 out, in either family, by a socket that dies with this call.
constexpr Traffic kExchange{80, 8000, 60, 3000};
void exchange(const Pair& scene) {
  for (const auto& [node_ip, player_ip] : {std::pair{kNodeV4, kPlayerV4}, std::pair{kNodeV6, kPlayerV6}}) {
    const Address node{.ip = node_ip, .port = kUdpPort};
    const Address player{.ip = player_ip, .port = 4001};
    const UniqueFd server = harness::udp_socket(scene.node, node);
    const UniqueFd client = harness::udp_socket(scene.player, player, node);
    for (int i = 0; i < 40; ++i) harness::send_datagram(client.fd(), 100);
    for (int i = 0; i < 40; ++i) ASSERT_EQ(harness::take_datagram(server.fd()), 100U);
    for (int i = 0; i < 30; ++i) harness::send_datagram_to(server.fd(), player, 50);
    for (int i = 0; i < 30; ++i) ASSERT_EQ(harness::take_datagram(client.fd()), 50U);
  }
}

struct Modes {
  std::string arrival;  // as the flag says it
  std::string departure;
  std::string in_use;  // as the status says it
};

class AttachModes : public ::testing::TestWithParam<Modes> {};
INSTANTIATE_TEST_SUITE_P(All, AttachModes,
                         ::testing::Values(Modes{"native", "tcx", "xdp_native"}, Modes{"native", "clsact", "xdp_native"},
                                           Modes{"generic", "tcx", "xdp_generic"}, Modes{"generic", "clsact", "xdp_generic"},
                                           Modes{"tcx", "tcx", "tcx"}, Modes{"tcx", "clsact", "tcx"},
                                           Modes{"clsact", "tcx", "clsact"}, Modes{"clsact", "clsact", "clsact"}),
                         [](const auto& chosen) { return chosen.param.arrival + "_" + chosen.param.departure; });

TEST_P(AttachModes, CountExactlyAndLeaveNothing) {
  const Pair scene;
  Agent agent(scene.node, {"--arrival", GetParam().arrival, "--departure", GetParam().departure});
  ASSERT_TRUE(agent.ready());
  EXPECT_EQ(agent.mode("arrival"), GetParam().in_use);
  EXPECT_EQ(agent.mode("departure"), GetParam().departure);
  exchange(scene);
  agent.settle();
  EXPECT_EQ(traffic_of(agent.service("world")), kExchange);
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(attached(scene.node), "");
  EXPECT_EQ(scene.node.run({"tc", "qdisc", "show", "dev", "eth0", "clsact"}), "");
}

TEST(AttachModes, KeepNativeXdpAwayFromAVethUnlessAsked) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  EXPECT_NE(agent.mode("arrival"), "xdp_native");
  EXPECT_NE(agent.mode("arrival"), "");
}

TEST(AttachModes, TakeGenericXdpOrTcOnTheLoopback) {
  const Namespace network("node");
  Agent agent(network, {"--interface", "lo"});
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = "127.0.0.1", .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(network, node);
  const UniqueFd client = harness::udp_socket(network, {.ip = "127.0.0.1", .port = 4001}, node);
  for (int i = 0; i < 9; ++i) {
    harness::send_datagram(client.fd(), 100);
    ASSERT_EQ(harness::take_datagram(server.fd()), 100U);
  }
  harness::send_datagram_to(server.fd(), {.ip = "127.0.0.1", .port = 4001}, 50);
  ASSERT_EQ(harness::take_datagram(client.fd()), 50U);
  agent.settle();
  EXPECT_EQ(traffic_of(agent.service("world")), (Traffic{9, 900, 1, 50}));
}

TEST(Stop, DetachesWithinTwoSeconds) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  EXPECT_NE(attached(scene.node), "");
  // The promise is one second; a shared machine may take its time to run us at all.
  const std::chrono::nanoseconds before = monotonic_now();
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_LT(monotonic_now() - before, std::chrono::seconds(2));
  EXPECT_EQ(attached(scene.node), "");
}

TEST(Stop, IsTheSameByInterrupt) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  agent.process().signal(SIGINT);
  EXPECT_EQ(agent.process().wait(), 0);
  EXPECT_EQ(attached(scene.node), "");
}

TEST(Kill, LeavesNothingWhereLinksHoldThePrograms) {
  const Pair scene;
  Agent agent(scene.node, {"--arrival", "tcx", "--departure", "tcx"});
  ASSERT_TRUE(agent.ready());
  agent.process().signal(SIGKILL);
  EXPECT_EQ(agent.process().wait(), 128 + SIGKILL);
  EXPECT_TRUE(eventually([&] { return attached(scene.node).empty(); }));
}

TEST(Kill, LeavesClsactFiltersThatTheNextStartSweeps) {
  const Pair scene;
  const Words flags{"--arrival", "clsact", "--departure", "clsact"};
  {
    Agent killed(scene.node, flags);
    ASSERT_TRUE(killed.ready());
    killed.process().signal(SIGKILL);
    ASSERT_EQ(killed.process().wait(), 128 + SIGKILL);
  }
  EXPECT_NE(attached(scene.node), "");
  Agent agent(scene.node, flags);
  ASSERT_TRUE(agent.ready());
  exchange(scene);
  agent.settle();
  EXPECT_EQ(traffic_of(agent.service("world")), kExchange);
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(attached(scene.node), "");
}

TEST(Kill, LeavesClsactFiltersThatAStartInAnotherModeSweepsToo) {
  const Pair scene;
  {
    Agent killed(scene.node, {"--arrival", "clsact", "--departure", "clsact"});
    ASSERT_TRUE(killed.ready());
    killed.process().signal(SIGKILL);
    ASSERT_EQ(killed.process().wait(), 128 + SIGKILL);
  }
  Agent agent(scene.node, {"--arrival", "tcx", "--departure", "tcx"});
  ASSERT_TRUE(agent.ready());
  EXPECT_EQ(scene.node.run({"tc", "filter", "show", "dev", "eth0", "ingress"}), "");
  EXPECT_EQ(scene.node.run({"tc", "filter", "show", "dev", "eth0", "egress"}), "");
}

std::string filters(const Namespace& network) {
  return network.run({"tc", "filter", "show", "dev", "eth0", "ingress"}) +
         network.run({"tc", "filter", "show", "dev", "eth0", "egress"});
}

TEST(Foreign, ClsactFiltersStay) {
  const Pair scene;
  scene.node.run({"tc", "qdisc", "add", "dev", "eth0", "clsact"});
  for (const char* direction : {"ingress", "egress"}) {
    scene.node.run({"tc", "filter", "add", "dev", "eth0", direction, "prio", "9", "handle", "9", "bpf", "da", "obj",
                    TICKWIRE_FOREIGN, "sec", "tc"});
  }
  const std::string before = filters(scene.node);
  ASSERT_NE(before, "");
  Agent agent(scene.node, {"--arrival", "clsact", "--departure", "clsact"});
  ASSERT_TRUE(agent.ready());
  exchange(scene);
  agent.settle();
  EXPECT_EQ(traffic_of(agent.service("world")), kExchange);
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(filters(scene.node), before);
}

struct ForeignXdp : Pair {
  ForeignXdp() { node.run({"ip", "link", "set", "dev", "eth0", "xdpdrv", "obj", TICKWIRE_FOREIGN, "sec", "xdp"}); }
  [[nodiscard]] std::string xdp() const { return json::parse(node.run({"ip", "-j", "link", "show", "eth0"}))[0]["xdp"].dump(); }
};

TEST(Foreign, XdpStaysAndTheAgentTakesAnotherHook) {
  const ForeignXdp scene;
  const std::string before = scene.xdp();
  ASSERT_NE(before, "null");
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  EXPECT_EQ(agent.mode("arrival"), "tcx");
  exchange(scene);
  agent.settle();
  EXPECT_EQ(traffic_of(agent.service("world")), kExchange);
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(scene.xdp(), before);
}

TEST(Foreign, XdpIsAnErrorWhereNativeXdpIsAskedFor) {
  const ForeignXdp scene;
  const std::string before = scene.xdp();
  Agent agent(scene.node, {"--arrival", "native"});
  EXPECT_EQ(agent.process().wait(), 1);
  EXPECT_NE(agent.process().err().find("eth0"), std::string::npos) << agent.process().err();
  EXPECT_NE(agent.process().err().find("EBUSY"), std::string::npos) << agent.process().err();
  EXPECT_EQ(scene.xdp(), before);
}

TEST(Restart, GoesOnWhileTrafficFlows) {
  const Pair scene;
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  const UniqueFd client = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node);
  std::jthread flow([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      harness::send_datagram(client.fd(), 100);
      harness::take_datagram(server.fd());
      std::this_thread::sleep_for(milliseconds(2));
    }
  });
  for (int round = 0; round < 3; ++round) {
    Agent agent(scene.node);
    ASSERT_TRUE(agent.ready());
    EXPECT_TRUE(eventually([&] { return traffic_of(agent.service("world")).packets_in >= 20; }));
    EXPECT_EQ(agent.connections().size(), 1U);
    EXPECT_EQ(agent.stop(), 0) << agent.process().err();
  }
  flow.request_stop();
}

}  // namespace
}  // namespace tickwire::e2e
