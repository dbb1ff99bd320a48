// SPDX-License-Identifier: Apache-2.0
#include "fuzz/reference.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace tickwire::fuzz {

namespace {

constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr int kMostTcpOptions = 40;

// Reads onward; what lies behind the frame's end makes it fail, and stay failed.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> frame) : frame_(frame) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::uint64_t at() const { return at_; }
  void skip(std::uint64_t bytes) { at_ += bytes; }
  std::uint32_t number(unsigned bytes) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value = value << 8 | octet();
    return value;
  }
  // In the order of the wire.
  void copy(void* to, std::size_t bytes) {
    auto* out = static_cast<std::uint8_t*>(to);
    for (std::size_t i = 0; i < bytes; ++i) out[i] = octet();
  }

 private:
  std::uint8_t octet() {
    failed_ = failed_ || at_ >= frame_.size();
    return failed_ ? 0 : frame_[at_++];
  }
  std::span<const std::uint8_t> frame_;
  std::uint64_t at_ = 0;
  bool failed_ = false;
};

struct Network {
  std::uint8_t protocol = 0;
  std::int64_t content_bytes = 0;  // that follow it, by its own word
};

Reading lost(tw_loss reason) { return {.loss = reason}; }

void mapped(__be32 (&to)[4], std::uint32_t address) {
  to[0] = to[1] = 0;
  to[2] = htonl(0xffff);
  to[3] = htonl(address);
}

std::optional<tw_loss> read_ipv4(Reader& reader, bool egress, host_packet& packet, Network& network) {
  const std::uint32_t first = reader.number(1);
  reader.number(1);
  const std::uint32_t total = reader.number(2);
  reader.number(2);
  const std::uint32_t fragment = reader.number(2);
  reader.number(1);
  network.protocol = static_cast<std::uint8_t>(reader.number(1));
  reader.number(2);
  const std::uint32_t source = reader.number(4);
  const std::uint32_t destination = reader.number(4);
  const std::uint32_t header = (first & 15) * 4;
  if (reader.failed() || first >> 4 != 4 || header < 20) return TW_LOSS_TRUNCATED;
  if ((fragment & 0x3fff) != 0) return TW_LOSS_FRAGMENT;
  mapped(egress ? packet.key.local_address : packet.key.remote_address, source);
  mapped(egress ? packet.key.remote_address : packet.key.local_address, destination);
  reader.skip(header - 20);
  network.content_bytes = static_cast<std::int64_t>(total) - header;
  return std::nullopt;
}

std::optional<tw_loss> read_ipv6(Reader& reader, bool egress, host_packet& packet, Network& network) {
  const std::uint32_t first = reader.number(4);
  network.content_bytes = reader.number(2);
  network.protocol = static_cast<std::uint8_t>(reader.number(1));
  reader.number(1);
  reader.copy(egress ? packet.key.local_address : packet.key.remote_address, 16);
  reader.copy(egress ? packet.key.remote_address : packet.key.local_address, 16);
  if (reader.failed() || first >> 28 != 6) return TW_LOSS_TRUNCATED;
  for (int count = 0;; ++count) {
    const std::uint8_t number = network.protocol;
    if (number == IPPROTO_FRAGMENT) return TW_LOSS_FRAGMENT;
    if (number != IPPROTO_HOPOPTS && number != IPPROTO_ROUTING && number != IPPROTO_DSTOPTS && number != IPPROTO_AH)
      return std::nullopt;
    if (count == TW_IPV6_EXTENSIONS) return TW_LOSS_IPV6_EXTENSIONS;
    network.protocol = static_cast<std::uint8_t>(reader.number(1));
    const std::uint32_t length = reader.number(1);
    if (reader.failed()) return TW_LOSS_TRUNCATED;
    const std::uint32_t bytes = number == IPPROTO_AH ? (length + 2) * 4 : (length + 1) * 8;
    reader.skip(bytes - 2);
    network.content_bytes -= bytes;
  }
}

// RFC 9293 3.1, RFC 7323 3.2. `reader` stands behind the fixed header.
void read_options(Reader reader, std::uint64_t end, host_packet& packet) {
  for (int count = 0; count < kMostTcpOptions && reader.at() < end; ++count) {
    const std::uint64_t start = reader.at();
    const std::uint32_t kind = reader.number(1);
    if (reader.failed() || kind == 0) return;
    if (kind == 1) continue;
    const std::uint32_t length = reader.number(1);
    if (reader.failed() || length < 2) return;
    if (kind == 8) {
      const std::uint32_t value = reader.number(4);
      const std::uint32_t echo = reader.number(4);
      if (reader.failed() || length != 10 || start + 10 > end) return;
      packet.has_timestamps = 1;
      packet.tsval = value;
      packet.tsecr = echo;
      return;
    }
    reader.skip(length - 2);
  }
}

void read_ports(Reader& reader, bool egress, host_packet& packet) {
  reader.copy(egress ? &packet.key.local_port : &packet.key.remote_port, 2);
  reader.copy(egress ? &packet.key.remote_port : &packet.key.local_port, 2);
}

// Gives the transport header's length; none when it is cut or says nonsense.
std::optional<std::uint32_t> read_transport(Reader& reader, bool egress, host_packet& packet) {
  read_ports(reader, egress, packet);
  if (packet.key.protocol == IPPROTO_UDP) {
    reader.number(4);
    return reader.failed() ? std::nullopt : std::optional(8U);
  }
  packet.sequence = reader.number(4);
  packet.acknowledged = reader.number(4);
  const std::uint32_t header = (reader.number(1) >> 4) * 4;
  packet.tcp_flags = reader.number(1);
  reader.number(4);
  reader.number(2);
  if (reader.failed() || header < 20) return std::nullopt;
  if ((packet.tcp_flags & 2) == 0) read_options(reader, packet.l4_offset + header, packet);
  return header;
}

}  // namespace

Reading read_frame(std::span<const std::uint8_t> frame, bool egress) {
  Reader reader(frame);
  Reading reading;
  host_packet& packet = reading.packet;
  reader.skip(12);
  std::uint32_t type = reader.number(2);
  for (int tags = 0; type == 0x8100 || type == 0x88a8; ++tags) {
    if (tags == 2) return lost(TW_LOSS_VLAN_DEPTH);
    reader.number(2);
    type = reader.number(2);
    if (reader.failed()) return lost(TW_LOSS_TRUNCATED);
  }
  if (reader.failed()) return lost(TW_LOSS_TRUNCATED);
  if (type != kIpv4 && type != kIpv6) return lost(TW_SKIP_NOT_IP);
  Network network;
  const auto refused = type == kIpv4 ? read_ipv4(reader, egress, packet, network) : read_ipv6(reader, egress, packet, network);
  if (refused) return lost(*refused);
  packet.key.protocol = network.protocol;
  if (network.protocol != IPPROTO_TCP && network.protocol != IPPROTO_UDP) return lost(TW_SKIP_NOT_TCP_UDP);
  packet.l4_offset = static_cast<std::uint32_t>(reader.at());
  const auto header = read_transport(reader, egress, packet);
  if (!header) return lost(TW_LOSS_TRUNCATED);
  packet.header_end = packet.l4_offset + *header;
  const std::int64_t payload = network.content_bytes - *header;
  reading.has_key = true;
  if (payload < 0 || packet.header_end + payload > static_cast<std::int64_t>(frame.size())) reading.loss = TW_LOSS_TRUNCATED;
  packet.payload = static_cast<std::uint32_t>(payload);
  return reading;
}

}  // namespace tickwire::fuzz
