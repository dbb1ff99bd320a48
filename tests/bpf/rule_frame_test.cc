// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"
#include "bpf/rule_message.h"

namespace tickwire::harness {
namespace {

using Series = std::map<int, std::uint64_t>;

constexpr std::uint32_t kFirst = 0xfffffff0;  // sequence numbers wrap soon

Bytes part(const Bytes& bytes, std::size_t from, std::size_t to) {
  return {bytes.begin() + static_cast<long>(from), bytes.begin() + static_cast<long>(to)};
}

// Messages in a TCP stream, each behind its length. A direction is that of the program; rtt and turnaround need both.
class RuleFrames : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) use(framed(rule_of()));
  }
  void use(const tw_rule& rule) {
    rule_ = rule;
    start_over();
    programs().watch(kTcpPort, kTcpService, std::nullopt, rule);
    next_ = kFirst;
    in(path().in({.sequence = kFirst - 1, .flags = {.syn = true}}, 0));
    out(path().out({.sequence = kFirst - 1, .acknowledgement = kFirst, .flags = {.syn = true, .ack = true}}, 0));
  }
  [[nodiscard]] Program program() const { return std::get<Program>(GetParam()); }
  [[nodiscard]] tw_direction direction() const { return is_ingress(program()) ? TW_INGRESS : TW_EGRESS; }
  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  [[nodiscard]] Bytes with_token(std::uint32_t token) const {
    return frame_of(rule_, message(rule_, direction(), {.token = token, .echo = 0xffff}));
  }
  // A segment that stands so many bytes behind the end of the one before.
  void run(const Bytes& payload, std::uint32_t gap_bytes = 0) {
    run_at(next_ + gap_bytes, payload);
    next_ += gap_bytes + static_cast<std::uint32_t>(payload.size());
  }
  void run_at(std::uint32_t sequence, const Bytes& payload) {
    const Tcp tcp{.sequence = sequence, .flags = {.ack = true}, .timestamps = Timestamps{100, 0}};
    pass(program(), is_ingress(program()) ? path().in(tcp, payload) : path().out(tcp, payload));
  }
  [[nodiscard]] tw_echo_slot echo_slot() const { return echo_slot_of(path(), IPPROTO_TCP); }
  [[nodiscard]] std::uint32_t messages() const {
    return is_ingress(program()) ? echo_slot().messages_in : echo_slot().messages_out;
  }
  [[nodiscard]] std::uint32_t tokens() const { return is_ingress(program()) ? echo_slot().tokens_in : echo_slot().tokens_out; }
  [[nodiscard]] std::uint32_t newest_token() const {
    return is_ingress(program()) ? echo_slot().last_token : echo_slot().last_sent;
  }
  [[nodiscard]] std::uint32_t strangers() const { return echo_slot().strangers[direction()]; }
  void expect(std::uint32_t messages_wanted, std::uint32_t strangers_wanted) const {
    EXPECT_EQ(messages(), messages_wanted);
    EXPECT_EQ(strangers(), strangers_wanted);
  }

  tw_rule rule_{};
  std::uint32_t next_ = kFirst;
};

TEST_P(RuleFrames, AreOneASegment) {
  run(with_token(1));
  run(with_token(2));
  expect(2, 0);
  EXPECT_EQ(newest_token(), 2U);
}

TEST_P(RuleFrames, AreSeveralInOneSegment) {
  run(joined({with_token(1), with_token(2), with_token(3)}));
  expect(3, 0);
  EXPECT_EQ(tokens(), 3U);
}

TEST_P(RuleFrames, GoOnInTheNextSegment) {
  Bytes long_message = message(rule_, direction(), {.token = 1});
  long_message.resize(300, 0xff);
  const Bytes stream = joined({frame_of(rule_, long_message), with_token(2)});
  run(part(stream, 0, 100));
  run(part(stream, 100, 200));
  run(part(stream, 200, stream.size()));
  expect(2, 0);
  EXPECT_EQ(newest_token(), 2U);
}

TEST_P(RuleFrames, AreStrangersWhereTheSegmentCutsTheirMagic) {
  const Bytes stream = joined({with_token(1), with_token(2)});
  run(part(stream, 0, 5));
  run(part(stream, 5, stream.size()));
  expect(1, 1);
  EXPECT_EQ(newest_token(), 2U);
}

TEST_P(RuleFrames, HaveNoTokenWhereTheSegmentCutsIt) {
  const Bytes stream = joined({with_token(1), with_token(2)});
  run(part(stream, 0, 13));
  run(part(stream, 13, stream.size()));
  expect(2, 0);
  EXPECT_EQ(tokens(), 1U);
}

