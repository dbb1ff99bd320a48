// What it owns: the threads that do what takes too long for a loop: password hashing, scripts.
// Who may use it: every folder of gameserver/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"
#include "gameserver/common/subscriber.h"

namespace tickwire::game {

struct WorkerOptions {
  unsigned threads = 1;                                 // 1 .. 64
  std::size_t capacity = 256;                           // tasks that wait, besides those that run; at least 1
  std::size_t most_per_remote = 32;                     // of these, for one remote; at least 1
  Nanoseconds finish_within = std::chrono::seconds(2);  // of stop(): after that no task is begun any more
};

struct WorkerCounts {
  std::uint64_t run = 0;         // tasks that have ended
  std::uint64_t failed = 0;      // of these, ended by an exception
  std::uint64_t refused = 0;     // found the queue full, or the pool stopped
  std::uint64_t over_share = 0;  // refused, as too many for the same remote waited
  std::uint64_t displaced = 0;   // destroyed without a call, for one of somebody who had fewer
  std::uint64_t abandoned = 0;   // destroyed without a call, as the time to finish was over
  std::size_t depth = 0;
  std::size_t high_water = 0;  // the largest depth so far
  std::size_t capacity = 0;
  unsigned threads = 0;
  Nanoseconds busy{};  // all threads together, in tasks that have ended
  friend bool operator==(const WorkerCounts&, const WorkerCounts&) = default;
};

// For whom a task is done: a remote, by whom its address stands for; nullopt: the server itself.
using TaskOwner = std::optional<SubscriberKey>;

enum class TaskRefusal : std::uint8_t {
  kFull,       // too much waits, or the pool has been stopped
  kOverShare,  // too much waits for this remote
};

// Those for whom tasks wait take turns, one task each, and each one's tasks keep their order: who asks for much waits for it, and holds
// up nobody else by more than the tasks that run and one of his. When the queue is full, the newest task of whoever has the most in it
// makes room for one of somebody who has at least two fewer. Memory: capacity tasks, and as many owners of some 700 bytes.
class WorkerPool {
 public:
  // Called once, or destroyed without a call when it makes room or the pool stops; an exception is counted and goes no further.
  using Task = std::move_only_function<void()>;

  // The error says that the system gives no more threads.
  [[nodiscard]] static Result<std::unique_ptr<WorkerPool>> open(const WorkerOptions& options);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool() { stop(); }

  // A task that is refused is untouched. Takes time in proportion to the owners that wait.
  [[nodiscard]] std::expected<void, TaskRefusal> try_run(Task&& task, const TaskOwner& owner = std::nullopt);
  // Takes no more tasks, finishes those that wait as far as the time goes, and waits for those that run, however long: a thread
  // cannot be interrupted. Not from a task; a second call does nothing.
  void stop();
  [[nodiscard]] WorkerCounts counts() const;

 private:
  explicit WorkerPool(const WorkerOptions& options) : options_(options) {}
  // The tasks of one owner that wait: never none.
  struct Line {
    TaskOwner owner;
    std::deque<Task> tasks;
  };
  Result<void> start();
  void work();
  // The next task; an empty one when the thread is to end.
  [[nodiscard]] Task next();
  // Called under mutex_: the task that makes room for one of somebody who has so many; an empty one when none does.
  [[nodiscard]] Task displace(std::size_t newcomer_has);

  const WorkerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable has_work_;
  std::list<Line> lines_;                             // by turn
  std::size_t waiting_ = 0;                           // tasks in all of them
  Nanoseconds last_begin_mono_ = Nanoseconds::max();  // set by stop(): no task begins later
  bool stopped_ = false;
  WorkerCounts counts_;  // depth, capacity and threads are filled in by counts()
  std::vector<std::thread> threads_;
};

}  // namespace tickwire::game
