// SPDX-License-Identifier: Apache-2.0
// What a request does inside the node, stage by stage; and that the hooks which tell of it touch nothing of others and leave nothing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "e2e/agent.h"
#include "e2e/truth.h"
#include "harness/echo_server.h"
#include "harness/on_processor.h"

namespace tickwire::e2e {
namespace {

using harness::EchoServer;
using harness::eventually;
using harness::Transport;
using std::chrono::nanoseconds;

constexpr int kRounds = 120;
constexpr std::array kAdded{"nic_to_socket", "socket_to_app", "app", "app_to_nic"};

// One request after the other, each answered before the next.
void ask(int client_fd, Transport transport, int rounds = kRounds) {
  for (int round = 0; round < rounds; ++round) {
    if (transport == Transport::kUdp) {
      harness::send_datagram(client_fd, EchoServer::kBytes);
      ASSERT_EQ(harness::take_datagram(client_fd), EchoServer::kBytes);
    } else {
      harness::send_bytes(client_fd, EchoServer::kBytes);
      harness::take_bytes(client_fd, EchoServer::kBytes);
    }
  }
}

struct Flow {
  Transport transport;
  bool v6;
  [[nodiscard]] Address node() const {
    return {.ip = v6 ? kNodeV6 : kNodeV4, .port = transport == Transport::kUdp ? kUdpPort : kTcpPort};
  }
  [[nodiscard]] UniqueFd connect(const Namespace& player) const {
    const Address from{.ip = v6 ? kPlayerV6 : kPlayerV4, .port = 4001};
    return transport == Transport::kUdp ? harness::udp_socket(player, from, node()) : harness::tcp_connect(player, node(), from);
  }
};

class Stages : public ::testing::TestWithParam<Flow> {};
INSTANTIATE_TEST_SUITE_P(Flows, Stages,
                         ::testing::Values(Flow{Transport::kUdp, false}, Flow{Transport::kUdp, true},
                                           Flow{Transport::kTcp, false}, Flow{Transport::kTcp, true}),
                         [](const auto& chosen) {
                           return std::string(chosen.param.transport == Transport::kUdp ? "udp" : "tcp") +
                                  (chosen.param.v6 ? "6" : "4");
                         });

TEST_P(Stages, TellTheReadDelayFromTheWork) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const EchoServer server(scene.node, GetParam().transport, GetParam().node(), milliseconds(7), milliseconds(12));
  const UniqueFd client = GetParam().connect(scene.player);
  ask(client.fd(), GetParam().transport);
  agent.settle();

  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  const json& stages = rows[0]["stages"];
  ASSERT_FALSE(stages.is_null()) << rows[0];
  EXPECT_EQ(rows[0]["followed"]["requests"], kRounds);
  EXPECT_EQ(rows[0]["followed"]["completed"], kRounds);
  EXPECT_EQ(rows[0]["followed"]["resyncs"], 0);
  for (const char* stage : kAdded) EXPECT_EQ(stages[stage]["samples"], kRounds) << stage;
  expect_close(stages["socket_to_app"]["p50_ns"], server.reads(), 0.5, kConnectionError, kSlackP50, "socket_to_app");
  expect_close(stages["app"]["p50_ns"], server.works(), 0.5, kConnectionError, kSlackP50, "app");
  EXPECT_LT(stages["nic_to_socket"]["p50_ns"], 500'000);
  EXPECT_LT(stages["app_to_nic"]["p50_ns"], 500'000);
  // They share their stamps with the turnaround, so their means add up to its mean.
  EXPECT_EQ(rows[0]["turnaround"]["samples"], kRounds);
  EXPECT_NEAR(stages["turnaround_mean_ns"].get<double>(), rows[0]["turnaround"]["mean_ns"].get<double>(), 1'000);
}

TEST(PeekingGame, GivesNoStagesAndSaysSo) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Flow flow{Transport::kUdp, false};
  const UniqueFd server = harness::udp_socket(scene.node, flow.node());
  const UniqueFd client = flow.connect(scene.player);
  for (int round = 0; round < 20; ++round) {
    harness::send_datagram(client.fd(), 64);
    std::array<char, 64> input{};
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    ASSERT_EQ(::recvfrom(server.fd(), input.data(), input.size(), MSG_PEEK, reinterpret_cast<sockaddr*>(&peer), &length), 64);
    ASSERT_EQ(::recvfrom(server.fd(), input.data(), input.size(), 0, reinterpret_cast<sockaddr*>(&peer), &length), 64);
    ASSERT_EQ(::sendto(server.fd(), input.data(), input.size(), 0, reinterpret_cast<sockaddr*>(&peer), length), 64);
    ASSERT_EQ(harness::take_datagram(client.fd()), 64U);
  }
  agent.settle();
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["followed"]["resyncs"], 20);
  EXPECT_EQ(rows[0]["followed"]["completed"], 0);
  EXPECT_EQ(agent.status()["losses"]["stage_peeked"], 20);
  EXPECT_EQ(rows[0]["turnaround"]["samples"], 20);
}

TEST(FullSocket, TellsWhatItRefused) {
  constexpr int kDatagrams = 200;
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Flow flow{Transport::kUdp, false};
  const UniqueFd server = harness::udp_socket(scene.node, flow.node());
  const int bytes = 4096;
  ASSERT_EQ(::setsockopt(server.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
  const UniqueFd client = flow.connect(scene.player);
  for (int i = 0; i < kDatagrams; ++i) harness::send_datagram(client.fd(), 1000);
  int read = 0;
  std::array<char, 1000> input{};
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  while (::recvfrom(server.fd(), input.data(), input.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&peer), &length) > 0)
    ++read;
  agent.settle();
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  ASSERT_LT(read, kDatagrams);
  EXPECT_EQ(rows[0]["socket"]["read"], read);
  EXPECT_EQ(rows[0]["socket"]["taken"], read);
  EXPECT_EQ(rows[0]["socket"]["refused"], kDatagrams - read);
}

// The hook of refusals sees every namespace of the machine. Pinned: a refusal belongs to what was delivered on its processor.
TEST(FullSocket, OfAnotherNamespaceIsNotOurs) {
  const harness::OnProcessor here(::sched_getcpu());
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Flow flow{Transport::kUdp, false};
  const UniqueFd server = harness::udp_socket(scene.node, flow.node());
  const UniqueFd client = flow.connect(scene.player);
  const harness::Address same_port{"127.0.0.1", flow.node().port};
  const UniqueFd foreign = harness::udp_socket(scene.player, same_port);
  const int bytes = 4096;
  ASSERT_EQ(::setsockopt(foreign.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
  const UniqueFd sender = harness::udp_socket(scene.player, {"127.0.0.1"}, same_port);
  constexpr int kRefused = 100;
  for (int i = 0; i < 2 * kRefused; ++i) {
    harness::send_datagram(client.fd(), 64);
    ASSERT_EQ(harness::take_datagram(server.fd()), 64U);
    harness::send_datagram(sender.fd(), 1000);  // soon finds no room
  }
  int kept = 0;
  while (::recv(foreign.fd(), nullptr, 0, MSG_DONTWAIT | MSG_TRUNC) > 0) ++kept;
  ASSERT_LT(kept, kRefused);
  agent.settle();
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["socket"]["taken"], 2 * kRefused);
  EXPECT_EQ(rows[0]["socket"]["refused"], 0);
}

TEST(SocketOfManyAddresses, HasStagesForTheFirstFourAndCountsTheRest) {
  constexpr int kAddresses = 5;
  const Pair scene;
  for (int i = 0; i < kAddresses; ++i)
    scene.node.run({"ip", "address", "add", "192.0.2." + std::to_string(100 + i) + "/24", "dev", "eth0"});
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const UniqueFd server = harness::udp_socket(scene.node, {.ip = "0.0.0.0", .port = kUdpPort});
  std::vector<UniqueFd> clients;
  for (int i = 0; i < kAddresses; ++i) {
    clients.push_back(harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = static_cast<std::uint16_t>(4001 + i)},
                                          {.ip = "192.0.2." + std::to_string(100 + i), .port = kUdpPort}));
    harness::send_datagram(clients.back().fd(), 64);
    std::array<char, 64> input{};
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    ASSERT_EQ(::recvfrom(server.fd(), input.data(), input.size(), 0, reinterpret_cast<sockaddr*>(&peer), &length), 64);
  }
  agent.settle();
  EXPECT_EQ(agent.status()["losses"]["socket_address"], 1);
  int read = 0;
  for (const json& row : agent.connections()) read += row["socket"]["read"].get<int>();
  EXPECT_EQ(read, kAddresses - 1);
}

TEST(NoStages, NothingIsToldAndNothingAttached) {
  const Pair scene;
  Agent agent(scene.node, {"--no-stages"});
  ASSERT_TRUE(agent.ready());
  const Flow flow{Transport::kUdp, false};
  const EchoServer server(scene.node, flow.transport, flow.node(), milliseconds(1));
  const UniqueFd client = flow.connect(scene.player);
  ask(client.fd(), flow.transport, 20);
  agent.settle();
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0]["stages"].is_null()) << rows[0];
  EXPECT_TRUE(rows[0]["socket"].is_null()) << rows[0];
  EXPECT_EQ(rows[0]["turnaround"]["samples"], 20);
  const json status = agent.status();
  ASSERT_GE(status["hooks"].size(), 5U);
  for (const json& hook : status["hooks"]) {
    EXPECT_NE(hook["capability"], "delivery");
    EXPECT_NE(hook["capability"], "qdisc");
  }
}

