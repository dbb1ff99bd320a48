// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/frame_view.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "gameserver/common/bytes.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {
namespace {

constexpr std::size_t kEthernetAddresses = 12;
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;

void copy_address(std::span<const std::byte> from, Address16& to) {
  if (from.size() == 4) to[10] = to[11] = 0xff;
  std::memcpy(to.data() + to.size() - from.size(), from.data(), from.size());
}

// Each gives what follows its header, as long as the header says; reader.ok() must be asked.
std::size_t read_ipv4(ByteReader& reader, FrameView& frame) {
  const auto version_and_words = reader.read<std::uint8_t>();
  static_cast<void>(reader.read<std::uint8_t>());
  const auto total_bytes = reader.read<std::uint16_t>();
  static_cast<void>(reader.read<std::uint16_t>());
  const bool later_fragment = (reader.read<std::uint16_t>() & 0x1fff) != 0;
  static_cast<void>(reader.read<std::uint8_t>());
  const auto protocol = reader.read<std::uint8_t>();
  frame.protocol = later_fragment ? 0 : protocol;
  static_cast<void>(reader.read<std::uint16_t>());
  const auto source = reader.take(4);
  const auto destination = reader.take(4);
  const std::size_t header_bytes = std::size_t{version_and_words & 0x0fU} * 4;
  static_cast<void>(reader.take(header_bytes > 20 ? header_bytes - 20 : 0));
  if (!reader.ok() || header_bytes < 20 || total_bytes < header_bytes) return 0;
  copy_address(source, frame.source);
  copy_address(destination, frame.destination);
  return total_bytes - header_bytes;
}

std::size_t read_ipv6(ByteReader& reader, FrameView& frame) {
  static_cast<void>(reader.read<std::uint32_t>());
  const auto payload_bytes = reader.read<std::uint16_t>();
  frame.protocol = reader.read<std::uint8_t>();
  static_cast<void>(reader.read<std::uint8_t>());
  const auto source = reader.take(16);
  const auto destination = reader.take(16);
  if (!reader.ok()) return 0;
  copy_address(source, frame.source);
  copy_address(destination, frame.destination);
  return payload_bytes;
}

bool read_tcp(ByteReader& reader, std::size_t segment_bytes, FrameView& frame) {
  frame.tcp_sequence = reader.read<std::uint32_t>();
  static_cast<void>(reader.read<std::uint32_t>());
  const std::size_t header_bytes = std::size_t{reader.read<std::uint8_t>()} / 16 * 4;
  if (header_bytes < 20 || header_bytes > segment_bytes) return false;
  frame.payload_bytes = segment_bytes - header_bytes;
  return true;
}

bool read_udp(ByteReader& reader, std::size_t segment_bytes, FrameView& frame) {
  constexpr std::size_t kHeaderBytes = 8;
  const std::size_t datagram_bytes = reader.read<std::uint16_t>();
  static_cast<void>(reader.read<std::uint16_t>());
  if (datagram_bytes < kHeaderBytes || datagram_bytes > segment_bytes) return false;
  frame.payload_bytes = datagram_bytes - kHeaderBytes;
  ByteReader payload(reader.take(std::min(reader.remaining(), frame.payload_bytes)));
  const auto magic = payload.read<std::uint16_t>();
  static_cast<void>(payload.take(6));
  const auto seq = payload.read<std::uint16_t>();
  if (payload.ok() && magic == kMagic) frame.seq = seq;
  return true;
}

}  // namespace

std::optional<FrameView> view_frame(std::span<const std::byte> frame_bytes) {
  ByteReader reader(frame_bytes);
  static_cast<void>(reader.take(kEthernetAddresses));
  const auto ether_type = reader.read<std::uint16_t>();
  FrameView frame;
  std::size_t segment_bytes = 0;
  if (ether_type == kEtherTypeIpv4) segment_bytes = read_ipv4(reader, frame);
  if (ether_type == kEtherTypeIpv6) segment_bytes = read_ipv6(reader, frame);
  if (segment_bytes == 0 || (frame.protocol != IPPROTO_TCP && frame.protocol != IPPROTO_UDP)) return std::nullopt;
  frame.source_port = reader.read<std::uint16_t>();
  frame.destination_port = reader.read<std::uint16_t>();
  const bool whole =
      frame.protocol == IPPROTO_TCP ? read_tcp(reader, segment_bytes, frame) : read_udp(reader, segment_bytes, frame);
  if (!whole || !reader.ok()) return std::nullopt;
  return frame;
}

std::string address_text(const Address16& address, std::uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN> name{};
  in6_addr v6{};
  std::memcpy(&v6, address.data(), address.size());
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    ::inet_ntop(AF_INET, address.data() + 12, name.data(), name.size());
    return fmt::format("{}:{}", name.data(), port);
  }
  ::inet_ntop(AF_INET6, address.data(), name.data(), name.size());
  return fmt::format("[{}]:{}", name.data(), port);
}

bool matches(const LineMatch& match, Direction direction, const std::optional<FrameView>& frame) {
  if (match.direction && *match.direction != direction) return false;
  if (!match.player && !match.player_port && !match.protocol) return true;
  if (!frame) return false;
  const bool up = direction == Direction::kUp;
  if (match.player && *match.player != (up ? frame->source : frame->destination)) return false;
  if (match.player_port && *match.player_port != (up ? frame->source_port : frame->destination_port)) return false;
  return !match.protocol || *match.protocol == frame->protocol;
}

}  // namespace tickwire::game
