// SPDX-License-Identifier: Apache-2.0
#include "harness/frame_view.h"

#include <netinet/in.h>

namespace tickwire::harness {

namespace {

using Octets = std::span<const std::uint8_t>;

constexpr std::size_t kEthernetBytes = 14;
constexpr std::size_t kIpv6Bytes = 40;
constexpr std::size_t kTcpBytes = 20;
constexpr std::size_t kUdpBytes = 8;

std::uint16_t u16(Octets bytes, std::size_t at) { return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]); }
std::uint32_t u32(Octets bytes, std::size_t at) { return static_cast<std::uint32_t>(u16(bytes, at)) << 16 | u16(bytes, at + 2); }

void read_options(Octets options, FrameView& view) {
  std::size_t at = 0;
  while (at < options.size() && options[at] != 0) {
    if (options[at] == 1) {
      ++at;
      continue;
    }
    if (at + 1 >= options.size() || options[at + 1] < 2 || at + options[at + 1] > options.size()) return;
    if (options[at] == 8 && options[at + 1] == 10) {
      view.timestamp_value = u32(options, at + 2);
      view.timestamp_echo = u32(options, at + 6);
    }
    at += options[at + 1];
  }
}

// `bytes` begin with the transport header, at that offset of the frame; `length` is what the network header says that it and its
// payload have.
std::optional<FrameView> transport(Octets bytes, std::size_t offset, std::uint8_t protocol, std::size_t length) {
  FrameView view{.protocol = protocol};
  if (bytes.size() < (protocol == IPPROTO_UDP ? kUdpBytes : kTcpBytes)) return std::nullopt;
  view.source_port = u16(bytes, 0);
  view.destination_port = u16(bytes, 2);
  if (protocol == IPPROTO_UDP) {
    view.payload_offset = offset + kUdpBytes;
    view.payload_bytes = length - kUdpBytes;
    return view;
  }
  const std::size_t header = static_cast<std::size_t>(bytes[12] >> 4) * 4;
  if (header < kTcpBytes || header > bytes.size() || header > length) return std::nullopt;
  view.payload_offset = offset + header;
  view.payload_bytes = length - header;
  view.sequence = u32(bytes, 4);
  view.acknowledgement = u32(bytes, 8);
  view.fin = (bytes[13] & 1) != 0;
  view.syn = (bytes[13] & 2) != 0;
  view.rst = (bytes[13] & 4) != 0;
  view.ack = (bytes[13] & 16) != 0;
  read_options(bytes.subspan(kTcpBytes, header - kTcpBytes), view);
  return view;
}

}  // namespace

std::optional<FrameView> view(Octets frame) {
  if (frame.size() < kEthernetBytes + kTcpBytes) return std::nullopt;
  const std::uint16_t type = u16(frame, 12);
  const Octets network = frame.subspan(kEthernetBytes);
  if (type == 0x0800) {
    const std::size_t header = static_cast<std::size_t>(network[0] & 15) * 4;
    const std::uint8_t protocol = network[9];
    if (header > network.size() || (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)) return std::nullopt;
    return transport(network.subspan(header), kEthernetBytes + header, protocol, u16(network, 2) - header);
  }
  if (type == 0x86dd && network.size() >= kIpv6Bytes) {
    const std::uint8_t protocol = network[6];
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return std::nullopt;
    return transport(network.subspan(kIpv6Bytes), kEthernetBytes + kIpv6Bytes, protocol, u16(network, 4));
  }
  return std::nullopt;
}

}  // namespace tickwire::harness
