// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/rules.h"

#include "gameserver/line/frame_view.h"

namespace tickwire::game {

LineRules::LineRules(const std::vector<LineRule>& rules, std::uint64_t seed, Nanoseconds started_mono) {
  for (const auto& rule : rules) {
    const std::uint64_t own = seed + 2 * entries_.size();
    entries_.push_back({.match = rule.match,
                        .up = LineModel(rule.impairment, own, started_mono),
                        .down = LineModel(rule.impairment, own + 1, started_mono)});
  }
}

void LineRules::decide(LineFrame& frame) {
  const auto view = view_frame(frame.bytes);
  frame.rule = kNoRule;
  frame.fate = {.departs_mono = frame.arrived_mono};
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (!matches(entry.match, frame.direction, view)) continue;
    frame.rule = i;
    LineModel& model = frame.direction == Direction::kUp ? entry.up : entry.down;
    frame.fate = model.decide(frame.arrived_mono, frame.bytes.size());
    return;
  }
}

}  // namespace tickwire::game
