// SPDX-License-Identifier: Apache-2.0
#include "model/event_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tickwire::model {

void EventLog::append(std::vector<Event> events) {
  if (events.empty()) return;
  for (Event& event : events) event.sequence = ++newest_;
  if (events.size() > kKept) events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(kKept));

  auto blocks = blocks_ ? std::make_shared<Blocks>(*blocks_) : std::make_shared<Blocks>();
  blocks->push_back(std::make_shared<const Block>(std::move(events)));
  // A block goes as soon as those behind it are enough.
  const auto is_enough = [&](const std::shared_ptr<const Block>& block) { return newest_ - block->back().sequence >= kKept; };
  blocks->erase(blocks->begin(), std::ranges::find_if_not(*blocks, is_enough));
  blocks_ = std::move(blocks);
}

std::uint64_t EventLog::oldest() const { return blocks_ ? blocks_->front()->front().sequence : newest_ + 1; }

const Event* EventLog::find(std::uint64_t sequence) const {
  if (sequence < oldest() || sequence > newest_) return nullptr;
  const auto after = std::ranges::upper_bound(*blocks_, sequence, {}, [](const auto& block) { return block->front().sequence; });
  const Block& block = **std::prev(after);
  return &block[sequence - block.front().sequence];
}

std::vector<Event> EventQueue::take(std::chrono::nanoseconds now, std::chrono::nanoseconds unix_now) {
  const auto later = std::ranges::stable_partition(waiting_, [&](const Event& event) { return event.at <= now; });
  std::vector<Event> taken(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(later.begin()));
  waiting_.erase(waiting_.begin(), later.begin());
  std::ranges::stable_sort(taken, {}, &Event::at);
  for (Event& event : taken) event.unix_time = unix_now - (now - event.at);
  return taken;
}

}  // namespace tickwire::model
