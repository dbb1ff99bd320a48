// SPDX-License-Identifier: Apache-2.0
// The stages of requests by each hook that can tell of TCP's writes. Runs inside a virtual machine: fentry and kprobes are not to be
// had everywhere. Its time is rough, so only rough sizes are judged, of waits that are tens of milliseconds apart.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <stdexcept>

#include "e2e/agent.h"
#include "harness/echo_server.h"

namespace tickwire::vm {
namespace {

using e2e::Agent;
using e2e::json;
using harness::Address;
using harness::EchoServer;
using harness::Transport;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kRounds = 12;
constexpr int kLeast = 11;  // TCP may send one again when the machine is put off

// What the game does with each request, and what a slow machine may make of it.
constexpr milliseconds kReadAfter(60), kReadLeast(45), kReadMost(110);
constexpr milliseconds kWork(30), kWorkLeast(20), kWorkMost(70);

// One player's requests, each answered before the next, and what an agent said of them.
class Scene {
 public:
  Scene(Transport transport, const std::string& tcp_write) : agent_(pair_.node, {"--tcp-write", tcp_write}) {
    if (!ready()) throw std::runtime_error("the agent is not ready: " + agent_.process().err());
    const bool udp = transport == Transport::kUdp;
    const Address node{.ip = e2e::kNodeV4, .port = udp ? e2e::kUdpPort : e2e::kTcpPort};
    const EchoServer server(pair_.node, transport, node, kWork, kReadAfter);
    const UniqueFd client =
        udp ? harness::udp_socket(pair_.player, {.ip = e2e::kPlayerV4}, node) : harness::tcp_connect(pair_.player, node);
    for (int round = 0; round < kRounds; ++round) EchoServer::ask(client.fd(), transport);
    agent_.settle();
    const std::vector<json> rows = agent_.connections();
    if (rows.size() != 1) throw std::runtime_error(std::to_string(rows.size()) + " connections, 1 is right");
    row_ = rows[0];
  }
  [[nodiscard]] const Agent& agent() const { return agent_; }
  [[nodiscard]] const json& row() const { return row_; }

 private:
  // Longer than elsewhere: an emulated kernel takes its time to verify the programs.
  bool ready() {
    const auto answers = [&] { return !agent_.process().running() || agent_.get("/readyz").status == 200; };
    return harness::eventually(answers, std::chrono::seconds(30)) && agent_.process().running();
  }

  e2e::Pair pair_;
  Agent agent_;
  json row_;
};

void expect_between(const json& value_ns, nanoseconds least, nanoseconds most, const std::string& what) {
  ASSERT_TRUE(value_ns.is_number()) << what << ": " << value_ns;
  EXPECT_GT(value_ns.get<std::int64_t>(), least.count()) << what;
  EXPECT_LT(value_ns.get<std::int64_t>(), most.count()) << what;
}

// The wait for the game and its work, each where it belongs.
void expect_told(const json& row) {
  EXPECT_GE(row["followed"]["completed"], kLeast) << row;
  EXPECT_LE(row["followed"]["completed"], kRounds) << row;
  const json& stages = row["stages"];
  std::cout << "socket_to_app " << stages["socket_to_app"] << "\napp " << stages["app"] << "\n";
  for (const char* stage : {"nic_to_socket", "socket_to_app", "app", "app_to_nic"})
    EXPECT_EQ(stages[stage]["samples"], row["followed"]["completed"]) << stage;
  expect_between(stages["socket_to_app"]["p50_ns"], kReadLeast, kReadMost, "socket_to_app");
  expect_between(stages["app"]["p50_ns"], kWorkLeast, kWorkMost, "app");
  EXPECT_GT(stages["socket_to_app"]["p50_ns"], stages["app"]["p50_ns"]);
}

TEST(UdpStages, TellTheReadDelayFromTheWork) {
  const Scene scene(Transport::kUdp, "auto");
  EXPECT_EQ(scene.agent().mode("udp_write"), "cgroup/sendmsg4");
  expect_told(scene.row());
}

struct Way {
  std::string asked;  // as the flag says it
  std::string in_use;
};

class TcpStages : public ::testing::TestWithParam<Way> {};
// None of these kernels has the tracepoint tcp_sendmsg_locked.
INSTANTIATE_TEST_SUITE_P(Writes, TcpStages,
                         ::testing::Values(Way{"auto", "fentry/tcp_sendmsg"}, Way{"kprobe", "kprobe/tcp_sendmsg"},
                                           Way{"egress", "cgroup_skb/egress"}),
                         [](const auto& chosen) { return chosen.param.asked; });

TEST_P(TcpStages, TellTheReadDelayFromTheWork) {
  const Scene scene(Transport::kTcp, GetParam().asked);
  EXPECT_EQ(scene.agent().mode("tcp_write"), GetParam().in_use);
  expect_told(scene.row());
}

TEST(TcpStages, AreNotToldWhereTheHookThatIsAskedForIsMissing) {
  const Scene scene(Transport::kTcp, "tracepoint");
  EXPECT_EQ(scene.agent().mode("tcp_write"), "");
  EXPECT_EQ(scene.row()["followed"]["completed"], 0) << scene.row();
  EXPECT_EQ(scene.row()["stages"]["app"]["samples"], 0);
  EXPECT_GE(scene.row()["turnaround"]["samples"], kLeast);
}

}  // namespace
}  // namespace tickwire::vm
