// SPDX-License-Identifier: Apache-2.0
// What a running agent answers: to its command line, over HTTP, and to Prometheus; and that it says when it is blind.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "e2e/agent.h"

namespace tickwire::e2e {
namespace {

using harness::eventually;
using harness::Finished;

// A TCP connection and two UDP ones, IPv4 and IPv6, with a few packets each.
struct Played : Pair {
  Played() {
    udp_server = harness::udp_socket(node, {.ip = kNodeV4, .port = kUdpPort});
    udp6_server = harness::udp_socket(node, {.ip = kNodeV6, .port = kUdpPort});
    listener = harness::tcp_listener(node, {.ip = kNodeV4, .port = kTcpPort});
  }
  void play() {
    udp = harness::udp_socket(player, {.ip = kPlayerV4, .port = 4001}, {.ip = kNodeV4, .port = kUdpPort});
    udp6 = harness::udp_socket(player, {.ip = kPlayerV6, .port = 4002}, {.ip = kNodeV6, .port = kUdpPort});
    tcp = harness::tcp_connect(player, {.ip = kNodeV4, .port = kTcpPort}, {.ip = kPlayerV4, .port = 4003});
    tcp_server = harness::tcp_accept(listener.fd());
    for (int i = 0; i < 30; ++i) {
      harness::send_datagram(udp.fd(), 100);
      harness::take_datagram(udp_server.fd());
      harness::send_datagram_to(udp_server.fd(), {.ip = kPlayerV4, .port = 4001}, 100);
      harness::take_datagram(udp.fd());
      harness::send_datagram(udp6.fd(), 100);
      harness::take_datagram(udp6_server.fd());
      harness::send_bytes(tcp.fd(), 100);
      harness::take_bytes(tcp_server.fd(), 100);
      harness::send_bytes(tcp_server.fd(), 100);
      harness::take_bytes(tcp.fd(), 100);
    }
  }
  UniqueFd udp_server, udp6_server, listener, udp, udp6, tcp, tcp_server;
};

class Outputs : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(agent_.ready());
    scene_.play();
    agent_.settle();
  }
  [[nodiscard]] std::vector<std::string> remotes(const Words& filter) const {
    Words words{"connections", "-o", "json", "--sort", "remote"};
    words.insert(words.end(), filter.begin(), filter.end());
    const Finished finished = agent_.cli(words);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    std::vector<std::string> found;
    const json document = json::parse(finished.out);
    for (const json& row : document["connections"]) found.push_back(row["remote"]);
    std::ranges::sort(found);
    return found;
  }

  Played scene_;
  Agent agent_{scene_.node};
};

constexpr const char* kUdpRemote = "192.0.2.2:4001";
constexpr const char* kUdp6Remote = "[2001:db8::2]:4002";
constexpr const char* kTcpRemote = "192.0.2.2:4003";
using Remotes = std::vector<std::string>;

TEST_F(Outputs, ConnectionsAreFilteredByEachFlag) {
  EXPECT_EQ(remotes({}), (Remotes{kUdpRemote, kTcpRemote, kUdp6Remote}));
  EXPECT_EQ(remotes({"--service", "lobby"}), Remotes{kTcpRemote});
  EXPECT_EQ(remotes({"--port", std::to_string(kTcpPort)}), Remotes{kTcpRemote});
  EXPECT_EQ(remotes({"--remote", "192.0.2.0/24"}), (Remotes{kUdpRemote, kTcpRemote}));
  EXPECT_EQ(remotes({"--remote", "2001:db8::2"}), Remotes{kUdp6Remote});
  EXPECT_EQ(remotes({"--remote", "198.51.100.0/24"}), Remotes{});
  EXPECT_EQ(remotes({"--proto", "udp"}), (Remotes{kUdpRemote, kUdp6Remote}));
  EXPECT_EQ(remotes({"--state", "established"}), Remotes{kTcpRemote});
  EXPECT_EQ(remotes({"--state", "closed"}), Remotes{});
  EXPECT_EQ(remotes({"--min-rtt", "1ns"}), Remotes{kTcpRemote});
  EXPECT_EQ(remotes({"--min-rtt", "10s"}), Remotes{});
  EXPECT_EQ(remotes({"--min-turnaround", "1ns"}), (Remotes{kUdpRemote, kTcpRemote}));
  EXPECT_EQ(remotes({"--limit", "2"}).size(), 2U);
}