// --- on a cgroup of the test's own, where no other agent of the machine is ---

class ChildCgroup {
 public:
  ChildCgroup() : path_(cgroup2_root() + "/twt-" + std::to_string(::getpid())) {
    std::filesystem::create_directory(path_);
    directory_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  // What is still attached goes with it.
  ~ChildCgroup() { ::rmdir(path_.c_str()); }
  ChildCgroup(const ChildCgroup&) = delete;
  ChildCgroup& operator=(const ChildCgroup&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int borrowed_fd() const { return directory_.fd(); }

  // Numbers of the programs that are attached, by kind of attachment; kinds without any are left out.
  [[nodiscard]] std::map<int, std::vector<__u32>> programs() const {
    std::map<int, std::vector<__u32>> all;
    for (const int kind : {BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS, BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_UDP6_RECVMSG,
                           BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP6_SENDMSG}) {
      std::array<__u32, 16> ids{};
      bpf_attr attributes{};
      attributes.query.target_fd = static_cast<__u32>(directory_.fd());
      attributes.query.attach_type = static_cast<__u32>(kind);
      attributes.query.prog_ids = reinterpret_cast<std::uintptr_t>(ids.data());
      attributes.query.prog_cnt = ids.size();
      if (::syscall(SYS_bpf, BPF_PROG_QUERY, &attributes, sizeof attributes) != 0)
        throw std::runtime_error("ask what is attached to " + path_ + ": " + ::strerror(errno));
      if (attributes.query.prog_cnt > 0) all[kind].assign(ids.begin(), ids.begin() + attributes.query.prog_cnt);
    }
    return all;
  }

 private:
  std::string path_;
  UniqueFd directory_;
};

// Somebody else's program for packets that come in, which lets all of them pass.
UniqueFd attach_foreign(const ChildCgroup& cgroup, __u32 flags) {
  const std::array<bpf_insn, 2> allow{
      bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 1},
      bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_SKB;
  load.expected_attach_type = BPF_CGROUP_INET_INGRESS;
  load.insns = reinterpret_cast<std::uintptr_t>(allow.data());
  load.insn_cnt = allow.size();
  load.license = reinterpret_cast<std::uintptr_t>("GPL");
  UniqueFd program(static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load)));
  bpf_attr attach{};
  attach.target_fd = static_cast<__u32>(cgroup.borrowed_fd());
  attach.attach_bpf_fd = static_cast<__u32>(program.fd());
  attach.attach_type = BPF_CGROUP_INET_INGRESS;
  attach.attach_flags = flags;
  if (!program || ::syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) != 0)
    throw std::runtime_error(std::string("attach a program of somebody else: ") + ::strerror(errno));
  return program;
}

