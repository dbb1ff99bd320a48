// SPDX-License-Identifier: Apache-2.0
#include "relay/routes.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "unit/relay/alerts.h"

namespace tickwire::relay {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class RelayRoutes : public testing::Test {
 protected:
  RelayRoutes() {
    std::vector<Target> targets;
    for (const char* name : {"ops", "night"}) {
      targets.push_back({.name = name, .post = [this, name](const auto& notification) {
                           ++posted_[name];
                           alerts_ = notification->alerts.size();
                           std::promise<Delivery> promise;
                           promise.set_value(deliveries_[name]);
                           return promise.get_future();
                         }});
    }
    routes_ = std::make_unique<Routes>(std::move(targets), metrics_);
  }

  Response ask(std::string_view method, std::string_view path, std::string_view body = {}) const {
    return routes_->answer({.method = method, .path = path, .body = body});
  }

  std::map<std::string, Delivery> deliveries_;
  std::map<std::string, int> posted_;
  std::size_t alerts_ = 0;
  Metrics metrics_{{{.name = "ops"}, {.name = "night"}}, {}};
  std::unique_ptr<Routes> routes_;
};

TEST_F(RelayRoutes, BringANotificationToAllRobots) {
  deliveries_["night"].fate = Fate::kMerged;
  const Response response = ask("POST", "/alerts", sample::webhook());
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"robots":{"ops":"delivered","night":"merged"}})"));
  EXPECT_EQ(posted_["ops"], 1);
  EXPECT_EQ(posted_["night"], 1);
  EXPECT_EQ(alerts_, 1U);
}

TEST_F(RelayRoutes, BringItToOneRobotByItsName) {
  EXPECT_EQ(ask("POST", "/alerts/night", sample::webhook()).status, 200U);
  EXPECT_EQ(posted_["ops"], 0);
  EXPECT_EQ(posted_["night"], 1);
}

TEST_F(RelayRoutes, KnowNoOtherRobot) {
  EXPECT_EQ(ask("POST", "/alerts/day", sample::webhook()).status, 404U);
  EXPECT_EQ(ask("POST", "/alerts/", sample::webhook()).status, 404U);
}

TEST_F(RelayRoutes, AskForItAgainWhenARobotFailedForNow) {
  deliveries_["ops"] = {.fate = Fate::kFailedRetryable, .reason = "no answer"};
  deliveries_["night"] = {.fate = Fate::kFailedPermanent, .reason = "errcode 93000"};
  const Response response = ask("POST", "/alerts", sample::webhook());
  EXPECT_EQ(response.status, 502U);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"robots":{"ops":"failed_retryable","night":"failed_permanent"},)"
                                                    R"("errors":{"ops":"no answer","night":"errcode 93000"}})"));
}

TEST_F(RelayRoutes, AskNotAgainWhenARobotRefused) {
  deliveries_["ops"] = {.fate = Fate::kFailedPermanent, .reason = "errcode 93000: invalid webhook url"};
  const Response response = ask("POST", "/alerts", sample::webhook());
  EXPECT_EQ(response.status, 422U);
  EXPECT_THAT(response.body, HasSubstr(R"("errors":{"ops":"errcode 93000: invalid webhook url"})"));
}

TEST_F(RelayRoutes, SayWhatIsWrongWithABody) {
  const Response response = ask("POST", "/alerts", R"({"version":"4","alerts":7})");
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"error":"alerts: an array is wanted"})"));
  EXPECT_EQ(posted_["ops"], 0);
}

TEST_F(RelayRoutes, TakeAlertsByPostAlone) {
  const Response response = ask("GET", "/alerts");
  EXPECT_EQ(response.status, 405U);
  EXPECT_EQ(response.allow, "POST");
}

TEST_F(RelayRoutes, ShowPagesByGetAlone) {
  EXPECT_EQ(ask("GET", "/healthz").body, "ok\n");
  EXPECT_EQ(ask("GET", "/readyz").body, "ready\n");
  EXPECT_THAT(ask("GET", "/metrics").body, HasSubstr("# TYPE tickwire_relay_messages_total counter\n"));
  EXPECT_EQ(ask("POST", "/metrics").status, 405U);
  EXPECT_EQ(ask("GET", "/").status, 404U);
}

TEST_F(RelayRoutes, TakeNothingOnceTheRelayStops) {
  routes_->stop();
  EXPECT_EQ(ask("POST", "/alerts", sample::webhook()).status, 503U);
  EXPECT_EQ(ask("GET", "/readyz").status, 503U);
  EXPECT_EQ(ask("GET", "/healthz").status, 200U);
  EXPECT_EQ(posted_["ops"], 0);
}

}  // namespace
}  // namespace tickwire::relay
