// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/pace.h"

#include <algorithm>

namespace tickwire::game {

Pace::Pace(const PaceOptions& options, bool stream, Nanoseconds started_mono) {
  const auto none = Nanoseconds::zero();
  if (stream && options.read_delay > none) {
    read_delay_ = options.read_delay;
    next_read_ = started_mono + read_delay_;
    read_bytes_ = options.read_bytes;
  } else if (options.fps > 0) {
    frames_.emplace(options.fps, started_mono);
  }
  hitches_.start(options.hitch, started_mono + options.hitch.every);
  if (options.silent_after > none) silent_from_ = started_mono + options.silent_after;
}

Pace::Mode Pace::at(Nanoseconds now_mono) {
  silent_ = silent_ || now_mono >= silent_from_;
  if (silent_) return Mode::kSilent;
  if (hitching_ && now_mono >= hitch_end_) hitching_ = false;
  if (hitching_) return Mode::kHitches;
  const auto length = hitches_.take(now_mono);
  if (!length) return Mode::kRuns;
  hitching_ = true;
  hitch_begin_ = now_mono;
  hitch_end_ = now_mono + *length;
  return Mode::kHitches;
}

bool Pace::read_due(Nanoseconds now_mono) {
  if (frames_) return frames_->advance(now_mono).run > 0;
  if (now_mono < next_read_) return false;
  next_read_ = now_mono + read_delay_;
  return true;
}

Nanoseconds Pace::next_mono() const {
  if (silent_) return Nanoseconds::max();
  if (hitching_) return std::min(hitch_end_, silent_from_);
  auto next = std::min(hitches_.next_mono(), silent_from_);
  if (frames_) next = std::min(next, frames_->next_deadline_mono());
  if (read_delay_ > Nanoseconds::zero()) next = std::min(next, next_read_);
  return next;
}

}  // namespace tickwire::game
