// SPDX-License-Identifier: Apache-2.0
#include "relay/notification.h"

#include <gmock/gmock.h>

#include "unit/relay/alerts.h"

namespace tickwire::relay {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kTimes = R"("startsAt":"2026-01-02T03:04:05Z","endsAt":"2026-01-02T03:05:35Z")";

std::string error_of(std::string_view body) {
  const auto parsed = parse_notification(body);
  return parsed ? "" : parsed.error().text();
}

// One alert with these members besides its times.
std::string with(const std::string& members) { return sample::webhook("{" + members + "," + std::string(kTimes) + "}"); }

TEST(Webhook, IsReadWhole) {
  const auto parsed = parse_notification(sample::webhook());
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->group_key, "{}:{alertname=\"TickwireTickStalls\"}");
  EXPECT_EQ(parsed->external_url, "https://alertmanager.example.net");
  EXPECT_EQ(parsed->unread, 0U);
  ASSERT_EQ(parsed->alerts.size(), 1U);
  EXPECT_EQ(*parsed->alerts[0], sample::alert());
}

TEST(Webhook, TellsWhenAResolvedAlertEnded) {
  const auto parsed = parse_notification(with(R"("status":"resolved","fingerprint":"f2")"));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_FALSE(parsed->alerts[0]->firing);
  EXPECT_EQ(parsed->alerts[0]->ends, sample::kStarts + std::chrono::seconds(90));
}

TEST(Webhook, TakesTheRegionWhereThereIsNoService) {
  const auto parsed = parse_notification(with(R"("status":"firing","labels":{"region":"eu"})"));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->alerts[0]->service, "eu");
}

TEST(Webhook, HasItsWordsInChineseToo) {
  const auto parsed =
      parse_notification(with(R"("status":"firing","annotations":{"summary_zh":"卡顿","description_zh":"有 7 次漏掉 tick。"})"));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->alerts[0]->summary_zh, "卡顿");
  EXPECT_EQ(parsed->alerts[0]->description_zh, "有 7 次漏掉 tick。");
  EXPECT_EQ(parsed->alerts[0]->summary, "");
}

TEST(Webhook, PrefersTheDashboardToTheGenerator) {
  const auto parsed = parse_notification(
      with(R"("status":"firing","generatorURL":"https://p.example","annotations":{"dashboard_url":"https://g.example"})"));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->alerts[0]->source_url, "https://g.example");
}

TEST(Webhook, MakesAFingerprintOfTheLabelsWhereThereIsNone) {
  const auto one = parse_notification(with(R"("status":"firing","labels":{"a":"1"})"));
  const auto same = parse_notification(with(R"("status":"resolved","labels":{"a":"1"})"));
  const auto other = parse_notification(with(R"("status":"firing","labels":{"a":"2"})"));
  ASSERT_TRUE(one && same && other);
  EXPECT_EQ(one->alerts[0]->fingerprint, same->alerts[0]->fingerprint);
  EXPECT_NE(one->alerts[0]->fingerprint, other->alerts[0]->fingerprint);
}

TEST(Webhook, ReplacesBrokenCharacters) {
  const auto parsed = parse_notification(with("\"status\":\"firing\",\"annotations\":{\"summary\":\"a\xFFz\"}"));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->alerts[0]->summary, "a\uFFFDz");
}

TEST(Webhook, ReadsAThousandAlertsAndCountsTheRest) {
  std::string alerts;
  for (int i = 0; i < 1003; ++i) {
    if (i > 0) alerts += ",";
    alerts += R"({"status":"firing","fingerprint":")" + std::to_string(i) + R"(",)" + std::string(kTimes) + "}";
  }
  const auto parsed = parse_notification(sample::webhook(alerts));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->alerts.size(), 1000U);
  EXPECT_EQ(parsed->unread, 3U);
}

TEST(Webhook, CountsWhatAlertmanagerLeftOut) {
  std::string body = sample::webhook();
  body.replace(body.find("\"truncatedAlerts\":0"), 19, "\"truncatedAlerts\":7");
  const auto parsed = parse_notification(body);
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->unread, 7U);
}

