// SPDX-License-Identifier: Apache-2.0
#include "model/protocol.h"

#include <algorithm>
#include <utility>

#include "model/stage.h"

namespace tickwire::model {
namespace {

template <typename Value>
using Named = std::pair<Value, std::string_view>;

constexpr std::array kProtocols{Named<Protocol>{Protocol::kTcp, "tcp"}, Named<Protocol>{Protocol::kUdp, "udp"}};

constexpr std::array kStates{
    Named<ConnectionState>{ConnectionState::kNone, "none"},
    Named<ConnectionState>{ConnectionState::kEstablished, "established"},
    Named<ConnectionState>{ConnectionState::kSynSent, "syn_sent"},
    Named<ConnectionState>{ConnectionState::kSynRecv, "syn_recv"},
    Named<ConnectionState>{ConnectionState::kFinWait1, "fin_wait1"},
    Named<ConnectionState>{ConnectionState::kFinWait2, "fin_wait2"},
    Named<ConnectionState>{ConnectionState::kTimeWait, "time_wait"},
    Named<ConnectionState>{ConnectionState::kClosed, "closed"},
    Named<ConnectionState>{ConnectionState::kCloseWait, "close_wait"},
    Named<ConnectionState>{ConnectionState::kLastAck, "last_ack"},
    Named<ConnectionState>{ConnectionState::kListen, "listen"},
    Named<ConnectionState>{ConnectionState::kClosing, "closing"},
    Named<ConnectionState>{ConnectionState::kNewSynRecv, "new_syn_recv"},
    Named<ConnectionState>{ConnectionState::kActive, "active"},
};

constexpr std::array kReasons{
    Named<CloseReason>{CloseReason::kNone, "none"},
    Named<CloseReason>{CloseReason::kLocalFin, "local_fin"},
    Named<CloseReason>{CloseReason::kRemoteFin, "remote_fin"},
    Named<CloseReason>{CloseReason::kLocalReset, "local_reset"},
    Named<CloseReason>{CloseReason::kRemoteReset, "remote_reset"},
    Named<CloseReason>{CloseReason::kTimeout, "timeout"},
    Named<CloseReason>{CloseReason::kIdle, "idle"},
    Named<CloseReason>{CloseReason::kHalfOpen, "half_open"},
    Named<CloseReason>{CloseReason::kServiceGone, "service_gone"},
};

template <typename Value, std::size_t kCount>
std::string_view name_in(const std::array<Named<Value>, kCount>& table, Value value) {
  const auto found = std::ranges::find(table, value, &Named<Value>::first);
  return found == table.end() ? "unknown" : found->second;
}

template <typename Value, std::size_t kCount>
std::optional<Value> value_in(const std::array<Named<Value>, kCount>& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Named<Value>::second);
  if (found == table.end()) return std::nullopt;
  return found->first;
}

constexpr std::array kLivingStates{
    ConnectionState::kSynSent, ConnectionState::kNewSynRecv, ConnectionState::kSynRecv,  ConnectionState::kEstablished,
    ConnectionState::kActive,  ConnectionState::kFinWait1,   ConnectionState::kFinWait2, ConnectionState::kCloseWait,
    ConnectionState::kClosing, ConnectionState::kLastAck,    ConnectionState::kTimeWait,
};

constexpr std::array kTcpStates{
    ConnectionState::kListen,      ConnectionState::kSynSent,  ConnectionState::kNewSynRecv, ConnectionState::kSynRecv,
    ConnectionState::kEstablished, ConnectionState::kFinWait1, ConnectionState::kFinWait2,   ConnectionState::kCloseWait,
    ConnectionState::kClosing,     ConnectionState::kLastAck,  ConnectionState::kTimeWait,   ConnectionState::kClosed,
};

constexpr std::array<SeriesRow, kSeriesCount> kSeries{{
    {Series::kRttHandshake, Quantity::kRtt, "tcp_handshake", Protocol::kTcp,
     "From the SYN-ACK that left to the ACK that completed the handshake."},
    {Series::kRttTimestamp, Quantity::kRtt, "tcp_timestamp", Protocol::kTcp,
     "From a TCP timestamp that left to the first packet that echoed it."},
    {Series::kRttSequence, Quantity::kRtt, "tcp_sequence", Protocol::kTcp,
     "From TCP payload that left to its acknowledgement, without ranges that were sent twice."},
    {Series::kRttRule, Quantity::kRtt, "rule", std::nullopt,
     "From a token of the service's rule that left to the message that echoed it."},
    {Series::kRttRuleNetwork, Quantity::kRtt, "rule_network", std::nullopt,
     "The same less the time that the player says it held the token."},
    {Series::kRttTimestampDelayed, Quantity::kRttMaybeDelayed, "tcp_timestamp", Protocol::kTcp,
     "By timestamps, where the player's side may have delayed the acknowledgement: its wait is in the sample."},
    {Series::kRttSequenceDelayed, Quantity::kRttMaybeDelayed, "tcp_sequence", Protocol::kTcp,
     "By sequence numbers, where the player's side may have delayed the acknowledgement: its wait is in the sample."},
    {Series::kTurnaroundNextPacket, Quantity::kTurnaround, "next_packet", std::nullopt,
     "From the first payload that arrived since the last answer to the first that left after the game had read it."},
    {Series::kTurnaroundRule, Quantity::kTurnaround, "rule", std::nullopt,
     "From a token of the service's rule that arrived to the message that echoed it."},
    {Series::kStageNicToSocket, Quantity::kStage, "nic_to_socket", std::nullopt,
     "From the request's arrival to its delivery to the socket: this node's kernel."},
    {Series::kStageSocketToApp, Quantity::kStage, "socket_to_app", std::nullopt, "From there until the game read it."},
    {Series::kStageApp, Quantity::kStage, "app", std::nullopt, "From there until the game wrote the answer."},
    {Series::kStageAppToNic, Quantity::kStage, "app_to_nic", std::nullopt,
     "From there to the answer's departure: this node's kernel again."},
    {Series::kStageQdisc, Quantity::kStage, "qdisc", std::nullopt,
     "From there until the device took it: shaping and pacing. It comes after the turnaround."},
}};

constexpr std::array<LossRow, TW_LOSS_MAX> kLosses{{
    {TW_SKIP_NOT_IP, LossKind::kSkipped, "not_ip", "Frames of other protocols than IP, such as ARP."},
    {TW_SKIP_NOT_TCP_UDP, LossKind::kSkipped, "not_tcp_udp", "IP packets of other protocols than TCP and UDP, such as ICMP."},
    {TW_LOSS_TRUNCATED, LossKind::kPacket, "truncated", "Packets that end before their headers do, or whose lengths disagree."},
    {TW_LOSS_FRAGMENT, LossKind::kPacket, "fragment", "IP fragments: their ports are not known."},
    {TW_LOSS_VLAN_DEPTH, LossKind::kPacket, "vlan_depth", "Frames with more than two VLAN tags."},
    {TW_LOSS_IPV6_EXTENSIONS, LossKind::kPacket, "ipv6_extensions", "IPv6 packets with more than six extension headers."},
    {TW_LOSS_TABLE_FULL, LossKind::kConnection, "table_full",
     "Packets of connections that found the connection table full: counted for their service only."},
    {TW_LOSS_TABLE_ERROR, LossKind::kConnection, "table_error", "Packets of connections that the connection table refused."},
    {TW_LOSS_AMBIGUOUS, LossKind::kSample, "ambiguous", "Round trips of segments that were sent twice."},
    {TW_LOSS_UNMATCHED, LossKind::kSample, "unmatched", "Round trips whose echo was passed over: a newer one's came first."},
    {TW_LOSS_STALE, LossKind::kSample, "stale", "Echoes and answers that came after more than 17 seconds."},
    {TW_LOSS_NEGATIVE, LossKind::kSample, "negative", "Answers that the clock put before their questions."},
    {TW_LOSS_SEGMENT, LossKind::kSample, "segment",
     "Packets of a service with a rule of which only the first messages were looked into."},
    {TW_LOSS_HOLE, LossKind::kSample, "hole",
     "Requests behind a TCP segment that had not come: when the game could read them is not known."},
    {TW_LOSS_STAGE_UNSEEN, LossKind::kSample, "stage_unseen",
     "Requests without stages: a hook did not see them delivered, read or answered."},
    {TW_LOSS_STAGE_PEEKED, LossKind::kSample, "stage_peeked",
     "Requests without stages: the game looks at datagrams before it reads them."},
    {TW_LOSS_SOCKET_ADDRESS, LossKind::kSample, "socket_address",
     "Datagrams to a socket that more than four local addresses are used with: no stages."},
    {TW_LOSS_EVENT, LossKind::kEvent, "event", "Events that found the ring buffer full."},
    {TW_LOSS_BURST, LossKind::kSample, "burst",
     "Bursts of packets out that were written over before they were read: stalls of the game loop in them were not seen."},
}};

}  // namespace

