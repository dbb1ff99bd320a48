// What it owns: the newest of a series of immutable values, which one thread replaces and others read.
// Who may use it: every room; the agent's snapshots reach the serving threads by it.
// Thread: any. A reader holds the lock for as long as it takes to copy a pointer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace tickwire {

// std::atomic<std::shared_ptr> is not taken for it: its load() of libstdc++ 12 (bits/shared_ptr_atomic.h) unlocks with relaxed order, so that a
// store may overtake the reading of the pointer on machines other than x86.
template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> value = nullptr) : value_(std::move(value)) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // The value before is let go of outside of the lock.
  void store(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }

  // Null before the first one.
  [[nodiscard]] std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace tickwire
