// What it owns: how a fuzzer says that something does not hold.
// Who may use it: tests/fuzz.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tickwire::fuzz {

// Ends the process, so that the fuzzer keeps the input.
inline void check(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", sentence);
  std::abort();
}

}  // namespace tickwire::fuzz
