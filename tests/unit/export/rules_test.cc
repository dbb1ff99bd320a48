// SPDX-License-Identifier: Apache-2.0
#include "export/rules.h"

#include <gtest/gtest.h>

#include "export/text_parts.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::exporting {
namespace {

TEST(IsByRule, HoldsForTheThreeSeriesOfARule) {
  EXPECT_TRUE(is_by_rule(model::Series::kRttRule));
  EXPECT_TRUE(is_by_rule(model::Series::kRttRuleNetwork));
  EXPECT_TRUE(is_by_rule(model::Series::kTurnaroundRule));
}

TEST(IsByRule, HoldsForNoOtherSeries) {
  EXPECT_FALSE(is_by_rule(model::Series::kRttHandshake));
  EXPECT_FALSE(is_by_rule(model::Series::kRttTimestamp));
  EXPECT_FALSE(is_by_rule(model::Series::kRttSequence));
  EXPECT_FALSE(is_by_rule(model::Series::kTurnaroundNextPacket));
}

TEST(Misfits, NeedsARuleThatDoesNotFit) {
  EXPECT_TRUE(misfits(sample::misfitting_counts()));
  EXPECT_FALSE(misfits(sample::fitting_counts()));
  EXPECT_FALSE(misfits(std::nullopt));
}

TEST(Shown, IsTheLatencyItselfWhileTheRuleFits) {
  const model::Connection connection = sample::ruled_connection();
  EXPECT_EQ(&shown(connection, connection.rtt), &connection.rtt);
  EXPECT_EQ(shown_rtt_min(connection), connection.rtt_min);
}

TEST(Shown, IsEmptyWhileTheRuleDoesNotFit) {
  const model::Connection connection = sample::misfit_connection();
  EXPECT_EQ(shown(connection, connection.rtt).samples(), 0U);
  EXPECT_EQ(shown(connection, connection.rtt).p50, std::nullopt);
  EXPECT_EQ(shown_rtt_min(connection), std::nullopt);
}

TEST(Shown, KeepsWhatAnotherMethodMeasuredWhenTheRuleDoesNotFit) {
  model::Connection connection = sample::tcp_connection();
  connection.rule = sample::misfitting_counts();
  EXPECT_EQ(&shown(connection, connection.rtt), &connection.rtt);
  EXPECT_EQ(shown_rtt_min(connection), connection.rtt_min);
}

TEST(ExpectedMessages, CountDuplicatesOnceAndThoseThatWereLost) {
  EXPECT_EQ(expected_messages({.messages = 100, .lost = 5, .duplicated = 3}), 102U);
}

TEST(ExpectedMessages, AreTheSameWhenALostOneComesLate) {
  EXPECT_EQ(expected_messages({.messages = 101, .lost = 4, .reordered = 1, .duplicated = 3}), 102U);
}

TEST(LossRatio, IsOfTheExpectedMessages) {
  EXPECT_EQ(loss_ratio(model::SequenceCounts{.messages = 10, .lost = 2, .duplicated = 2}), 0.2);
  EXPECT_EQ(loss_ratio(model::SequenceCounts{.messages = 10}), 0.0);
}

TEST(LossRatio, IsNoneBeforeTheFirstMessage) { EXPECT_EQ(loss_ratio(model::SequenceCounts{}), std::nullopt); }

TEST(LossRatio, IsNoneWithoutARuleThatFits) {
  EXPECT_EQ(loss_ratio(std::nullopt, model::Direction::kIngress), std::nullopt);
  EXPECT_EQ(loss_ratio(sample::misfitting_counts(), model::Direction::kIngress), std::nullopt);
  EXPECT_EQ(loss_ratio(sample::fitting_counts(), model::Direction::kEgress), 0.0);
}

TEST(PercentOrDash, HasThreeSignificantDigitsFromOnePercentOn) {
  EXPECT_EQ(percent_or_dash(0.0), "0.00%");
  EXPECT_EQ(percent_or_dash(0.00499), "0.50%");
  EXPECT_EQ(percent_or_dash(0.0999), "9.99%");
  EXPECT_EQ(percent_or_dash(0.0999999), "10.0%");
  EXPECT_EQ(percent_or_dash(0.9994), "99.9%");
  EXPECT_EQ(percent_or_dash(0.99999), "100%");
  EXPECT_EQ(percent_or_dash(std::nullopt), "-");
}

}  // namespace
}  // namespace tickwire::exporting
