// SPDX-License-Identifier: Apache-2.0
#include "e2e/witness.h"

#include <signal.h>

#include <charconv>
#include <sstream>
#include <stdexcept>

namespace tickwire::e2e {

namespace {

using std::chrono::nanoseconds;

// "0.012345678", seconds with nine decimals, as tshark writes a time span of a capture in nanoseconds.
nanoseconds seconds(std::string text) {
  const std::size_t point = text.find('.');
  if (point == std::string::npos || text.size() - point != 10) throw std::runtime_error("no time in nanoseconds: " + text);
  text.erase(point, 1);
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) throw std::runtime_error("no time: " + text);
  return nanoseconds(count);
}

// The number that stands in front of those words.
std::uint64_t count_before(const std::string& text, const std::string& words) {
  const std::size_t end = text.find(words);
  const std::size_t begin = end == std::string::npos ? end : text.find_last_of('\n', end) + 1;
  std::uint64_t count = 0;
  const char* const last = text.data() + (end == std::string::npos ? 0 : end);
  if (end == std::string::npos || std::from_chars(text.data() + begin, last, count).ptr != last)
    throw std::runtime_error("no count of" + words + ": " + text);
  return count;
}

}  // namespace

// --immediate-mode and -U: a frame is in the file as soon as it has passed, so none waits in a buffer at the end. As root: tcpdump
// would otherwise become a user who may not write here.
Witness::Witness(const harness::Namespace& network)
    : file_(folder_.path("capture.pcap")),
      capture_({"tcpdump", "-i", "eth0", "-p", "-s", "128", "--immediate-mode", "-U", "--time-stamp-precision=nano", "-Z", "root",
                "-w", file_, "tcp"},
               network.name()) {
  if (!capture_.says("listening on")) throw std::runtime_error("tcpdump does not capture: " + capture_.err());
}

AckTimes Witness::ack_times(std::uint16_t node_port, std::uint16_t player_port) {
  capture_.signal(SIGINT);
  if (capture_.wait() != 0) throw std::runtime_error("tcpdump: " + capture_.err());
  const std::string words = capture_.err();
  const std::uint64_t captured = count_before(words, " packets captured");
  if (captured != count_before(words, " packets received by filter") || count_before(words, " packets dropped by kernel") != 0)
    throw std::runtime_error("the capture is not whole: " + words);
  const std::string filter =
      "tcp.analysis.ack_rtt && tcp.dstport == " + std::to_string(node_port) + " && tcp.srcport == " + std::to_string(player_port);
  const std::string lines = harness::must_run({"tshark", "-n", "-r", file_, "-o", "tcp.analyze_sequence_numbers:TRUE", "-o",
                                               "tcp.relative_sequence_numbers:TRUE", "-Y", filter, "-T", "fields", "-e",
                                               "tcp.ack", "-e", "tcp.analysis.ack_rtt"});
  AckTimes times;
  std::istringstream rows(lines);
  std::uint64_t acknowledged = 0;
  for (std::string text; rows >> acknowledged >> text;)
    (acknowledged == 1 ? times.handshake : times.data).push_back(seconds(text));
  return times;
}

}  // namespace tickwire::e2e