std::string_view name(Protocol protocol) { return name_in(kProtocols, protocol); }

std::optional<Protocol> protocol_of(std::string_view name) { return value_in(kProtocols, name); }

std::string_view name(Direction direction) { return direction == Direction::kIngress ? "ingress" : "egress"; }

std::string_view name(ConnectionState state) { return name_in(kStates, state); }

std::optional<ConnectionState> connection_state_of(std::string_view name) { return value_in(kStates, name); }

std::span<const ConnectionState> connection_states() { return kLivingStates; }

std::span<const ConnectionState> tcp_states() { return kTcpStates; }

std::string_view name(CloseReason reason) { return name_in(kReasons, reason); }

std::string_view name(Quantity quantity) {
  switch (quantity) {
    case Quantity::kRtt:
      return "rtt";
    case Quantity::kRttMaybeDelayed:
      return "rtt_maybe_delayed";
    case Quantity::kTurnaround:
      return "turnaround";
    case Quantity::kStage:
      return "stage";
  }
  return "unknown";
}

std::string_view name(JitterKind kind) { return kind == JitterKind::kRtt ? "rtt" : name(static_cast<Direction>(kind)); }

bool is_by_rule(Series series) {
  return series == Series::kRttRule || series == Series::kRttRuleNetwork || series == Series::kTurnaroundRule;
}

const SeriesRow& row(Series series) { return kSeries.at(static_cast<std::size_t>(series)); }

std::span<const SeriesRow> series_rows() { return kSeries; }

std::span<const LossRow> loss_rows() { return kLosses; }

}  // namespace tickwire::model
