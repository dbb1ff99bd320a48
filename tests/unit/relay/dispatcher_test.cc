// SPDX-License-Identifier: Apache-2.0
// What becomes of notifications: Dispatcher by a clock that the test turns, Worker by its answers.
#include "relay/dispatcher.h"

#include <gmock/gmock.h>

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "relay/worker.h"
#include "unit/relay/alerts.h"

namespace tickwire::relay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using namespace std::chrono_literals;
using enum Outcome::Result;

Robot robot() { return {.name = "ops", .kind = RobotKind::kDingTalk, .url_file = "u"}; }

class Dispatchers : public testing::Test {
 protected:
  Delivery take(const std::string& fingerprint, bool firing = true) {
    return dispatcher_.take(sample::notification({sample::alert(fingerprint, firing)}));
  }
  Fate fate(const std::string& fingerprint, bool firing = true) { return take(fingerprint, firing).fate; }
  // Until nothing more may be sent at this moment.
  void fill() {
    for (int i = 0; i < 3; ++i) ASSERT_EQ(fate(fmt::format("full{}", i)), Fate::kDelivered);
  }
  void flush_when_due() {
    ASSERT_TRUE(dispatcher_.due().has_value());
    now_ = std::max(now_, *dispatcher_.due());
    dispatcher_.flush();
  }
  bool metric(std::string_view line) const { return metrics_.text().find(fmt::format("{}\n", line)) != std::string::npos; }

  std::chrono::nanoseconds now_ = 1000s;
  Outcome outcome_;
  std::vector<Message> sent_;
  Metrics metrics_{{robot()}, {.version = "1.2.3", .revision = "abc"}};
  Dispatcher dispatcher_{{.robot = robot(), .number = 0, .link_base = {}, .rate = 3},
                         [this](const Message& message) {
                           sent_.push_back(message);
                           return outcome_;
                         },
                         {.monotonic = [this] { return now_; }, .unix_time = [this] { return now_ + sample::kStarts; }},
                         metrics_};
};

TEST_F(Dispatchers, TellAtOnceWhileTheMinuteHasRoom) {
  EXPECT_EQ(fate("a"), Fate::kDelivered);
  EXPECT_THAT(sent_, SizeIs(1));
  EXPECT_EQ(dispatcher_.due(), std::nullopt);
  EXPECT_TRUE(metric(R"(tickwire_relay_notifications_total{robot="ops",kind="dingtalk",result="delivered"} 1)"));
  EXPECT_TRUE(metric(R"(tickwire_relay_messages_total{robot="ops",kind="dingtalk",result="delivered"} 1)"));
  EXPECT_TRUE(metric(R"(tickwire_relay_last_delivery_timestamp_seconds{robot="ops"} 1767324045)"));
}

TEST_F(Dispatchers, TellTheSameNotificationOnce) {
  EXPECT_EQ(fate("a"), Fate::kDelivered);
  EXPECT_EQ(fate("a"), Fate::kDuplicate);
  EXPECT_EQ(fate("a", false), Fate::kDelivered);
  EXPECT_THAT(sent_, SizeIs(2));
  EXPECT_TRUE(metric(R"(tickwire_relay_notifications_total{robot="ops",kind="dingtalk",result="duplicate"} 1)"));
}

TEST_F(Dispatchers, TellItAgainTenMinutesLater) {
  EXPECT_EQ(fate("a"), Fate::kDelivered);
  now_ += 600s;
  EXPECT_EQ(fate("a"), Fate::kDelivered);
}

TEST_F(Dispatchers, MergeWhatTheMinuteHasNoRoomFor) {
  fill();
  EXPECT_EQ(fate("a"), Fate::kMerged);
  EXPECT_EQ(fate("b"), Fate::kMerged);
  EXPECT_EQ(fate("a", false), Fate::kMerged);
  EXPECT_THAT(sent_, SizeIs(3));
  EXPECT_EQ(dispatcher_.due(), 1060s);
  EXPECT_TRUE(metric(R"(tickwire_relay_digest_alerts{robot="ops"} 2)"));
  flush_when_due();
  ASSERT_THAT(sent_, SizeIs(4));
  EXPECT_THAT(sent_[3].text, HasSubstr("firing 1 · resolved 1 (several notifications in one)"));
  EXPECT_EQ(dispatcher_.due(), std::nullopt);
  EXPECT_TRUE(metric(R"(tickwire_relay_digest_alerts{robot="ops"} 0)"));
}

