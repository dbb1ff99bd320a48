// HTTP against frames over TCP: requests a second, latency and what a request costs the server, on one machine. The same handler, the
// same sessions on the same loop; a server and its clients have a processor each. Reports; asserts nothing.
//
// Rounds go through all ways of asking, the two carriers by turns, so that what disturbs the machine disturbs both. The tables have
// medians.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/transports_idle.h"
#include "bench/transports_load.h"
#include "bench/transports_server.h"

namespace tickwire::bench {
namespace {

constexpr int kServerProcessor = 0;
constexpr int kLoadProcessor = 1;
constexpr std::array<unsigned, 3> kConnections = {8, 64, 512};
constexpr std::array<unsigned, 2> kDepths = {1, 8};
constexpr std::array<double, 3> kShares = {0.25, 0.5, 0.75};
constexpr unsigned kOpenConnections = 64;
constexpr unsigned kOpenDepth = 8;
constexpr std::chrono::milliseconds kWarmUp{500};

struct Measured {
  double requests_hz = 0;
  double p50_us = 0, p99_us = 0, p999_us = 0;
  double user_us = 0, system_us = 0;  // of the server, per request
  double processor = 0;               // the server's share of its processor
};
using Rounds = std::vector<Measured>;

Measured measure(const TransportServer& server, LoadPlan plan) {
  plan.port = server.port();
  plan.warm_up = kWarmUp;
  ServerCost before, after;
  const auto result = run_load(
      plan, [&] { before = server.cost(); }, [&] { after = server.cost(); });
  const auto requests = static_cast<double>(after.requests - before.requests);
  const double took_s = std::chrono::duration<double>(result.took).count();
  const auto us = [](double ns) { return ns / 1e3; };
  Measured measured{.requests_hz = static_cast<double>(result.requests) / took_s,
                    .p50_us = us(result.quantile_ns(0.5)),
                    .p99_us = us(result.quantile_ns(0.99)),
                    .p999_us = us(result.quantile_ns(0.999)),
                    .user_us = us(static_cast<double>(after.user_ns - before.user_ns)) / requests,
                    .system_us = us(static_cast<double>(after.system_ns - before.system_ns)) / requests};
  measured.processor = (measured.user_us + measured.system_us) * requests / 1e6 / took_s;
  return measured;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}
double median_of(const Rounds& rounds, double Measured::*figure) {
  std::vector<double> values;
  for (const auto& round : rounds) values.push_back(round.*figure);
  return median(std::move(values));
}
// Largest less smallest, as a share of the median.
double spread_of(const Rounds& rounds, double Measured::*figure) {
  const auto [least, most] = std::ranges::minmax(rounds, {}, figure);
  return (most.*figure - least.*figure) / median_of(rounds, figure);
}

// All processors of the machine, in ticks of the clock: busy, and taken by the hypervisor.
struct Machine {
  double busy = 0, stolen = 0, all = 0;
};
Machine machine_now() {
  std::ifstream stat("/proc/stat");
  std::string name;
  stat >> name;
  Machine machine;
  double ticks = 0;
  for (int field = 0; field < 8 && stat >> ticks; ++field) {
    machine.all += ticks;
    if (field == 7) machine.stolen += ticks;
    if (field != 3 && field != 4 && field != 7) machine.busy += ticks;
  }
  return machine;
}

void print_head(const std::string& first) {
  fmt::print(
      "| {} | carrier | requests/s | spread | p50 us | p99 us | p99.9 us | CPU us/request | user | system | of its CPU |\n",
      first);
  fmt::print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
}
void print_row(const std::string& first, Carrier carrier, const Rounds& rounds) {
  const auto figure = [&](double Measured::*which) { return median_of(rounds, which); };
  fmt::print("| {} | {} | {:.0f} | {:.0f} % | {:.0f} | {:.0f} | {:.0f} | {:.1f} | {:.1f} | {:.1f} | {:.0f} % |\n", first,
             carrier_name(carrier), figure(&Measured::requests_hz), 100 * spread_of(rounds, &Measured::requests_hz),
             figure(&Measured::p50_us), figure(&Measured::p99_us), figure(&Measured::p999_us),
             figure(&Measured::user_us) + figure(&Measured::system_us), figure(&Measured::user_us), figure(&Measured::system_us),
             100 * figure(&Measured::processor));
  std::fflush(stdout);
}

using Servers = std::map<Carrier, std::unique_ptr<TransportServer>>;

// Requests a second of the slower carrier, with as many connections as the open loop has.
double closed_loop(const Servers& servers, std::chrono::milliseconds measured, unsigned rounds) {
  std::map<std::pair<unsigned, unsigned>, std::map<Carrier, Rounds>> rows;
  for (unsigned round = 0; round < rounds; ++round) {
    for (const unsigned depth : kDepths) {
      for (const unsigned connections : kConnections) {
        for (const auto& [carrier, server] : servers) {
          rows[{depth, connections}][carrier].push_back(
              measure(*server, {.carrier = carrier, .connections = connections, .depth = depth, .measured = measured}));
        }
      }
    }
  }
  fmt::print("\nAs fast as answers come:\n\n");
  print_head("connections x depth");
  for (const auto& [key, carriers] : rows) {
    for (const auto& [carrier, measurements] : carriers) {
      print_row(fmt::format("{} x {}", key.second, key.first), carrier, measurements);
    }
  }
  double slower = std::numeric_limits<double>::max();
  for (const auto& [carrier, measurements] : rows[{1, kOpenConnections}]) {
    slower = std::min(slower, median_of(measurements, &Measured::requests_hz));
  }
  return slower;
}

void open_loop(const Servers& servers, std::chrono::milliseconds measured, unsigned rounds, double saturation_hz) {
  std::map<double, std::map<Carrier, Rounds>> rows;
  for (unsigned round = 0; round < rounds; ++round) {
    for (const double share : kShares) {
      for (const auto& [carrier, server] : servers) {
        rows[share][carrier].push_back(measure(*server, {.carrier = carrier,
                                                         .connections = kOpenConnections,
                                                         .depth = kOpenDepth,
                                                         .rate_hz = share * saturation_hz,
                                                         .measured = measured}));
      }
    }
  }
  fmt::print("\nAt fixed times over {} connections, latency from when a request was due:\n\n", kOpenConnections);
  print_head("of the slower one's most");
  for (const auto& [share, carriers] : rows) {
    for (const auto& [carrier, measurements] : carriers) print_row(fmt::format("{:.0f} %", 100 * share), carrier, measurements);
  }
}

void run(double seconds, unsigned rounds) {
  const auto measured = std::chrono::milliseconds(std::llround(seconds * 1e3));
  Servers servers;
  for (const Carrier carrier : kCarriers) servers[carrier] = std::make_unique<TransportServer>(carrier, kServerProcessor);
  pin_to(kLoadProcessor);
  fmt::print("Medians of {} rounds of {} s; the server on processor {}, its clients on processor {}.\n", rounds, seconds,
             kServerProcessor, kLoadProcessor);
  const auto before = machine_now();
  const double slower_hz = closed_loop(servers, measured, rounds);
  open_loop(servers, measured, rounds, slower_hz);
  const auto after = machine_now();
  const double all = after.all - before.all;
  fmt::print("\nMeanwhile {:.0f} % of all processors were busy, and {:.1f} % were not given to this machine.\n",
             100 * (after.busy - before.busy) / all, 100 * (after.stolen - before.stolen) / all);
}

// For a program that counts instructions: this many requests, one at a time over 8 connections.
void run_requests(Carrier carrier, std::uint64_t requests) {
  const TransportServer server(carrier, kServerProcessor);
  LoadPlan plan{
      .carrier = carrier, .port = server.port(), .connections = 8, .measured = std::chrono::hours(1), .most_requests = requests};
  static_cast<void>(run_load(
      plan, [] {}, [] {}));
  fmt::print("{}\n", server.pid());
}

void run_idle(unsigned connections, double seconds) {
  const IdleCost cost = measure_idle(connections, seconds);
  fmt::print(
      "{} WebSockets at the web gateway: {:.1f} KiB each when connected, {:.1f} KiB as a player; {:.1f} % of a processor for\n"
      "a ping of each in ten seconds, and {:.0f} inputs a second.\n",
      connections, cost.connected_bytes / 1024, cost.playing_bytes / 1024, 100 * cost.processor, cost.messages_per_s);
}

int main_of(int argc, char** argv) {
  CLI::App app("HTTP against frames over TCP, on one machine.");
  double seconds = 3;
  unsigned rounds = 5;
  std::string counted;
  std::uint64_t requests = 0;
  app.add_option("SECONDS", seconds, "of each measurement")->check(CLI::Range(0.1, 600.0))->capture_default_str();
  app.add_option("ROUNDS", rounds, "of all measurements")->check(CLI::Range(1U, 100U))->capture_default_str();
  auto* carrier =
      app.add_option("--count", counted, "serve --requests requests of this carrier, and print the server's process id")
          ->check(CLI::IsMember({"http", "frames"}));
  app.add_option("--requests", requests)->needs(carrier)->check(CLI::Range(1U, 100'000'000U));
  unsigned idle = 0;
  app.add_option("--idle", idle, "measure what so many idle WebSockets cost the web gateway, instead")
      ->check(CLI::Range(1U, 50'000U));
  CLI11_PARSE(app, argc, argv);
  try {
    if (idle != 0) {
      run_idle(idle, seconds);
      return 0;
    }
    if (!counted.empty()) {
      run_requests(counted == "http" ? Carrier::kHttp : Carrier::kFrames, requests);
      return 0;
    }
    if (std::thread::hardware_concurrency() < 2) throw std::runtime_error("needs two processors");
    run(seconds, rounds);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_transports: {}\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace tickwire::bench

int main(int argc, char** argv) { return tickwire::bench::main_of(argc, argv); }
