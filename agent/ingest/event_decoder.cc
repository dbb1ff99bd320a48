// SPDX-License-Identifier: Apache-2.0
#include "ingest/event_decoder.h"

#include <algorithm>
#include <utility>

#include "ingest/identity.h"

namespace tickwire::ingest {

using std::chrono::nanoseconds;

void EventDecoder::decode(const RawTick& raw, model::Tick& tick) {
  for (const tw_event& event : raw.events) {
    model::ToldEvent told{.at = nanoseconds(event.at_ns),
                          .service = event.service,
                          .connection = {.id = {.slot = event.slot, .generation = event.generation}, .key = key_of(event.key)}};
    if (event.kind == TW_EVENT_STATE) {
      told.what = model::StateChanged{.from = state_of(event.key.protocol, event.before),
                                      .to = state_of(event.key.protocol, event.after)};
    } else if (event.kind == TW_EVENT_OVER && event.series < TW_SERIES_MAX) {
      told.what = over(event);
    } else {
      continue;
    }
    tick.events.push_back(told);
  }
}

model::OverThreshold EventDecoder::over(const tw_event& event) {
  if (suppressed_.size() <= event.service) suppressed_.resize(event.service + std::size_t{1});
  // CPUs may have put theirs into the ring in another order than they read the count.
  std::uint64_t& told = suppressed_[event.service];
  const std::uint64_t now = std::max<std::uint64_t>(told, event.suppressed);
  return {.series = static_cast<model::Series>(event.series),
          .value = nanoseconds(event.value_ns),
          .threshold = nanoseconds(event.over_ns),
          .suppressed_before = now - std::exchange(told, now)};
}

void EventDecoder::forget(std::uint16_t number) {
  if (number < suppressed_.size()) suppressed_[number] = 0;
}

}  // namespace tickwire::ingest
