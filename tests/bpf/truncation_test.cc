// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"

namespace tickwire::harness {
namespace {

// A frame of each kind that the parser takes apart; the payload is long enough to be cut in the middle.
struct Kind {
  const char* name;
  Family family;
  bool udp;
  std::size_t tags = 0;
  bool options = false;  // IP options or extension headers, and TCP options in an unusual order
};

constexpr std::array kKinds{
    Kind{"Udp4", Family::kIpv4, true},
    Kind{"Udp6", Family::kIpv6, true},
    Kind{"Tcp4", Family::kIpv4, false},
    Kind{"Tcp6", Family::kIpv6, false},
    Kind{"TaggedUdp4", Family::kIpv4, true, 1},
    Kind{"TaggedTwiceTcp6", Family::kIpv6, false, 2},
    Kind{"Tcp4Options", Family::kIpv4, false, 0, true},
    Kind{"TaggedTwiceTcp6Options", Family::kIpv6, false, 2, true},
    Kind{"Udp6Options", Family::kIpv6, true, 0, true},
};

class Truncation : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Kind>> {
 protected:
  [[nodiscard]] Program program() const { return std::get<Program>(GetParam()); }
  [[nodiscard]] Kind kind() const { return std::get<Kind>(GetParam()); }
  [[nodiscard]] Path path() const { return {.family = kind().family, .local_port = kind().udp ? kUdpPort : kTcpPort}; }
  [[nodiscard]] Packet packet() const {
    Tcp tcp{.sequence = 1001, .acknowledgement = 9001, .flags = {.ack = true}, .timestamps = Timestamps{100, 200}};
    if (kind().options) tcp.options_before = {1, 254, 5, 0, 0, 0};  // no-operation, experiment (RFC 4727), an odd start
    Packet packet = is_ingress(program()) ? path().in(tcp, 20) : path().out(tcp, 20);
    if (kind().udp) packet = is_ingress(program()) ? path().datagram_in(20) : path().datagram_out(20);
    packet.ethernet.tags.resize(kind().tags);
    if (!kind().options) return packet;
    if (kind().family == Family::kIpv4) std::get<Ipv4>(packet.network).options = Bytes(12, 1);
    if (kind().family == Family::kIpv6) {
      std::get<Ipv6>(packet.network).extensions = {{.number = IPPROTO_HOPOPTS}, {.number = IPPROTO_AH, .size_bytes = 24}};
    }
    return packet;
  }
  [[nodiscard]] std::uint16_t service() const { return kind().udp ? kUdpService : kTcpService; }
  // A test run demands an Ethernet header; from some kernels on, TC also demands a whole network header.
  [[nodiscard]] std::size_t always_run_bytes() const {
    constexpr std::size_t kEthernetBytes = 14;
    if (is_xdp(program())) return kEthernetBytes;
    return kEthernetBytes + (kind().family == Family::kIpv4 ? 20 : 40);
  }
};

TEST_P(Truncation, PassesAndCountsOneLossAtEveryLength) {
  const Bytes whole = frame(packet());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    start_over();
    const bool ran = pass_bytes(program(), Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_TRUE(ran || length < always_run_bytes()) << length;
    Totals expected;
    if (ran) {
      (is_ingress(program()) ? expected.interface_in : expected.interface_out) = 1;
      expected.losses[TW_LOSS_TRUNCATED] = 1;
    }
    EXPECT_EQ(totals(service()), expected) << length << " of " << whole.size() << " bytes";
  }
}

TEST_P(Truncation, CountsTheWholeFrameWithoutLoss) {
  pass(program(), packet());
  const Totals counted = totals(service());
  EXPECT_TRUE(counted.losses.empty()) << counted;
  EXPECT_EQ(counted.bytes_in + counted.bytes_out + counted.unslotted_bytes_in + counted.unslotted_bytes_out, 20U) << counted;
}

INSTANTIATE_TEST_SUITE_P(Programs, Truncation, testing::Combine(testing::ValuesIn(kPrograms), testing::ValuesIn(kKinds)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + std::get<Kind>(tested.param).name;
                         });

}  // namespace
}  // namespace tickwire::harness
