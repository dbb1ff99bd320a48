// SPDX-License-Identifier: Apache-2.0
#include "bench/packets_rows.h"

#include <netinet/in.h>

#include <optional>
#include <string>
#include <utility>

#include "bpf/rule_message.h"

namespace tickwire::harness {
namespace {

constexpr std::uint16_t kUdpPort = 7777;
constexpr std::uint16_t kTcpPort = 9000;
constexpr std::uint16_t kUnwatchedPort = 9001;
constexpr std::uint16_t kRulePort = 7778;
constexpr std::size_t kPayload = 64;
constexpr std::uint32_t kToken = 7;
// Before every TSval that the driver makes (it counts from 0), modulo 2^32.
constexpr std::uint32_t kOldEcho = 0xc0000000;

// Net ns: not watched; UDP counted; UDP starting or completing; TCP without, starting, completing a sample; flows at random.
constexpr double kUnwatchedNs = 10;
constexpr double kUdpNs = 60;
constexpr double kUdpSampleNs = 100;
constexpr double kTcpNs = 65;
constexpr double kTcpStartNs = 110;
constexpr double kTcpCompleteNs = 130;
constexpr double kRandomNs = 300;

Path path_of(Family family, Transport transport) {
  return {.family = family, .local_port = transport == Transport::kUdp ? kUdpPort : kTcpPort};
}

Tcp segment(std::uint32_t echo) { return {.flags = {.ack = true}, .timestamps = Timestamps{0, echo}}; }

// Where the driver finds the fields of these frames: no tags, no IP options, no extension headers.
struct Offsets {
  std::uint32_t remote_host;
  std::uint32_t remote_port;
  std::uint32_t sequence;
  std::uint32_t timestamp;
};
Offsets offsets(Family family, bool ingress) {
  const std::uint32_t transport = family == Family::kIpv4 ? 34 : 54;
  const std::uint32_t source_end = family == Family::kIpv4 ? 30 : 38;
  const std::uint32_t address_bytes = family == Family::kIpv4 ? 4 : 16;
  return {.remote_host = source_end - 1 + (ingress ? 0 : address_bytes),
          .remote_port = transport + (ingress ? 0 : 2),
          .sequence = transport + 4,
          .timestamp = transport + 24};
}

bench_plan all_flows(Family family, bool ingress, bool in_order = false) {
  const Offsets at = offsets(family, ingress);
  return {.flows_log2 = kFlowsLog2, .in_order = in_order, .host_offset = at.remote_host, .port_offset = at.remote_port};
}

// New payload out: the sequence number goes on, and the timestamp where asked.
bench_plan new_payload(Family family, bool new_timestamp) {
  const Offsets at = offsets(family, false);
  return {.sequence_offset = at.sequence, .timestamp_offset = new_timestamp ? at.timestamp : 0, .payload_bytes = kPayload};
}

bench_plan with(bench_plan plan, bench_effect effect, std::uint32_t slot) {
  plan.effect = effect;
  plan.slot = slot;
  plan.token = kToken;
  return plan;
}

// One row for each program that sees packets of this direction.
void add_in(std::vector<Row>& rows, const std::string& name, const Packet& packet, std::optional<bench_plan> plan,
            std::optional<double> target) {
  for (const Program program : {Program::kIngressXdp, Program::kIngressTc}) {
    rows.push_back({.name = name, .program = program, .frame = frame(packet), .plan = plan, .target_ns = target});
  }
}
void add_out(std::vector<Row>& rows, const std::string& name, const Packet& packet, std::optional<bench_plan> plan,
             std::optional<double> target) {
  rows.push_back({.name = name, .program = Program::kEgressTc, .frame = frame(packet), .plan = plan, .target_ns = target});
}

// Magic, token, echo, delay, and a sequence that is the token too: everything that a rule can have.
tw_rule game_rule() {
  tw_rule rule = rule_of({.token = {.offset_bits = 32, .width_bits = 32, .little_endian = 0},
                          .echo = {.offset_bits = 64, .width_bits = 32, .little_endian = 0}});
  rule.sequence[TW_INGRESS] = rule.token[TW_INGRESS];
  rule.sequence[TW_EGRESS] = rule.token[TW_EGRESS];
  return rule;
}

Packet rule_packet(Family family, tw_direction direction, std::uint32_t echo) {
  const Path path{.family = family, .local_port = kRulePort};
  Bytes payload = message(game_rule(), direction, {.echo = echo});
  payload.resize(kPayload, 0);
  return direction == TW_INGRESS ? path.datagram_in(payload) : path.datagram_out(payload);
}

// In: magic, a new token that is stored, the echo of a token that left, a delay, a sequence. Out: likewise, without the delay.
std::vector<Row> rule_rows(Family family, std::uint32_t slot) {
  const bench_plan new_token{.timestamp_offset =
                                 (family == Family::kIpv4 ? 34U : 54U) + 8U + 4U};  // of the UDP header, and in the message
  std::vector<Row> rows;
  add_in(rows, "UDP by rule, nothing found, in", rule_packet(family, TW_INGRESS, kOldEcho), std::nullopt, std::nullopt);
  add_out(rows, "UDP by rule, nothing found, out", rule_packet(family, TW_EGRESS, kOldEcho), std::nullopt, std::nullopt);
  add_in(rows, "UDP by rule, token and echo, in", rule_packet(family, TW_INGRESS, kToken),
         with(new_token, BENCH_EFFECT_RULE_IN, slot), std::nullopt);
  add_out(rows, "UDP by rule, token and echo, out", rule_packet(family, TW_EGRESS, kToken),
          with(new_token, BENCH_EFFECT_RULE_OUT, slot), std::nullopt);
  return rows;
}

std::vector<Row> udp_rows(Family family, std::uint32_t slot) {
  const Path path = path_of(family, Transport::kUdp);
  Path unwatched = path;
  unwatched.local_port = kUnwatchedPort;
  const Packet in = path.datagram_in(kPayload);
  const Packet out = path.datagram_out(kPayload);
  std::vector<Row> rows;
  add_in(rows, "not watched, in", unwatched.datagram_in(kPayload), std::nullopt, kUnwatchedNs);
  add_out(rows, "not watched, out", unwatched.datagram_out(kPayload), std::nullopt, kUnwatchedNs);
  // The very same datagram again and again: after the first, a request is pending (in), and none is (out).
  add_in(rows, "UDP counted, in", in, std::nullopt, kUdpNs);
  add_out(rows, "UDP counted, out", out, std::nullopt, kUdpNs);
  add_in(rows, "UDP starts a turnaround, in", in, with({}, BENCH_EFFECT_NO_REQUEST, slot), kUdpSampleNs);
  add_out(rows, "UDP completes a turnaround, out", out, with({}, BENCH_EFFECT_REQUEST, slot), kUdpSampleNs);
  add_in(rows, "UDP, 65,536 connections by turns, in", in, all_flows(family, true, true), kRandomNs);
  add_out(rows, "UDP, 65,536 connections by turns, out", out, all_flows(family, false, true), kRandomNs);
  add_in(rows, "UDP, 65,536 connections at random, in", in, all_flows(family, true), kRandomNs);
  add_out(rows, "UDP, 65,536 connections at random, out", out, all_flows(family, false), kRandomNs);
  return rows;
}

std::vector<Row> tcp_rows(Family family, std::uint32_t slot) {
  const Path path = path_of(family, Transport::kTcp);
  const Packet in = path.in(segment(kOldEcho), kPayload);
  const Packet echo = path.in(segment(kToken), 0);
  const Packet out = path.out(segment(0), kPayload);
  const auto flows_out = [&](bool in_order) {
    bench_plan plan = all_flows(family, false, in_order);
    plan.sequence_offset = offsets(family, false).sequence;
    plan.payload_bytes = kPayload;
    return plan;
  };
  std::vector<Row> rows;
  add_in(rows, "TCP without a sample, in", in, with({}, BENCH_EFFECT_IN_ORDER, slot), kTcpNs);
  add_out(rows, "TCP without a sample, out", out, new_payload(family, false), kTcpNs);
  add_out(rows, "TCP starts an rtt sample, out", out, with(new_payload(family, true), BENCH_EFFECT_NO_TOKENS, slot), kTcpStartNs);
  add_in(rows, "TCP completes an rtt sample, in", echo, with({}, BENCH_EFFECT_TOKEN, slot), kTcpCompleteNs);
  add_in(rows, "TCP starts a turnaround, in", in, with({}, BENCH_EFFECT_NO_REQUEST, slot), kTcpStartNs);
  add_out(rows, "TCP completes a turnaround, out", out, with(new_payload(family, false), BENCH_EFFECT_REQUEST, slot),
          kTcpCompleteNs);
  add_in(rows, "TCP, 65,536 connections by turns, in", in, all_flows(family, true, true), kRandomNs);
  add_out(rows, "TCP, 65,536 connections by turns, out", out, flows_out(true), kRandomNs);
  add_in(rows, "TCP, 65,536 connections at random, in", in, all_flows(family, true), kRandomNs);
  add_out(rows, "TCP, 65,536 connections at random, out", out, flows_out(false), kRandomNs);
  return rows;
}

// One packet of the one connection and one of each flow, through the program and through the floor: both tables fill alike.
Result<void> run_all(Runner& runner, Row row, const bench_plan& flows) {
  for (const Subject subject : {Subject::kTested, Subject::kLookup}) {
    for (const bool all : {false, true}) {
      row.plan = all ? std::optional{flows} : std::nullopt;
      const auto ns = runner.ns_per_packet(row, subject, all ? 1U << kFlowsLog2 : 1);
      if (!ns) return std::unexpected(ns.error());
    }
  }
  return {};
}

std::uint8_t protocol_of(Transport transport) { return transport == Transport::kUdp ? IPPROTO_UDP : IPPROTO_TCP; }

}  // namespace

Result<void> open_connections(Programs& programs, Runner& runner, Family family, Transport transport) {
  programs.watch(kUdpPort, std::nullopt, 0);
  programs.watch(kTcpPort, 1, std::nullopt);
  programs.watch(kRulePort, std::nullopt, 2, game_rule());
  const Path path = path_of(family, transport);
  const bool udp = transport == Transport::kUdp;
  const Packet opening = udp ? path.datagram_in(kPayload) : path.in({.flags = {.syn = true}}, 0);
  const Packet answer = udp ? path.datagram_out(kPayload) : path.out(segment(0), kPayload);
  const Row one{.name = "opening", .program = Program::kIngressXdp, .frame = frame(opening)};
  if (const auto opened = run_all(runner, one, all_flows(family, true, true)); !opened) return opened;
  // The first payload out of a TCP connection settles how its rtt is measured.
  const Row first{.name = "first answer", .program = Program::kEgressTc, .frame = frame(answer)};
  if (const auto answered = run_all(runner, first, all_flows(family, false, true)); !answered) return answered;
  const std::uint16_t service = udp ? 0 : 1;
  if (const auto opened = programs.service(service).opened; opened != (1U << kFlowsLog2) + 1) {
    return fail("only " + std::to_string(opened) + " connections are open");
  }
  const Row ruled{.name = "opening", .program = Program::kIngressXdp, .frame = frame(rule_packet(family, TW_INGRESS, kOldEcho))};
  if (const auto ns = runner.ns_per_packet(ruled, Subject::kTested, 1); !ns) return std::unexpected(ns.error());
  return {};
}

std::vector<Row> rows(const Programs& programs, Family family, Transport transport) {
  const std::uint32_t slot = programs.slot_number(key_of(path_of(family, transport), protocol_of(transport))).value();
  if (transport == Transport::kTcp) return tcp_rows(family, slot);
  std::vector<Row> all = udp_rows(family, slot);
  const Path ruled{.family = family, .local_port = kRulePort};
  const std::vector<Row> more = rule_rows(family, programs.slot_number(key_of(ruled, IPPROTO_UDP)).value());
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace tickwire::harness
