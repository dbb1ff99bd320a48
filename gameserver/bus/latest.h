// What it owns: the newest of a series of immutable values, for one thread that wants no other.
// Who may use it: every folder of gameserver/; the world's frames go to the gateways by it.
// Thread: publish and counts on any; take on one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "gameserver/bus/queue.h"

namespace tickwire::game {

// Memory: one value.
template <typename T>
class Latest {
 public:
  // wake: notified when a value comes and none waits.
  explicit Latest(std::string name, std::shared_ptr<Wake> wake = nullptr) : name_(std::move(name)), wake_(std::move(wake)) {}
  Latest(const Latest&) = delete;
  Latest& operator=(const Latest&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  // value: not null.
  void publish(std::shared_ptr<const T> value) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      std::swap(value_, value);
      was_empty = value == nullptr;
      ++counts_.pushed;
      if (!was_empty) ++counts_.replaced;
      counts_.high_water = 1;
    }
    if (was_empty && wake_) wake_->notify();
  }

  // Null when the newest value has been taken already.
  [[nodiscard]] std::shared_ptr<const T> take() {
    const std::lock_guard lock(mutex_);
    if (value_) ++counts_.popped;
    return std::exchange(value_, nullptr);
  }

  [[nodiscard]] QueueCounts counts() const {
    const std::lock_guard lock(mutex_);
    auto counts = counts_;
    counts.depth = value_ ? 1 : 0;
    counts.capacity = 1;
    return counts;
  }

 private:
  const std::string name_;
  const std::shared_ptr<Wake> wake_;
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  QueueCounts counts_;
};

}  // namespace tickwire::game
