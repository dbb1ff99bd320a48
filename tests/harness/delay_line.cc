// SPDX-License-Identifier: Apache-2.0
#include "harness/delay_line.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "gameserver/line/bridge.h"

namespace tickwire::harness {

namespace {

constexpr std::size_t kHeadBytes = 128;

PassedFrame passed_frame(const game::LineFrame& frame) {
  PassedFrame passed{.from = frame.direction == game::Direction::kDown ? Side::kNode : Side::kPlayer,
                     .arrived = frame.arrived_mono,
                     .departed = frame.departed_mono,
                     .wire_bytes = static_cast<std::uint32_t>(frame.bytes.size())};
  const std::span head = std::span(frame.bytes).first(std::min(frame.bytes.size(), kHeadBytes));
  std::ranges::transform(head, std::back_inserter(passed.head),
                         [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return passed;
}

}  // namespace

DelayLine::DelayLine(const Namespace& network, const std::string& node_port, const std::string& player_port, LineOptions options)
    : options_(std::move(options)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  // By direction: a frame departs no sooner than the one before it.
  const auto decide = [this, last = std::array<std::chrono::nanoseconds, 2>{}](game::LineFrame& frame) mutable {
    const bool from_node = frame.direction == game::Direction::kDown;
    frame.fate.departs_mono = frame.arrived_mono + (from_node ? options_.from_node : options_.from_player);
    if (options_.hold) frame.fate.departs_mono += options_.hold(passed_frame(frame));
    if (options_.lose && options_.lose(passed_frame(frame))) {
      frame.fate.outcome = game::Outcome::kLost;
      return;
    }
    auto& previous = last[from_node ? 0 : 1];
    frame.fate.departs_mono = previous = std::max(previous, frame.fate.departs_mono);
  };
  const auto observe = [this](const game::LineFrame& frame) {
    const std::scoped_lock lock(mutex_);
    log_.push_back(passed_frame(frame));
  };
  network.enter([&] {
    auto bridge = game::Bridge::open(node_port, player_port, decide, observe);
    if (!bridge) throw std::runtime_error(bridge.error());
    bridge_ = std::move(*bridge);
  });
  thread_ = std::thread([this] { bridge_->run(stop_.fd()); });
}

DelayLine::~DelayLine() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.fd(), &one, sizeof one));
  thread_.join();
}

std::vector<PassedFrame> DelayLine::log() const {
  const std::scoped_lock lock(mutex_);
  return log_;
}

}  // namespace tickwire::harness
