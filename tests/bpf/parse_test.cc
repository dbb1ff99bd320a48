// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "bpf/fixture.h"

namespace tickwire::harness {
namespace {

constexpr std::size_t kPayload = 64;
constexpr std::uint16_t kEtherTypeLldp = 0x88cc;

// Frames of one datagram each, through every program. What is counted is read off the connection's one slot.
class Parse : public BpfTest, public testing::WithParamInterface<Program> {
 protected:
  [[nodiscard]] bool ingress() const { return is_ingress(GetParam()); }
  [[nodiscard]] Packet datagram(Family family) const {
    const Path path{.family = family, .local_port = kUdpPort};
    return ingress() ? path.datagram_in(kPayload) : path.datagram_out(kPayload);
  }
  [[nodiscard]] Packet segment(Family family, const Tcp& tcp) const {
    const Path path{.family = family, .local_port = kTcpPort};
    return ingress() ? path.in(tcp, kPayload) : path.out(tcp, kPayload);
  }
  [[nodiscard]] Totals seen(std::uint64_t packets) const {
    return ingress() ? Totals{.interface_in = packets} : Totals{.interface_out = packets};
  }
  void expect_counted(const Bytes& bytes, const char* what) {
    start_over();
    pass_bytes(GetParam(), bytes);
    Totals expected = seen(1);
    expected.opened = 1;
    (ingress() ? expected.packets_in : expected.packets_out) = 1;
    (ingress() ? expected.bytes_in : expected.bytes_out) = kPayload;
    EXPECT_EQ(totals(kUdpService), expected) << what;
  }
  void expect_counted(const Packet& packet, const char* what) { expect_counted(frame(packet), what); }
  void expect_lost(const Packet& packet, tw_loss reason, const char* what) {
    start_over();
    pass(GetParam(), packet);
    Totals expected = seen(1);
    expected.losses[reason] = 1;
    EXPECT_EQ(totals(kUdpService), expected) << what;
    EXPECT_EQ(totals(kTcpService), expected) << what;
  }
  [[nodiscard]] Packet with_extensions(std::vector<Extension> extensions) const {
    Packet packet = datagram(Family::kIpv6);
    std::get<Ipv6>(packet.network).extensions = std::move(extensions);
    return packet;
  }
};

TEST_P(Parse, ReadsThroughUpToTwoVlanTags) {
  for (const Family family : kFamilies) {
    Packet packet = datagram(family);
    expect_counted(packet, "no tag");
    packet.ethernet.tags = {{.tpid = kTpidCustomer}};
    expect_counted(packet, "802.1Q");
    packet.ethernet.tags = {{.tpid = kTpidService}};
    expect_counted(packet, "802.1ad");
    packet.ethernet.tags = {{.tpid = kTpidService}, {.tpid = kTpidCustomer, .tci = 0xefff}};
    expect_counted(packet, "QinQ");
    packet.ethernet.tags = {{.tpid = kTpidCustomer}, {.tpid = kTpidCustomer}};
    expect_counted(packet, "802.1Q twice");
  }
}

TEST_P(Parse, CountsAThirdVlanTagAsALoss) {
  for (const Family family : kFamilies) {
    Packet packet = datagram(family);
    packet.ethernet.tags = {{.tpid = kTpidService}, {}, {}};
    expect_lost(packet, TW_LOSS_VLAN_DEPTH, "three tags");
  }
}

TEST_P(Parse, ReadsThroughIpv4Options) {
  Packet packet = datagram(Family::kIpv4);
  for (std::size_t bytes = 4; bytes <= 40; bytes += 4) {
    std::get<Ipv4>(packet.network).options = Bytes(bytes, 1);  // no-operation, RFC 791
    expect_counted(packet, "options");
  }
}

TEST_P(Parse, ReadsThroughUpToSixExtensionHeaders) {
  std::vector<Extension> extensions;
  expect_counted(with_extensions(extensions), "none");
  for (const int number : std::initializer_list<int>{IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_AH,
                                                     IPPROTO_DSTOPTS, IPPROTO_DSTOPTS}) {
    extensions.push_back({.number = static_cast<std::uint8_t>(number), .size_bytes = number == IPPROTO_AH ? 24U : 16U});
    expect_counted(with_extensions(extensions), "some");
  }
}

TEST_P(Parse, ReadsEachExtensionHeaderInItsOwnUnits) {
  for (const std::size_t bytes : {8U, 40U, 2048U}) {
    expect_counted(with_extensions({{.number = IPPROTO_HOPOPTS, .size_bytes = bytes}}), "hop-by-hop");
    expect_counted(with_extensions({{.number = IPPROTO_ROUTING, .size_bytes = bytes}}), "routing");
    expect_counted(with_extensions({{.number = IPPROTO_DSTOPTS, .size_bytes = bytes}}), "destination");
  }
  for (const std::size_t bytes : {12U, 16U, 24U, 48U}) {
    expect_counted(with_extensions({{.number = IPPROTO_AH, .size_bytes = bytes}}), "AH");
  }
}

TEST_P(Parse, CountsASeventhExtensionHeaderAsALoss) {
  expect_lost(with_extensions(std::vector<Extension>(7, {.number = IPPROTO_DSTOPTS})), TW_LOSS_IPV6_EXTENSIONS, "seven");
}

TEST_P(Parse, CountsEveryIpv4FragmentAsALoss) {
  const auto fragment = [&](std::uint16_t offset, bool more, std::size_t option_bytes) {
    Packet packet = datagram(Family::kIpv4);
    auto& ip = std::get<Ipv4>(packet.network);
    ip.fragment_offset = offset;
    ip.more_fragments = more;
    ip.options = Bytes(option_bytes, 1);
    return packet;
  };
  for (const std::size_t option_bytes : {0U, 8U}) {
    expect_lost(fragment(0, true, option_bytes), TW_LOSS_FRAGMENT, "first");
    expect_lost(fragment(1, true, option_bytes), TW_LOSS_FRAGMENT, "middle");
    expect_lost(fragment(0x1fff, false, option_bytes), TW_LOSS_FRAGMENT, "last");
  }
}

TEST_P(Parse, CountsEveryIpv6FragmentAsALoss) {
  const auto fragment = [&](std::uint16_t offset, bool more) {
    return Extension{.number = IPPROTO_FRAGMENT, .fragment_offset = offset, .more_fragments = more};
  };
  expect_lost(with_extensions({fragment(0, true)}), TW_LOSS_FRAGMENT, "first");
  expect_lost(with_extensions({fragment(1, true)}), TW_LOSS_FRAGMENT, "middle");
  expect_lost(with_extensions({fragment(0x1fff, false)}), TW_LOSS_FRAGMENT, "last");
  expect_lost(with_extensions({fragment(0, false)}), TW_LOSS_FRAGMENT, "atomic, RFC 6946");
  expect_lost(with_extensions({{.number = IPPROTO_HOPOPTS}, fragment(0, true)}), TW_LOSS_FRAGMENT, "after hop-by-hop");
}

TEST_P(Parse, PassesByWhatIsNotIp) {
  Packet packet{.payload_bytes = 46};
  expect_lost(packet, TW_SKIP_NOT_IP, "ARP");
  packet.ethernet.ether_type = kEtherTypeLldp;
  expect_lost(packet, TW_SKIP_NOT_IP, "LLDP");
  packet.ethernet.tags = {{}};
  expect_lost(packet, TW_SKIP_NOT_IP, "LLDP behind a tag");
}

TEST_P(Parse, PassesByWhatIsNeitherTcpNorUdp) {
  for (const int number :
       std::initializer_list<int>{IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_GRE, IPPROTO_ESP, IPPROTO_AH, IPPROTO_SCTP}) {
    Packet packet = datagram(Family::kIpv4);
    std::get<Ipv4>(packet.network).protocol = static_cast<std::uint8_t>(number);
    expect_lost(packet, TW_SKIP_NOT_TCP_UDP, "IPv4");
  }
  for (const int number : std::initializer_list<int>{IPPROTO_ICMPV6, IPPROTO_GRE, IPPROTO_ESP, IPPROTO_NONE, IPPROTO_SCTP}) {
    Packet packet = datagram(Family::kIpv6);
    std::get<Ipv6>(packet.network).protocol = static_cast<std::uint8_t>(number);
    expect_lost(packet, TW_SKIP_NOT_TCP_UDP, "IPv6");
    std::get<Ipv6>(packet.network).extensions = {{.number = IPPROTO_DSTOPTS}};
    expect_lost(packet, TW_SKIP_NOT_TCP_UDP, "IPv6 behind an extension header");
  }
}

TEST_P(Parse, CountsBytesByTheIpLengthAndNotByTheFrames) {
  for (const Family family : kFamilies) {
    Bytes bytes = frame(datagram(family));
    bytes.resize(bytes.size() + 18, 0);  // as a driver pads, or leaves a frame check sequence
    expect_counted(bytes, "padded");
  }
}

TEST_P(Parse, CountsAnIpv4HeaderThatContradictsItselfAsALoss) {
  Packet packet = datagram(Family::kIpv4);
  std::get<Ipv4>(packet.network).header_words = 4;
  expect_lost(packet, TW_LOSS_TRUNCATED, "header shorter than 20 bytes");
  for (const std::uint16_t length : {0, 19, 20, 27}) {
    packet = datagram(Family::kIpv4);
    std::get<Ipv4>(packet.network).total_length = length;
    expect_lost(packet, TW_LOSS_TRUNCATED, "total length shorter than the headers");
    std::get<Ipv4>(packet.network).options = Bytes(4, 1);
    expect_lost(packet, TW_LOSS_TRUNCATED, "the same with options");
  }
}

// Fast path or slow path: the same frame is lost for the same reason.
TEST_P(Parse, CountsAFragmentAsOneWhateverItsLengthSays) {
  Packet packet = datagram(Family::kIpv4);
  auto& ip = std::get<Ipv4>(packet.network);
  ip.more_fragments = true;
  ip.total_length = 19;
  expect_lost(packet, TW_LOSS_FRAGMENT, "without options");
  packet.ethernet.tags = {{}};
  expect_lost(packet, TW_LOSS_FRAGMENT, "tagged");
}

TEST_P(Parse, CountsAnIpv6HeaderOfAnotherVersionAsALoss) {
  Packet packet = datagram(Family::kIpv6);
  for (const std::size_t tags : {0, 1}) {
    packet.ethernet.tags.resize(tags);
    Bytes bytes = frame(packet);
    bytes.at(14 + 4 * tags) = 0x50;
    start_over();
    if (!pass_bytes(GetParam(), bytes)) continue;
    Totals expected = seen(1);
    expected.losses[TW_LOSS_TRUNCATED] = 1;
    EXPECT_EQ(totals(kUdpService), expected) << tags << " tags";
  }
}

TEST_P(Parse, CountsAnIpv6LengthThatContradictsTheHeadersAsALoss) {
  for (const std::uint16_t length : {0, 7}) {
    Packet packet = datagram(Family::kIpv6);
    std::get<Ipv6>(packet.network).payload_length = length;
    expect_lost(packet, TW_LOSS_TRUNCATED, "shorter than a UDP header");
    std::get<Ipv6>(packet.network).extensions = {{.number = IPPROTO_DSTOPTS}};
    expect_lost(packet, TW_LOSS_TRUNCATED, "shorter than an extension header");
  }
}

TEST_P(Parse, CountsATcpHeaderThatContradictsItselfAsALoss) {
  for (const Family family : kFamilies) {
    for (const bool syn : {false, true}) {
      const TcpFlags flags{.syn = syn, .ack = !syn};
      expect_lost(segment(family, {.flags = flags, .header_words = 4}), TW_LOSS_TRUNCATED, "shorter than 20 bytes");
      expect_lost(segment(family, {.flags = flags, .header_words = 0}), TW_LOSS_TRUNCATED, "no length at all");
      Packet packet = segment(family, {.flags = flags, .header_words = 15});
      packet.payload_bytes = 8;
      expect_lost(packet, TW_LOSS_TRUNCATED, "options longer than the segment");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, Parse, testing::ValuesIn(kPrograms), [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace tickwire::harness