TEST_F(Dispatchers, FindAMergedNotificationTold) {
  fill();
  EXPECT_EQ(fate("a"), Fate::kMerged);
  EXPECT_EQ(fate("a"), Fate::kDuplicate);
}

TEST_F(Dispatchers, KeepTheOrderWhileSomethingWaits) {
  fill();
  EXPECT_EQ(fate("a"), Fate::kMerged);
  now_ += 60s;
  EXPECT_EQ(fate("a", false), Fate::kMerged);
  flush_when_due();
  EXPECT_THAT(sent_.back().text, AllOf(HasSubstr("resolved 1"), Not(HasSubstr("firing 1"))));
}

TEST_F(Dispatchers, SayThatARobotFailedForNow) {
  outcome_ = {.result = kRetryable, .reason = "no answer"};
  const Delivery delivery = take("a");
  EXPECT_EQ(delivery.fate, Fate::kFailedRetryable);
  EXPECT_EQ(delivery.reason, "no answer");
  EXPECT_EQ(dispatcher_.due(), std::nullopt);
  outcome_ = {};
  EXPECT_EQ(fate("a"), Fate::kDelivered);
}

TEST_F(Dispatchers, SayThatARobotRefused) {
  outcome_ = {.result = kPermanent, .reason = "errcode 310000: sign not match"};
  EXPECT_EQ(take("a").fate, Fate::kFailedPermanent);
  EXPECT_TRUE(metric(R"(tickwire_relay_alerts_dropped_total{robot="ops",reason="refused"} 1)"));
  EXPECT_TRUE(metric(R"(tickwire_relay_notifications_total{robot="ops",kind="dingtalk",result="failed_permanent"} 1)"));
}

TEST_F(Dispatchers, LeaveABlockedRobotAloneAndMerge) {
  outcome_ = {.result = kRetryable, .reason = "too fast", .blocked = 600s};
  EXPECT_EQ(fate("a"), Fate::kFailedRetryable);
  outcome_ = {};
  EXPECT_EQ(fate("a"), Fate::kMerged);
  EXPECT_EQ(dispatcher_.due(), 1600s);
  now_ = 1599s;
  EXPECT_EQ(fate("b"), Fate::kMerged);
  EXPECT_THAT(sent_, SizeIs(1));
  flush_when_due();
  EXPECT_EQ(now_, 1600s);
  EXPECT_THAT(sent_[1].text, HasSubstr("firing 2"));
}

TEST_F(Dispatchers, CountFailedMessagesInTheMinute) {
  outcome_ = {.result = kRetryable, .reason = "no answer"};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(fate("a"), Fate::kFailedRetryable);
  EXPECT_EQ(fate("a"), Fate::kMerged);
  EXPECT_THAT(sent_, SizeIs(3));
}

TEST_F(Dispatchers, TryADigestAgainThatFailedForNow) {
  fill();
  EXPECT_EQ(fate("a"), Fate::kMerged);
  outcome_ = {.result = kRetryable, .reason = "no answer"};
  flush_when_due();
  EXPECT_EQ(dispatcher_.due(), 1070s);
  EXPECT_EQ(fate("b"), Fate::kMerged);
  outcome_ = {};
  flush_when_due();
  EXPECT_THAT(sent_.back().text, HasSubstr("firing 2"));
  EXPECT_EQ(dispatcher_.due(), std::nullopt);
}

