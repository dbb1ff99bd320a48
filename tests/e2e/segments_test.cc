// SPDX-License-Identifier: Apache-2.0
// Datagrams that are sent many at once (UDP_SEGMENT) and pass as one super-packet, out and in: those that were looked into and those
// that were counted as a loss are all that there were.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "e2e/agent.h"

namespace tickwire::e2e {
namespace {

constexpr const char* kRule = "world: token=0:16 echo=16:16";
constexpr std::size_t kMessageBytes = 40;
constexpr int kMessages = 5;  // at once
constexpr int kRounds = 30;

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103  // linux/udp.h, since Linux 4.18
#endif

// So many messages in one call, all with this echo; their tokens go up from `token`.
void send_at_once(int borrowed_fd, std::uint16_t token, std::uint16_t echo) {
  std::vector<std::uint8_t> bytes(kMessages * kMessageBytes);
  for (std::size_t i = 0; i < kMessages; ++i) {
    std::uint8_t* const message = &bytes.at(i * kMessageBytes);
    message[0] = static_cast<std::uint8_t>((token + i) >> 8);
    message[1] = static_cast<std::uint8_t>(token + i);
    message[2] = static_cast<std::uint8_t>(echo >> 8);
    message[3] = static_cast<std::uint8_t>(echo);
  }
  const int segment_bytes = kMessageBytes;
  if (::setsockopt(borrowed_fd, SOL_UDP, UDP_SEGMENT, &segment_bytes, sizeof segment_bytes) != 0)
    throw std::runtime_error("UDP_SEGMENT");
  harness::send_datagram(borrowed_fd, bytes);
}

void take_all(int borrowed_fd) {
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(harness::take_datagram(borrowed_fd), kMessageBytes);
}

// TC sees super-packets in both directions where the interface keeps its offloads. The player echoes the first of the messages,
// which is looked into.
TEST(SuperPackets, HaveTheirFirstMessageMeasuredAndTheOthersCounted) {
  const Pair scene({.offloads = true});
  Agent agent(scene.node, {"--rule", kRule});
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const Address player{.ip = kPlayerV4, .port = 4001};
  const UniqueFd server = harness::udp_socket(scene.node, node, player);
  const UniqueFd client = harness::udp_socket(scene.player, player, node);
  std::uint16_t token = 1000;
  for (int round = 0; round < kRounds; ++round, token += kMessages) {
    send_at_once(server.fd(), token, token);
    take_all(client.fd());
    send_at_once(client.fd(), token, token);
    take_all(server.fd());
  }
  agent.settle();

  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  const json& rule = rows[0]["rule"];
  constexpr int kAll = kRounds * kMessages;
  EXPECT_EQ(rows[0]["packets_out"], kAll);
  EXPECT_EQ(rows[0]["packets_in"], kAll);
  EXPECT_EQ(rule["messages_out"], kRounds);
  EXPECT_EQ(rule["messages_in"], kRounds);
  EXPECT_EQ(agent.status()["losses"]["segment"], 2 * (kAll - kRounds));
  EXPECT_EQ(rows[0]["rtt"]["samples"], kRounds);
}

// Where nothing is merged, nothing is lost.
TEST(SuperPackets, AreAllLookedIntoWhereTheyWereCutBefore) {
  const Pair scene;
  Agent agent(scene.node, {"--rule", kRule});
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const Address player{.ip = kPlayerV4, .port = 4001};
  const UniqueFd server = harness::udp_socket(scene.node, node, player);
  const UniqueFd client = harness::udp_socket(scene.player, player, node);
  send_at_once(client.fd(), 1, 0);
  take_all(server.fd());
  agent.settle();

  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["packets_in"], kMessages);
  EXPECT_EQ(rows[0]["rule"]["messages_in"], kMessages);
  EXPECT_EQ(agent.status()["losses"]["segment"], 0);
}

}  // namespace
}  // namespace tickwire::e2e
