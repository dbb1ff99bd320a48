// SPDX-License-Identifier: Apache-2.0
// Every packet is counted, once: the agent's figures against what the test itself sent, or what a line between saw.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <thread>

#include "e2e/agent.h"
#include "harness/frame_view.h"
#include "harness/packet.h"

namespace tickwire::e2e {
namespace {

using harness::eventually;
using harness::Side;

struct Hosts {
  const char* family;
  const char* node;
  const char* player;
};
void PrintTo(const Hosts& hosts, std::ostream* out) { *out << hosts.family; }
constexpr Hosts kV4{"IPv4", kNodeV4, kPlayerV4};
constexpr Hosts kV6{"IPv6", kNodeV6, kPlayerV6};

class Counts : public ::testing::TestWithParam<Hosts> {};
INSTANTIATE_TEST_SUITE_P(Families, Counts, ::testing::Values(kV4, kV6), [](const auto& chosen) { return chosen.param.family; });

std::string endpoint(const std::string& ip, std::uint16_t port) {
  return (ip.find(':') == std::string::npos ? ip : "[" + ip + "]") + ":" + std::to_string(port);
}

// `in` datagrams of 100 bytes from the player, `out` of 50 bytes to it.
void exchange(int server_fd, int client_fd, const Address& client, int in, int out) {
  for (int i = 0; i < in; ++i) {
    harness::send_datagram(client_fd, 100);
    ASSERT_EQ(harness::take_datagram(server_fd), 100U);
  }
  for (int i = 0; i < out; ++i) {
    harness::send_datagram_to(server_fd, client, 50);
    ASSERT_EQ(harness::take_datagram(client_fd), 50U);
  }
}

TEST_P(Counts, DatagramsOfEachConnectionAndOfTheService) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = GetParam().node, .port = kUdpPort};
  const Address one{.ip = GetParam().player, .port = 4001};
  const Address two{.ip = GetParam().player, .port = 4002};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  const UniqueFd first = harness::udp_socket(scene.player, one, node);
  const UniqueFd second = harness::udp_socket(scene.player, two, node);
  exchange(server.fd(), first.fd(), one, 500, 300);
  exchange(server.fd(), second.fd(), two, 7, 0);
  agent.settle();

  EXPECT_EQ(traffic_of(agent.service("world")), (Traffic{507, 50'700, 300, 15'000}));
  EXPECT_EQ(agent.service("world")["connections_opened"], 2);
  EXPECT_EQ(traffic_of(agent.service("lobby")), Traffic{});
  const std::vector<json> rows = agent.connections("sort=packets");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["remote"], endpoint(two.ip, two.port));
  EXPECT_EQ(rows[0]["local"], endpoint(node.ip, node.port));
  EXPECT_EQ(rows[0]["protocol"], "udp");
  EXPECT_EQ(rows[0]["state"], "active");
  EXPECT_EQ(rows[0]["service"], "world");
  EXPECT_EQ(traffic_of(rows[0]), (Traffic{7, 700, 0, 0}));
  EXPECT_EQ(rows[1]["remote"], endpoint(one.ip, one.port));
  EXPECT_EQ(traffic_of(rows[1]), (Traffic{500, 50'000, 300, 15'000}));
}

// Payload bytes of the only TCP connection from that side which had passed before: a machine that is put off makes TCP send again.
std::uint64_t sent_again_bytes(const harness::DelayLine& line, Side from) {
  std::optional<std::uint32_t> next;
  std::uint64_t again = 0;
  for (const harness::PassedFrame& frame : line.log()) {
    const std::optional<harness::FrameView> read = harness::view(frame.head);
    if (frame.from != from || frame.dropped() || !read || read->protocol != IPPROTO_TCP || read->payload_bytes == 0) continue;
    const auto bytes = static_cast<std::uint32_t>(read->payload_bytes);
    const std::uint32_t seen = next ? *next - read->sequence : 0;  // of this segment and after it; at most its own are again
    if (static_cast<std::int32_t>(seen) > 0) again += std::min(seen, bytes);
    if (!next || static_cast<std::int32_t>(read->sequence + bytes - *next) > 0) next = read->sequence + bytes;
  }
  return again;
}

