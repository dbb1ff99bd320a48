// What it owns: the named values of the contract: protocols, TCP states, reasons, series, losses; one table row each.
// Who may use it: every room above base. The numbers are the contract's, the names are what users read and write.
// Thread: any, constant tables.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tickwire/connection.h"
#include "tickwire/loss.h"
#include "tickwire/service.h"

namespace tickwire::model {

enum class Protocol : std::uint8_t { kTcp = 6, kUdp = 17 };  // IANA protocol numbers
[[nodiscard]] std::string_view name(Protocol protocol);      // "tcp", "udp"
[[nodiscard]] std::optional<Protocol> protocol_of(std::string_view name);

enum class Direction : std::uint8_t { kIngress = TW_INGRESS, kEgress = TW_EGRESS };
inline constexpr std::array kDirections{Direction::kIngress, Direction::kEgress};
[[nodiscard]] std::string_view name(Direction direction);  // "ingress", "egress"

// A connection's state. TCP: include/net/tcp_states.h, by the same numbers. UDP has kActive and kIdle only.
enum class ConnectionState : std::uint8_t {
  kNone = 0,
  kEstablished = 1,
  kSynSent = 2,
  kSynRecv = 3,
  kFinWait1 = 4,
  kFinWait2 = 5,
  kTimeWait = 6,
  kClosed = 7,  // TCP_CLOSE; and UDP that was idle for longer than the limit
  kCloseWait = 8,
  kLastAck = 9,
  kListen = 10,
  kClosing = 11,
  kNewSynRecv = 12,
  kActive = 32,  // UDP with traffic
};
// "established", "syn_recv", ..., "closed", "active".
[[nodiscard]] std::string_view name(ConnectionState state);
[[nodiscard]] std::optional<ConnectionState> connection_state_of(std::string_view name);
// The states that tickwire_connections has a series for, in the order of a connection's life.
[[nodiscard]] std::span<const ConnectionState> connection_states();
// The TCP states that tickwire_tcp_state_transitions_total has a series for.
[[nodiscard]] std::span<const ConnectionState> tcp_states();

enum class CloseReason : std::uint8_t {
  kNone = TW_CLOSE_NONE,
  kLocalFin = TW_CLOSE_LOCAL_FIN,
  kRemoteFin = TW_CLOSE_REMOTE_FIN,
  kLocalReset = TW_CLOSE_LOCAL_RST,
  kRemoteReset = TW_CLOSE_REMOTE_RST,
  kTimeout = TW_CLOSE_TIMEOUT,
  kIdle = 32,         // UDP: no packet for the idle limit
  kHalfOpen = 33,     // TCP: never established
  kServiceGone = 34,  // the service is watched no more
};
[[nodiscard]] std::string_view name(CloseReason reason);  // "local_fin", ...

// What was measured, and how. Samples of different methods are never mixed.
enum class Quantity : std::uint8_t { kRtt, kRttMaybeDelayed, kTurnaround, kStage };
[[nodiscard]] std::string_view name(Quantity quantity);  // "rtt", "rtt_maybe_delayed", "turnaround", "stage"

enum class Series : std::uint8_t {
  kRttHandshake = TW_SERIES_RTT_HANDSHAKE,
  kRttTimestamp = TW_SERIES_RTT_TIMESTAMP,
  kRttSequence = TW_SERIES_RTT_SEQUENCE,
  kRttRule = TW_SERIES_RTT_RULE,
  kRttRuleNetwork = TW_SERIES_RTT_RULE_NETWORK,
  kRttTimestampDelayed = TW_SERIES_RTT_TIMESTAMP_DELAYED,
  kRttSequenceDelayed = TW_SERIES_RTT_SEQUENCE_DELAYED,
  kTurnaroundNextPacket = TW_SERIES_TURNAROUND_NEXT,
  kTurnaroundRule = TW_SERIES_TURNAROUND_RULE,
  kStageNicToSocket = TW_SERIES_STAGE_NIC_TO_SOCKET,
  kStageSocketToApp = TW_SERIES_STAGE_SOCKET_TO_APP,
  kStageApp = TW_SERIES_STAGE_APP,
  kStageAppToNic = TW_SERIES_STAGE_APP_TO_NIC,
  kStageQdisc = TW_SERIES_STAGE_QDISC,
};
inline constexpr std::size_t kSeriesCount = TW_SERIES_MAX;
struct SeriesRow {
  Series series;
  Quantity quantity;
  std::string_view method;  // "tcp_handshake", ..., "next_packet"; "rule" is a method of two quantities; of stages, the stage
  std::optional<Protocol> only;  // the protocol it exists for; none = both
  std::string_view meaning;      // one sentence for inspect and the docs
};
[[nodiscard]] const SeriesRow& row(Series series);
[[nodiscard]] std::span<const SeriesRow> series_rows();  // kSeriesCount rows, in the contract's order
[[nodiscard]] bool is_by_rule(Series series);            // measured by a service's rule
inline constexpr std::string_view kMethodSrtt = "tcp_srtt";

// One row for each enum tw_loss.
enum class LossKind : std::uint8_t { kSkipped, kPacket, kConnection, kSample, kEvent };
struct LossRow {
  tw_loss loss;
  LossKind kind;
  std::string_view reason;   // "fragment", ...: the label's value
  std::string_view meaning;  // one sentence
};
[[nodiscard]] std::span<const LossRow> loss_rows();  // TW_LOSS_MAX rows, in the contract's order

}  // namespace tickwire::model
