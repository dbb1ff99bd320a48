// SPDX-License-Identifier: Apache-2.0
#include "relay/language.h"

#include <algorithm>
#include <array>

namespace tickwire::relay {
namespace {

constexpr Words kEnglish{
    .colon = ": ",
    .comma = ", ",
    .firing = "firing",
    .resolved = "resolved",
    .digest = "several notifications in one",
    .severity = "severity: ",
    .service = "service: ",
    .node = "node: ",
    .since = "since ",
    .until = "until ",
    .lasted = "for ",
    .runbook = "Runbook",
    .source = "Source",
    .alerts = "All alerts",
    .more = "... and {} more",
    .unread = "{} more alerts were not read",
    .dropped = "{} older alerts were dropped before this message could be sent",
};

constexpr Words kChinese{
    .colon = "：",
    .comma = "，",
    .firing = "告警",
    .resolved = "已恢复",
    .digest = "多条通知合并",
    .severity = "级别：",
    .service = "服务：",
    .node = "节点：",
    .since = "开始于 ",
    .until = "恢复于 ",
    .lasted = "持续 ",
    .runbook = "处理手册",
    .source = "数据来源",
    .alerts = "全部告警",
    .more = "……还有 {} 条",
    .unread = "另有 {} 条告警未读取",
    .dropped = "发送前丢弃了 {} 条较早的告警",
};

struct Severity {
  std::string_view label;
  std::string_view chinese;
};
constexpr std::array kSeverities{Severity{"critical", "严重"}, Severity{"warning", "警告"}, Severity{"info", "提示"}};

}  // namespace

const Words& words_of(Language language) { return language == Language::kChinese ? kChinese : kEnglish; }

std::string_view severity_word(Language language, std::string_view severity) {
  if (language == Language::kEnglish) return severity;
  const auto found = std::ranges::find(kSeverities, severity, &Severity::label);
  return found == kSeverities.end() ? severity : found->chinese;
}

}  // namespace tickwire::relay
