// SPDX-License-Identifier: Apache-2.0
#include "bpf/fixture.h"

#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include "base/clock.h"

namespace tickwire::harness {
namespace {

std::uint64_t packets_of(std::uint64_t packets_bytes) { return packets_bytes & TW_PACKETS_MASK; }
std::uint64_t bytes_of(std::uint64_t packets_bytes) { return packets_bytes >> TW_PACKETS_BITS; }

void print(std::ostream& out, const char* name, std::uint64_t value) {
  if (value != 0) out << ' ' << name << '=' << value;
}

void print(std::ostream& out, const char* name, const std::map<int, std::uint64_t>& values) {
  for (const auto& [key, value] : values) out << ' ' << name << '[' << key << "]=" << value;
}

}  // namespace

std::unique_ptr<Programs> BpfTest::programs_;
std::optional<Error> BpfTest::failure_;

std::ostream& operator<<(std::ostream& out, const Totals& totals) {
  out << '{';
  print(out, "interface_in", totals.interface_in);
  print(out, "interface_out", totals.interface_out);
  print(out, "losses", totals.losses);
  print(out, "opened", totals.opened);
  print(out, "packets_in", totals.packets_in);
  print(out, "bytes_in", totals.bytes_in);
  print(out, "packets_out", totals.packets_out);
  print(out, "bytes_out", totals.bytes_out);
  print(out, "unslotted_packets_in", totals.unslotted_packets_in);
  print(out, "unslotted_bytes_in", totals.unslotted_bytes_in);
  print(out, "unslotted_packets_out", totals.unslotted_packets_out);
  print(out, "unslotted_bytes_out", totals.unslotted_bytes_out);
  print(out, "rtt_samples", totals.rtt_samples);
  print(out, "turnaround_samples", totals.turnaround_samples);
  print(out, "series", totals.series);
  return out << " }";
}

void BpfTest::load(const Sizes& sizes) {
  failure_.reset();
  if (::geteuid() != 0) return;
  auto loaded = Programs::load(sizes);
  if (loaded) {
    programs_ = std::move(*loaded);
  } else {
    failure_ = loaded.error();
  }
}

void BpfTest::TearDownTestSuite() { programs_.reset(); }

void BpfTest::SetUp() {
  if (::geteuid() != 0) {
    // A pipeline that lost its privilege must not look like one that passed.
    if (std::getenv("CI") != nullptr) FAIL() << "needs root";
    GTEST_SKIP() << "needs root";
  }
  if (failure_) FAIL() << failure_->text();
  start_over();
}

void BpfTest::start_over() {
  programs().reset(programs().sizes().connections);
  programs().watch(kTcpPort, kTcpService, std::nullopt);
  programs().watch(kUdpPort, std::nullopt, kUdpService);
}

bool BpfTest::pass_bytes(Program program, const Bytes& bytes, const Gso& gso) {
  const auto outcome = programs().run(program, bytes, gso);
  if (!outcome) return false;
  EXPECT_EQ(outcome->verdict, pass_verdict(program)) << name_of(program);
  EXPECT_EQ(outcome->frame, bytes) << name_of(program) << " changed the frame";
  return true;
}

Totals BpfTest::totals(std::uint16_t service) const {
  Totals totals;
  const auto interface = programs().interface(kLoopback);
  totals.interface_in = interface.packets[TW_INGRESS];
  totals.interface_out = interface.packets[TW_EGRESS];
  const auto losses = programs().losses();
  for (int reason = 0; reason < TW_LOSS_MAX; ++reason) {
    if (losses.count[reason] != 0) totals.losses[reason] = losses.count[reason];
  }
  const auto counters = programs().service(service);
  totals.opened = counters.opened;
  totals.unslotted_packets_in = counters.unslotted_packets[TW_INGRESS];
  totals.unslotted_bytes_in = counters.unslotted_bytes[TW_INGRESS];
  totals.unslotted_packets_out = counters.unslotted_packets[TW_EGRESS];
  totals.unslotted_bytes_out = counters.unslotted_bytes[TW_EGRESS];
  for (std::uint32_t number = 0; number < programs().sizes().connections; ++number) {
    const tw_slot slot = programs().slot(number);
    if (slot.opened_ns == 0 || slot.service != service) continue;
    totals.packets_in += packets_of(slot.packets_bytes_in);
    totals.bytes_in += bytes_of(slot.packets_bytes_in);
    totals.packets_out += packets_of(slot.packets_bytes_out);
    totals.bytes_out += bytes_of(slot.packets_bytes_out);
    totals.rtt_samples += slot.rtt_samples;
    totals.turnaround_samples += slot.turnaround_samples;
    EXPECT_EQ(samples_in(slot.rtt_cells), slot.rtt_samples);
    EXPECT_EQ(samples_in(slot.turnaround_cells), slot.turnaround_samples);
  }
  for (int series = 0; series < TW_SERIES_MAX; ++series) {
    const auto samples = samples_in(programs().service_histogram(service, static_cast<tw_series>(series)));
    if (samples != 0) totals.series[series] = samples;
  }
  return totals;
}

tw_slot BpfTest::slot_of(const Path& path, std::uint8_t protocol) const {
  const auto number = programs().slot_number(key_of(path, protocol));
  if (!number) {
    ADD_FAILURE() << "the connection has no slot";
    return {};
  }
  return programs().slot(*number);
}

tw_echo_slot BpfTest::echo_slot_of(const Path& path, std::uint8_t protocol) const {
  const auto number = programs().slot_number(key_of(path, protocol));
  if (!number) {
    ADD_FAILURE() << "the connection has no slot";
    return {};
  }
  return programs().echo_slot(*number);
}

tw_stage_slot BpfTest::stage_slot_of(const Path& path, std::uint8_t protocol) const {
  const auto number = programs().slot_number(key_of(path, protocol));
  if (!number) {
    ADD_FAILURE() << "the connection has no slot";
    return {};
  }
  return programs().stage_slot(*number);
}

std::uint64_t samples_in(const __u64 (&words)[TW_CONNECTION_WORDS]) {
  std::uint64_t samples = 0;
  for (const std::uint64_t word : words) {
    for (unsigned cell = 0; cell < 4; ++cell) samples += word >> (16 * cell) & 0xffff;
  }
  return samples;
}

std::uint64_t samples_in(const tw_service_histogram& histogram) {
  std::uint64_t samples = 0;
  for (const std::uint32_t cell : histogram.cells) samples += cell;
  return samples;
}

std::uint64_t now_ns() { return static_cast<std::uint64_t>(monotonic_now().count()); }

std::string name_of(Program program) {
  switch (program) {
    case Program::kIngressXdp:
      return "IngressXdp";
    case Program::kIngressXdpFrags:
      return "IngressXdpFrags";
    case Program::kIngressTc:
      return "IngressTc";
    case Program::kEgressTc:
      return "EgressTc";
  }
  return "?";
}

std::string name_of(Family family) { return family == Family::kIpv4 ? "Ipv4" : "Ipv6"; }

}  // namespace tickwire::harness
