// What it owns: which notifications one robot was told lately, so that a repeated request does not tell them twice.
// Who may use it: relay.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

namespace tickwire::relay {

// Remembers content digests for ten minutes: 1,024 at most, the oldest is forgotten first. Times are CLOCK_MONOTONIC and never go back.
class Told {
 public:
  [[nodiscard]] bool contains(std::string_view content_digest, std::chrono::nanoseconds now);
  void add(std::string_view content_digest, std::chrono::nanoseconds now);

 private:
  struct Entry {
    std::string content_digest;
    std::chrono::nanoseconds told;
  };

  void forget(std::chrono::nanoseconds now, std::size_t most);

  std::deque<Entry> entries_;  // oldest first; a deque's elements stay where they are
  std::unordered_set<std::string_view> known_;
};

}  // namespace tickwire::relay
