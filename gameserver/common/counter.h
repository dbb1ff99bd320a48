// What it owns: a number that one thread changes and others look at.
// Who may use it: every folder of gameserver/, for statistics.
// Thread: changed on one, read on any; what is read of two counters need not be of the same moment.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace tickwire::game {

// Costs what a plain number does: no locked instruction, as nobody else changes it.
class Counter {
 public:
  Counter& operator++() { return *this += 1; }
  Counter& operator--() { return *this += ~std::uint64_t{0}; }
  Counter& operator+=(std::uint64_t more) {
    set(value() + more);
    return *this;
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// The largest of the values since somebody last took it. Noted and taken on any thread.
class Peak {
 public:
  void note(std::uint64_t value) {
    auto largest = value_.load(std::memory_order_relaxed);
    while (value > largest && !value_.compare_exchange_weak(largest, value, std::memory_order_relaxed)) {
    }
  }
  // 0: none was noted.
  [[nodiscard]] std::uint64_t take() { return value_.exchange(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

}  // namespace tickwire::game
