// SPDX-License-Identifier: Apache-2.0
#include "model/threshold.h"

#include <fmt/format.h>

#include "base/text.h"
#include "model/service.h"

namespace tickwire::model {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLeast = std::chrono::microseconds(1);
constexpr nanoseconds kMost = std::chrono::seconds(17);  // longer ones are no samples: TW_SAMPLE_MAX_NS
constexpr std::string_view kForm = "write it like rtt=150ms, turnaround=50ms or world:rtt=150ms";

}  // namespace

Result<Threshold> Threshold::parse(std::string_view text) {
  Threshold threshold;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    threshold.service = trim(text.substr(0, colon));
    if (!is_service_name(threshold.service))
      return fail_usage("what stands before the colon is not a service's name", std::string(kForm));
    text.remove_prefix(colon + 1);
  }
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return fail_usage("there is no = in it", std::string(kForm));
  const std::string_view quantity = trim(text.substr(0, equals));
  if (quantity == name(Quantity::kTurnaround)) {
    threshold.quantity = Quantity::kTurnaround;
  } else if (quantity != name(Quantity::kRtt)) {
    return fail_usage("the quantity is neither rtt nor turnaround", std::string(kForm));
  }
  const auto over = parse_duration(trim(text.substr(equals + 1)));
  if (!over) return std::unexpected(over.error());
  if (*over < kLeast || *over > kMost)
    return fail_usage(
        fmt::format("{} is not between {} and {}", format_duration(*over), format_duration(kLeast), format_duration(kMost)));
  threshold.over = *over;
  return threshold;
}

std::optional<nanoseconds> threshold_of(std::span<const Threshold> thresholds, std::string_view service, Quantity quantity) {
  std::optional<nanoseconds> of_all;
  for (const Threshold& threshold : thresholds) {
    if (threshold.quantity != quantity) continue;
    if (threshold.service == service) return threshold.over;
    if (threshold.service.empty()) of_all = threshold.over;
  }
  return of_all;
}

}  // namespace tickwire::model
