// What it owns: keeping a thread on one processor.
// Who may use it: tests and benchmarks.
// Thread: the one that it keeps.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

namespace tickwire::harness {

// The calling thread is on that processor while it lives.
class OnProcessor {
 public:
  explicit OnProcessor(int processor) {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~OnProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }
  OnProcessor(const OnProcessor&) = delete;
  OnProcessor& operator=(const OnProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace tickwire::harness
