// What one request and its answer cost in all of the agent's programs: real traffic between two network namespaces, one message there
// and back at a time, and the kernel's own run-time statistics. Reports; asserts nothing.
//
// From each run the meter's own cost is subtracted, which programs that do nothing show in the same traffic. Programs that see every
// socket of the machine also run for the player's end, which is on another machine elsewhere: what that costs is taken from the
// same traffic on a port that is not watched, where both ends are equal, and is subtracted too. Rounds go through all ways of running
// the agent, so that what disturbs the machine disturbs all of them. The tables have medians.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <linux/bpf.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "bench/meter.h"
#include "bench/ping_pong.h"
#include "e2e/agent.h"

namespace tickwire::harness {
namespace {

constexpr unsigned kWarmUpTrips = 2000;
// Where no service is.
constexpr std::uint16_t kUnwatchedUdpPort = e2e::kUdpPort + 1;
constexpr std::uint16_t kUnwatchedTcpPort = e2e::kTcpPort + 1;

// A way of running the agent: a column of the tables.
struct Way {
  std::string name;
  Words flags;
};
// Who plays where: a table of its own.
struct Scene {
  std::string name;
  Transport transport = Transport::kUdp;
  Processors processors;
};
// Per round trip.
struct Cost {
  double runs = 0;
  double ns = 0;
};
using Costs = std::map<std::string, Cost>;  // by program
using Rounds = std::vector<Costs>;

std::vector<Way> ways() {
  return {
      {.name = "default", .flags = {}},
      {.name = "rule",
       .flags = {"--rule", std::string("world: ") + PingPong::kUdpRule, "--rule", std::string("lobby: ") + PingPong::kTcpRule}},
      {.name = "no ticks", .flags = {"--no-ticks"}},
      {.name = "no stages", .flags = {"--no-stages"}},
      {.name = "neither", .flags = {"--no-stages", "--no-ticks"}}};
}

std::vector<Scene> scenes() {
  std::vector<Scene> all;
  for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
    const std::string name = transport == Transport::kUdp ? "UDP" : "TCP";
    all.push_back({.name = name + ", player and server on one processor", .transport = transport, .processors = {0, 0}});
    if (std::thread::hardware_concurrency() < 2) continue;
    all.push_back({.name = name + ", player and server on a processor each", .transport = transport, .processors = {0, 1}});
  }
  return all;
}

// A terminal's interrupt ends the bench between two measurements, so that its namespaces are removed.
sigset_t ends() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  return signals;
}
void end_if_asked() {
  const sigset_t signals = ends();
  const timespec at_once{};
  if (::sigtimedwait(&signals, nullptr, &at_once) > 0) throw std::runtime_error("interrupted");
}

Costs costs_of(const ProgramSet& programs, const Meter& meter, PingPong& game, unsigned trips) {
  game.play(kWarmUpTrips);
  const auto meter_before = meter.read();
  const auto before = programs.read();
  game.play(trips);
  const auto after = programs.read();
  auto meter_ns = ns_per_run(meter_before, meter.read());
  Costs costs;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const double runs = static_cast<double>(after[i].runs - before[i].runs) / trips;
    const double ns = static_cast<double>(after[i].run_time_ns - before[i].run_time_ns) / trips;
    costs[after[i].program] = {.runs = runs, .ns = ns - runs * meter_ns[after[i].type]};
  }
  return costs;
}

// Also for the player's socket and its device. XDP and TC are on the node's device alone; the player names no address when it reads
// and writes, so that the programs for that do not run.
bool sees_both_ends(std::uint32_t type) {
  return type != BPF_PROG_TYPE_XDP && type != BPF_PROG_TYPE_SCHED_CLS && type != BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
}

// The server's end of a scene.
Costs measure(const e2e::Pair& pair, const ProgramSet& programs, const Meter& meter, const Scene& scene, unsigned trips) {
  end_if_asked();
  const bool udp = scene.transport == Transport::kUdp;
  const auto play = [&](std::uint16_t port) {
    PingPong game(pair.node, pair.player, scene.transport, {.ip = e2e::kNodeV4, .port = port}, scene.processors);
    return costs_of(programs, meter, game, trips);
  };
  Costs costs = play(udp ? e2e::kUdpPort : e2e::kTcpPort);
  const Costs unwatched = play(udp ? kUnwatchedUdpPort : kUnwatchedTcpPort);
  for (const ProgramRuns& program : programs.read()) {
    if (!sees_both_ends(program.type)) continue;
    costs[program.program].runs -= unwatched.at(program.program).runs / 2;
    costs[program.program].ns -= unwatched.at(program.program).ns / 2;
  }
  return costs;
}

