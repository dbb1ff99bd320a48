// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/workers.h"

#include <pthread.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

namespace tickwire::game {

Result<std::unique_ptr<WorkerPool>> WorkerPool::open(const WorkerOptions& options) {
  auto checked = options;
  checked.threads = std::clamp(options.threads, 1U, 64U);
  checked.capacity = std::max<std::size_t>(options.capacity, 1);
  std::unique_ptr<WorkerPool> pool(new WorkerPool(checked));
  if (const auto started = pool->start(); !started) return std::unexpected(started.error());
  return pool;
}

Result<void> WorkerPool::start() {
  threads_.reserve(options_.threads);
  for (unsigned i = 0; i < options_.threads; ++i) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      return fail_errno(error.code().value(), "start", fmt::format("worker {}", i));
    }
    ::pthread_setname_np(threads_.back().native_handle(), fmt::format("worker-{}", i).c_str());
  }
  return {};
}

bool WorkerPool::try_run(Task&& task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || tasks_.size() >= options_.capacity) {
      ++counts_.refused;
      return false;
    }
    tasks_.push_back(std::move(task));
    counts_.high_water = std::max(counts_.high_water, tasks_.size());
  }
  has_work_.notify_one();
  return true;
}

WorkerPool::Task WorkerPool::next() {
  std::unique_lock lock(mutex_);
  has_work_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
  if (tasks_.empty() || (stopped_ && monotonic_now() > last_begin_mono_)) return {};
  auto task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

void WorkerPool::work() {
  while (auto task = next()) {
    const auto begin_mono = monotonic_now();
    bool failed = false;
    try {
      task();
    } catch (...) {
      failed = true;
    }
    // What the task holds ends before the task counts as done.
    task = nullptr;
    const std::lock_guard lock(mutex_);
    ++counts_.run;
    if (failed) ++counts_.failed;
    counts_.busy += monotonic_now() - begin_mono;
  }
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    last_begin_mono_ = monotonic_now() + options_.finish_within;
  }
  has_work_.notify_all();
  for (auto& thread : threads_) thread.join();
  std::deque<Task> abandoned;
  const std::lock_guard lock(mutex_);
  std::swap(abandoned, tasks_);
  counts_.abandoned = abandoned.size();
}

WorkerCounts WorkerPool::counts() const {
  const std::lock_guard lock(mutex_);
  auto counts = counts_;
  counts.depth = tasks_.size();
  counts.capacity = options_.capacity;
  counts.threads = options_.threads;
  return counts;
}

}  // namespace tickwire::game
