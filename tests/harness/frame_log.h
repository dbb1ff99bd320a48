// What it owns: a log of what passes an interface, in both directions, with the kernel's stamps: the truth of what was sent and came.
// Who may use it: tests.
// Thread: has its own; its functions are for the test's main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "harness/network.h"

namespace tickwire::harness {

struct LoggedFrame {
  std::chrono::nanoseconds at{};  // CLOCK_MONOTONIC, stamped as the frame comes up from the device or is given to it
  bool outgoing = false;
  std::vector<std::uint8_t> head;  // its first 128 bytes
};

class FrameLog {
 public:
  FrameLog(const Namespace& network, const std::string& interface);
  ~FrameLog();
  FrameLog(const FrameLog&) = delete;
  FrameLog& operator=(const FrameLog&) = delete;

  // In the order in which they passed.
  [[nodiscard]] std::vector<LoggedFrame> frames() const;
  // Frames that found the log's queue full; a truth with holes is none.
  [[nodiscard]] std::uint32_t missed() const;

 private:
  void serve();

  UniqueFd socket_, stop_;
  mutable std::mutex mutex_;
  std::vector<LoggedFrame> frames_;
  std::thread thread_;
};

}  // namespace tickwire::harness
