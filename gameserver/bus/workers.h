// What it owns: the threads that do what takes too long for a loop: password hashing, scripts.
// Who may use it: every folder of gameserver/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

struct WorkerOptions {
  unsigned threads = 1;                                 // 1 .. 64
  std::size_t capacity = 256;                           // tasks that wait, besides those that run; at least 1
  Nanoseconds finish_within = std::chrono::seconds(2);  // of stop(): after that no task is begun any more
};

struct WorkerCounts {
  std::uint64_t run = 0;        // tasks that have ended
  std::uint64_t failed = 0;     // of these, ended by an exception
  std::uint64_t refused = 0;    // found the queue full, or the pool stopped
  std::uint64_t abandoned = 0;  // destroyed without a call, as the time to finish was over
  std::size_t depth = 0;
  std::size_t high_water = 0;  // the largest depth so far
  std::size_t capacity = 0;
  unsigned threads = 0;
  Nanoseconds busy{};  // all threads together, in tasks that have ended
  friend bool operator==(const WorkerCounts&, const WorkerCounts&) = default;
};

class WorkerPool {
 public:
  // Called once, or destroyed without a call when the pool stops; an exception is counted and goes no further.
  using Task = std::move_only_function<void()>;

  // The error says that the system gives no more threads.
  [[nodiscard]] static Result<std::unique_ptr<WorkerPool>> open(const WorkerOptions& options);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool() { stop(); }

  // False when the queue is full or the pool has been stopped; the task is then untouched.
  [[nodiscard]] bool try_run(Task&& task);
  // Takes no more tasks, finishes those that wait as far as the time goes, and waits for those that run, however long: a thread
  // cannot be interrupted. Not from a task; a second call does nothing.
  void stop();
  [[nodiscard]] WorkerCounts counts() const;

 private:
  explicit WorkerPool(const WorkerOptions& options) : options_(options) {}
  Result<void> start();
  void work();
  // The next task; an empty one when the thread is to end.
  [[nodiscard]] Task next();

  const WorkerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable has_work_;
  std::deque<Task> tasks_;
  Nanoseconds last_begin_mono_ = Nanoseconds::max();  // set by stop(): no task begins later
  bool stopped_ = false;
  WorkerCounts counts_;  // depth, capacity and threads are filled in by counts()
  std::vector<std::thread> threads_;
};

}  // namespace tickwire::game
