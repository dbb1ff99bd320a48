// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "export/tables.h"

namespace tickwire::exporting {
namespace {

using model::DoctorCheck;
using model::HookAttempt;
using model::HookOutcome;

std::string_view verdict_word(DoctorCheck::Verdict verdict) {
  switch (verdict) {
    case DoctorCheck::Verdict::kOk:
      return "ok";
    case DoctorCheck::Verdict::kWarning:
      return "warning";
    case DoctorCheck::Verdict::kFailed:
      break;
  }
  return "FAILED";
}

std::string checks_text(const std::vector<DoctorCheck>& checks) {
  std::size_t subject_width = 0;
  for (const DoctorCheck& check : checks) subject_width = std::max(subject_width, check.subject.size());
  std::string out;
  for (const DoctorCheck& check : checks) {
    out += fmt::format("  {:<7}  {:<{}}  {}\n", verdict_word(check.verdict), check.subject, subject_width, check.finding);
    if (!check.advice.empty()) out += fmt::format("  {:<7}  {}\n", "", check.advice);
  }
  return out;
}

std::string attempt_text(const HookOutcome& hook, const HookAttempt& attempt) {
  if (attempt.attached) {
    const std::string works = attempt.candidate == hook.mode() ? "works, first choice" : "works";
    return attempt.reason.empty() ? works : works + ": " + attempt.reason;
  }
  if (attempt.tried) return "refused: " + attempt.reason;
  return attempt.reason.empty() ? "not tried" : "not tried: " + attempt.reason;
}

std::string hook_text(const HookOutcome& hook) {
  std::string out = fmt::format("  {}{}{}\n", hook.capability, hook.interface.empty() ? "" : " on ", hook.interface);
  std::size_t candidate_width = 0;
  for (const HookAttempt& attempt : hook.attempts) candidate_width = std::max(candidate_width, attempt.candidate.size());
  for (const HookAttempt& attempt : hook.attempts) {
    out += fmt::format("    {:<{}}  {}\n", attempt.candidate, candidate_width, attempt_text(hook, attempt));
  }
  if (hook.mode().empty()) out += fmt::format("    lost without it: {}\n", hook.loses);
  return out;
}

}  // namespace

std::string doctor_text(const model::DoctorReport& report) {
  std::string out =
      fmt::format("tickwire {}: {}\n", report.version, report.usable ? "the agent can work here" : "the agent can NOT work here");
  out += "checks\n" + checks_text(report.checks);
  out += "hooks\n";
  for (const HookOutcome& hook : report.hooks) out += hook_text(hook);
  return out;
}

}  // namespace tickwire::exporting