TEST_F(Outputs, ConnectionsHaveATableALongTableAndLines) {
  const Finished table = agent_.cli({"connections"});
  EXPECT_EQ(table.exit_code, 0);
  for (const char* part : {"PROTO", "TURNAROUND", kUdpRemote, kUdp6Remote, kTcpRemote})
    EXPECT_NE(table.out.find(part), std::string::npos) << part;
  const Finished wide = agent_.cli({"connections", "-o", "wide"});
  EXPECT_NE(wide.out.find("HANDSHAKE"), std::string::npos);
  const Finished lines = agent_.cli({"connections", "-o", "jsonl"});
  EXPECT_EQ(std::ranges::count(lines.out, '\n'), 3);
}

TEST_F(Outputs, ConnectionsRefuseWhatTheyDoNotKnow) {
  EXPECT_EQ(agent_.cli({"connections", "--proto", "sctp"}).exit_code, 2);
  EXPECT_EQ(agent_.cli({"connections", "--remote", "nowhere"}).exit_code, 2);
  EXPECT_EQ(agent_.cli({"connections", "--sort", "-beauty"}).exit_code, 2);
  EXPECT_EQ(agent_.cli({"connections", "--colour"}).exit_code, 2);
}

TEST_F(Outputs, InspectShowsOneConnectionByItsIdOrItsEndpoint) {
  const std::string id = agent_.connections("proto=tcp").at(0)["id"];
  for (const std::string& name : {id, std::string(kTcpRemote), "192.0.2.1:" + std::to_string(kTcpPort) + ">" + kTcpRemote}) {
    const Finished text = agent_.cli({"inspect", name});
    EXPECT_EQ(text.exit_code, 0) << text.err;
    for (const char* part : {kTcpRemote, "tcp_timestamp", "next_packet"})
      EXPECT_NE(text.out.find(part), std::string::npos) << part;
  }
  const Finished document = agent_.cli({"inspect", id, "-o", "json"});
  EXPECT_EQ(json::parse(document.out)["connection"]["remote"], kTcpRemote);
  EXPECT_FALSE(json::parse(document.out)["connection"]["turnaround"]["cells"].empty());
}

TEST_F(Outputs, InspectSaysWhenNothingFits) {
  const Finished finished = agent_.cli({"inspect", "198.51.100.9:1"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.err.find("198.51.100.9:1"), std::string::npos) << finished.err;
}

TEST_F(Outputs, ServicesAndStatusAreShown) {
  const Finished services = agent_.cli({"services"});
  EXPECT_EQ(services.exit_code, 0) << services.err;
  for (const char* part : {"world", "lobby"}) EXPECT_NE(services.out.find(part), std::string::npos) << services.out;
  const Finished status = agent_.cli({"status", "-o", "json"});
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_EQ(json::parse(status.out)["ready"], true);
}

TEST_F(Outputs, TheConnectionTableIsNotGivenOverTcp) {
  for (const char* path : {"/api/v1/connections", "/api/v1/connections/0.0", "/api/v1/services", "/api/v1/status"}) {
    const harness::Reply reply = harness::get_tcp(scene_.node, kMetricsPort, path);
    EXPECT_EQ(reply.status, 403) << path;
    EXPECT_NE(reply.body.find("--expose-connections"), std::string::npos) << reply.body;
    EXPECT_EQ(reply.body.find("192.0.2.2"), std::string::npos) << reply.body;
  }
}

TEST_F(Outputs, OnlyGetIsAnswered) {
  EXPECT_EQ(harness::post_tcp(scene_.node, kMetricsPort, "/metrics", "x=1").status, 405);
  EXPECT_EQ(harness::get_tcp(scene_.node, kMetricsPort, "/nothing").status, 404);
}

TEST_F(Outputs, HealthAndReadinessAreAnsweredOverTcp) {
  EXPECT_EQ(harness::get_tcp(scene_.node, kMetricsPort, "/healthz").status, 200);
  EXPECT_EQ(harness::get_tcp(scene_.node, kMetricsPort, "/readyz").status, 200);
}

TEST_F(Outputs, PromtoolFindsNothingInTheMetrics) {
  const harness::TemporaryFolder folder;
  for (const char* path : {"/metrics", "/metrics/connections"}) {
    const harness::Reply reply = agent_.get(path);
    ASSERT_EQ(reply.status, 200);
    EXPECT_TRUE(reply.content_type.starts_with("text/plain; version=0.0.4")) << reply.content_type;
    std::ofstream(folder.path("metrics")) << reply.body;
    const Finished checked = harness::run({"sh", "-c", "promtool check metrics <" + folder.path("metrics")});
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    EXPECT_EQ(checked.out + checked.err, "");
  }
}

TEST_F(Outputs, MetricsNameNoPeer) {
  const std::string metrics = harness::get_tcp(scene_.node, kMetricsPort, "/metrics").body;
  EXPECT_NE(metrics.find("tickwire_packets_total{service=\"world\",protocol=\"udp\",direction=\"ingress\"} 60\n"),
            std::string::npos);
  EXPECT_EQ(metrics.find("192.0.2.2"), std::string::npos);
  EXPECT_EQ(metrics.find("2001:db8::2"), std::string::npos);
}

TEST_F(Outputs, TheSocketIsForTheOwnerAndItsGroupAndGoesWithTheAgent) {
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(agent_.socket()).permissions(), fs::perms(0660));
  EXPECT_EQ(agent_.stop(), 0);
  EXPECT_FALSE(fs::exists(agent_.socket()));
}