TEST_F(Dispatchers, DropADigestThatIsRefusedAndCountIt) {
  fill();
  EXPECT_EQ(fate("a"), Fate::kMerged);
  EXPECT_EQ(fate("b"), Fate::kMerged);
  outcome_ = {.result = kPermanent, .reason = "errcode 93000"};
  flush_when_due();
  EXPECT_EQ(dispatcher_.due(), std::nullopt);
  EXPECT_EQ(metrics_.dropped(0, Drop::kRefused), 2U);
}

TEST_F(Dispatchers, CountWhatAFullDigestDrops) {
  fill();
  std::vector<Alert> alerts;
  for (int i = 0; i < 1000; ++i) alerts.push_back(sample::alert(std::to_string(i)));
  EXPECT_EQ(dispatcher_.take(sample::notification(alerts)).fate, Fate::kMerged);
  EXPECT_EQ(fate("more"), Fate::kMerged);
  EXPECT_EQ(metrics_.dropped(0, Drop::kDigestFull), 1U);
  flush_when_due();
  EXPECT_THAT(sent_.back().text, HasSubstr("1 older alerts were dropped"));
}

TEST_F(Dispatchers, CountWhatWasNotRead) {
  Notification notification = sample::notification();
  notification.unread = 5;
  EXPECT_EQ(dispatcher_.take(notification).fate, Fate::kDelivered);
  EXPECT_EQ(metrics_.dropped(0, Drop::kUnread), 5U);
  EXPECT_THAT(sent_[0].text, HasSubstr("5 more alerts were not read"));
}

TEST_F(Dispatchers, CountWhatIsLostWhenTheyStop) {
  fill();
  EXPECT_EQ(fate("a"), Fate::kMerged);
  EXPECT_EQ(dispatcher_.give_up(), 1U);
  EXPECT_EQ(metrics_.dropped(0, Drop::kStopped), 1U);
  EXPECT_EQ(dispatcher_.due(), std::nullopt);
}

TEST_F(Dispatchers, SpeakTheRobotsOwnLanguage) {
  Robot chinese = robot();
  chinese.language = Language::kChinese;
  Dispatcher dispatcher(
      {.robot = chinese, .number = 0, .language = Language::kEnglish, .link_base = {}, .rate = 3},
      [this](const Message& message) {
        sent_.push_back(message);
        return Outcome{};
      },
      {}, metrics_);
  (void)dispatcher.take(sample::notification());
  EXPECT_THAT(sent_[0].title, HasSubstr("告警 1"));
}

TEST(RelayMetrics, HaveEverySeriesFromTheBeginning) {
  const std::string text = Metrics({robot()}, {.version = "1.2.3", .revision = "abc"}).text();
  for (const char* line :
       {R"(tickwire_relay_notifications_total{robot="ops",kind="dingtalk",result="failed_retryable"} 0)",
        R"(tickwire_relay_alerts_dropped_total{robot="ops",reason="stopped"} 0)",
        R"(tickwire_relay_send_seconds_bucket{robot="ops",le="8"} 0)", R"(tickwire_relay_send_seconds_count{robot="ops"} 0)",
        R"(tickwire_build_info{version="1.2.3",revision="abc"} 1)"}) {
    EXPECT_THAT(text, HasSubstr(std::string(line) + "\n"));
  }
}

TEST(RelayMetrics, PutASendingIntoItsBuckets) {
  Metrics metrics({robot()}, {});
  metrics.count_message(0, kDelivered, 50ms, 0s);
  metrics.count_message(0, kRetryable, 9s, 0s);
  EXPECT_THAT(metrics.text(), AllOf(HasSubstr(R"(tickwire_relay_send_seconds_bucket{robot="ops",le="0.05"} 1)"),
                                    HasSubstr(R"(tickwire_relay_send_seconds_bucket{robot="ops",le="8"} 1)"),
                                    HasSubstr(R"(tickwire_relay_send_seconds_bucket{robot="ops",le="+Inf"} 2)"),
                                    HasSubstr(R"(tickwire_relay_send_seconds_sum{robot="ops"} 9.05)")));
}

