// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/line_log.h"

#include <netinet/in.h>

#include <array>

#include "gameserver/line/frame_view.h"
#include "gameserver/line/rules.h"

namespace tickwire::game {
namespace {

constexpr std::array<std::string_view, 4> kOutcomes = {"passed", "lost", "queue_full", "held"};

template <typename Number>
std::string number(const std::optional<Number>& value) {
  return value ? fmt::format("{}", *value) : "null";
}

std::string ends(const std::optional<FrameView>& view) {
  if (!view) return R"("protocol":null,"source":null,"destination":null,"payload_bytes":null,"seq":null,"tcp_sequence":null)";
  return fmt::format(R"("protocol":"{}","source":"{}","destination":"{}","payload_bytes":{},"seq":{},"tcp_sequence":{})",
                     view->protocol == IPPROTO_TCP ? "tcp" : "udp", address_text(view->source, view->source_port),
                     address_text(view->destination, view->destination_port), view->payload_bytes, number(view->seq),
                     number(view->tcp_sequence));
}

}  // namespace

std::string frame_line(const LineFrame& frame) {
  const bool passed = frame.fate.outcome == Outcome::kPassed;
  const std::string departed = passed ? fmt::to_string(frame.departed_mono.count()) : "null";
  const std::string delay = passed ? fmt::to_string((frame.departed_mono - frame.arrived_mono).count()) : "null";
  const std::string rule = frame.rule == LineRules::kNoRule ? "null" : fmt::to_string(frame.rule);
  return fmt::format(
      R"({{"kind":"frame","direction":"{}",{},"wire_bytes":{},"rule":{},"outcome":"{}","copy":{},"reordered":{},"arrived_mono_ns":{},"departed_mono_ns":{},"delay_ns":{}}})",
      direction_name(frame.direction), ends(view_frame(frame.bytes)), frame.bytes.size(), rule,
      kOutcomes.at(static_cast<std::size_t>(frame.fate.outcome)), frame.copy, frame.fate.reordered, frame.arrived_mono.count(),
      departed, delay);
}

std::string counts_line(const BridgeCounts& counts) {
  return fmt::format(
      R"({{"kind":"counts","taken":{},"copies":{},"passed":{},"lost":{},"queue_full":{},"held":{},"held_full":{},"socket_drops":{},"send_failures":{},"no_checksum":{}}})",
      counts.taken, counts.copies, counts.passed, counts.lost, counts.queue_full, counts.held, counts.held_full,
      counts.socket_drops, counts.send_failures, counts.no_checksum);
}

}  // namespace tickwire::game
