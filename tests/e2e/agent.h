// What it owns: a running agent under test, what it says, and the scenes that it is put into.
// Who may use it: tests of this folder.
// Thread: the test's main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/command.h"
#include "harness/delay_line.h"
#include "harness/http.h"
#include "harness/network.h"
#include "harness/sockets.h"

namespace tickwire::e2e {

using harness::Address;
using harness::Namespace;
using harness::Words;
using nlohmann::json;
using std::chrono::milliseconds;

// Ports that no other program of the machine is likely to serve: hooks on TCP state see every namespace.
inline constexpr std::uint16_t kUdpPort = 17777;
inline constexpr std::uint16_t kTcpPort = 19000;
inline constexpr std::uint16_t kMetricsPort = 19435;

// A node and a player, joined by a veth pair without offloads: what is sent is what passes.
struct Pair {
  explicit Pair(const harness::VethOptions& options = {});
  Namespace node{"node"}, player{"player"};
};

// The same with a line between them, whose log is the truth of what passed and when.
struct Wire {
  explicit Wire(harness::LineOptions options = {});
  Namespace node{"node"}, line_network{"line"}, player{"player"};
  std::optional<harness::DelayLine> line;
};

inline constexpr const char* kNodeV4 = "192.0.2.1";
inline constexpr const char* kNodeV6 = "2001:db8::1";
inline constexpr const char* kPlayerV4 = "192.0.2.2";
inline constexpr const char* kPlayerV6 = "2001:db8::2";

// `tickwire run` in a namespace, on eth0, with the services "world udp/17777" and "lobby tcp/19000" unless `flags` say otherwise,
// a tick each 100 ms, and its socket in a folder of its own. `prefix` is a command that starts it.
class Agent {
 public:
  explicit Agent(const Namespace& network, const Words& flags = {}, const Words& prefix = {});
  ~Agent();

  [[nodiscard]] harness::Process& process() { return process_; }
  [[nodiscard]] const std::string& socket() const { return socket_; }
  // Waits until /readyz says 200; false when it does not, or the agent has ended.
  [[nodiscard]] bool ready();

  [[nodiscard]] harness::Reply get(const std::string& path) const { return harness::get_unix(socket_, path); }
  // The document behind a path of the socket; null when it is not 200.
  [[nodiscard]] json document(const std::string& path) const;
  [[nodiscard]] json status() const { return document("/api/v1/status"); }
  // Rows of the connection table, those that `query` ("state=closed&...") asks for.
  [[nodiscard]] std::vector<json> connections(const std::string& query = {}) const;
  // One service by its name; null when it is not there.
  [[nodiscard]] json service(const std::string& name) const;
  // The candidate that is in use for a capability on eth0 (or on nothing): "tcx".
  [[nodiscard]] std::string mode(const std::string& capability) const;

  // Returns when a reading that began after this call has been published: all that was sent before is in it.
  void settle() const;
  // A client command ("connections", ...) of the same program, for this agent.
  [[nodiscard]] harness::Finished cli(const Words& words) const;
  // SIGTERM; the exit code, none when it did not end.
  [[nodiscard]] std::optional<int> stop();

 private:
  harness::TemporaryFolder folder_;
  std::string socket_;
  harness::Process process_;
};

// The root of the cgroup2 hierarchy, by a path that holds for the agent too, whose /sys is that of its namespace; empty without one.
[[nodiscard]] std::string cgroup2_root();

// Words of `tickwire run` with an api socket in that folder; for agents that are to fail.
[[nodiscard]] Words run_words(const std::string& socket, const Words& flags);

// Programs, filters and XDP that are attached to eth0 of the namespace, as the system's own tools list them; empty when none.
[[nodiscard]] std::string attached(const Namespace& network);

// What passed for a service: packets and payload bytes, by direction.
struct Traffic {
  std::uint64_t packets_in = 0, bytes_in = 0, packets_out = 0, bytes_out = 0;
  friend bool operator==(const Traffic&, const Traffic&) = default;
};
void PrintTo(const Traffic& traffic, std::ostream* out);
[[nodiscard]] Traffic traffic_of(const json& row);
// What the line carried to and from that port of the node.
[[nodiscard]] Traffic traffic_of(const harness::DelayLine& line, std::uint16_t node_port);

}  // namespace tickwire::e2e
