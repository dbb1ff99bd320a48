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
  checked.most_per_remote = std::max<std::size_t>(options.most_per_remote, 1);
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

std::expected<void, TaskRefusal> WorkerPool::try_run(Task&& task, const TaskOwner& owner) {
  Task displaced;  // outlives the lock: what it holds may come back here as it ends
  {
    const std::lock_guard lock(mutex_);
    const auto refuse_as_full = [this] {
      ++counts_.refused;
      return std::unexpected(TaskRefusal::kFull);
    };
    if (stopped_) return refuse_as_full();
    auto line = std::ranges::find(lines_, owner, &Line::owner);
    const std::size_t has = line == lines_.end() ? 0 : line->tasks.size();
    if (owner && has >= options_.most_per_remote) {
      ++counts_.over_share;
      return std::unexpected(TaskRefusal::kOverShare);
    }
    if (waiting_ >= options_.capacity) {
      displaced = displace(has);
      if (!displaced) return refuse_as_full();
    }
    if (line == lines_.end()) line = lines_.insert(line, Line{.owner = owner, .tasks = {}});
    line->tasks.push_back(std::move(task));
    counts_.high_water = std::max(counts_.high_water, ++waiting_);
  }
  has_work_.notify_one();
  return {};
}

// Two fewer, so that neither is the other's turn to displace next. A line of two or more does not end here.
WorkerPool::Task WorkerPool::displace(std::size_t newcomer_has) {
  const auto longest = std::ranges::max_element(lines_, {}, [](const Line& line) { return line.tasks.size(); });
  if (longest->tasks.size() < newcomer_has + 2) return {};
  Task newest = std::move(longest->tasks.back());
  longest->tasks.pop_back();
  --waiting_;
  ++counts_.displaced;
  return newest;
}

WorkerPool::Task WorkerPool::next() {
  std::unique_lock lock(mutex_);
  has_work_.wait(lock, [this] { return stopped_ || !lines_.empty(); });
  if (lines_.empty() || (stopped_ && monotonic_now() > last_begin_mono_)) return {};
  auto& line = lines_.front();
  auto task = std::move(line.tasks.front());
  line.tasks.pop_front();
  --waiting_;
  if (line.tasks.empty()) {
    lines_.pop_front();
  } else {
    lines_.splice(lines_.end(), lines_, lines_.begin());
  }
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
  std::list<Line> abandoned;
  const std::lock_guard lock(mutex_);
  std::swap(abandoned, lines_);
  counts_.abandoned = std::exchange(waiting_, 0);
}

WorkerCounts WorkerPool::counts() const {
  const std::lock_guard lock(mutex_);
  auto counts = counts_;
  counts.depth = waiting_;
  counts.capacity = options_.capacity;
  counts.threads = options_.threads;
  return counts;
}

}  // namespace tickwire::game
