// What it owns: packets as values: described field by field, turned into the bytes of one Ethernet frame.
// Who may use it: tests and benches. Knows nothing of BPF.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tickwire::harness {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kTpidCustomer = 0x8100;  // IEEE 802.1Q
inline constexpr std::uint16_t kTpidService = 0x88a8;   // IEEE 802.1ad

struct VlanTag {
  std::uint16_t tpid = kTpidCustomer;
  std::uint16_t tci = 100;
};

struct Ethernet {
  std::vector<VlanTag> tags;                // outermost first
  std::optional<std::uint16_t> ether_type;  // unset: that of the network header
};

// RFC 791. The checksum stays 0: nobody here checks it.
struct Ipv4 {
  std::string source;
  std::string destination;
  Bytes options;                      // padded with zeros to a multiple of four bytes; 40 at most
  std::uint16_t fragment_offset = 0;  // in units of 8 bytes
  bool more_fragments = false;
  std::optional<std::uint8_t> protocol;       // unset: that of the transport header
  std::optional<std::uint8_t> header_words;   // unset: the true header length in 32-bit words
  std::optional<std::uint16_t> total_length;  // unset: the true length
};

// An IPv6 extension header: its number (IPPROTO_HOPOPTS, ...), and its size in bytes: a multiple of 8, of 4 for AH.
struct Extension {
  std::uint8_t number = 0;
  std::size_t size_bytes = 8;
  std::uint16_t fragment_offset = 0;  // of IPPROTO_FRAGMENT: in units of 8 bytes
  bool more_fragments = false;        // of IPPROTO_FRAGMENT
};

// RFC 8200.
struct Ipv6 {
  std::string source;
  std::string destination;
  std::vector<Extension> extensions;
  std::optional<std::uint8_t> protocol;         // of the last header; unset: that of the transport header
  std::optional<std::uint16_t> payload_length;  // unset: the true length
};

// RFC 7323 3.
struct Timestamps {
  std::uint32_t value = 0;
  std::uint32_t echo = 0;
};

struct TcpFlags {
  bool fin = false;
  bool syn = false;
  bool rst = false;
  bool psh = false;
  bool ack = false;
};

// RFC 9293.
struct Tcp {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  TcpFlags flags;
  Bytes options_before;                  // stand before the timestamps
  std::optional<Timestamps> timestamps;  // with options_before empty: NOP NOP TS, as Linux and Windows send it
  std::optional<std::uint8_t> header_words;
};

struct Udp {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::optional<std::uint16_t> length;  // unset: the true length
};

// std::monostate: there is no such header.
struct Packet {
  Ethernet ethernet;
  std::variant<std::monostate, Ipv4, Ipv6> network;
  std::variant<std::monostate, Tcp, Udp> transport;
  std::size_t payload_bytes = 0;
  Bytes payload;  // the first of these bytes; a filler follows
};

// The whole frame, without preamble and frame check sequence. Throws std::invalid_argument for what no
// header can hold.
[[nodiscard]] Bytes frame(const Packet& packet);

// Bytes of the frame that stand before the payload.
[[nodiscard]] std::size_t header_bytes(const Packet& packet);

enum class Family { kIpv4, kIpv6 };

// One connection, seen from the local side: makes its packets of either direction.
struct Path {
  Family family = Family::kIpv4;
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 40000;
  std::uint8_t remote_host = 7;  // last byte of the remote address

  [[nodiscard]] std::string local_address() const { return family == Family::kIpv4 ? "192.0.2.1" : "2001:db8::1"; }
  [[nodiscard]] std::string remote_address() const;

  // Ports of the given header are overwritten.
  [[nodiscard]] Packet in(Tcp tcp, std::size_t payload_bytes) const;
  [[nodiscard]] Packet out(Tcp tcp, std::size_t payload_bytes) const;
  [[nodiscard]] Packet datagram_in(std::size_t payload_bytes) const;
  [[nodiscard]] Packet datagram_out(std::size_t payload_bytes) const;
  // The same with a payload of exactly these bytes.
  [[nodiscard]] Packet in(Tcp tcp, Bytes payload) const;
  [[nodiscard]] Packet out(Tcp tcp, Bytes payload) const;
  [[nodiscard]] Packet datagram_in(Bytes payload) const;
  [[nodiscard]] Packet datagram_out(Bytes payload) const;
};

}  // namespace tickwire::harness
