// SPDX-License-Identifier: Apache-2.0
#include "harness/packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace tickwire::harness {
namespace {

constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::uint8_t kPayloadByte = 0xa5;

void put_u8(Bytes& out, std::uint8_t value) { out.push_back(value); }
void put_u16(Bytes& out, std::uint16_t value) {
  put_u8(out, static_cast<std::uint8_t>(value >> 8));
  put_u8(out, static_cast<std::uint8_t>(value));
}
void put_u32(Bytes& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
  put_u16(out, static_cast<std::uint16_t>(value));
}
void put(Bytes& out, std::span<const std::uint8_t> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

template <std::size_t kSize>
void put_address(Bytes& out, const std::string& text) {
  std::array<std::uint8_t, kSize> address{};
  if (::inet_pton(kSize == 4 ? AF_INET : AF_INET6, text.c_str(), address.data()) != 1) {
    throw std::invalid_argument("not an address: " + text);
  }
  put(out, address);
}

Bytes padded(Bytes bytes, std::uint8_t filler) {
  bytes.resize((bytes.size() + 3) / 4 * 4, filler);
  return bytes;
}

Bytes tcp_header(const Tcp& tcp) {
  Bytes options = tcp.options_before;
  if (tcp.timestamps) {
    if (options.empty()) put(options, std::array<std::uint8_t, 2>{1, 1});
    put(options, std::array<std::uint8_t, 2>{8, 10});
    put_u32(options, tcp.timestamps->value);
    put_u32(options, tcp.timestamps->echo);
  }
  options = padded(options, 0);
  const auto words = static_cast<std::uint8_t>(5 + options.size() / 4);
  const auto& flags = tcp.flags;
  Bytes out;
  put_u16(out, tcp.source_port);
  put_u16(out, tcp.destination_port);
  put_u32(out, tcp.sequence);
  put_u32(out, tcp.acknowledgement);
  put_u8(out, static_cast<std::uint8_t>(tcp.header_words.value_or(words) << 4));
  put_u8(out, static_cast<std::uint8_t>(flags.fin | flags.syn << 1 | flags.rst << 2 | flags.psh << 3 | flags.ack << 4));
  put_u16(out, 65535);  // window
  put_u32(out, 0);      // checksum, urgent pointer
  put(out, options);
  return out;
}

Bytes udp_header(const Udp& udp, std::size_t payload_bytes) {
  Bytes out;
  put_u16(out, udp.source_port);
  put_u16(out, udp.destination_port);
  put_u16(out, udp.length.value_or(static_cast<std::uint16_t>(8 + payload_bytes)));
  put_u16(out, 0);  // checksum
  return out;
}

Bytes transport_header(const Packet& packet) {
  if (const auto* tcp = std::get_if<Tcp>(&packet.transport)) return tcp_header(*tcp);
  if (const auto* udp = std::get_if<Udp>(&packet.transport)) return udp_header(*udp, packet.payload_bytes);
  return {};
}

std::uint8_t transport_number(const Packet& packet) {
  if (std::holds_alternative<Tcp>(packet.transport)) return IPPROTO_TCP;
  if (std::holds_alternative<Udp>(packet.transport)) return IPPROTO_UDP;
  return IPPROTO_NONE;
}

Bytes ipv4_header(const Ipv4& ip, std::uint8_t protocol, std::size_t content_bytes) {
  const Bytes options = padded(ip.options, 0);
  if (options.size() > 40) throw std::invalid_argument("more than 40 bytes of IPv4 options");
  const auto words = static_cast<std::uint8_t>(5 + options.size() / 4);
  const auto length = static_cast<std::uint16_t>(words * 4U + content_bytes);
  Bytes out;
  put_u8(out, static_cast<std::uint8_t>(0x40 | ip.header_words.value_or(words)));
  put_u8(out, 0);  // type of service
  put_u16(out, ip.total_length.value_or(length));
  put_u16(out, 0);  // identification
  put_u16(out, static_cast<std::uint16_t>((ip.more_fragments ? 0x2000 : 0) | ip.fragment_offset));
  put_u8(out, 64);  // time to live
  put_u8(out, ip.protocol.value_or(protocol));
  put_u16(out, 0);  // checksum
  put_address<4>(out, ip.source);
  put_address<4>(out, ip.destination);
  put(out, options);
  return out;
}

Bytes extension_header(const Extension& extension, std::uint8_t next) {
  Bytes out(extension.size_bytes, 0);
  out[0] = next;
  if (extension.number == IPPROTO_FRAGMENT) {
    const auto word = static_cast<std::uint16_t>(extension.fragment_offset << 3 | (extension.more_fragments ? 1 : 0));
    out[2] = static_cast<std::uint8_t>(word >> 8);
    out[3] = static_cast<std::uint8_t>(word);
  } else if (extension.number == IPPROTO_AH) {
    out[1] = static_cast<std::uint8_t>(extension.size_bytes / 4 - 2);  // RFC 4302 2.2
  } else {
    out[1] = static_cast<std::uint8_t>(extension.size_bytes / 8 - 1);
  }
  return out;
}

Bytes ipv6_header(const Ipv6& ip, std::uint8_t protocol, std::size_t content_bytes) {
  const auto last = ip.protocol.value_or(protocol);
  const auto next_after = [&](std::size_t index) {
    return index + 1 < ip.extensions.size() ? ip.extensions[index + 1].number : last;
  };
  Bytes extensions;
  for (std::size_t i = 0; i < ip.extensions.size(); ++i) put(extensions, extension_header(ip.extensions[i], next_after(i)));
  Bytes out;
  put_u32(out, 0x60000000);
  put_u16(out, ip.payload_length.value_or(static_cast<std::uint16_t>(extensions.size() + content_bytes)));
  put_u8(out, ip.extensions.empty() ? last : ip.extensions.front().number);
  put_u8(out, 64);  // hop limit
  put_address<16>(out, ip.source);
  put_address<16>(out, ip.destination);
  put(out, extensions);
  return out;
}

Bytes network_header(const Packet& packet, std::size_t content_bytes) {
  const std::uint8_t protocol = transport_number(packet);
  if (const auto* ip = std::get_if<Ipv4>(&packet.network)) return ipv4_header(*ip, protocol, content_bytes);
  if (const auto* ip = std::get_if<Ipv6>(&packet.network)) return ipv6_header(*ip, protocol, content_bytes);
  return {};
}

Bytes ethernet_header(const Packet& packet) {
  std::uint16_t type = kEtherTypeIpv4;
  if (std::holds_alternative<Ipv6>(packet.network)) type = kEtherTypeIpv6;
  if (std::holds_alternative<std::monostate>(packet.network)) type = kEtherTypeArp;
  Bytes out{0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01};  // locally administered addresses
  for (const VlanTag& tag : packet.ethernet.tags) {
    put_u16(out, tag.tpid);
    put_u16(out, tag.tci);
  }
  put_u16(out, packet.ethernet.ether_type.value_or(type));
  return out;
}

Packet between(Family family, const std::string& source, const std::string& destination, std::size_t payload_bytes) {
  Packet packet{.payload_bytes = payload_bytes};
  if (family == Family::kIpv4) {
    packet.network = Ipv4{.source = source, .destination = destination};
  } else {
    packet.network = Ipv6{.source = source, .destination = destination};
  }
  return packet;
}

Packet with_payload(Packet packet, Bytes payload) {
  packet.payload = std::move(payload);
  return packet;
}

}  // namespace

Bytes frame(const Packet& packet) {
  const Bytes transport = transport_header(packet);
  Bytes out = ethernet_header(packet);
  put(out, network_header(packet, transport.size() + packet.payload_bytes));
  put(out, transport);
  const std::size_t payload_end = out.size() + packet.payload_bytes;
  put(out, std::span(packet.payload).first(std::min(packet.payload.size(), packet.payload_bytes)));
  out.resize(payload_end, kPayloadByte);
  return out;
}

std::size_t header_bytes(const Packet& packet) { return frame(packet).size() - packet.payload_bytes; }

std::string Path::remote_address() const {
  return (family == Family::kIpv4 ? "198.51.100." : "2001:db8:1::") + std::to_string(remote_host);
}

Packet Path::in(Tcp tcp, std::size_t payload_bytes) const {
  Packet packet = between(family, remote_address(), local_address(), payload_bytes);
  tcp.source_port = remote_port;
  tcp.destination_port = local_port;
  packet.transport = tcp;
  return packet;
}

Packet Path::out(Tcp tcp, std::size_t payload_bytes) const {
  Packet packet = between(family, local_address(), remote_address(), payload_bytes);
  tcp.source_port = local_port;
  tcp.destination_port = remote_port;
  packet.transport = tcp;
  return packet;
}

Packet Path::datagram_in(std::size_t payload_bytes) const {
  Packet packet = between(family, remote_address(), local_address(), payload_bytes);
  packet.transport = Udp{.source_port = remote_port, .destination_port = local_port};
  return packet;
}

Packet Path::datagram_out(std::size_t payload_bytes) const {
  Packet packet = between(family, local_address(), remote_address(), payload_bytes);
  packet.transport = Udp{.source_port = local_port, .destination_port = remote_port};
  return packet;
}

Packet Path::in(Tcp tcp, Bytes payload) const {
  const std::size_t bytes = payload.size();
  return with_payload(in(std::move(tcp), bytes), std::move(payload));
}

Packet Path::out(Tcp tcp, Bytes payload) const {
  const std::size_t bytes = payload.size();
  return with_payload(out(std::move(tcp), bytes), std::move(payload));
}

Packet Path::datagram_in(Bytes payload) const {
  const std::size_t bytes = payload.size();
  return with_payload(datagram_in(bytes), std::move(payload));
}

Packet Path::datagram_out(Bytes payload) const {
  const std::size_t bytes = payload.size();
  return with_payload(datagram_out(bytes), std::move(payload));
}

}  // namespace tickwire::harness
