// What it owns: what the relay counts of itself, and its text for Prometheus.
// Who may use it: relay.
// Thread: any; guarded by a lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "relay/outcome.h"
#include "relay/robot.h"

namespace tickwire::relay {

// What became of one notification for one robot.
enum class Fate : std::uint8_t { kDelivered, kMerged, kDuplicate, kFailedRetryable, kFailedPermanent };
inline constexpr std::size_t kFates = 5;
[[nodiscard]] std::string_view name(Fate fate);  // "delivered", "merged", "duplicate", "failed_retryable", "failed_permanent"

// Why alerts were not told.
enum class Drop : std::uint8_t { kUnread, kDigestFull, kRefused, kStopped };
inline constexpr std::size_t kDrops = 4;

// Every series of the robots is there from the beginning, at zero. Robots are numbered as they were given.
class Metrics {
 public:
  Metrics(const std::vector<Robot>& robots, model::BuildInfo build);

  void count_notification(std::size_t robot, Fate fate);
  // One message was sent; `took` is until its answer, `unix_time` when that came.
  void count_message(std::size_t robot, Outcome::Result result, std::chrono::nanoseconds took,
                     std::chrono::nanoseconds unix_time);
  void count_dropped(std::size_t robot, Drop reason, std::size_t alerts);
  void set_waiting(std::size_t robot, std::size_t alerts);
  void count_request(unsigned code);  // of HTTP; one of a dozen

  [[nodiscard]] std::size_t dropped(std::size_t robot, Drop reason) const;
  // Exposition format 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  static constexpr std::size_t kResults = 3;
  static constexpr std::size_t kBounds = 8;
  struct Counts {
    std::string name;
    std::string kind;
    std::array<std::uint64_t, kFates> notifications{};
    std::array<std::uint64_t, kResults> messages{};
    std::array<std::uint64_t, kDrops> dropped{};
    std::size_t waiting = 0;
    std::chrono::nanoseconds delivered_unix{};      // the last time; zero: never
    std::array<std::uint64_t, kBounds + 1> took{};  // messages by the bound that they are within; the last are beyond all
    std::chrono::nanoseconds took_sum{};
  };
  struct Families;

  mutable std::mutex mutex_;
  model::BuildInfo build_;
  std::vector<Counts> robots_;
  std::map<unsigned, std::uint64_t> requests_;
};

}  // namespace tickwire::relay