// Of the rounds that have the program, and of all programs together.
double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}
Cost median_of(const Rounds& rounds, const std::string& program) {
  std::vector<double> runs, ns;
  for (const Costs& costs : rounds) {
    const auto found = costs.find(program);
    runs.push_back(found == costs.end() ? 0 : found->second.runs);
    ns.push_back(found == costs.end() ? 0 : found->second.ns);
  }
  return {.runs = median(std::move(runs)), .ns = median(std::move(ns))};
}
// From the arrival to the departure, or on to the device, for which the qdisc's program runs.
enum class Until { kDeparture, kDevice };
double median_together(const Rounds& rounds, Until until) {
  std::vector<double> sums;
  for (const Costs& costs : rounds) {
    double sum = 0;
    for (const auto& [program, cost] : costs) {
      if (until == Until::kDevice || program != "qdisc_tp") sum += cost.ns;
    }
    sums.push_back(sum);
  }
  return median(std::move(sums));
}

// `columns` has the rounds of each way; the first is the default.
void print(const Scene& scene, const std::vector<Way>& all_ways, const std::vector<Rounds>& columns) {
  fmt::print("\n{}: ns per round trip\n{:<16} {:>5} {:>7} {:>6}", scene.name, "program", "runs", "ns/run", "share");
  for (const Way& way : all_ways) fmt::print(" {:>9}", way.name);
  const double together = median_together(columns[0], Until::kDevice);
  std::vector<std::pair<std::string, Cost>> rows;
  for (const auto& [program, cost] : columns[0][0]) rows.emplace_back(program, median_of(columns[0], program));
  // What runs less than once in a hundred round trips has nothing to do with them.
  std::erase_if(rows, [](const auto& row) { return row.second.runs < 0.01; });
  std::ranges::sort(rows, [](const auto& left, const auto& right) { return left.second.ns > right.second.ns; });
  for (const auto& [program, cost] : rows) {
    fmt::print("\n{:<16} {:>5.2f} {:>7.0f} {:>5.0f}%", program, cost.runs, cost.ns / cost.runs, 100 * cost.ns / together);
    for (const Rounds& rounds : columns) {
      const Cost column = median_of(rounds, program);
      fmt::print(" {:>9}", column.runs < 0.01 ? "-" : fmt::format("{:.0f}", column.ns));
    }
  }
  for (const auto& [name, until] : {std::pair{"until departure", Until::kDeparture}, std::pair{"together", Until::kDevice}}) {
    fmt::print("\n{:<16} {:>5} {:>7} {:>5.0f}%", name, "", "", 100 * median_together(columns[0], until) / together);
    for (const Rounds& rounds : columns) fmt::print(" {:>9.0f}", median_together(rounds, until));
  }
  fmt::print("\n");
  std::fflush(stdout);
}

void run(unsigned rounds, unsigned trips) {
  const e2e::Pair pair;
  const Meter meter(pair.player, e2e::cgroup2_root());
  const RunTimeStatistics statistics;
  const std::vector<Way> all_ways = ways();
  const std::vector<Scene> all_scenes = scenes();
  std::vector<std::vector<Rounds>> measured(all_scenes.size(), std::vector<Rounds>(all_ways.size()));
  for (unsigned round = 0; round < rounds; ++round) {
    for (std::size_t way = 0; way < all_ways.size(); ++way) {
      Words flags = all_ways[way].flags;
      // A veth's native XDP is for those who ask.
      flags.insert(flags.end(), {"--interval", "1s", "--arrival", "native"});
      e2e::Agent agent(pair.node, flags);
      if (!agent.ready()) throw std::runtime_error("the agent is not ready:\n" + agent.process().err());
      const ProgramSet programs = ProgramSet::of_process(agent.process().pid());
      for (std::size_t scene = 0; scene < all_scenes.size(); ++scene) {
        measured[scene][way].push_back(measure(pair, programs, meter, all_scenes[scene], trips));
      }
      if (agent.stop() != 0) throw std::runtime_error("the agent did not end:\n" + agent.process().err());
    }
  }
  fmt::print("medians of {} rounds of {} round trips, less what the kernel's statistics add to a run\n", rounds, trips);
  for (std::size_t scene = 0; scene < all_scenes.size(); ++scene) print(all_scenes[scene], all_ways, measured[scene]);
}

int main_of(std::span<char*> arguments) {
  std::array<unsigned, 2> numbers{7, 20'000};
  if (arguments.size() > 1 + numbers.size()) {
    fmt::print(stderr, "usage: bench_roundtrip [ROUNDS [ROUND_TRIPS]]\n");
    return 2;
  }
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto number = parse_number(arguments[i], 1, 1'000'000);
    if (!number) {
      fmt::print(stderr, "bench_roundtrip: {}\n", number.error().text());
      return 2;
    }
    numbers[i - 1] = static_cast<unsigned>(*number);
  }
  if (::geteuid() != 0) {
    fmt::print(stderr, "bench_roundtrip: needs root: network namespaces are made, and programs are loaded into the kernel\n");
    return 3;
  }
  const sigset_t signals = ends();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  try {
    sweep_namespaces();
    run(numbers[0], numbers[1]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_roundtrip: {}\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace tickwire::harness

int main(int argc, char** argv) { return tickwire::harness::main_of({argv, static_cast<std::size_t>(argc)}); }
