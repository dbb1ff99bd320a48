// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>

#include "gameserver/common/line_file.h"
#include "gameserver/line/line_log.h"
#include "gameserver/line/options.h"
#include "gameserver/line/rules.h"

namespace {

using namespace tickwire::game;

int fail_with(const std::string& message) {
  fmt::print(stderr, "tickwire-line: {}\n", message);
  return 1;
}

// What the line did that nobody asked for makes its log no truth any more.
bool was_honest(const BridgeCounts& counts) {
  return counts.held_full + counts.socket_drops + counts.send_failures + counts.no_checksum == 0;
}

int run(const LineOptions& options) {
  const auto stop = open_stop_signals();
  if (!stop) return fail_with(stop.error());
  auto log = LineFile::open(options.log_path);
  if (!log) return fail_with(log.error());
  for (const auto& port : {options.node_port, options.player_port}) {
    if (const auto off = turn_offloads_off(port); !off) return fail_with(off.error());
  }
  const auto started = monotonic_now();
  LineRules rules(options.rules, options.seed, started);
  const auto bridge = Bridge::open(
      options.node_port, options.player_port, [&rules](LineFrame& frame) { rules.decide(frame); },
      [&log](const LineFrame& frame) {
        if (log->is_open()) log->write(frame_line(frame));
      });
  if (!bridge) return fail_with(bridge.error());
  fmt::print("{{\"ready\":true}}\n");
  std::fflush(stdout);
  const auto ends = options.duration_s
                        ? started + std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(*options.duration_s))
                        : Nanoseconds::max();
  (*bridge)->run(stop->fd(), ends);
  const std::string counts = counts_line((*bridge)->counts());
  log->write(counts);
  fmt::print("{}\n", counts);
  return was_honest((*bridge)->counts()) ? 0
                                         : fail_with("frames were lost or damaged on their way through the line; see the counts");
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_line_options(argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  if (parsed.options.prepared.empty()) return run(parsed.options);
  const auto off = turn_offloads_off(parsed.options.prepared);
  return off ? 0 : fail_with(off.error());
}
