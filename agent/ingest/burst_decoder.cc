// SPDX-License-Identifier: Apache-2.0
#include "ingest/burst_decoder.h"

#include <algorithm>

#include "ingest/mapped.h"

namespace tickwire::ingest {

void BurstDecoder::decode(const RawTick& raw, model::Tick& tick) {
  tick.has_bursts = !raw.bursts.empty();
  if (places_.size() < raw.bursts.size()) places_.resize(raw.bursts.size());
  for (const std::uint16_t number : raw.services) {
    if (number >= raw.bursts.size()) continue;
    const auto first = static_cast<std::uint32_t>(tick.bursts.size());
    model::BurstGain gain = read(raw.bursts[number], raw.monotonic, places_[number], tick.bursts);
    gain.service = number;
    gain.first = first;
    missed_ += gain.missed;
    if (gain.count > 0 || gain.missed > 0) tick.burst_gains.push_back(gain);
  }
  tick.losses[TW_LOSS_BURST] += missed_;
}

void BurstDecoder::forget(std::uint16_t number) {
  if (number < places_.size()) places_[number] = {};
}

model::BurstGain BurstDecoder::read(const tw_burst_ring& ring, std::chrono::nanoseconds now, Place& place,
                                    std::vector<model::Burst>& bursts) {
  model::BurstGain gain;
  const std::uint64_t head = load(ring.head);
  const auto now_ns = static_cast<std::uint64_t>(now.count());
  const bool newest_whole = load(ring.last_ns) + TW_BURST_GAP_NS < now_ns;
  const std::uint64_t end = newest_whole || head == 0 ? head : head - 1;
  if (end <= place.next) return gain;
  const std::size_t before = bursts.size();
  std::uint64_t first = place.next;
  if (head - first > TW_BURSTS) first = head - TW_BURSTS;
  for (std::uint64_t n = first; n < end; ++n) {
    const tw_burst& burst = ring.bursts[n % TW_BURSTS];
    const std::uint64_t start_ns = load(burst.start_ns);
    bursts.push_back({.start = std::chrono::nanoseconds(start_ns),
                      .end = std::chrono::nanoseconds(start_ns + load(burst.span_ns)),
                      .players = load(burst.players),
                      .prompt = load(burst.prompt)});
  }
  // What began meanwhile took the place of the oldest ones.
  const std::uint64_t head_now = load(ring.head);
  const std::uint64_t whole_from = std::clamp(head_now > TW_BURSTS ? head_now - TW_BURSTS : 0, first, end);
  bursts.erase(bursts.begin() + static_cast<std::ptrdiff_t>(before),
               bursts.begin() + static_cast<std::ptrdiff_t>(before + (whole_from - first)));
  // A program that was held up between counting a burst and writing it left the one that stood there before.
  std::size_t kept = before;
  for (std::size_t i = before; i < bursts.size(); ++i) {
    const auto start_ns = static_cast<std::uint64_t>(bursts[i].start.count());
    if (start_ns == 0 || start_ns + TW_BURST_GAP_NS < place.newest_ns) continue;
    place.newest_ns = std::max(place.newest_ns, start_ns);
    bursts[kept++] = bursts[i];
  }
  bursts.resize(kept);
  gain.count = static_cast<std::uint32_t>(bursts.size() - before);
  gain.missed = end - place.next - gain.count;
  place.next = end;
  return gain;
}

}  // namespace tickwire::ingest