TEST(Webhook, BoundsEachText) {
  const auto parsed = parse_notification(with(R"("status":"firing","annotations":{"description":")" + std::string(5000, 'x') +
                                              R"(","runbook_url":"https://)" + std::string(600, 'x') + R"("})"));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->alerts[0]->description, std::string(957, 'x') + "...");
  EXPECT_EQ(parsed->alerts[0]->runbook_url, "");
}

TEST(Webhook, SaysWhereItIsNoJson) {
  EXPECT_EQ(error_of("{\"version\": \"4\","), "body: not JSON, from byte 17 on");
  EXPECT_EQ(error_of(R"({"version":1e999})"), "body: a number that no double can hold");
  EXPECT_THAT(error_of(""), StartsWith("body: not JSON"));
  EXPECT_EQ(error_of("[]"), "body: an object is wanted, it is array");
}

TEST(Webhook, IsOfVersionFour) {
  EXPECT_THAT(error_of(R"({"alerts":[]})"), HasSubstr("version: it is missing"));
  EXPECT_THAT(error_of(R"({"version":"3"})"), HasSubstr("version: it is not \"4\""));
  EXPECT_THAT(error_of(R"({"version":4})"), HasSubstr("version: it is not \"4\""));
}

TEST(Webhook, NamesThePlaceOfAWrongType) {
  EXPECT_EQ(error_of(R"({"version":"4","alerts":{}})"), "alerts: an array is wanted");
  EXPECT_EQ(error_of(R"({"version":"4","alerts":[]})"), "alerts: it is empty");
  EXPECT_EQ(error_of(R"({"version":"4","groupKey":7,"alerts":[]})"), "groupKey: a text is wanted, it is number");
  EXPECT_EQ(error_of(R"({"version":"4","truncatedAlerts":-1,"alerts":[]})"), "truncatedAlerts: a count is wanted");
  EXPECT_EQ(error_of(sample::webhook("7")), "alerts[0]: an object is wanted, it is number");
  EXPECT_EQ(error_of(with(R"("status":"pending")")), "alerts[0].status: neither firing nor resolved");
  EXPECT_EQ(error_of(with(R"("status":"firing","labels":[])")), "alerts[0].labels: an object is wanted, it is array");
  EXPECT_EQ(error_of(with(R"("status":"firing","labels":{"a":1})")), "alerts[0].labels.a: a text is wanted, it is number");
  EXPECT_EQ(error_of(sample::webhook(R"({"status":"firing","startsAt":"soon"})")),
            "alerts[0].startsAt: a time is wanted, like 2026-01-02T03:04:05Z");
}

TEST(Webhook, HasNotMoreValuesThanANotificationHas) {
  const std::string most = "[" + std::string(199'999, ',');
  EXPECT_THAT(error_of(most), StartsWith("body: not JSON"));
  EXPECT_EQ(error_of(most + ","), "body: more values than a notification has");
}

TEST(Webhook, SurvivesDeepNesting) {
  EXPECT_EQ(error_of(std::string(200'000, '[')), "body: not JSON, from byte 200001 on");
  EXPECT_EQ(error_of(std::string(200'000, '[') + std::string(200'000, ']')), "body: an object is wanted, it is array");
}

TEST(ContentDigest, IsTheSameForWhatIsSentAgain) {
  EXPECT_EQ(content_digest(sample::notification()), content_digest(sample::notification()));
}

TEST(ContentDigest, DiffersByStateGroupAndText) {
  Alert changed = sample::alert();
  changed.description += " Again.";
  Notification elsewhere = sample::notification();
  elsewhere.group_key = "{}:{}";
  const std::string first = content_digest(sample::notification());
  EXPECT_NE(first, content_digest(sample::notification({sample::alert("f1", false)})));
  EXPECT_NE(first, content_digest(sample::notification({changed})));
  EXPECT_NE(first, content_digest(elsewhere));
}

}  // namespace
}  // namespace tickwire::relay
