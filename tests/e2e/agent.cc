// SPDX-License-Identifier: Apache-2.0
#include "e2e/agent.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "harness/frame_view.h"

namespace tickwire::e2e {

namespace {

bool names(const Words& flags, const std::string& flag) {
  return std::ranges::any_of(flags, [&](const std::string& word) { return word == flag || word.starts_with(flag + "="); });
}

harness::Port port(const Namespace& network, const char* v4, const char* v6) {
  return {.network = network, .v4 = std::string(v4) + "/24", .v6 = std::string(v6) + "/64"};
}

}  // namespace

Pair::Pair(const harness::VethOptions& options) {
  harness::connect(port(node, kNodeV4, kNodeV6), port(player, kPlayerV4, kPlayerV6), options);
}

Wire::Wire(harness::LineOptions options) {
  harness::connect(port(node, kNodeV4, kNodeV6), {.network = line_network, .interface = "node"});
  harness::connect(port(player, kPlayerV4, kPlayerV6), {.network = line_network, .interface = "player"});
  harness::make_neighbours(port(node, kNodeV4, kNodeV6), port(player, kPlayerV4, kPlayerV6));
  line.emplace(line_network, "node", "player", std::move(options));
}

std::string cgroup2_root() {
  std::ifstream mounts("/proc/self/mounts");
  std::string line;
  while (std::getline(mounts, line)) {
    std::istringstream words(line);
    std::string device, path, type;
    words >> device >> path >> type;
    if (type == "cgroup2") return "/proc/" + std::to_string(::getpid()) + "/root" + path;
  }
  return {};
}

Words run_words(const std::string& socket, const Words& flags) {
  Words words{TICKWIRE_BINARY, "run"};
  if (!names(flags, "--cgroup") && !cgroup2_root().empty()) words.insert(words.end(), {"--cgroup", cgroup2_root()});
  if (!names(flags, "--api-socket")) words.insert(words.end(), {"--api-socket", socket});
  if (!names(flags, "--interface")) words.insert(words.end(), {"--interface", "eth0"});
  if (!names(flags, "--interval")) words.insert(words.end(), {"--interval", "100ms"});
  if (!names(flags, "--listen")) words.insert(words.end(), {"--listen", "127.0.0.1:" + std::to_string(kMetricsPort)});
  if (!names(flags, "--service")) {
    words.insert(words.end(),
                 {"--service", "world=udp/" + std::to_string(kUdpPort), "--service", "lobby=tcp/" + std::to_string(kTcpPort)});
  }
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

namespace {

Words with_prefix(const Words& prefix, Words words) {
  words.insert(words.begin(), prefix.begin(), prefix.end());
  return words;
}

}  // namespace

Agent::Agent(const Namespace& network, const Words& flags, const Words& prefix)
    : socket_(folder_.path("api.sock")), process_(with_prefix(prefix, run_words(socket_, flags)), network.name()) {}

Agent::~Agent() {
  if (::testing::Test::HasFailure()) std::cerr << "the agent wrote:\n" << process_.out() << process_.err();
}

bool Agent::ready() {
  return harness::eventually([&] { return !process_.running() || get("/readyz").status == 200; }) && process_.running();
}

json Agent::document(const std::string& path) const {
  const harness::Reply reply = get(path);
  return reply.status == 200 ? json::parse(reply.body) : json();
}

std::vector<json> Agent::connections(const std::string& query) const {
  json all = document("/api/v1/connections" + (query.empty() ? "" : "?" + query));
  return all.is_null() ? std::vector<json>{} : all["connections"].get<std::vector<json>>();
}

json Agent::service(const std::string& name) const {
  const json all = document("/api/v1/services");
  if (all.is_null()) return {};
  for (const json& service : all["services"]) {
    if (service["service"] == name) return service;
  }
  return {};
}

std::string Agent::mode(const std::string& capability) const {
  const json all = status();
  if (all.is_null()) return {};
  for (const json& hook : all["hooks"]) {
    if (hook["capability"] == capability) return hook["mode"].is_null() ? "" : hook["mode"].get<std::string>();
  }
  return {};
}

void Agent::settle() const {
  const auto ticks = [&] { return status().value("ticks", std::uint64_t{0}); };
  const std::uint64_t before = ticks();
  EXPECT_TRUE(harness::eventually([&] { return ticks() >= before + 2; })) << "no tick";
}

harness::Finished Agent::cli(const Words& words) const {
  Words all{TICKWIRE_BINARY};
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), {"--api-socket", socket_});
  return harness::run(all);
}

std::optional<int> Agent::stop() {
  process_.signal(SIGTERM);
  return process_.wait();
}

namespace {

// The system's tools are older than TCX (kernel 6.6, BPF_TCX_INGRESS and BPF_TCX_EGRESS): ask the kernel itself.
std::string tcx_programs(const Namespace& network) {
  std::string found;
  network.enter([&] {
    for (const __u32 attach_type : {46U, 47U}) {
      bpf_attr attributes{};
      attributes.query.target_fd = ::if_nametoindex("eth0");  // in a union with target_ifindex
      attributes.query.attach_type = attach_type;
      if (::syscall(SYS_bpf, BPF_PROG_QUERY, &attributes, sizeof attributes) != 0 || attributes.query.prog_cnt == 0) continue;
      found += "tcx " + std::to_string(attach_type) + ": " + std::to_string(attributes.query.prog_cnt) + " programs\n";
    }
  });
  return found;
}

}  // namespace

std::string attached(const Namespace& network) {
  std::string found;
  for (const char* direction : {"ingress", "egress"})
    found += harness::run({"tc", "filter", "show", "dev", "eth0", direction}, network.name()).out;
  for (const json& device : json::parse(network.run({"ip", "-j", "link", "show", "eth0"}))) {
    if (device.contains("xdp")) found += device["xdp"].dump() + "\n";
  }
  found += tcx_programs(network);
  const json nets = json::parse(network.run({"bpftool", "-j", "net", "show", "dev", "eth0"}));
  for (const json& net : nets) {
    for (const auto& [kind, programs] : net.items()) {
      if (!programs.empty()) found += kind + " " + programs.dump() + "\n";
    }
  }
  return found;
}

void PrintTo(const Traffic& traffic, std::ostream* out) {
  *out << "in " << traffic.packets_in << " packets, " << traffic.bytes_in << " bytes; out " << traffic.packets_out << " packets, "
       << traffic.bytes_out << " bytes";
}

Traffic traffic_of(const json& row) {
  if (row.is_null()) return {};
  return {.packets_in = row["packets_in"],
          .bytes_in = row["payload_bytes_in"],
          .packets_out = row["packets_out"],
          .bytes_out = row["payload_bytes_out"]};
}

Traffic traffic_of(const harness::DelayLine& line, std::uint16_t node_port) {
  Traffic traffic;
  for (const harness::PassedFrame& frame : line.log()) {
    const std::optional<harness::FrameView> read = harness::view(frame.head);
    if (!read) continue;
    if (frame.from == harness::Side::kPlayer && read->destination_port == node_port && !frame.dropped()) {
      ++traffic.packets_in;
      traffic.bytes_in += read->payload_bytes;
    }
    if (frame.from == harness::Side::kNode && read->source_port == node_port) {
      ++traffic.packets_out;
      traffic.bytes_out += read->payload_bytes;
    }
  }
  return traffic;
}

}  // namespace tickwire::e2e
