// What it owns: a second opinion on round trips: what passed an interface, captured by tcpdump and read by tshark, neither of which
// knows of the agent.
// Who may use it: tests of this folder.
// Thread: the test's main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/command.h"
#include "harness/network.h"

namespace tickwire::e2e {

// tshark's tcp.analysis.ack_rtt of the segments that came to one port: from the frame that holds the acknowledged byte to the frame
// that acknowledges it, both as the capture stamped them.
struct AckTimes {
  std::vector<std::chrono::nanoseconds> handshake;  // of acknowledgements of a SYN-ACK alone
  std::vector<std::chrono::nanoseconds> data;       // of all later ones, in their order
};

// Captures TCP on eth0 of a namespace from its construction on: each frame's first bytes, with the kernel's stamps. A missing tool,
// or a frame that the capture lost, throws std::runtime_error: without its witness a test has failed.
class Witness {
 public:
  explicit Witness(const harness::Namespace& network);

  // Ends the capture and has it read. `player_port`: where the acknowledgements come from.
  [[nodiscard]] AckTimes ack_times(std::uint16_t node_port, std::uint16_t player_port);

 private:
  harness::TemporaryFolder folder_;
  std::string file_;
  harness::Process capture_;
};

}  // namespace tickwire::e2e
