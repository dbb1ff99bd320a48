// What it owns: the bounded queue between threads, with one stated policy for when it is full.
// Who may use it: every folder of gameserver/.
// Thread: push and counts on any; drain on one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gameserver/bus/wake.h"
#include "gameserver/common/clock.h"

namespace tickwire::game {

// What happens to a value that finds the queue full.
enum class FullPolicy {
  kRefuse,      // the producer keeps it, and stops taking more: join, leave, authentication, events
  kDropOldest,  // the value that has waited longest makes room: chat
  kBlock,       // the producer waits, up to a deadline: writes to the database
};

// Since the queue was made. A value that was pushed has been popped, has been dropped or replaced, or is among depth.
struct QueueCounts {
  std::uint64_t pushed = 0;
  std::uint64_t popped = 0;
  std::uint64_t dropped_oldest = 0;  // made room for a newer one
  std::uint64_t refused = 0;         // found it full; not among pushed
  std::uint64_t timed_out = 0;       // found it full until its deadline; not among pushed
  std::uint64_t replaced = 0;        // a newer one of the same owner came
  std::uint64_t stale = 0;           // older than the one of the same owner that waits; not among pushed
  std::size_t depth = 0;
  std::size_t high_water = 0;  // the largest depth so far
  std::size_t capacity = 0;
  friend bool operator==(const QueueCounts&, const QueueCounts&) = default;
};

// Any number of producers, one consumer, first in first out. Memory: two buffers of `capacity` values, the queue's and the one
// that drain() is given; nothing is allocated after the first drain().
template <typename T, FullPolicy kPolicy>
class BoundedQueue {
 public:
  // name: for metrics. capacity: at least 1. wake: notified when the empty queue receives a value; null: the consumer looks by
  // itself.
  BoundedQueue(std::string name, std::size_t capacity, std::shared_ptr<Wake> wake = nullptr)
      : name_(std::move(name)), capacity_(std::max<std::size_t>(capacity, 1)), wake_(std::move(wake)) {
    items_.reserve(capacity_);
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  // False when the queue is full; value is then untouched.
  [[nodiscard]] bool push(T&& value) requires(kPolicy == FullPolicy::kRefuse) {
    std::unique_lock lock(mutex_);
    if (items_.size() >= capacity_) {
      ++counts_.refused;
      return false;
    }
    append(std::move(value), std::move(lock));
    return true;
  }

  void push(T value) requires(kPolicy == FullPolicy::kDropOldest) {
    std::unique_lock lock(mutex_);
    if (items_.size() < capacity_) return append(std::move(value), std::move(lock));
    std::swap(items_[oldest_], value);
    oldest_ = (oldest_ + 1) % capacity_;
    ++counts_.pushed;
    ++counts_.dropped_oldest;
  }

  // Waits for room. False when deadline_mono has passed without; value is then untouched. A deadline in the past does not wait.
  [[nodiscard]] bool push_until(T&& value, Nanoseconds deadline_mono) requires(kPolicy == FullPolicy::kBlock) {
    std::unique_lock lock(mutex_);
    // The steady clock is CLOCK_MONOTONIC.
    const std::chrono::steady_clock::time_point deadline(deadline_mono);
    if (!room_.wait_until(lock, deadline, [this] { return items_.size() < capacity_; })) {
      ++counts_.timed_out;
      return false;
    }
    append(std::move(value), std::move(lock));
    return true;
  }

  // For a producer that was refused. True is a promise only to the single producer of a queue.
  [[nodiscard]] bool has_room() const {
    const std::lock_guard lock(mutex_);
    return items_.size() < capacity_;
  }

  // Replaces out with everything that waits, oldest first.
  void drain(std::vector<T>& out) {
    out.clear();
    out.reserve(capacity_);
    std::size_t oldest = 0;
    {
      const std::lock_guard lock(mutex_);
      std::swap(items_, out);
      oldest = std::exchange(oldest_, 0);
      counts_.popped += out.size();
    }
    if constexpr (kPolicy == FullPolicy::kBlock) room_.notify_all();
    std::rotate(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(oldest), out.end());
  }

  [[nodiscard]] QueueCounts counts() const {
    const std::lock_guard lock(mutex_);
    auto counts = counts_;
    counts.depth = items_.size();
    counts.capacity = capacity_;
    return counts;
  }

 private:
  void append(T&& value, std::unique_lock<std::mutex> lock) {
    items_.push_back(std::move(value));
    ++counts_.pushed;
    counts_.high_water = std::max(counts_.high_water, items_.size());
    const bool was_empty = items_.size() == 1;
    lock.unlock();
    if (was_empty && wake_) wake_->notify();
  }

  const std::string name_;
  const std::size_t capacity_;
  const std::shared_ptr<Wake> wake_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::vector<T> items_;    // a ring once values are dropped
  std::size_t oldest_ = 0;  // not 0 only when items_ is full
  QueueCounts counts_;      // depth and capacity are filled in by counts()
};

}  // namespace tickwire::game
