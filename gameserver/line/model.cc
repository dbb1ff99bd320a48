// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/model.h"

#include <algorithm>
#include <iterator>

namespace tickwire::game {

LineModel::LineModel(const Impairment& impairment, std::uint64_t seed, Nanoseconds started_mono)
    : impairment_(impairment), random_(seed), started_(started_mono) {}

bool LineModel::happens(double chance) {
  // Drawn whatever the chance is: changing one of a line's chances leaves the draws of the others alone.
  return std::uniform_real_distribution<double>()(random_) < chance;
}

bool LineModel::is_lost() {
  const LossSpec& loss = impairment_.loss;
  const bool lost = happens(bad_ ? loss.in_bad : loss.in_good);
  if (happens(bad_ ? loss.to_good : loss.to_bad)) bad_ = !bad_;
  return lost;
}

std::optional<Nanoseconds> LineModel::serialise(Nanoseconds arrived_mono, std::size_t wire_bytes) {
  if (impairment_.rate_bps == 0) return arrived_mono;
  const double ns_per_byte = 8e9 / static_cast<double>(impairment_.rate_bps);
  const auto begins = std::max(busy_until_, arrived_mono);
  const double waiting_bytes = static_cast<double>((begins - arrived_mono).count()) / ns_per_byte;
  if (waiting_bytes + static_cast<double>(wire_bytes) > static_cast<double>(impairment_.queue_bytes)) return std::nullopt;
  busy_until_ = begins + Nanoseconds(static_cast<std::int64_t>(ns_per_byte * static_cast<double>(wire_bytes)));
  return busy_until_;
}

Nanoseconds LineModel::delay(Nanoseconds arrived_mono) {
  const DelaySpec& spec = impairment_.delay;
  const double drawn = normal_(random_);
  if (spec.trace.empty()) {
    const auto deviation = Nanoseconds(static_cast<std::int64_t>(drawn * static_cast<double>(spec.deviation.count())));
    return std::max(spec.mean + deviation, Nanoseconds::zero());
  }
  auto offset = std::max(arrived_mono - started_, Nanoseconds::zero());
  if (spec.trace_period > Nanoseconds::zero()) offset %= spec.trace_period;
  const auto next = std::ranges::upper_bound(spec.trace, offset, {}, &TracePoint::offset);
  return std::prev(next)->delay;
}

Fate LineModel::decide(Nanoseconds arrived_mono, std::size_t wire_bytes) {
  const bool lost = is_lost();
  const bool reordered = happens(impairment_.reorder);
  const bool duplicated = happens(impairment_.duplicate);
  const auto wait = delay(arrived_mono);
  if (lost) return {.outcome = Outcome::kLost};
  const auto sent = serialise(arrived_mono, wire_bytes);
  if (!sent) return {.outcome = Outcome::kQueueFull};
  Fate fate{.departs_mono = *sent + wait, .reordered = reordered};
  if (reordered) {
    fate.departs_mono += impairment_.reorder_by;
  } else {
    fate.departs_mono = last_departure_ = std::max(fate.departs_mono, last_departure_);
  }
  if (duplicated) fate.copy_mono = fate.departs_mono;
  return fate;
}

}  // namespace tickwire::game