std::unique_ptr<Dispatcher> dispatcher_of(Dispatcher::Send send, Metrics& metrics, std::size_t rate = 1) {
  return std::make_unique<Dispatcher>(DispatcherOptions{.robot = robot(), .number = 0, .link_base = {}, .rate = rate},
                                      std::move(send), Clocks{}, metrics);
}

std::shared_ptr<const Notification> one(const std::string& fingerprint) {
  return std::make_shared<const Notification>(sample::notification({sample::alert(fingerprint)}));
}

TEST(AWorker, AnswersWhatBecameOfEachNotification) {
  Metrics metrics({robot()}, {});
  Worker worker(dispatcher_of([](const Message&) { return Outcome{}; }, metrics));
  auto first = worker.post(one("a"));
  auto second = worker.post(one("b"));
  EXPECT_EQ(first.get().fate, Fate::kDelivered);
  EXPECT_EQ(second.get().fate, Fate::kMerged);
}

TEST(AWorker, CountsWhatHasNoRoomWhenItStops) {
  Metrics metrics({robot()}, {});
  Worker worker(dispatcher_of([](const Message&) { return Outcome{}; }, metrics));
  EXPECT_EQ(worker.post(one("a")).get().fate, Fate::kDelivered);
  EXPECT_EQ(worker.post(one("b")).get().fate, Fate::kMerged);
  worker.stop(monotonic_now() + 1s);
  EXPECT_EQ(worker.join(), 1U);
  EXPECT_EQ(metrics.dropped(0, Drop::kStopped), 1U);
}

TEST(AWorker, SendsWhatHasRoomInTimeBeforeItStops) {
  Metrics metrics({robot()}, {});
  // The first message is 57 s old once it was sent: the second has 3 s to come while there is no room.
  std::atomic<std::chrono::nanoseconds::rep> ahead_ns = std::chrono::nanoseconds(-57s).count();
  std::atomic<int> sent = 0;
  Worker worker(std::make_unique<Dispatcher>(
      DispatcherOptions{.robot = robot(), .number = 0, .link_base = {}, .rate = 1},
      [&sent](const Message&) {
        ++sent;
        return Outcome{};
      },
      Clocks{.monotonic = [&ahead_ns] { return monotonic_now() + std::chrono::nanoseconds(ahead_ns); }}, metrics));
  EXPECT_EQ(worker.post(one("a")).get().fate, Fate::kDelivered);
  ahead_ns = 0;
  EXPECT_EQ(worker.post(one("b")).get().fate, Fate::kMerged);
  worker.stop(monotonic_now() + 20s);
  EXPECT_EQ(worker.join(), 0U);
  EXPECT_EQ(sent, 2);
}

TEST(AWorker, FinishesWhatItWasGivenBeforeItStops) {
  Metrics metrics({robot()}, {});
  Worker worker(dispatcher_of([](const Message&) { return Outcome{}; }, metrics, 3));
  auto first = worker.post(one("a"));
  auto second = worker.post(one("b"));
  worker.stop(monotonic_now() + 5s);
  EXPECT_EQ(worker.join(), 0U);
  EXPECT_EQ(first.get().fate, Fate::kDelivered);
  EXPECT_EQ(second.get().fate, Fate::kDelivered);
}

TEST(AWorker, TakesNothingOnceItStops) {
  Metrics metrics({robot()}, {});
  Worker worker(dispatcher_of([](const Message&) { return Outcome{}; }, metrics));
  worker.stop(monotonic_now());
  EXPECT_EQ(worker.post(one("a")).get().fate, Fate::kFailedRetryable);
}

TEST(AWorker, GoesOnAfterAnException) {
  Metrics metrics({robot()}, {});
  bool throws = true;
  Worker worker(dispatcher_of(
      [&throws](const Message&) {
        if (std::exchange(throws, false)) throw std::runtime_error("no memory");
        return Outcome{};
      },
      metrics));
  EXPECT_EQ(worker.post(one("a")).get().fate, Fate::kFailedRetryable);
  EXPECT_EQ(worker.post(one("a")).get().fate, Fate::kDelivered);
}

}  // namespace
}  // namespace tickwire::relay