TEST_F(Outputs, ClientsSayWhenNoAgentIsThere) {
  EXPECT_EQ(agent_.stop(), 0);
  const Finished finished = agent_.cli({"connections"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.err.find(agent_.socket()), std::string::npos) << finished.err;
}

TEST(Exposure, GivesTheTableOverTcpWhereItIsAskedFor) {
  Played scene;
  Agent agent(scene.node, {"--expose-connections"});
  ASSERT_TRUE(agent.ready());
  scene.play();
  agent.settle();
  const harness::Reply reply = harness::get_tcp(scene.node, kMetricsPort, "/api/v1/connections");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json::parse(reply.body)["connections"].size(), 3U);
}

TEST(Exposure, HasNoTcpListenerWhereNoneIsWanted) {
  const Pair scene;
  Agent agent(scene.node, {"--listen", ""});
  ASSERT_TRUE(agent.ready());
  EXPECT_EQ(harness::get_tcp(scene.node, kMetricsPort, "/metrics").status, 0);
}

TEST(Discovery, WatchesWhatListensNamedByItsProcess) {
  const Pair scene;
  const UniqueFd udp = harness::udp_socket(scene.node, {.ip = kNodeV4, .port = kUdpPort});
  const UniqueFd tcp = harness::tcp_listener(scene.node, {.ip = kNodeV6, .port = kTcpPort});
  const harness::TemporaryFolder folder;
  harness::Process agent({TICKWIRE_BINARY, "run", "--interface", "eth0", "--api-socket", folder.path("api.sock"), "--listen", ""},
                         scene.node.name());
  json services;
  EXPECT_TRUE(eventually([&] {
    const harness::Reply reply = harness::get_unix(folder.path("api.sock"), "/api/v1/services");
    if (reply.status == 200) services = json::parse(reply.body)["services"];
    return services.size() == 2;
  })) << services.dump()
      << agent.err();
  for (const json& service : services) EXPECT_EQ(service["service"], "e2e_outputs");
}

// The agent's programs are taken away behind its back while packets go on.
TEST(Blindness, IsSaidByReadiness) {
  const Pair scene;
  Agent agent(scene.node, {"--arrival", "clsact", "--departure", "clsact"});
  ASSERT_TRUE(agent.ready());
  scene.node.run({"tc", "qdisc", "del", "dev", "eth0", "clsact"});
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  const UniqueFd client = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node);
  harness::Reply reply;
  EXPECT_TRUE(eventually([&] {
    harness::send_datagram(client.fd(), 100);
    reply = harness::get_tcp(scene.node, kMetricsPort, "/readyz");
    return reply.status == 503;
  }));
  EXPECT_NE(reply.body.find("eth0"), std::string::npos) << reply.body;
  EXPECT_EQ(harness::get_tcp(scene.node, kMetricsPort, "/healthz").status, 200);
}

TEST(Blindness, IsNotSaidOfAnInterfaceWithoutTraffic) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  for (int i = 0; i < 10; ++i) agent.settle();
  EXPECT_EQ(agent.get("/readyz").status, 200);
}

}  // namespace
}  // namespace tickwire::e2e
