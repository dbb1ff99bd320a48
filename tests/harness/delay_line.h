// What it owns: a line with a known delay: two ports of a namespace bridged in user space, and a log of what each frame saw.
// Who may use it: tests.
// Thread: has its own; its functions are for the test's main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "harness/network.h"

namespace tickwire::game {
class Bridge;
}  // namespace tickwire::game

namespace tickwire::harness {

enum class Side : std::uint8_t { kNode, kPlayer };

// A frame that came in on one side, and what became of it. Times are CLOCK_MONOTONIC: `arrived` is the kernel's own stamp of
// the arrival, `departed` is read just before the frame was given to the other port.
struct PassedFrame {
  Side from = Side::kNode;
  std::chrono::nanoseconds arrived{};
  std::chrono::nanoseconds departed{};  // 0 when it was dropped
  std::uint32_t wire_bytes = 0;
  std::vector<std::uint8_t> head;  // its first 128 bytes
  [[nodiscard]] bool dropped() const { return departed.count() == 0; }
};

struct LineOptions {
  std::chrono::nanoseconds from_node{0};    // how long a frame from the node is held
  std::chrono::nanoseconds from_player{0};  // how long a frame from the player is held
  // How much longer this one is held; asked once for each, on the line's thread. Frames of one side never overtake each other.
  std::function<std::chrono::nanoseconds(const PassedFrame&)> hold = {};
  // Says which frames are lost; asked once for each, on the line's thread, with what is filled of PassedFrame on arrival.
  std::function<bool(const PassedFrame&)> lose = {};
};

// The delay of each frame is at least what was asked for; how much more is in the log, which is the truth to compare with.
class DelayLine {
 public:
  DelayLine(const Namespace& network, const std::string& node_port, const std::string& player_port, LineOptions options);
  ~DelayLine();
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  [[nodiscard]] std::vector<PassedFrame> log() const;

 private:
  LineOptions options_;
  std::unique_ptr<game::Bridge> bridge_;
  UniqueFd stop_;
  mutable std::mutex mutex_;
  std::vector<PassedFrame> log_;
  std::thread thread_;
};

}  // namespace tickwire::harness