// What was said of the candidates of a capability.
std::string reasons(const Agent& agent, const std::string& capability) {
  std::string all;
  const json status = agent.status();
  for (const json& hook : status["hooks"]) {
    if (hook["capability"] != capability) continue;
    for (const json& attempt : hook["attempts"])
      if (!attempt["reason"].is_null()) all += attempt["reason"].get<std::string>() + "\n";
  }
  return all;
}

TEST(CgroupHooks, AreGoneAfterTheEnd) {
  const Pair scene;
  const ChildCgroup cgroup;
  Agent agent(scene.node, {"--cgroup", cgroup.path()});
  ASSERT_TRUE(agent.ready());
  const auto attached = cgroup.programs();
  for (const int kind : {BPF_CGROUP_INET_INGRESS, BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_UDP6_RECVMSG, BPF_CGROUP_UDP4_SENDMSG,
                         BPF_CGROUP_UDP6_SENDMSG}) {
    EXPECT_EQ(attached.contains(kind) ? attached.at(kind).size() : 0U, 1U) << kind;
  }
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_TRUE(cgroup.programs().empty());
}

TEST(CgroupHooks, AreGoneAfterAKill) {
  const Pair scene;
  const ChildCgroup cgroup;
  Agent agent(scene.node, {"--cgroup", cgroup.path()});
  ASSERT_TRUE(agent.ready());
  EXPECT_FALSE(cgroup.programs().empty());
  agent.process().signal(SIGKILL);
  EXPECT_EQ(agent.process().wait(), 128 + SIGKILL);
  EXPECT_TRUE(eventually([&] { return cgroup.programs().empty(); }));
}

