// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <initializer_list>
#include <ostream>

#include "bpf/fixture.h"
#include "bpf/rule_message.h"

namespace tickwire::harness {
namespace {

struct Counts {
  std::uint32_t messages = 0;
  std::uint32_t passed_over = 0;
  std::uint32_t reordered = 0;
  std::uint32_t duplicated = 0;
  std::uint32_t jumps = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts.messages << " messages, " << counts.passed_over << " passed over, " << counts.reordered << " reordered, "
             << counts.duplicated << " duplicated, " << counts.jumps << " jumps";
}

// The numbers of one direction.
class RuleSequence : public BpfTest, public testing::WithParamInterface<Program> {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) use(16);
  }
  [[nodiscard]] tw_direction direction() const { return is_ingress(GetParam()) ? TW_INGRESS : TW_EGRESS; }
  // A sequence of so many bits.
  void use(std::uint8_t width) {
    start_over();
    rule_.sequence[direction()] = {.offset_bits = 32, .width_bits = width, .little_endian = 0};
    programs().watch(kUdpPort, std::nullopt, kUdpService, rule_);
  }
  void run(std::initializer_list<std::uint32_t> numbers) {
    for (const std::uint32_t number : numbers) {
      const Bytes bytes = message(rule_, direction(), {.sequence = number});
      pass(GetParam(), is_ingress(GetParam()) ? path_.datagram_in(bytes) : path_.datagram_out(bytes));
    }
  }
  [[nodiscard]] tw_sequence sequence() const { return echo_slot_of(path_, IPPROTO_UDP).sequence[direction()]; }
  [[nodiscard]] Counts counts() const {
    const tw_sequence found = sequence();
    return {.messages = found.messages,
            .passed_over = found.passed_over,
            .reordered = found.reordered,
            .duplicated = found.duplicated,
            .jumps = found.jumps};
  }

  tw_rule rule_ = rule_of();
  Path path_{.local_port = kUdpPort};
};

TEST_P(RuleSequence, LosesNothingThatComesInOrder) {
  run({1, 2, 3, 4});
  EXPECT_EQ(counts(), (Counts{.messages = 4}));
  EXPECT_EQ(sequence().highest, 4U);
}

TEST_P(RuleSequence, BeginsWithAnyNumber) {
  run({40'000, 40'001});
  EXPECT_EQ(counts(), (Counts{.messages = 2}));
}

TEST_P(RuleSequence, LosesWhatIsPassedOver) {
  run({1, 2, 5, 6});
  EXPECT_EQ(counts(), (Counts{.messages = 4, .passed_over = 2}));
}

TEST_P(RuleSequence, FindsAgainWhatWasLateOnly) {
  run({1, 2, 5, 3});
  EXPECT_EQ(counts(), (Counts{.messages = 4, .passed_over = 2, .reordered = 1}));
  run({4});
  EXPECT_EQ(counts(), (Counts{.messages = 5, .passed_over = 2, .reordered = 2}));
  EXPECT_EQ(sequence().highest, 5U);
}

// A late number from before the first takes no other one's loss back.
TEST_P(RuleSequence, CountsWhatComesLateFromBeforeTheFirst) {
  run({10, 12, 9, 8, 9});
  EXPECT_EQ(counts(), (Counts{.messages = 5, .passed_over = 3, .reordered = 2, .duplicated = 1}));
}

TEST_P(RuleSequence, KnowsNothingOfWhatWasBeforeANewStart) {
  run({10, 12, 500, 499});
  EXPECT_EQ(counts(), (Counts{.messages = 4, .passed_over = 2, .reordered = 1, .jumps = 1}));
}

TEST_P(RuleSequence, KnowsWhatWasPassedOverForAsLongAsItMayComeLate) {
  run({1, 3});
  for (std::uint32_t number = 4; number <= 65; ++number) run({number});
  run({2});
  EXPECT_EQ(counts(), (Counts{.messages = 65, .passed_over = 1, .reordered = 1}));
}

TEST_P(RuleSequence, TellsWhatCameTwice) {
  run({1, 2, 2, 3, 1});
  EXPECT_EQ(counts(), (Counts{.messages = 5, .duplicated = 2}));
}

TEST_P(RuleSequence, TellsWhatCameLateAndTwice) {
  run({1, 3, 2, 2});
  EXPECT_EQ(counts(), (Counts{.messages = 4, .passed_over = 1, .reordered = 1, .duplicated = 1}));
}

TEST_P(RuleSequence, TakesAStepOf63ForLossesAndOneOf64ForANewStart) {
  run({100, 163});
  EXPECT_EQ(counts(), (Counts{.messages = 2, .passed_over = 62}));
  use(16);
  run({100, 164, 165});
  EXPECT_EQ(counts(), (Counts{.messages = 3, .jumps = 1}));
}

TEST_P(RuleSequence, TakesAStepBackOf63ForReorderingAndOneOf64ForANewStart) {
  run({200, 137});
  EXPECT_EQ(counts(), (Counts{.messages = 2, .passed_over = 1, .reordered = 1}));
  use(16);
  run({200, 136, 137});
  EXPECT_EQ(counts(), (Counts{.messages = 3, .jumps = 1}));
  EXPECT_EQ(sequence().highest, 137U);
}

TEST_P(RuleSequence, GoesOnBehindItsLargestNumber) {
  for (const std::uint8_t width : {6, 7, 8, 16, 32}) {
    use(width);
    const std::uint32_t largest = 0xffffffffU >> (32 - width);
    run({largest - 1, largest, 0, 2, 1, largest});
    EXPECT_EQ(counts(), (Counts{.messages = 6, .passed_over = 1, .reordered = 1, .duplicated = 1})) << "width " << int{width};
    EXPECT_EQ(sequence().highest, 2U) << "width " << int{width};
  }
}

TEST_P(RuleSequence, KeepsDirectionsApart) {
  run({1, 2, 5});
  const auto other = direction() == TW_INGRESS ? TW_EGRESS : TW_INGRESS;
  EXPECT_EQ(echo_slot_of(path_, IPPROTO_UDP).sequence[other].messages, 0U);
}

TEST_P(RuleSequence, HasNoNumbersOfStrangers) {
  run({1});
  Bytes stranger = message(rule_, direction(), {.sequence = 9});
  stranger[0] = 0;
  pass(GetParam(), is_ingress(GetParam()) ? path_.datagram_in(stranger) : path_.datagram_out(stranger));
  EXPECT_EQ(counts(), (Counts{.messages = 1}));
}

INSTANTIATE_TEST_SUITE_P(Programs, RuleSequence, testing::ValuesIn(kPrograms),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace tickwire::harness
