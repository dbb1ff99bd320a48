// What each packet costs: ns of the packet programs by test runs of the kernel, without traffic. Reports; asserts nothing.
//
// All rows of one family and transport are measured in turn, each beside an empty program and the floor in the same harness, and
// then again, round after round: what disturbs the machine disturbs all three. The table has the medians.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "bench/packets_rows.h"
#include "bench/runner.h"
#include "harness/on_processor.h"
#include "tickwire/settings.h"

namespace tickwire::harness {
namespace {

constexpr std::uint32_t kWarmUpPackets = 2U << kFlowsLog2;
constexpr std::array kSubjects{Subject::kTested, Subject::kEmpty, Subject::kLookup};

struct Plan {
  std::uint32_t rounds = 9;
  std::uint32_t packets = 500'000;
  std::uint32_t features = 0;  // TW_FEATURE_*
};

// Of one row: medians, by subject.
struct Measured {
  std::string name;
  Program program;
  std::optional<double> target_ns;
  std::array<double, kSubjects.size()> ns;

  [[nodiscard]] double net() const { return ns[0] - ns[1]; }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Result<std::vector<Measured>> measure(Family family, Transport transport, const Plan& plan) {
  auto programs = Programs::load({.connections = kConnections, .services = 3, .shards = 2, .features = plan.features});
  if (!programs) return std::unexpected(programs.error());
  auto runner = Runner::open(**programs, kConnections);
  if (!runner) return std::unexpected(runner.error());
  if (const auto opened = open_connections(**programs, **runner, family, transport); !opened) {
    return std::unexpected(opened.error());
  }
  const std::vector<Row> all = rows(**programs, family, transport);
  std::vector<std::array<std::vector<double>, kSubjects.size()>> samples(all.size());
  for (std::uint32_t round = 0; round <= plan.rounds; ++round) {
    const bool warm_up = round == 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t subject = 0; subject < kSubjects.size(); ++subject) {
        const auto ns = (*runner)->ns_per_packet(all[i], kSubjects[subject], warm_up ? kWarmUpPackets : plan.packets);
        if (!ns) return std::unexpected(ns.error());
        if (!warm_up) samples[i][subject].push_back(*ns);
      }
    }
  }
  std::vector<Measured> measured;
  for (std::size_t i = 0; i < all.size(); ++i) {
    measured.push_back({.name = all[i].name,
                        .program = all[i].program,
                        .target_ns = all[i].target_ns,
                        .ns = {median(samples[i][0]), median(samples[i][1]), median(samples[i][2])}});
  }
  return measured;
}

const char* hook_of(Program program) {
  if (is_xdp(program)) return "XDP";
  return is_ingress(program) ? "TC in" : "TC out";
}

void print_header() {
  fmt::print("{:<40} {:<6} {:>6} {:>6} {:>6} {:>6} {:>9} {:>7}\n", "packet", "hook", "ns", "empty", "floor", "net", "net IPv6",
             "target");
}

void print(const std::vector<Measured>& ipv4, const std::vector<Measured>& ipv6) {
  for (std::size_t i = 0; i < ipv4.size(); ++i) {
    const Measured& row = ipv4[i];
    fmt::print("{:<40} {:<6} {:>6.0f} {:>6.0f} {:>6.0f} {:>6.0f} {:>9.0f} {:>7}\n", row.name, hook_of(row.program), row.ns[0],
               row.ns[1], row.ns[2], row.net(), ipv6[i].net(), row.target_ns ? fmt::format("<= {:.0f}", *row.target_ns) : "-");
  }
  std::fflush(stdout);
}

// The kernel's own statistics put two clock reads into every run.
void warn_of_statistics() {
  std::ifstream file("/proc/sys/kernel/bpf_stats_enabled");
  int enabled = 0;
  if (file >> enabled && enabled != 0) fmt::print("kernel.bpf_stats_enabled is on: every figure is some 70 ns too high\n");
}

Result<std::uint32_t> features_of(std::string_view word) {
  if (word == "stages") return TW_FEATURE_STAGES;
  if (word == "ticks") return TW_FEATURE_TICKS;
  if (word == "all") return TW_FEATURE_STAGES | TW_FEATURE_TICKS;
  return fail_usage("features: \"" + std::string(word) + "\" is none of stages, ticks, all");
}

Result<Plan> read_arguments(std::span<char*> arguments) {
  Plan plan;
  const std::array targets{&plan.rounds, &plan.packets};
  constexpr std::size_t kFeatures = 1 + targets.size();
  if (arguments.size() > 1 + kFeatures) return fail_usage("usage: bench_packets [ROUNDS [PACKETS [stages|ticks|all]]]");
  if (arguments.size() > kFeatures) {
    const auto features = features_of(arguments[kFeatures]);
    if (!features) return std::unexpected(features.error());
    plan.features = *features;
  }
  for (std::size_t i = 1; i < std::min(arguments.size(), kFeatures); ++i) {
    const auto number = parse_number(arguments[i], 1, 100'000'000);
    if (!number) return std::unexpected(number.error());
    *targets[i - 1] = static_cast<std::uint32_t>(*number);
  }
  return plan;
}

Result<void> run(std::span<char*> arguments) {
  const auto plan = read_arguments(arguments);
  if (!plan) return std::unexpected(plan.error());
  const OnProcessor here(::sched_getcpu());
  warn_of_statistics();
  fmt::print("ns per packet, median of {} rounds of {} packets; net = ns - empty; floor = one hash look-up\n", plan->rounds,
             plan->packets);
  print_header();
  for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
    const auto ipv4 = measure(Family::kIpv4, transport, *plan);
    if (!ipv4) return std::unexpected(ipv4.error());
    const auto ipv6 = measure(Family::kIpv6, transport, *plan);
    if (!ipv6) return std::unexpected(ipv6.error());
    print(*ipv4, *ipv6);
  }
  return {};
}

}  // namespace
}  // namespace tickwire::harness

int main(int argc, char** argv) {
  const auto done = tickwire::harness::run({argv, static_cast<std::size_t>(argc)});
  if (done) return 0;
  fmt::print(stderr, "bench_packets: {}\n", done.error().text());
  return static_cast<int>(done.error().failure);
}