TEST_P(Counts, TcpTransfersByPacketAndByPayloadByte) {
  const Wire scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = GetParam().node, .port = kTcpPort};
  const UniqueFd listener = harness::tcp_listener(scene.node, node);
  UniqueFd client = harness::tcp_connect(scene.player, node);
  UniqueFd server = harness::tcp_accept(listener.fd());
  std::thread upload([&] { harness::send_bytes(client.fd(), 300'000); });
  harness::take_bytes(server.fd(), 300'000);
  upload.join();
  std::thread download([&] { harness::send_bytes(server.fd(), 123'457); });
  harness::take_bytes(client.fd(), 123'457);
  download.join();
  client.reset();
  ASSERT_TRUE(harness::take_end(server.fd()));
  server.reset();

  // The last acknowledgements come when TCP likes it: compare once both stand still.
  Traffic truth;
  EXPECT_TRUE(eventually([&] {
    truth = traffic_of(*scene.line, kTcpPort);
    agent.settle();
    return truth == traffic_of(*scene.line, kTcpPort) && truth == traffic_of(agent.service("lobby"));
  }));
  EXPECT_EQ(traffic_of(agent.service("lobby")), truth);
  // But for what was sent again, payload on the wire is what the programs wrote.
  EXPECT_EQ(truth.bytes_in - sent_again_bytes(*scene.line, Side::kPlayer), 300'000U);
  EXPECT_EQ(truth.bytes_out - sent_again_bytes(*scene.line, Side::kNode), 123'457U);
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(traffic_of(rows[0]), truth);
}

TEST_P(Counts, NothingOfAPortThatIsNotWatched) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = GetParam().node, .port = kUdpPort + 1};
  const Address player{.ip = GetParam().player, .port = 4001};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  const UniqueFd client = harness::udp_socket(scene.player, player, node);
  const json before = agent.status()["interfaces"][0];
  exchange(server.fd(), client.fd(), player, 20, 10);
  agent.settle();

  EXPECT_EQ(traffic_of(agent.service("world")), Traffic{});
  EXPECT_TRUE(agent.connections().empty());
  const json after = agent.status()["interfaces"][0];
  EXPECT_GE(after["packets_in"].get<int>() - before["packets_in"].get<int>(), 20);
  EXPECT_GE(after["packets_out"].get<int>() - before["packets_out"].get<int>(), 10);
}

TEST(Counts, SegmentsOfAPacketThatTheKernelCutsLater) {
  const Wire scene;
  harness::offloads_off({.network = scene.node}, true);
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kTcpPort};
  const UniqueFd listener = harness::tcp_listener(scene.node, node);
  const UniqueFd client = harness::tcp_connect(scene.player, node);
  const UniqueFd server = harness::tcp_accept(listener.fd());
  std::thread download([&] { harness::send_bytes(server.fd(), 400'000); });
  harness::take_bytes(client.fd(), 400'000);
  download.join();

  Traffic truth;
  EXPECT_TRUE(eventually([&] {
    truth = traffic_of(*scene.line, kTcpPort);
    agent.settle();
    return truth == traffic_of(*scene.line, kTcpPort) && truth == traffic_of(agent.service("lobby"));
  }));
  EXPECT_EQ(traffic_of(agent.service("lobby")), truth);
  EXPECT_EQ(truth.bytes_out - sent_again_bytes(*scene.line, Side::kNode), 400'000U);
}

// Tagged frames are sent as they are: what a tag does to the local stack is not the agent's matter.
class VlanTags : public ::testing::TestWithParam<std::vector<harness::VlanTag>> {};
std::string depth_name(const ::testing::TestParamInfo<std::vector<harness::VlanTag>>& chosen) {
  return "of_depth_" + std::to_string(chosen.param.size());
}
INSTANTIATE_TEST_SUITE_P(Depths, VlanTags,
                         ::testing::Values(std::vector{harness::VlanTag{}},
                                           std::vector{harness::VlanTag{.tpid = harness::kTpidService, .tci = 7},
                                                       harness::VlanTag{}}),
                         depth_name);

TEST_P(VlanTags, DoNotHideAConnection) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const UniqueFd from_player = harness::frame_socket(scene.player, "eth0");
  const UniqueFd from_node = harness::frame_socket(scene.node, "eth0");
  for (const harness::Family family : {harness::Family::kIpv4, harness::Family::kIpv6}) {
    const harness::Path path{.family = family, .local_port = kUdpPort};
    harness::Packet in = path.datagram_in(100);
    harness::Packet out = path.datagram_out(60);
    in.ethernet.tags = out.ethernet.tags = GetParam();
    for (int i = 0; i < 11; ++i) harness::send_frame(from_player.fd(), harness::frame(in));
    for (int i = 0; i < 5; ++i) harness::send_frame(from_node.fd(), harness::frame(out));
  }
  // Nobody takes these frames out of a socket, so nothing says when the last has passed.
  EXPECT_TRUE(eventually([&] { return traffic_of(agent.service("world")) == Traffic{22, 2200, 10, 600}; }));
  agent.settle();
  EXPECT_EQ(traffic_of(agent.service("world")), (Traffic{22, 2200, 10, 600}));
  EXPECT_EQ(agent.connections().size(), 2U);
}

TEST(Losses, CountEachFragmentOfADatagram) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  const UniqueFd client = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node);
  harness::send_datagram(client.fd(), 4000);  // 1500 bytes an IP packet: three fragments
  ASSERT_EQ(harness::take_datagram(server.fd()), 4000U);
  agent.settle();
  EXPECT_EQ(agent.status()["losses"]["fragment"], 3);
  EXPECT_EQ(traffic_of(agent.service("world")), Traffic{});
}

TEST(FullTable, LeavesTheServiceExactAndCountsWhatItRefused) {
  const Pair scene;
  Agent agent(scene.node, {"--max-connections", "64"});
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  for (int peer = 0; peer < 200; ++peer) {
    const Address player{.ip = kPlayerV4, .port = static_cast<std::uint16_t>(20'000 + peer)};
    const UniqueFd client = harness::udp_socket(scene.player, player, node);
    exchange(server.fd(), client.fd(), player, 10, 5);
  }
  agent.settle();

  EXPECT_EQ(traffic_of(agent.service("world")), (Traffic{2000, 200'000, 1000, 50'000}));
  EXPECT_EQ(agent.connections().size(), 64U);
  EXPECT_EQ(agent.status()["losses"]["table_full"], (200 - 64) * 15);
  EXPECT_EQ(agent.status()["slots"]["used"], 64);
  EXPECT_EQ(agent.status()["slots"]["capacity"], 64);
}

}  // namespace
}  // namespace tickwire::e2e
