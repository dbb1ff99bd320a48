// What it owns: what is known of a connection beyond its rtt and turnaround: stages, pace and jitter, datagrams in the socket.
// Who may use it: every room above base.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "model/histogram.h"
#include "tickwire/service.h"

namespace tickwire::model {

// In the order in which a request passes them. The first four add up to the turnaround, kQdisc comes after it.
enum class Stage : std::uint8_t {
  kNicToSocket = TW_STAGE_NIC_TO_SOCKET,
  kSocketToApp = TW_STAGE_SOCKET_TO_APP,
  kApp = TW_STAGE_APP,
  kAppToNic = TW_STAGE_APP_TO_NIC,
  kQdisc = TW_STAGE_QDISC,
};
inline constexpr std::size_t kStageCount = TW_STAGE_MAX;
inline constexpr std::size_t kAddedStages = TW_STAGES_ADDED;

// The spacing of packets with payload in one direction, smoothed (RFC 3550 A.8, gain 1/16). None: fewer than 16 spacings.
struct Pace {
  std::optional<std::chrono::nanoseconds> spacing;  // mean
  std::optional<std::chrono::nanoseconds> jitter;   // mean difference from it
  friend bool operator==(const Pace&, const Pace&) = default;
};

// What became of a player's datagrams at the game's socket (UDP); totals.
struct SocketCounts {
  std::uint64_t taken = 0;        // handed to the socket
  std::uint64_t read = 0;         // read by the game
  std::uint64_t refused = 0;      // the socket's buffer was full
  std::uint64_t waiting_sum = 0;  // datagrams of the player that waited when another came, summed over `taken`
  std::uint32_t waiting_max = 0;  // most of them
  std::uint64_t starved = 0;      // packets to the player since whose predecessor the game had read nothing of him
  friend bool operator==(const SocketCounts&, const SocketCounts&) = default;
};

// Requests that were followed through the socket; totals.
struct FollowedCounts {
  std::uint64_t followed = 0;
  std::uint64_t completed = 0;  // gave a sample to each of the added stages
  std::uint64_t resyncs = 0;    // UDP: the game peeks; what was followed then is dropped
  friend bool operator==(const FollowedCounts&, const FollowedCounts&) = default;
};

// What jitter is of: the spacing of packets with payload in a direction, or neighbouring samples of rtt.
enum class JitterKind : std::uint8_t { kIngress = TW_INGRESS, kEgress = TW_EGRESS, kRtt };
inline constexpr std::array kJitterKinds{JitterKind::kIngress, JitterKind::kEgress, JitterKind::kRtt};
[[nodiscard]] std::string_view name(JitterKind kind);  // "ingress", "egress", "rtt"

// What the connections of a service add up to; totals since the agent began to watch it.
struct StageTotals {
  std::optional<SocketCounts> socket;  // waiting_max: the most of any player
  std::optional<FollowedCounts> followed;
  // One sample for each second and each connection that had packets in it: its jitter then. So a player weighs as much as any
  // other, however many packets he sends, and however often the kernel is read. Resolution kService; null = no sample yet.
  std::array<std::shared_ptr<const Histogram>, kJitterKinds.size()> jitter{};
};

}  // namespace tickwire::model
