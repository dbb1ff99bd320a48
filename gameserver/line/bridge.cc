// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/bridge.h"

#include <algorithm>
#include <utility>

#include "gameserver/common/clock_offset.h"

namespace tickwire::game {
namespace {

enum Id : std::uint64_t { kStop, kTimer, kNode, kPlayer };

// Frames of one port per wake-up: those that are due and the other port have their turn.
constexpr int kFramesPerWakeUp = 64;

}  // namespace

Result<std::unique_ptr<Bridge>> Bridge::open(const std::string& node_port, const std::string& player_port, Decide decide,
                                             Observe observe) {
  std::unique_ptr<Bridge> bridge(new Bridge(std::move(decide), std::move(observe)));
  if (const auto opened = bridge->open_parts(node_port, player_port); !opened) return std::unexpected(opened.error());
  return bridge;
}

Result<void> Bridge::open_parts(const std::string& node_port, const std::string& player_port) {
  monotonic_less_unix_ = monotonic_less_unix();
  return in_order(
      [&] { return keep(poller_, Poller::open()); }, [&] { return keep(timer_, DeadlineTimer::open()); },
      [&] { return keep(node_, PacketPort::open(node_port)); }, [&] { return keep(player_, PacketPort::open(player_port)); },
      [&] { return poller_->add(timer_->fd(), EPOLLIN, kTimer); }, [&] { return poller_->add(node_->fd(), EPOLLIN, kNode); },
      [&] { return poller_->add(player_->fd(), EPOLLIN, kPlayer); });
}

void Bridge::run(int borrowed_stop_fd, Nanoseconds ends_mono) {
  if (!poller_->add(borrowed_stop_fd, EPOLLIN, kStop)) return;
  for (bool stopping = false; !stopping;) {
    const auto next = held_.empty() ? ends_mono : std::min(held_.top().departs_mono, ends_mono);
    if (next == Nanoseconds::max()) {
      timer_->disarm();
    } else {
      timer_->arm(next);
    }
    for (const auto& event : poller_->wait()) {
      if (event.data.u64 == kStop) stopping = true;
      if (event.data.u64 == kNode) receive(Direction::kDown);
      if (event.data.u64 == kPlayer) receive(Direction::kUp);
    }
    send_due();
    stopping = stopping || monotonic_now() >= ends_mono;
  }
  drop_held();
  counts_.socket_drops += node_->take_drops() + player_->take_drops();
}

void Bridge::receive(Direction direction) {
  PacketPort& port = direction == Direction::kDown ? *node_ : *player_;
  for (int i = 0; i < kFramesPerWakeUp; ++i) {
    const auto arrived = port.receive(monotonic_less_unix_);
    if (!arrived) return;
    ++counts_.taken;
    if (arrived->checksum_missing) ++counts_.no_checksum;
    auto frame = std::make_unique<LineFrame>(LineFrame{
        .direction = direction, .arrived_mono = arrived->arrived_mono, .bytes = {arrived->bytes.begin(), arrived->bytes.end()}});
    decide_(*frame);
    if (frame->fate.outcome != Outcome::kPassed) {
      ++(frame->fate.outcome == Outcome::kLost ? counts_.lost : counts_.queue_full);
      observe_(*frame);
      continue;
    }
    std::unique_ptr<LineFrame> copy;
    if (frame->fate.copy_mono) copy = std::make_unique<LineFrame>(*frame);
    const auto departs = frame->fate.departs_mono;
    hold(std::move(frame), departs);
    if (!copy) continue;
    ++counts_.copies;
    copy->copy = true;
    const auto copy_departs = *copy->fate.copy_mono;
    hold(std::move(copy), copy_departs);
  }
}

void Bridge::hold(std::unique_ptr<LineFrame> frame, Nanoseconds departs_mono) {
  if (held_bytes_ + frame->bytes.size() > kMostHeldBytes) {
    ++counts_.held_full;
    frame->fate.outcome = Outcome::kQueueFull;
    observe_(*frame);
    return;
  }
  held_bytes_ += frame->bytes.size();
  held_.push({.departs_mono = departs_mono, .serial = next_serial_++, .frame = std::move(frame)});
}

std::unique_ptr<LineFrame> Bridge::take_next() {
  // The queue gives its top only as const; it is taken off on the next line.
  auto frame = std::move(const_cast<Held&>(held_.top()).frame);
  held_.pop();
  held_bytes_ -= frame->bytes.size();
  return frame;
}

void Bridge::send_due() {
  while (!held_.empty() && held_.top().departs_mono <= monotonic_now()) {
    const auto frame = take_next();
    ++counts_.passed;
    frame->departed_mono = monotonic_now();
    observe_(*frame);
    const PacketPort& port = frame->direction == Direction::kDown ? *player_ : *node_;
    if (!port.send(frame->bytes)) ++counts_.send_failures;
  }
}

void Bridge::drop_held() {
  while (!held_.empty()) {
    const auto frame = take_next();
    ++counts_.held;
    frame->fate.outcome = Outcome::kHeld;
    observe_(*frame);
  }
}

}  // namespace tickwire::game
