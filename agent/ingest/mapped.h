// What it owns: reading one value out of memory that the kernel changes meanwhile.
// Who may use it: ingest.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace tickwire::ingest {

// Loads a mapped value once, whole: the compiler neither tears it nor reads it again, and what is loaded later is no older.
// std::atomic_ref of a const type does not exist before C++26, so the const is cast away here and nowhere else; a lock-free load
// never writes, which matters because the mapping is read-only.
template <typename T>
[[nodiscard]] inline T load(const T& mapped) {
  static_assert(std::atomic_ref<T>::is_always_lock_free);
  return std::atomic_ref<T>(const_cast<T&>(mapped)).load(std::memory_order_acquire);
}

}  // namespace tickwire::ingest
