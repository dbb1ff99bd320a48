// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "bpf/fixture.h"

namespace tickwire::harness {
namespace {

constexpr int kPackets = 20'000;
constexpr std::size_t kEthernetBytes = 14;

class RandomBytes : public BpfTest, public testing::WithParamInterface<Program> {
 protected:
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random_);
  }
  [[nodiscard]] Bytes noise() {
    Bytes bytes(kEthernetBytes + below(200));
    std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(below(256)); });
    return bytes;
  }
  // A frame that the programs understand, with a few bytes of its headers overwritten and perhaps its end cut off.
  [[nodiscard]] Bytes damaged() {
    const Path path{.family = kFamilies[below(2)],
                    .local_port = below(2) == 0 ? kTcpPort : kUdpPort,
                    .remote_port = static_cast<std::uint16_t>(below(4))};
    const Tcp tcp{.sequence = below(1000),
                  .acknowledgement = below(1000),
                  .flags = {.fin = below(8) == 0, .syn = below(4) == 0, .rst = below(8) == 0, .ack = below(4) != 0},
                  .options_before = Bytes(below(4), 1),
                  .timestamps = Timestamps{below(50), below(50)}};
    const bool ingress = is_ingress(GetParam());
    Packet packet = path.local_port == kTcpPort ? (ingress ? path.in(tcp, below(50)) : path.out(tcp, below(50)))
                                                : (ingress ? path.datagram_in(below(50)) : path.datagram_out(below(50)));
    packet.ethernet.tags.resize(below(4));
    if (auto* ip = std::get_if<Ipv6>(&packet.network); ip != nullptr && below(2) == 0) {
      ip->extensions.resize(below(9), {.number = IPPROTO_DSTOPTS});
    }
    Bytes bytes = frame(packet);
    for (std::uint32_t count = below(6); count > 0; --count) {
      bytes[kEthernetBytes - 2 + below(static_cast<std::uint32_t>(bytes.size() - kEthernetBytes + 2))] =
          static_cast<std::uint8_t>(below(256));
    }
    if (below(4) == 0) bytes.resize(kEthernetBytes + below(static_cast<std::uint32_t>(bytes.size() - kEthernetBytes)));
    return bytes;
  }
  // Packets that the programs say they counted for a service, or as a loss.
  [[nodiscard]] std::uint64_t accounted() const {
    std::uint64_t sum = 0;
    for (const std::uint16_t service : {kTcpService, kUdpService}) {
      const Totals found = totals(service);
      sum += found.packets_in + found.packets_out + found.unslotted_packets_in + found.unslotted_packets_out;
    }
    const auto all = programs().losses();
    for (int reason = 0; reason <= TW_LOSS_IPV6_EXTENSIONS; ++reason) sum += all.count[reason];
    return sum;
  }

 private:
  std::mt19937 random_{20'240'229};
};

TEST_P(RandomBytes, PassAndAreSeenOnce) {
  std::uint64_t ran = 0;
  for (int i = 0; i < kPackets; ++i) ran += pass_bytes(GetParam(), noise()) ? 1U : 0U;
  const auto interface = programs().interface(kLoopback);
  EXPECT_EQ(interface.packets[is_ingress(GetParam()) ? TW_INGRESS : TW_EGRESS], ran);
  EXPECT_LE(accounted(), ran);
}

TEST_P(RandomBytes, InHeadersPassAndAreCountedAtMostOnce) {
  std::uint64_t ran = 0;
  for (int i = 0; i < kPackets; ++i) ran += pass_bytes(GetParam(), damaged()) ? 1U : 0U;
  const auto interface = programs().interface(kLoopback);
  EXPECT_EQ(interface.packets[is_ingress(GetParam()) ? TW_INGRESS : TW_EGRESS], ran);
  EXPECT_LE(accounted(), ran);
  EXPECT_GT(accounted(), ran / 2);
}

INSTANTIATE_TEST_SUITE_P(Programs, RandomBytes, testing::ValuesIn(kPrograms),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace tickwire::harness
