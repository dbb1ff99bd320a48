// SPDX-License-Identifier: Apache-2.0
// What goes wrong at the start: the exit code, and a message that says what, on what and why.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "e2e/agent.h"

namespace tickwire::e2e {
namespace {

using harness::Finished;
using harness::Process;
using ::testing::Test;

// An agent that ends by itself, in a node's namespace.
class Errors : public Test {
 protected:
  Finished start(const Words& flags, const Words& prefix = {}) {
    Words words = prefix;
    const Words run = run_words(folder_.path("api.sock"), flags);
    words.insert(words.end(), run.begin(), run.end());
    return harness::run(words, scene_.node.name());
  }
  // Nothing stays behind, and the message is for a person: one line or a few, with these parts.
  void expect(const Finished& finished, int exit_code, const Words& parts) {
    EXPECT_EQ(finished.exit_code, exit_code) << finished.out << finished.err;
    for (const std::string& part : parts)
      EXPECT_NE(finished.err.find(part), std::string::npos) << "no '" << part << "' in: " << finished.err;
    EXPECT_EQ(attached(scene_.node), "");
  }
  std::string config(const std::string& text) {
    std::ofstream(folder_.path("tickwire.toml")) << text;
    return folder_.path("tickwire.toml");
  }

  Pair scene_;
  harness::TemporaryFolder folder_;
};

TEST_F(Errors, AnOrdinaryUserMissesAPrivilege) {
  // The folder of the socket must not be what fails.
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
  expect(start({}, {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"}), 3, {"CAP_"});
}

TEST_F(Errors, ACapabilityThatIsMissingIsNamed) {
  expect(start({}, {"setpriv", "--inh-caps", "-net_admin", "--bounding-set", "-net_admin"}), 3, {"CAP_NET_ADMIN"});
}

TEST_F(Errors, AKernelWithoutBtfIsAMissingFeature) {
  // `ip netns exec` has given us a mount namespace of our own.
  expect(start({}, {"sh", "-c", "mount -t tmpfs none /sys/kernel/btf && exec \"$@\"", "sh"}), 3, {"BTF"});
}

TEST_F(Errors, AnUnknownInterfaceIsNamedBesideThoseThatAreThere) { expect(start({"--interface", "eth9"}), 2, {"eth9", "eth0"}); }

TEST_F(Errors, AnInterfaceThatIsNotEthernetIsRefused) {
  scene_.node.run({"ip", "tuntap", "add", "tun0", "mode", "tun"});
  const Finished finished = start({"--interface", "tun0"});
  EXPECT_TRUE(finished.exit_code == 1 || finished.exit_code == 2) << finished.exit_code;
  expect(finished, finished.exit_code, {"tun0", "Ethernet"});
}

TEST_F(Errors, APortInUseIsNamed) {
  const UniqueFd taken = harness::tcp_listener(scene_.node, {.ip = "127.0.0.1", .port = kMetricsPort});
  expect(start({}), 1, {"127.0.0.1:" + std::to_string(kMetricsPort), "EADDRINUSE"});
}

TEST_F(Errors, AListenAddressThatIsNoneIsAUsageError) { expect(start({"--listen", "127.0.0.1:99999"}), 2, {"127.0.0.1:99999"}); }

TEST_F(Errors, AConfigurationThatCannotBeReadIsNamed) {
  expect(start({"--config", folder_.path("missing.toml")}), 2, {folder_.path("missing.toml")});
}

TEST_F(Errors, AnUnknownKeyOfTheConfigurationIsNamed) {
  expect(start({"--config", config("max-conections = 100\n")}), 2, {"max-conections"});
}

TEST_F(Errors, AnUnknownFlagIsNamed) { expect(start({"--max-conections", "100"}), 2, {"--max-conections"}); }

TEST_F(Errors, AValueOutOfItsRangeIsNamedWithTheRange) { expect(start({"--max-connections", "63"}), 2, {"63", "64"}); }

TEST_F(Errors, AServiceThatIsNoneIsNamed) { expect(start({"--service", "world=sctp/1"}), 2, {"world=sctp/1"}); }

TEST_F(Errors, ASecondAgentOnTheInterfaceIsToldSo) {
  Agent first(scene_.node);
  ASSERT_TRUE(first.ready());
  const std::string before = attached(scene_.node);
  const Finished second = start({"--listen", "127.0.0.1:0"});
  EXPECT_EQ(second.exit_code, 1) << second.err;
  EXPECT_NE(second.err.find("eth0"), std::string::npos) << second.err;
  EXPECT_NE(second.err.find("another"), std::string::npos) << second.err;
  EXPECT_EQ(attached(scene_.node), before);
  EXPECT_EQ(first.get("/readyz").status, 200);
}

TEST_F(Errors, ASecondAgentOnTheSocketIsToldSo) {
  Agent first(scene_.node);
  ASSERT_TRUE(first.ready());
  const Finished second = start({"--api-socket", first.socket(), "--interface", "lo", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(second.exit_code, 1) << second.err;
  EXPECT_NE(second.err.find(first.socket()), std::string::npos) << second.err;
  EXPECT_EQ(first.get("/readyz").status, 200);
  EXPECT_EQ(first.stop(), 0);
}

TEST_F(Errors, ASocketThatADeadAgentLeftIsReplaced) {
  {
    Process killed(run_words(folder_.path("api.sock"), {}), scene_.node.name());
    ASSERT_TRUE(harness::eventually([&] { return harness::get_unix(folder_.path("api.sock"), "/readyz").status == 200; }));
  }
  Process next(run_words(folder_.path("api.sock"), {}), scene_.node.name());
  EXPECT_TRUE(harness::eventually([&] { return harness::get_unix(folder_.path("api.sock"), "/readyz").status == 200; }));
  EXPECT_TRUE(next.running()) << next.err();
}

}  // namespace
}  // namespace tickwire::e2e
