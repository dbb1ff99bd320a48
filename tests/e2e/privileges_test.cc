// SPDX-License-Identifier: Apache-2.0
// What a running agent keeps of its privileges, by the kernel's own word, and that it works with that.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "e2e/agent.h"

namespace tickwire::e2e {
namespace {

using ::testing::Test;

constexpr const char* kNone = "0000000000000000";
constexpr const char* kThree = "000000c000001000";        // CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN
constexpr const char* kDiscovering = "000000c000081004";  // and CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH

using Status = std::map<std::string, std::string>;

// By thread name: /proc/PID/task/TID/status.
std::map<std::string, Status> threads_of(pid_t process) {
  std::map<std::string, Status> threads;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream file(entry.path() / "status");
    Status status;
    std::string field, value;
    while (std::getline(file, field, ':') && std::getline(file >> std::ws, value)) status[field] = value;
    threads[status["Name"]] = status;
  }
  return threads;
}

void expect_sets(Status status, const std::string& held) {
  for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) EXPECT_EQ(status[set], held) << status["Name"] << " " << set;
  for (const char* set : {"CapInh", "CapAmb"}) EXPECT_EQ(status[set], kNone) << status["Name"] << " " << set;
  EXPECT_EQ(status["NoNewPrivs"], "1") << status["Name"];
}

class Privileges : public Test {
 protected:
  Pair scene_;
};

TEST_F(Privileges, AreGivenUpOnceEverythingIsAttached) {
  Agent agent(scene_.node);
  ASSERT_TRUE(agent.ready());
  auto threads = threads_of(agent.process().pid());
  ASSERT_EQ(threads.size(), 2U);
  expect_sets(threads["tickwire"], kThree);
  expect_sets(threads["tickwire-http"], kNone);
}

TEST_F(Privileges, AreToldByTheAgentAsTheyAre) {
  Agent agent(scene_.node);
  ASSERT_TRUE(agent.ready());
  EXPECT_EQ(
      agent.status()["threads"],
      json::parse(
          R"([{"thread": "tickwire", "capabilities": ["CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"], "no_new_privileges": true},
                            {"thread": "tickwire-http", "capabilities": [], "no_new_privileges": true}])"));
}

TEST_F(Privileges, StayToSeeProcessesWhileServicesAreDiscovered) {
  const UniqueFd first = harness::tcp_listener(scene_.node, {.ip = "192.0.2.1", .port = kTcpPort});
  const harness::TemporaryFolder folder;
  // No --service: what listens is found.
  harness::Process process({TICKWIRE_BINARY, "run", "--interface", "eth0", "--interval", "100ms", "--listen", "none", "--cgroup",
                            cgroup2_root(), "--api-socket", folder.path("api.sock")},
                           scene_.node.name());
  // The name of the service on a port; empty when there is none.
  const auto name_of = [&](int port) {
    const harness::Reply reply = harness::get_unix(folder.path("api.sock"), "/api/v1/services");
    const json all = reply.status == 200 ? json::parse(reply.body) : json{{"services", json::array()}};
    for (const json& service : all["services"]) {
      if (service["port"] == port) return service["service"].get<std::string>();
    }
    return std::string();
  };
  ASSERT_TRUE(harness::eventually([&] { return name_of(kTcpPort) == "e2e_privileges"; })) << process.err();
  expect_sets(threads_of(process.pid())["tickwire"], kDiscovering);
  // Found after the drop, and named by its process: that of this test.
  const UniqueFd second = harness::tcp_listener(scene_.node, {.ip = "192.0.2.1", .port = kTcpPort + 1});
  EXPECT_TRUE(harness::eventually([&] { return name_of(kTcpPort + 1) == "e2e_privileges"; })) << process.err();
}

TEST_F(Privileges, ThatAreLeftAreEnoughToDetach) {
  for (const char* hook : {"tcx", "clsact"}) {
    Agent agent(scene_.node, {"--arrival", hook, "--departure", hook});
    if (!agent.ready()) continue;  // a kernel without TCX
    EXPECT_NE(attached(scene_.node), "") << hook;
    EXPECT_EQ(agent.stop(), 0);
    EXPECT_EQ(attached(scene_.node), "") << hook;
  }
}

TEST_F(Privileges, ThatAreLeftAreEnoughToFollowAnInterface) {
  Agent agent(scene_.node, {"--interface", "eth0", "--interface", "/later.*/"});
  ASSERT_TRUE(agent.ready());
  scene_.node.run({"ip", "link", "add", "later0", "type", "veth", "peer", "name", "later1"});
  scene_.node.run({"ip", "link", "set", "later0", "up"});
  EXPECT_TRUE(harness::eventually([&] {
    const json status = agent.status();
    for (const json& interface : status["interfaces"]) {
      if (interface["interface"] == "later0") return true;
    }
    return false;
  }));
}

}  // namespace
}  // namespace tickwire::e2e