TEST_P(RuleFrames, AreFoundAgainAfterTheSegmentCutsALength) {
  const Bytes stream = joined({with_token(1), with_token(2)});
  run(part(stream, 0, 2));
  run(part(stream, 2, stream.size()));
  run(with_token(3));
  expect(1, 2);
  EXPECT_EQ(newest_token(), 3U);
}

TEST_P(RuleFrames, AreCountedOnceWhenTheSegmentIsSentAgain) {
  run(with_token(1));
  run_at(kFirst, with_token(1));
  expect(1, 0);
}

TEST_P(RuleFrames, AreCountedOnceWhenASegmentRepeatsAPart) {
  run(with_token(1));
  run_at(kFirst, joined({with_token(1), with_token(2)}));
  expect(2, 0);
  EXPECT_EQ(newest_token(), 2U);
}

TEST_P(RuleFrames, BeginAnewBehindAGap) {
  run(with_token(1));
  run(with_token(3), 24);
  run(with_token(4));
  expect(3, 0);
}

TEST_P(RuleFrames, BeginAnewAfterAnAbsurdLength) {
  run(with_token(1));
  run({0xff, 0xff, 0xff, 0xff, 0x54, 0x57, 0, 0});
  run(with_token(2));
  expect(2, 1);
}

TEST_P(RuleFrames, BeginAnewAfterALengthOfNothing) {
  run(joined({Bytes(4, 0), with_token(1)}));
  run(with_token(2));
  expect(1, 1);
}

// Bytes from the middle of a message that look like a length.
TEST_P(RuleFrames, BeginAnewAfterAStrangerThatGoesOnBehindTheSegment) {
  run({0, 0xff, 0xff, 0xff, 1, 2, 3, 4});
  run(with_token(2));
  expect(1, 1);
}

TEST_P(RuleFrames, AreFoundBehindAStrangerInTheirSegment) {
  Bytes stranger = message(rule_, direction(), {.token = 9});
  stranger[0] = 0;
  run(joined({frame_of(rule_, stranger), with_token(2)}));
  expect(1, 1);
  EXPECT_EQ(newest_token(), 2U);
}

TEST_P(RuleFrames, HaveNoFieldsBehindTheirEnd) {
  const Bytes brief = part(message(rule_, direction(), {}), 0, 8);
  run(joined({frame_of(rule_, brief), with_token(2)}));
  expect(2, 0);
  EXPECT_EQ(tokens(), 1U);
  EXPECT_EQ(newest_token(), 2U);
}

TEST_P(RuleFrames, AreReadUpToEightASegment) {
  Bytes eight;
  for (std::uint32_t token = 1; token <= 8; ++token) eight = joined({eight, with_token(token)});
  run(eight);
  expect(8, 0);
  EXPECT_EQ(losses(TW_LOSS_SEGMENT), 0U);
  Bytes nine;
  for (std::uint32_t token = 9; token <= 17; ++token) nine = joined({nine, with_token(token)});
  run(nine);
  expect(16, 0);
  EXPECT_EQ(losses(TW_LOSS_SEGMENT), 1U);
  EXPECT_EQ(newest_token(), 16U);
  run(with_token(18));
  expect(17, 0);
}

TEST_P(RuleFrames, HaveLengthsOfEveryWidthInBothOrdersWithAndWithoutThemselves) {
  for (const std::uint8_t bytes : {1, 2, 3, 4}) {
    for (const std::uint8_t variant : {0, 1, 2, 3}) {
      tw_rule rule = rule_of();
      rule.frame_bytes = bytes;
      rule.frame_little_endian = variant & 1;
      rule.frame_counts_itself = variant >> 1;
      use(rule);
      run(joined({with_token(1), with_token(2)}));
      run(with_token(3));
      expect(3, 0);
      EXPECT_EQ(newest_token(), 3U);
    }
  }
}

TEST_P(RuleFrames, AreReadInAMergedSegment) {
  if (is_xdp(program())) return;
  const Tcp tcp{.sequence = kFirst, .flags = {.ack = true}, .timestamps = Timestamps{100, 0}};
  const Bytes payload = joined({with_token(1), with_token(2)});
  pass(program(), is_ingress(program()) ? path().in(tcp, payload) : path().out(tcp, payload),
       {.segments = 2, .segment_bytes = 24});
  expect(2, 0);
  EXPECT_EQ(losses(TW_LOSS_SEGMENT), 0U);
}

TEST_P(RuleFrames, AreNotLookedForWithoutPayload) {
  run({});
  expect(0, 0);
}

INSTANTIATE_TEST_SUITE_P(Programs, RuleFrames, testing::Combine(testing::ValuesIn(kPrograms), testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
