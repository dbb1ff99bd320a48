// What it owns: the thread of one robot: it takes notifications in order, and sends what waits when there is room.
// Who may use it: relay.
// Thread: any may post; the dispatcher is used on the worker's own thread alone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "relay/dispatcher.h"

namespace tickwire::relay {

class Worker {
 public:
  explicit Worker(std::unique_ptr<Dispatcher> dispatcher);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Waits for the thread, which ends when stop() said so; without one, at once.
  ~Worker();

  // The answer comes when the robot's has. As many wait as requests are open, which the server bounds. After stop(): failed for now.
  [[nodiscard]] std::future<Delivery> post(std::shared_ptr<const Notification> notification);
  // Ends when nothing waits any more, or what waits has no room before `deadline` (CLOCK_MONOTONIC).
  void stop(std::chrono::nanoseconds deadline);
  // Waits for the end of the thread. Gives how many alerts were lost. Once.
  [[nodiscard]] std::size_t join();

 private:
  struct Job {
    std::shared_ptr<const Notification> notification;
    std::promise<Delivery> answer;
  };

  void run();
  void take(Job job);
  void flush();
  [[nodiscard]] bool has_ended(std::optional<std::chrono::nanoseconds> due) const;

  std::unique_ptr<Dispatcher> dispatcher_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::optional<std::chrono::nanoseconds> deadline_;  // set: stopping
  std::size_t lost_ = 0;                              // read after the thread has ended
  std::thread thread_;
};

}  // namespace tickwire::relay
