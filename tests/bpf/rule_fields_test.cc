// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "bpf/fixture.h"
#include "bpf/rule_message.h"

namespace tickwire::harness {
namespace {

constexpr std::size_t kMessageBytes = 20;
constexpr std::uint32_t kRandomPackets = 10'000;  // of either family

// What the programs read out of a message, beside what a reader of single bits finds.
class RuleFields : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  [[nodiscard]] Program program() const { return std::get<Program>(GetParam()); }
  [[nodiscard]] tw_direction direction() const { return is_ingress(program()) ? TW_INGRESS : TW_EGRESS; }
  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kUdpPort}; }
  void use(const tw_rule& rule) { programs().watch(kUdpPort, std::nullopt, kUdpService, rule); }
  void run(const Bytes& payload) {
    pass(program(), is_ingress(program()) ? path().datagram_in(payload) : path().datagram_out(payload));
  }
  // A rule that has nothing but a token.
  [[nodiscard]] tw_rule token_rule(const tw_field& token) const {
    tw_rule rule{};
    rule.token[direction()] = token;
    return rule;
  }
  // The token that the programs find in a message: the first of its connection, so it is new whatever it is.
  [[nodiscard]] std::optional<std::uint32_t> token_in(const Bytes& payload) {
    if (programs().slot_number(key_of(path(), IPPROTO_UDP))) programs().give_back(key_of(path(), IPPROTO_UDP));
    run(payload);
    const tw_echo_slot echo = echo_slot_of(path(), IPPROTO_UDP);
    if (is_ingress(program())) return echo.tokens_in == 0 ? std::nullopt : std::optional{echo.last_token};
    return echo.tokens_out == 0 ? std::nullopt : std::optional{echo.last_sent};
  }
  [[nodiscard]] std::uint32_t messages() const {
    const tw_echo_slot echo = echo_slot_of(path(), IPPROTO_UDP);
    return is_ingress(program()) ? echo.messages_in : echo.messages_out;
  }
  [[nodiscard]] std::uint32_t strangers() const { return echo_slot_of(path(), IPPROTO_UDP).strangers[direction()]; }
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random_);
  }
  [[nodiscard]] Bytes noise(std::size_t bytes) {
    Bytes payload(bytes);
    std::ranges::generate(payload, [&] { return static_cast<std::uint8_t>(below(256)); });
    return payload;
  }

 private:
  std::mt19937 random_{20'240'301};
};

TEST_P(RuleFields, AreReadInEveryWidthAtEveryShiftInBothOrders) {
  for (unsigned width = 1; width <= TW_FIELD_WIDTH_MAX; ++width) {
    for (unsigned shift = 0; shift < 8; ++shift) {
      for (const bool little_endian : {false, true}) {
        const tw_field field{.offset_bits = static_cast<std::uint16_t>(below(10) * 8 + shift),
                             .width_bits = static_cast<std::uint8_t>(width),
                             .little_endian = little_endian};
        use(token_rule(field));
        const Bytes payload = noise(kMessageBytes);
        ASSERT_EQ(token_in(payload), read_bits(payload, field)) << width << " bits at " << field.offset_bits;
        ASSERT_TRUE(read_bits(payload, field).has_value());
      }
    }
  }
}

TEST_P(RuleFields, AreReadOrMissingInAnyMessage) {
  int missing = 0;
  for (int i = 0; i < 3000; ++i) {
    const tw_field field{.offset_bits = static_cast<std::uint16_t>(below(i % 4 == 0 ? 0x10000 : 400)),
                         .width_bits = static_cast<std::uint8_t>(below(i % 8 == 0 ? 256 : 33)),
                         .little_endian = below(2) == 0};
    use(token_rule(field));
    const Bytes payload = noise(below(60));
    const auto expected = read_bits(payload, field);
    ASSERT_EQ(token_in(payload), expected) << int{field.width_bits} << " bits at " << field.offset_bits << " of "
                                           << payload.size();
    missing += expected ? 0 : 1;
  }
  EXPECT_GT(missing, 500);
  EXPECT_LT(missing, 2500);
}

TEST_P(RuleFields, AreMissingInAMessageThatEndsBeforeThem) {
  const tw_field field{.offset_bits = 64, .width_bits = 16, .little_endian = 0};
  use(token_rule(field));
  for (std::size_t bytes = 0; bytes <= kMessageBytes; ++bytes)
    EXPECT_EQ(token_in(Bytes(bytes, 1)).has_value(), bytes >= 10) << bytes;
}

