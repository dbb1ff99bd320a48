// SPDX-License-Identifier: Apache-2.0
// What a robot's minute allows, what waits for it, and what it was told: RateWindow, Digest, Told.
#include <gmock/gmock.h>

#include "relay/digest.h"
#include "relay/rate_window.h"
#include "relay/told.h"
#include "unit/relay/alerts.h"

namespace tickwire::relay {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

std::vector<std::string> fingerprints(const Occasion& occasion) {
  std::vector<std::string> result;
  for (const auto& alert : occasion.alerts) result.push_back(alert->fingerprint);
  return result;
}

Notification of(std::size_t first, std::size_t count) {
  std::vector<Alert> alerts;
  for (std::size_t i = 0; i < count; ++i) alerts.push_back(sample::alert(std::to_string(first + i)));
  return sample::notification(alerts);
}

TEST(RateWindow, AllowsAsManyAtOnceAsAMinuteHas) {
  RateWindow window(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(window.next(5s), 5s);
    window.record(5s);
  }
  EXPECT_EQ(window.next(5s), 65s);
}

TEST(RateWindow, CountsFromTheEndOfASending) {
  RateWindow window(1);
  window.record(8s);
  EXPECT_EQ(window.next(10s), 68s);
  EXPECT_EQ(window.next(68s), 68s);
  EXPECT_EQ(window.next(70s), 70s);
}

TEST(RateWindow, NeverHoldsMoreWithinAnyMinute) {
  RateWindow window(18);
  std::vector<std::chrono::nanoseconds> sent;
  for (std::chrono::nanoseconds now{}; now < 600s; now += 700ms) {
    if (window.next(now) > now) continue;
    window.record(now);
    sent.push_back(now);
  }
  for (std::size_t i = 18; i < sent.size(); ++i) EXPECT_GE(sent[i] - sent[i - 18], 60s);
  EXPECT_EQ(sent.size(), 180U);
}

TEST(Digest, KeepsTheNewestStateOfAnAlert) {
  Digest digest;
  EXPECT_EQ(digest.add(sample::notification({sample::alert("a"), sample::alert("b")})), 0U);
  EXPECT_EQ(digest.add(sample::notification({sample::alert("a", false)})), 0U);
  EXPECT_EQ(digest.size(), 2U);
  const Occasion occasion = digest.take();
  EXPECT_TRUE(occasion.digest);
  EXPECT_THAT(fingerprints(occasion), testing::ElementsAre("b", "a"));
  EXPECT_FALSE(occasion.alerts[1]->firing);
}

TEST(Digest, IsEmptyOnceItIsTaken) {
  Digest digest;
  EXPECT_TRUE(digest.is_empty());
  (void)digest.add(sample::notification());
  EXPECT_FALSE(digest.is_empty());
  (void)digest.take();
  EXPECT_TRUE(digest.is_empty());
  EXPECT_TRUE(digest.take().alerts.empty());
}

TEST(Digest, DropsTheOldestOfMoreThanAThousandAndCountsThem) {
  Digest digest;
  EXPECT_EQ(digest.add(of(0, 1000)), 0U);
  EXPECT_EQ(digest.add(of(1000, 2)), 2U);
  const Occasion occasion = digest.take();
  EXPECT_EQ(occasion.alerts.size(), 1000U);
  EXPECT_EQ(occasion.alerts.front()->fingerprint, "2");
  EXPECT_EQ(occasion.dropped, 2U);
}

TEST(Digest, SumsWhatWasNotRead) {
  Digest digest;
  Notification notification = sample::notification();
  notification.unread = 3;
  (void)digest.add(notification);
  (void)digest.add(notification);
  EXPECT_EQ(digest.take().unread, 6U);
}

TEST(Digest, TakesBackWhatIsOlderThanWhatCameSince) {
  Digest digest;
  (void)digest.add(sample::notification({sample::alert("a"), sample::alert("b")}));
  const Occasion failed = digest.take();
  (void)digest.add(sample::notification({sample::alert("c"), sample::alert("a", false)}));
  EXPECT_EQ(digest.put_back(failed), 0U);
  const Occasion occasion = digest.take();
  EXPECT_THAT(fingerprints(occasion), testing::ElementsAre("b", "c", "a"));
  EXPECT_FALSE(occasion.alerts[2]->firing);
}

TEST(Digest, DropsTheOldestOfWhatItTakesBack) {
  Digest digest;
  (void)digest.add(of(0, 1000));
  const Occasion failed = digest.take();
  (void)digest.add(of(1000, 1));
  EXPECT_EQ(digest.put_back(failed), 1U);
  EXPECT_EQ(digest.take().alerts.front()->fingerprint, "1");
}

TEST(Told, RemembersForTenMinutes) {
  Told told;
  EXPECT_FALSE(told.contains("x", 0s));
  told.add("x", 0s);
  EXPECT_TRUE(told.contains("x", 599s));
  EXPECT_FALSE(told.contains("y", 599s));
  EXPECT_FALSE(told.contains("x", 600s));
}

TEST(Told, ForgetsTheOldestOfMoreThanItHolds) {
  Told told;
  for (int i = 0; i < 1025; ++i) told.add(std::to_string(i), 0s);
  EXPECT_FALSE(told.contains("0", 0s));
  EXPECT_TRUE(told.contains("1", 0s));
  EXPECT_TRUE(told.contains("1024", 0s));
}

}  // namespace
}  // namespace tickwire::relay
