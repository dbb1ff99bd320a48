// What it owns: reading what a test must know of a captured frame: enough of TCP and UDP to say what was sent and answered.
// Who may use it: tests. It shares no code with the programs under test.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tickwire::harness {

struct FrameView {
  std::uint8_t protocol = 0;  // IPPROTO_TCP or IPPROTO_UDP
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::size_t payload_offset = 0;  // from the frame's first byte
  std::size_t payload_bytes = 0;

  // TCP only.
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool syn = false;
  bool fin = false;
  bool rst = false;
  bool ack = false;
  std::optional<std::uint32_t> timestamp_value;
  std::optional<std::uint32_t> timestamp_echo;
};

// None unless it is an untagged Ethernet frame of IPv4 or IPv6 (without extension headers) with TCP or UDP. `frame` may be cut
// after the transport header; lengths are the headers' own.
[[nodiscard]] std::optional<FrameView> view(std::span<const std::uint8_t> frame);

}  // namespace tickwire::harness
