// What it owns: how logins go: how long they take, and why they fail.
// Who may use it: auth/ records; the registry collects.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/metrics/families.h"
#include "gameserver/metrics/histogram.h"

namespace tickwire::game {

enum class LoginOutcome : std::uint8_t {
  kOk,
  kDenied,     // no such account, or another password
  kThrottled,  // too many failures before, or too many attempts of the address wait
  kBusy,       // no room to try
  kStore,      // the database failed
};
inline constexpr std::size_t kLoginOutcomeCount = 5;
// "ok", "denied", "throttled", "busy", "store": the label `reason`.
[[nodiscard]] std::string_view login_outcome_name(LoginOutcome outcome);
// "ok", "denied", "busy" or "error": the label `status`. A throttled login is a denied one, the store's failure an error.
[[nodiscard]] std::string_view login_status(LoginOutcome outcome);

// Families game_login_duration_seconds{status,region}, game_login_attempts_total{region}, game_login_errors_total{region,reason}.
// All series of a region start at 0 together, so that a ratio of rates has both of its sides from the first error on.
class LoginMetrics {
 public:
  // Regions beyond these are counted as "other": what clients name must not become series without end.
  static constexpr std::size_t kMostRegions = 16;

  // These regions and "unknown" exist from the start; those that come with logins follow while there is room.
  explicit LoginMetrics(const std::vector<std::string>& regions = {});

  // region: empty: "unknown".
  void record(std::string_view region, LoginOutcome outcome, Nanoseconds took);
  [[nodiscard]] MetricFamilies collect() const;

 private:
  struct Region {
    Region();
    std::array<std::uint64_t, kLoginOutcomeCount> outcomes{};
    std::map<std::string, Histogram, std::less<>> took_by_status;
  };
  // Called under lock_.
  Region& region_of(std::string_view name);

  mutable std::mutex lock_;
  std::map<std::string, Region, std::less<>> regions_;
};

}  // namespace tickwire::game
