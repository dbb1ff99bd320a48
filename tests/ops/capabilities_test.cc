// SPDX-License-Identifier: Apache-2.0
// The agent as the chart runs it: root with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN alone, on a read-only root, its cgroup mount read-only.
// What works as full root works so too.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "e2e/agent.h"
#include "harness/echo_server.h"

namespace tickwire::e2e {
namespace {

using harness::EchoServer;
using harness::Finished;
using harness::Transport;
using ::testing::Test;

constexpr int kRounds = 20;
constexpr const char* kThree = "+bpf,+perfmon,+net_admin";

// A command in front of the agent's that makes what a container is given. The harness has made a mount namespace already, so nothing of
// this is seen outside.
Words container(const std::string& folder, const std::string& capabilities) {
  return {"sh",
          "-ec",
          "mount --bind /tmp /tmp; mkdir -p \"$1/cgroup\"; chmod 755 \"$1\"; mount -t cgroup2 none \"$1/cgroup\"; mount -o "
          "remount,bind,ro "
          "\"$1/cgroup\"\n"
          "mount -o remount,bind,ro / 2>/dev/null || mount -o remount,ro /\n"
          "cd /; capabilities=-all,$2; shift 2\n"
          "exec setpriv --bounding-set=\"$capabilities\" --inh-caps=\"$capabilities\" --no-new-privs \"$@\"",
          "container",
          folder,
          capabilities};
}

// The same for the systemd unit: another user than root, who gets the three by the ambient set.
Words unit(const std::string& folder) {
  Words words = container(folder, kThree);
  words[2].insert(0, "for word; do case $word in */api.sock) chown 65534 \"${word%/*}\" ;; esac; done\n");
  const std::size_t user = words[2].find("--no-new-privs");
  words[2].insert(user, "--reuid 65534 --regid 65534 --clear-groups --ambient-caps=\"$capabilities\" ");
  return words;
}

// In a virtual machine everything takes its time.
bool slowly_ready(Agent& agent) {
  const auto answers = [&] { return !agent.process().running() || agent.get("/readyz").status == 200; };
  return harness::eventually(answers, std::chrono::seconds(40)) && agent.process().running();
}

// Asks and is answered, so many times.
void play(const Pair& scene, Transport transport) {
  const bool udp = transport == Transport::kUdp;
  const Address node{.ip = kNodeV4, .port = udp ? kUdpPort : kTcpPort};
  const EchoServer server(scene.node, transport, node, milliseconds(5));
  const UniqueFd client =
      udp ? harness::udp_socket(scene.player, {.ip = kPlayerV4}, node) : harness::tcp_connect(scene.player, node);
  for (int round = 0; round < kRounds; ++round) EchoServer::ask(client.fd(), transport);
}

class Capabilities : public Test {
 protected:
  Words contained(const std::string& capabilities) const { return container(folder_.path(), capabilities); }
  Words cgroup() const { return {"--cgroup", folder_.path("cgroup")}; }
  // What doctor would choose for each capability; empty: nothing works.
  std::map<std::string, std::string> doctor(Words prefix, const std::string& cgroup) {
    prefix.insert(prefix.end(), {TICKWIRE_BINARY, "doctor", "--interface", "eth0", "--cgroup", cgroup, "-o", "json"});
    const Finished finished = harness::run(prefix, scene_.node.name(), std::chrono::seconds(60));
    EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
    std::map<std::string, std::string> modes;
    const json report = json::parse(finished.out);
    for (const json& hook : report["hooks"]) modes[hook["capability"]] = hook["mode"].is_null() ? "" : hook["mode"];
    return modes;
  }

  harness::TemporaryFolder folder_;
  Pair scene_;
};

TEST_F(Capabilities, OfTheChartAreEnoughForEveryHookThatRootCanUse) {
  // Of the ways to the same thing, the best: Debian's kernels refuse kprobes without CAP_SYS_ADMIN where kernel.perf_event_paranoid is 3,
  // but have fentry.
  const auto as_root = doctor({}, cgroup2_root());
  EXPECT_GT(as_root.size(), 10U);
  EXPECT_EQ(doctor(contained(kThree), folder_.path("cgroup")), as_root);
}

TEST_F(Capabilities, OfTheChartAreEnoughToMeasureAndToDetach) {
  Agent agent(scene_.node, cgroup(), contained(kThree));
  ASSERT_TRUE(slowly_ready(agent));
  for (const Transport transport : {Transport::kUdp, Transport::kTcp}) play(scene_, transport);
  agent.settle();
  const json threads = agent.status()["threads"];
  EXPECT_EQ(threads[0]["capabilities"], json({"CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"}));
  EXPECT_EQ(threads[1]["capabilities"], json::array());
  for (const char* service : {"world", "lobby"}) {
    const json found = agent.service(service);
    EXPECT_EQ(found["connections_opened"], 1) << service << found;
    EXPECT_GE(found["packets_in"], kRounds) << service;
  }
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 2U);
  for (const json& row : rows) {
    // TCP may send one again when the machine is put off.
    EXPECT_GE(row["stages"]["app"]["samples"], kRounds - 2) << row;
    EXPECT_GE(row["stages"]["socket_to_app"]["samples"], kRounds - 2) << row;
  }
  EXPECT_NE(attached(scene_.node), "");
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(attached(scene_.node), "");
}

TEST_F(Capabilities, OfTheSystemdUnitAreEnoughForAUserThatIsNotRoot) {
  Agent agent(scene_.node, cgroup(), unit(folder_.path()));
  ASSERT_TRUE(slowly_ready(agent));
  play(scene_, Transport::kUdp);
  agent.settle();
  EXPECT_EQ(agent.service("world")["connections_opened"], 1);
  for (const char* capability : {"departure", "delivery", "tcp_read", "udp_read", "udp_write"})
    EXPECT_NE(agent.mode(capability), "");
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(attached(scene_.node), "");
}

TEST_F(Capabilities, OfTheChartSweepWhatACrashLeft) {
  {
    Agent killed(scene_.node, {"--arrival", "clsact", "--departure", "clsact"});
    ASSERT_TRUE(slowly_ready(killed));
  }
  ASSERT_NE(attached(scene_.node), "") << "filters of clsact stay when an agent is killed";
  Agent next(scene_.node, cgroup(), contained(kThree));
  ASSERT_TRUE(slowly_ready(next));
  EXPECT_EQ(next.stop(), 0);
  EXPECT_EQ(attached(scene_.node), "");
}

TEST_F(Capabilities, ThatAreMissingAreNamed) {
  const std::map<std::string, std::string> without{
      {"CAP_BPF", "+perfmon,+net_admin"}, {"CAP_PERFMON", "+bpf,+net_admin"}, {"CAP_NET_ADMIN", "+bpf,+perfmon"}};
  for (const auto& [name, others] : without) {
    Words words = contained(others);
    const Words run = run_words(folder_.path("api.sock"), cgroup());
    words.insert(words.end(), run.begin(), run.end());
    const Finished finished = harness::run(words, scene_.node.name(), std::chrono::seconds(40));
    EXPECT_EQ(finished.exit_code, 3) << name << finished.err;
    EXPECT_NE(finished.err.find(name + " missing"), std::string::npos) << finished.err;
    EXPECT_EQ(attached(scene_.node), "");
  }
}

}  // namespace
}  // namespace tickwire::e2e