TEST(CgroupHooks, StandBesideThoseOfOthers) {
  const Pair scene;
  const ChildCgroup cgroup;
  const UniqueFd foreign = attach_foreign(cgroup, BPF_F_ALLOW_MULTI);
  const auto before = cgroup.programs();
  Agent agent(scene.node, {"--cgroup", cgroup.path()});
  ASSERT_TRUE(agent.ready());
  EXPECT_EQ(agent.mode("delivery"), "cgroup_skb/ingress");
  EXPECT_EQ(cgroup.programs()[BPF_CGROUP_INET_INGRESS].size(), 2U);
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(cgroup.programs(), before);
}

TEST(CgroupHooks, AreRefusedWhereSomebodyElseStandsAlone) {
  const Pair scene;
  const ChildCgroup cgroup;
  const UniqueFd foreign = attach_foreign(cgroup, 0);
  const auto before = cgroup.programs();
  Agent agent(scene.node, {"--cgroup", cgroup.path()});
  ASSERT_TRUE(agent.ready());
  EXPECT_EQ(agent.mode("delivery"), "");
  EXPECT_NE(reasons(agent, "delivery").find("EPERM"), std::string::npos) << reasons(agent, "delivery");
  // Reads without what was delivered would be taken for peeks.
  EXPECT_EQ(agent.mode("udp_read"), "");
  EXPECT_EQ(reasons(agent, "tcp_read"), "of no use without delivery\n");
  EXPECT_EQ(cgroup.programs(), before);
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(cgroup.programs(), before);
}

TEST(CgroupHooks, SayThatTheySeeAPartOnly) {
  const Pair scene;
  const ChildCgroup cgroup;
  Agent agent(scene.node, {"--cgroup", cgroup.path()});
  ASSERT_TRUE(agent.ready());
  const std::string sentence = cgroup.path() + " is not the root of the hierarchy: sockets of processes outside are not seen\n";
  EXPECT_EQ(reasons(agent, "delivery"), sentence);
  EXPECT_EQ(reasons(agent, "udp_write"), sentence + sentence);
  EXPECT_EQ(reasons(agent, "tcp_read"), "");
  EXPECT_NE(agent.process().err().find("is not the root of the hierarchy"), std::string::npos);
}

TEST(WithoutCgroups, TheRestIsTheSame) {
  const Pair scene;
  Agent agent(scene.node, {"--cgroup", "/nonexistent"});
  ASSERT_TRUE(agent.ready());
  const std::string reason = "open the cgroup /nonexistent: ENOENT (No such file or directory)";
  EXPECT_NE(agent.process().err().find(reason), std::string::npos) << agent.process().err();
  EXPECT_EQ(reasons(agent, "delivery"), reason + "\n");
  EXPECT_EQ(agent.mode("udp_read"), "");
  EXPECT_EQ(agent.mode("qdisc"), "tp_btf/net_dev_start_xmit");
  const Flow flow{Transport::kUdp, false};
  const EchoServer server(scene.node, flow.transport, flow.node(), milliseconds(1));
  const UniqueFd client = flow.connect(scene.player);
  ask(client.fd(), flow.transport, 20);
  agent.settle();
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["turnaround"]["samples"], 20);
  for (const char* stage : kAdded) EXPECT_EQ(rows[0]["stages"][stage]["samples"], 0) << stage;
  EXPECT_EQ(agent.stop(), 0);
}

}  // namespace
}  // namespace tickwire::e2e
