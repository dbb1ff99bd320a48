// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "harness/delay_line.h"
#include "harness/frame_view.h"
#include "harness/http.h"
#include "harness/network.h"
#include "harness/packet.h"
#include "harness/sockets.h"

namespace tickwire::harness {
namespace {

using std::chrono::milliseconds;

// A node and a player with a line between them.
struct Wire {
  explicit Wire(LineOptions options) {
    connect({.network = node, .v4 = "192.0.2.1/24", .v6 = "2001:db8::1/64"}, {.network = line, .interface = "node"});
    connect({.network = player, .v4 = "192.0.2.2/24", .v6 = "2001:db8::2/64"}, {.network = line, .interface = "player"});
    make_neighbours({.network = node, .v4 = "192.0.2.1", .v6 = "2001:db8::1"},
                    {.network = player, .v4 = "192.0.2.2", .v6 = "2001:db8::2"});
    delay.emplace(line, "node", "player", std::move(options));
  }
  Namespace node{"node"}, line{"line"}, player{"player"};
  std::optional<DelayLine> delay;
};

std::vector<PassedFrame> udp_frames(const DelayLine& line, Side from) {
  std::vector<PassedFrame> frames = line.log();
  std::erase_if(frames, [&](const PassedFrame& frame) {
    const std::optional<FrameView> read = view(frame.head);
    return frame.from != from || !read || read->protocol != IPPROTO_UDP;
  });
  return frames;
}

TEST(Process, GivesWhatTheChildWroteAndItsExitCode) {
  const Finished finished = run({"sh", "-c", "echo one; echo two >&2; exit 7"});
  EXPECT_EQ(finished.out, "one\n");
  EXPECT_EQ(finished.err, "two\n");
  EXPECT_EQ(finished.exit_code, 7);
}

TEST(Process, EndsWithTheSignalThatItIsSent) {
  Process process({"sleep", "60"});
  EXPECT_TRUE(process.running());
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
}

TEST(Process, LeavesNoChildBehind) {
  pid_t pid = 0;
  {
    const Process process({"sleep", "60"});
    pid = process.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(Namespace, IsGoneWithItsObject) {
  std::string path;
  {
    const Namespace network("gone");
    path = "/run/netns/" + network.name();
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Namespace, HasItsOwnSysInItsCommands) {
  const Namespace network("sys");
  EXPECT_EQ(network.run({"ls", "/sys/class/net"}), "lo\n");
}

TEST(FrameView, ReadsTheTcpHeaderOfEitherFamily) {
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    const Tcp tcp{
        .sequence = 100, .acknowledgement = 200, .flags = {.ack = true}, .timestamps = Timestamps{.value = 3, .echo = 4}};
    const std::optional<FrameView> read = view(frame(Path{.family = family, .local_port = 9000}.in(tcp, 33)));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->source_port, 40000);
    EXPECT_EQ(read->destination_port, 9000);
    EXPECT_EQ(read->payload_offset, 14U + (family == Family::kIpv4 ? 20 : 40) + 32);
    EXPECT_EQ(read->payload_bytes, 33U);
    EXPECT_EQ(read->sequence, 100U);
    EXPECT_EQ(read->acknowledgement, 200U);
    EXPECT_EQ(read->timestamp_value, 3U);
    EXPECT_EQ(read->timestamp_echo, 4U);
    EXPECT_TRUE(read->ack);
    EXPECT_FALSE(read->syn);
  }
}

TEST(FrameView, TakesNothingElse) {
  EXPECT_FALSE(view(frame({.ethernet = {.ether_type = kEtherTypeArp}, .payload_bytes = 46})));
  EXPECT_FALSE(view({}));
}

TEST(DelayLine, PassesEveryFrameAndHoldsEachForItsDelay) {
  const Wire wire({.from_node = milliseconds(3), .from_player = milliseconds(8)});
  for (const char* host : {"192.0.2.", "2001:db8::"}) {
    const Address node{.ip = std::string(host) + "1", .port = 7777};
    const UniqueFd server = udp_socket(wire.node, node);
    const UniqueFd client = udp_socket(wire.player, {.ip = std::string(host) + "2", .port = 4000}, node);
    for (int round = 0; round < 20; ++round) {
      send_datagram(client.fd(), 100);
      ASSERT_EQ(take_datagram(server.fd()), 100U);
      send_datagram_to(server.fd(), {.ip = std::string(host) + "2", .port = 4000}, 50);
      ASSERT_EQ(take_datagram(client.fd()), 50U);
    }
  }
  for (const auto& [side, delay] : {std::pair{Side::kPlayer, milliseconds(8)}, std::pair{Side::kNode, milliseconds(3)}}) {
    const std::vector<PassedFrame> frames = udp_frames(*wire.delay, side);
    EXPECT_EQ(frames.size(), 40U);
    for (const PassedFrame& frame : frames) EXPECT_GE(frame.departed - frame.arrived, delay);
  }
}

TEST(DelayLine, LosesOnlyWhatItIsToldTo) {
  const Wire wire({.lose = [](const PassedFrame& frame) { return frame.wire_bytes == 14 + 20 + 8 + 666; }});
  const Address node{.ip = "192.0.2.1", .port = 7777};
  const UniqueFd server = udp_socket(wire.node, node);
  const UniqueFd client = udp_socket(wire.player, {.ip = "192.0.2.2"}, node);
  send_datagram(client.fd(), 666);
  send_datagram(client.fd(), 667);
  EXPECT_EQ(take_datagram(server.fd()), 667U);
  const std::vector<PassedFrame> frames = udp_frames(*wire.delay, Side::kPlayer);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_TRUE(frames[0].dropped());
  EXPECT_FALSE(frames[1].dropped());
}

TEST(DelayLine, CarriesATcpTransferWhole) {
  const Wire wire({});
  const UniqueFd listener = tcp_listener(wire.node, {.ip = "192.0.2.1", .port = 9000});
  const UniqueFd client = tcp_connect(wire.player, {.ip = "192.0.2.1", .port = 9000});
  const UniqueFd server = tcp_accept(listener.fd());
  std::thread sender([&] { send_bytes(client.fd(), 300'000); });
  take_bytes(server.fd(), 300'000);
  sender.join();
}

}  // namespace
}  // namespace tickwire::harness