TEST_P(RuleFields, MayEndWithTheLastBitThatARuleCanName) {
  const tw_field field{.offset_bits = TW_FIELD_END_MAX - 32, .width_bits = 32, .little_endian = 0};
  use(token_rule(field));
  Bytes payload(TW_FIELD_END_MAX / 8, 0);
  write_bits(payload, field, 0x89abcdef);
  EXPECT_EQ(token_in(payload), 0x89abcdefU);
}

TEST_P(RuleFields, OfAMagicTellStrangers) {
  use(rule_of());
  Bytes payload = message(rule_of(), direction(), {.token = 5});
  run(payload);
  EXPECT_EQ(messages(), 1U);
  EXPECT_EQ(strangers(), 0U);
  payload[1] ^= 1;
  run(payload);
  EXPECT_EQ(messages(), 1U);
  EXPECT_EQ(strangers(), 1U);
}

TEST_P(RuleFields, OfAMagicCountWhereItsMaskSays) {
  tw_rule rule = rule_of();
  rule.magic_mask = 0xff00;
  rule.magic_value = 0x5400;
  use(rule);
  run({0x54, 0x99});
  run({0x55, 0x57});
  EXPECT_EQ(messages(), 1U);
  EXPECT_EQ(strangers(), 1U);
}

TEST_P(RuleFields, OfAMagicMakeWhatIsTooShortForItAStranger) {
  use(rule_of());
  for (std::size_t bytes = 0; bytes < 2; ++bytes) run(Bytes(bytes, 0x54));
  EXPECT_EQ(messages(), 0U);
  EXPECT_EQ(strangers(), 2U);
}

TEST_P(RuleFields, TakeAMessageOfEveryLengthForOneOrForAStranger) {
  const tw_rule rule = rule_of();
  use(rule);
  const Bytes whole = message(rule, direction(), {.token = 5, .echo = 5});
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) run(Bytes(whole.begin(), whole.begin() + static_cast<long>(bytes)));
  EXPECT_EQ(messages(), whole.size() - 1);
  EXPECT_EQ(strangers(), 2U);
}

TEST_P(RuleFields, AreNotAskedForInOtherServices) {
  use(token_rule({.offset_bits = 0, .width_bits = 8, .little_endian = 0}));
  start_over();
  run(noise(kMessageBytes));
  EXPECT_EQ(messages(), 0U);
  EXPECT_EQ(strangers(), 0U);
}

// Rules that no configuration would let through are bits as well.
TEST_P(RuleFields, OfAnyRuleInAnyBytesLetThePacketPass) {
  for (std::uint32_t i = 0; i < kRandomPackets; ++i) {
    tw_rule rule{};
    const Bytes bits = noise(sizeof(rule));
    std::copy(bits.begin(), bits.end(), reinterpret_cast<std::uint8_t*>(&rule));
    if (below(2) == 0) rule = rule_of({.token = rule.token[0], .echo = rule.echo[0]});
    if (below(2) == 0) rule.magic = {};
    rule.frame_bytes = static_cast<std::uint8_t>(below(6));
    programs().watch(kUdpPort, std::nullopt, kUdpService, rule);
    programs().watch(kTcpPort, kTcpService, std::nullopt, rule);
    const bool udp = below(2) == 0;
    Path any = path();
    any.local_port = udp ? kUdpPort : kTcpPort;
    any.remote_port = static_cast<std::uint16_t>(below(4));
    const Tcp tcp{.sequence = below(1000), .flags = {.syn = below(8) == 0, .ack = true}, .timestamps = Timestamps{below(50), 0}};
    Bytes payload = noise(below(80));
    for (std::uint8_t& byte : payload) byte = below(2) == 0 ? byte : std::uint8_t{0};
    if (is_ingress(program())) {
      pass(program(), udp ? any.datagram_in(payload) : any.in(tcp, payload));
    } else {
      pass(program(), udp ? any.datagram_out(payload) : any.out(tcp, payload));
    }
  }
  const auto interface = programs().interface(kLoopback);
  EXPECT_EQ(interface.packets[direction()], kRandomPackets);
}

INSTANTIATE_TEST_SUITE_P(Programs, RuleFields, testing::Combine(testing::ValuesIn(kPrograms), testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
