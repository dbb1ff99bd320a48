// SPDX-License-Identifier: Apache-2.0
#include "export/json_parts.h"

#include "export/json.h"
#include "export/timestamps.h"

namespace tickwire::exporting {
namespace {

Json ratio_or_null(std::optional<double> ratio) { return ratio ? Json(*ratio) : Json(nullptr); }

Json sequence_json(const model::SequenceCounts& counts, bool fits) {
  const std::optional<double> loss = counts.loss_ratio();
  if (!loss || !fits) return nullptr;
  return {{"messages", counts.messages},
          {"expected", counts.expected()},
          {"lost", counts.lost()},
          {"reordered", counts.reordered},
          {"duplicated", counts.duplicated},
          {"jumps", counts.jumps},
          {"loss_ratio", *loss}};
}

}  // namespace

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json document() { return {{"schema_version", kSchemaVersion}}; }

Json document(const model::Snapshot& snapshot) {
  Json result = document();
  result["time"] = rfc3339(snapshot.unix_time);
  return result;
}

Json nanoseconds_or_null(std::optional<std::chrono::nanoseconds> value) { return value ? Json(value->count()) : Json(nullptr); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

void add_quantiles(Json& object, const model::Histogram* histogram) {
  const auto quantile = [&](double q) { return nanoseconds_or_null(histogram ? histogram->quantile(q) : std::nullopt); };
  object["p50_ns"] = quantile(0.5);
  object["p90_ns"] = quantile(0.9);
  object["p95_ns"] = quantile(0.95);
  object["p99_ns"] = quantile(0.99);
  object["p999_ns"] = quantile(0.999);
  object["max_ns"] = nanoseconds_or_null(histogram ? histogram->max() : std::nullopt);
  object["mean_ns"] = nanoseconds_or_null(histogram ? histogram->mean() : std::nullopt);
}

Json rule_json(const std::optional<model::RuleCounts>& rule, bool fits) {
  if (!rule) return nullptr;
  constexpr auto kIn = static_cast<std::size_t>(model::Direction::kIngress);
  constexpr auto kOut = static_cast<std::size_t>(model::Direction::kEgress);
  return {{"fits", fits},
          {"match_ratio_in", ratio_or_null(rule->match_ratio(model::Direction::kIngress))},
          {"match_ratio_out", ratio_or_null(rule->match_ratio(model::Direction::kEgress))},
          {"messages_in", rule->messages[kIn]},
          {"messages_out", rule->messages[kOut]},
          {"strangers_in", rule->strangers[kIn]},
          {"strangers_out", rule->strangers[kOut]},
          {"tokens_in", rule->tokens[kIn]},
          {"tokens_out", rule->tokens[kOut]},
          {"echoes_in", rule->echoes[kIn]},
          {"echoes_out", rule->echoes[kOut]},
          {"sequence_in", sequence_json(rule->sequences[kIn], fits)},
          {"sequence_out", sequence_json(rule->sequences[kOut], fits)}};
}

Json hooks_json(const std::vector<model::HookOutcome>& hooks) {
  Json result = Json::array();
  for (const model::HookOutcome& hook : hooks) {
    Json attempts = Json::array();
    for (const model::HookAttempt& attempt : hook.attempts) {
      attempts.push_back({{"candidate", attempt.candidate},
                          {"tried", attempt.tried},
                          {"attached", attempt.attached},
                          {"reason", text_or_null(attempt.reason)}});
    }
    result.push_back({{"capability", hook.capability},
                      {"interface", text_or_null(hook.interface)},
                      {"mode", text_or_null(hook.mode())},
                      {"loses", hook.loses},
                      {"attempts", std::move(attempts)}});
  }
  return result;
}

}  // namespace tickwire::exporting
