// SPDX-License-Identifier: Apache-2.0
#include "model/slo_limit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "model/service.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::array<std::pair<SloQuantity, std::string_view>, 4> kQuantities{{
    {SloQuantity::kRtt, "rtt"},
    {SloQuantity::kTurnaround, "turnaround"},
    {SloQuantity::kJitter, "jitter"},
    {SloQuantity::kSocketToApp, "socket_to_app"},
}};

constexpr std::array<std::pair<nanoseconds, std::string_view>, 4> kUnits{{{1s, "s"}, {1ms, "ms"}, {1us, "us"}, {1ns, "ns"}}};

constexpr nanoseconds kLeast = 1us;
constexpr nanoseconds kMost = 1h;

}  // namespace

std::string_view name(SloQuantity quantity) {
  return std::ranges::find(kQuantities, quantity, &std::pair<SloQuantity, std::string_view>::first)->second;
}

Result<Slo> Slo::parse(std::string_view text) {
  const std::string hint = "write it like rtt=100ms, or world:rtt=80ms for one service";
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return fail_usage(fmt::format("\"{}\": there is no = in it", text), hint);
  std::string_view what = text.substr(0, equals);
  Slo slo;
  if (const std::size_t colon = what.find(':'); colon != std::string_view::npos) {
    slo.service = what.substr(0, colon);
    what = what.substr(colon + 1);
    if (!is_service_name(slo.service)) {
      return fail_usage(fmt::format("\"{}\": the service's name is not 1 to 63 of A-Z a-z 0-9 . _ -", text), hint);
    }
  }
  const auto* const found = std::ranges::find(kQuantities, what, &std::pair<SloQuantity, std::string_view>::second);
  if (found == kQuantities.end()) {
    std::array<std::string_view, kQuantities.size()> names;
    std::ranges::transform(kQuantities, names.begin(), &std::pair<SloQuantity, std::string_view>::second);
    return fail_usage(fmt::format("\"{}\": \"{}\" is none of {}", text, what, fmt::join(names, ", ")), hint);
  }
  slo.quantity = found->first;
  const auto limit = parse_duration(text.substr(equals + 1));
  if (!limit) return fail_usage(fmt::format("\"{}\": {}", text, limit.error().message), hint);
  if (*limit < kLeast || *limit > kMost)
    return fail_usage(fmt::format("\"{}\": the limit is not between 1us and 1h", text), hint);
  slo.limit = *limit;
  return slo;
}

std::string Slo::name() const {
  const auto* const unit = std::ranges::find_if(kUnits, [this](const auto& each) { return limit % each.first == 0ns; });
  return fmt::format("{}_{}{}", model::name(quantity), limit / unit->first, unit->second);
}

bool is_of(std::span<const Slo> all, const Slo& slo, std::string_view service) {
  if (!slo.service.empty()) return slo.service == service;
  return std::ranges::none_of(all, [&](const Slo& other) { return other.quantity == slo.quantity && other.service == service; });
}

std::vector<Slo> default_slos() {
  return {{.service = {}, .quantity = SloQuantity::kRtt, .limit = 100ms},
          {.service = {}, .quantity = SloQuantity::kRtt, .limit = 150ms},
          {.service = {}, .quantity = SloQuantity::kJitter, .limit = 10ms},
          {.service = {}, .quantity = SloQuantity::kJitter, .limit = 20ms},
          {.service = {}, .quantity = SloQuantity::kTurnaround, .limit = 50ms},
          {.service = {}, .quantity = SloQuantity::kSocketToApp, .limit = 50ms}};
}

}  // namespace tickwire::model
