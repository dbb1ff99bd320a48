// SPDX-License-Identifier: Apache-2.0
#include "relay/message.h"

#include <gmock/gmock.h>

#include "relay/utf8.h"
#include "unit/relay/alerts.h"

namespace tickwire::relay {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Style style(RobotKind kind = RobotKind::kDingTalk, Language language = Language::kEnglish) {
  return {.kind = kind,
          .language = language,
          .link_base = "https://docs.example.net/",
          .called = {},
          .now = sample::kStarts + std::chrono::minutes(5)};
}

Occasion occasion(const std::vector<Alert>& alerts) {
  return {.alerts = sample::shared(alerts), .external_url = "https://alertmanager.example.net"};
}

std::vector<Alert> many(std::size_t count) {
  std::vector<Alert> alerts;
  for (std::size_t i = 0; i < count; ++i) alerts.push_back(sample::alert("f" + std::to_string(i)));
  return alerts;
}

TEST(DingTalkMessage, SaysEverythingInEnglish) {
  const Message message = render(occasion({sample::alert()}), style());
  EXPECT_EQ(message.title, "[firing 1] TickwireTickStalls world");
  EXPECT_EQ(message.text,
            "### Tickwire: firing 1\n\n"
            "**TickwireTickStalls** · firing · severity: critical · service: world · node: node-1:19435\n\n"
            "the game loop stalls\n\n"
            "It missed a tick 7 times.\n\n"
            "since 2026-01-02 03:04:05 UTC+00:00 · for 5m00s\n\n"
            "[Runbook](https://docs.example.net/docs/runbook.md#tickwiretickstalls) · "
            "[Source](https://prometheus.example.net/graph)\n\n"
            "[All alerts](https://alertmanager.example.net)");
}

TEST(WeComMessage, SaysEverythingInChinese) {
  Alert alert = sample::alert("f1", false);
  alert.summary_zh = "游戏主循环卡顿";
  alert.description_zh = "有 7 次漏掉 tick。";
  const Message message = render(occasion({alert}), style(RobotKind::kWeCom, Language::kChinese));
  EXPECT_EQ(message.title, "[已恢复 1] TickwireTickStalls world");
  EXPECT_EQ(message.text,
            "### Tickwire：已恢复 1\n"
            "**TickwireTickStalls** · 已恢复 · 级别：严重 · 服务：world · 节点：node-1:19435\n"
            "游戏主循环卡顿\n"
            "有 7 次漏掉 tick。\n"
            "开始于 2026-01-02 03:04:05 UTC+00:00 · 恢复于 2026-01-02 03:05:35 UTC+00:00 · 持续 1m30s\n"
            "[处理手册](https://docs.example.net/docs/runbook.md#tickwiretickstalls) · "
            "[数据来源](https://prometheus.example.net/graph)\n"
            "\n"
            "[全部告警](https://alertmanager.example.net)");
}

TEST(AMessage, SaysInChineseWhatIsInEnglishAlone) {
  Alert alert = sample::alert();
  alert.summary_zh = "游戏主循环卡顿";
  EXPECT_THAT(render(occasion({alert, sample::alert("f2")}), style(RobotKind::kDingTalk, Language::kChinese)).text,
              AllOf(StartsWith("### Tickwire：告警 2\n\n"), HasSubstr("\n\n游戏主循环卡顿\n\nIt missed a tick 7 times.\n\n"),
                    HasSubstr("\n\nthe game loop stalls\n\nIt missed a tick 7 times.\n\n")));
}

TEST(AMessage, SaysNoChineseInEnglish) {
  Alert alert = sample::alert();
  alert.summary_zh = "游戏主循环卡顿";
  alert.description_zh = "有 7 次漏掉 tick。";
  EXPECT_EQ(render(occasion({alert}), style()).text, render(occasion({sample::alert()}), style()).text);
}

TEST(AMessage, SaysWhenAnAlertWasResolved) {
  EXPECT_THAT(render(occasion({sample::alert("f1", false)}), style()).text,
              HasSubstr("since 2026-01-02 03:04:05 UTC+00:00 · until 2026-01-02 03:05:35 UTC+00:00 · for 1m30s\n"));
}

TEST(AMessage, ShowsTimesInTheZoneThatItIsTold) {
  Style east = style();
  east.offset = [](std::chrono::seconds) { return std::chrono::seconds(8 * 3600); };
  EXPECT_THAT(render(occasion({sample::alert()}), east).text, HasSubstr("2026-01-02 11:04:05 UTC+08:00"));
}

TEST(AMessage, BearsTimesThatAreOffByCenturies) {
  Alert ancient = sample::alert();
  ancient.starts = std::chrono::seconds(-62'135'596'800);
  Alert future = sample::alert("f2");
  future.starts += std::chrono::hours(24 * 365 * 1000);
  const std::string text = render(occasion({ancient, future}), style()).text;
  EXPECT_THAT(text, AllOf(HasSubstr("since 0001-01-01 00:00:00 UTC+00:00 · for 73048d12h"), HasSubstr("· for 0s")));
}

TEST(AMessage, LeavesOutWhatIsNotKnown) {
  const Alert bare{.firing = true, .fingerprint = "f", .starts = sample::kStarts};
  Occasion alone = occasion({bare});
  alone.external_url.clear();
  EXPECT_EQ(render(alone, style()).text,
            "### Tickwire: firing 1\n\n**?** · firing\n\nsince 2026-01-02 03:04:05 UTC+00:00 · for 5m00s");
}

TEST(AMessage, SaysTheSameSentenceOnce) {
  Alert alert = sample::alert();
  alert.description = alert.summary;
  const std::string text = render(occasion({alert}), style()).text;
  EXPECT_EQ(text.find("the game loop stalls"), text.rfind("the game loop stalls"));
}

TEST(AMessage, TellsCriticalAlertsFirstAndThenTheNewest) {
  std::vector<Alert> alerts = many(4);
  const char* severities[] = {"info", "warning", "critical", "critical"};
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    alerts[i].name = "Alert" + std::to_string(i);
    alerts[i].severity = severities[i];
    alerts[i].starts += std::chrono::seconds(i);
  }
  const std::string text = render(occasion(alerts), style()).text;
  EXPECT_LT(text.find("Alert3"), text.find("Alert2"));
  EXPECT_LT(text.find("Alert2"), text.find("Alert1"));
  EXPECT_LT(text.find("Alert1"), text.find("Alert0"));
}

TEST(AMessage, CountsWhatFiresAndWhatIsOver) {
  const Message message = render(occasion({sample::alert("a"), sample::alert("b"), sample::alert("c", false)}), style());
  EXPECT_THAT(message.title, StartsWith("[firing 2, resolved 1]"));
  EXPECT_THAT(message.text, StartsWith("### Tickwire: firing 2 · resolved 1\n"));
}

TEST(AMessage, CallsPeopleInTheRobotsOwnWay) {
  Style ding = style();
  ding.called = {"13800000000", "13900000000"};
  const Message message = render(occasion({sample::alert()}), ding);
  EXPECT_THAT(message.text, EndsWith("\n\n@13800000000 @13900000000"));
  EXPECT_THAT(message.called, ElementsAre("13800000000", "13900000000"));
  Style wecom = style(RobotKind::kWeCom);
  wecom.called = {"li"};
  EXPECT_THAT(render(occasion({sample::alert()}), wecom).text, EndsWith("\n<@li>"));
}

TEST(AMessage, CallsNobodyForWhatIsOver) {
  Style ding = style();
  ding.called = {"13800000000"};
  const Message message = render(occasion({sample::alert("f", false)}), ding);
  EXPECT_THAT(message.text, Not(HasSubstr("13800000000")));
  EXPECT_THAT(message.called, IsEmpty());
}

TEST(AMessage, KeepsAStrangersTextInItsPlace) {
  Alert hostile = sample::alert();
  hostile.name = "**<@all>";
  hostile.severity = "`x`";
  hostile.service = "[a](http://b)";
  hostile.summary = "a\n\n# @all";
  hostile.runbook_url = "https://x/) <@all>";
  Occasion about = occasion({hostile});
  about.external_url = "https://y/) @all";
  for (const RobotKind kind : {RobotKind::kDingTalk, RobotKind::kWeCom}) {
    const Message message = render(about, style(kind));
    EXPECT_THAT(message.text, AllOf(Not(HasSubstr("@all")), Not(HasSubstr("[a]")), Not(HasSubstr("`")), Not(HasSubstr("\n# "))));
    EXPECT_THAT(message.title, Not(HasSubstr("@")));
  }
}

TEST(AMessage, SaysWhatWasNotReadAndWhatWasDropped) {
  Occasion about = occasion({sample::alert()});
  EXPECT_THAT(render(about, style()).text,
              AllOf(Not(HasSubstr("not read")), Not(HasSubstr("dropped")), Not(HasSubstr("in one"))));
  about.unread = 3;
  about.dropped = 4;
  about.digest = true;
  EXPECT_THAT(render(about, style()).text,
              AllOf(HasSubstr("3 more alerts were not read"), HasSubstr("4 older alerts were dropped"),
                    HasSubstr("several notifications in one")));
}

TEST(AMessage, LeavesOutWholeAlertsAndCountsThem) {
  const Message message = render(occasion(many(50)), style(RobotKind::kWeCom));
  std::size_t told = 0;
  for (std::size_t at = message.text.find("**Tick"); at != std::string::npos; at = message.text.find("**Tick", at + 1)) ++told;
  EXPECT_EQ(told, 12U);
  EXPECT_THAT(message.text, HasSubstr("\n... and 38 more\n[All alerts]"));
  EXPECT_LE(json_bytes(message.text), 4096U);
}

TEST(AMessage, LeavesNothingOutThatFits) {
  EXPECT_THAT(render(occasion(many(12)), style(RobotKind::kWeCom)).text, Not(HasSubstr("more")));
  EXPECT_THAT(render(occasion(many(50)), style()).text, Not(HasSubstr("more")));
}

TEST(AMessage, ShortensTheTextsOfAFirstAlertThatHasNoRoom) {
  Alert longest = sample::alert();
  longest.description = std::string(1536, '[');  // 4,608 bytes when wide
  const Message message = render(occasion({longest, sample::alert("f2")}), style(RobotKind::kWeCom));
  EXPECT_THAT(message.text, AllOf(HasSubstr("［...\nsince"), HasSubstr("... and 1 more")));
  EXPECT_LE(json_bytes(message.text), 4096U);
  EXPECT_GE(json_bytes(message.text), 4000U);
  EXPECT_EQ(repaired(message.text), message.text);
}

TEST(AMessage, HasRoomForOneAlertWhateverIsInIt) {
  Alert longest = sample::alert();
  for (std::string* text :
       {&longest.name, &longest.severity, &longest.service, &longest.node, &longest.summary, &longest.description}) {
    *text = std::string(1536, '<');
  }
  longest.runbook_url = "https://" + std::string(504, 'x');
  longest.source_url = longest.runbook_url;
  Occasion about = occasion({longest});
  about.external_url = longest.runbook_url;
  about.unread = about.dropped = 1'000'000'000;
  Alert resolved = longest;
  resolved.firing = false;
  Occasion of_resolved = about;
  of_resolved.alerts = sample::shared({resolved});
  for (const RobotKind kind : {RobotKind::kDingTalk, RobotKind::kWeCom}) {
    Style long_style = style(kind);
    long_style.called = std::vector<std::string>(16, std::string(32, '9'));
    for (const Occasion& each : {about, of_resolved}) {
      const Message message = render(each, long_style);
      EXPECT_THAT(message.text, HasSubstr("since 2026"));
      EXPECT_LE(json_bytes(message.text), text_bytes(kind));
    }
  }
}

TEST(ATitle, HasAtMostSixtyFourBytes) {
  Alert alert = sample::alert();
  alert.name = "延迟过高的玩家线路告警延迟过高的玩家线路告警";
  const Message message = render(occasion({alert}), style());
  EXPECT_LE(message.title.size(), 64U);
  EXPECT_GE(message.title.size(), 62U);
  EXPECT_THAT(message.title, EndsWith("..."));
  EXPECT_EQ(repaired(message.title), message.title);
}

}  // namespace
}  // namespace tickwire::relay
