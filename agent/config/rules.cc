// SPDX-License-Identifier: Apache-2.0
#include "config/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>

#include "config/words.h"

namespace tickwire::config {
namespace {

Result<void> validate_rule(const model::Rule& rule, const std::vector<model::ServiceId>& services) {
  const std::string context = fmt::format("rule '{}'", printable(rule.service));
  if (services.empty()) {
    return fail_usage(context + ": no service is named, and those that are found on the machine have no rules",
                      fmt::format("name it: --service {}=udp/PORT", printable(rule.service)));
  }
  std::set<std::string> names;
  bool tcp = false;
  bool udp = false;
  for (const model::ServiceId& service : services) {
    names.insert(service.name);
    if (service.name != rule.service) continue;
    (service.protocol == model::Protocol::kTcp ? tcp : udp) = true;
  }
  if (!tcp && !udp) return fail_usage(fmt::format("{}: no service has this name; there are {}", context, fmt::join(names, ", ")));
  if (tcp && udp) {
    return fail_usage(context + ": this name is a TCP service and a UDP service, and a rule is for one of them",
                      "give the two services different names");
  }
  if (udp && rule.frame) return fail_usage(context + ": frame is for TCP; over UDP a datagram is a message");
  if (tcp && !rule.frame) {
    return fail_usage(
        context + ": frame is missing; over TCP the length in front of each message tells where the next one begins",
        "add frame=32, or how many bits your length has");
  }
  return {};
}

}  // namespace

Result<void> validate_rules(const std::vector<model::Rule>& rules, const std::vector<model::ServiceId>& services) {
  std::set<std::string> seen;
  for (const model::Rule& rule : rules) {
    if (!seen.insert(rule.service).second) {
      return fail_usage(fmt::format("rule '{}' is given twice; a service has one rule", printable(rule.service)));
    }
    if (auto done = validate_rule(rule, services); !done) return done;
  }
  return {};
}

}  // namespace tickwire::config
