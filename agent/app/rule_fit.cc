// SPDX-License-Identifier: Apache-2.0
#include "app/rule_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace tickwire::app {
namespace {

// "1.3% of 240".
std::string share(const model::RuleCounts& rule, model::Direction direction) {
  const auto i = static_cast<std::size_t>(direction);
  const std::optional<double> ratio = rule.match_ratio(direction);
  return fmt::format("{} of {}", ratio ? fmt::format("{:.1f}%", *ratio * 100) : "-", rule.messages[i] + rule.strangers[i]);
}

}  // namespace

std::vector<std::string> RuleFit::check(const std::vector<model::Service>& services) {
  std::vector<std::string> sentences;
  std::set<model::ServiceId> told;
  for (const model::Service& service : services) {
    if (told_.contains(service.id)) {
      told.insert(service.id);
      continue;
    }
    if (!service.rule || service.rule->fits()) continue;
    told.insert(service.id);
    sentences.push_back(fmt::format(
        "the rule of service {} does not fit: {} messages in and {} messages out echo a token, {:.0f}% are wanted both ways; "
        "latency by it is not shown, docs/rules.md tells how to find the mistake",
        service.id.text(), share(*service.rule, model::Direction::kIngress), share(*service.rule, model::Direction::kEgress),
        model::RuleCounts::kFits * 100));
  }
  told_ = std::move(told);
  return sentences;
}

}  // namespace tickwire::app
