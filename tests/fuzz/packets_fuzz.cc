// SPDX-License-Identifier: Apache-2.0
// Frames and rules: what the programs read of them beside a second reader, compiled for this machine; and of the first inputs, what
// the real programs count in the kernel (as root).
//
// An input: a byte of choices, how many bytes lie in the linear part, a field in four bytes, and the frame.
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "bpf/programs.h"
#include "bpf/rule_message.h"
#include "fuzz/check.h"
#include "fuzz/host/program.h"
#include "fuzz/reference.h"

namespace tickwire::fuzz {
namespace {

using harness::Program;
using harness::Programs;
using Frame = std::span<const std::uint8_t>;

constexpr int kKernelRuns = 4000;

[[noreturn]] void disagree(const char* what, const Reading& expected, int result) {
  std::fprintf(stderr, "%s: the reference says %d, the programs %d\n", what,
               expected.loss ? static_cast<int>(*expected.loss) : HOST_PARSED, result);
  std::abort();
}

void compare_packet(Frame frame, std::size_t linear, bool from_xdp, bool egress, const Reading& expected) {
  host_packet found{};
  const int result =
      host_parse(frame.data(), static_cast<__u32>(frame.size()), static_cast<__u32>(linear), from_xdp, egress, &found);
  if (result != (expected.loss ? static_cast<int>(*expected.loss) : HOST_PARSED))
    disagree(linear == frame.size() ? "all of the frame is linear" : "a part of the frame is linear", expected, result);
  if (!expected.loss)
    check(std::memcmp(&found, &expected.packet, sizeof found) == 0, "a packet is read as the reference reads it");
}

void compare_field(Frame frame, bool from_xdp, const tw_field& field) {
  __u32 value = 0;
  const bool found = host_read_field(frame.data(), 0, static_cast<__u32>(frame.size()), from_xdp, &field, &value);
  const std::optional<std::uint32_t> expected = harness::read_bits(frame, field);
  check(found == expected.has_value(), "a field is there or not, as the reader of bits has it");
  check(!found || value == *expected, "a field has the value that the reader of bits finds");
}

// The programs in the kernel; null without the privilege, and when they have run often enough.
Programs* kernel() {
  static const std::unique_ptr<Programs> programs = [] {
    if (::geteuid() != 0) return std::unique_ptr<Programs>();
    auto loaded = Programs::load({.connections = 2, .services = 2, .shards = 1});
    check(loaded.has_value(), "the programs load");
    return std::move(*loaded);
  }();
  static int left = kKernelRuns;
  return programs && left-- > 0 ? programs.get() : nullptr;
}

struct Counted {
  std::uint64_t packets = 0, bytes = 0;
};
Counted counted(const Programs& programs, bool egress) {
  const tw_service_counters service = programs.service(1);
  const auto direction = egress ? TW_EGRESS : TW_INGRESS;
  Counted sum{.packets = service.unslotted_packets[direction], .bytes = service.unslotted_bytes[direction]};
  for (std::uint32_t number = 0; number < programs.sizes().connections; ++number) {
    const tw_slot slot = programs.slot(number);
    const std::uint64_t both = egress ? slot.packets_bytes_out : slot.packets_bytes_in;
    sum.packets += both & TW_PACKETS_MASK;
    sum.bytes += both >> TW_PACKETS_BITS;
  }
  return sum;
}

void compare_kernel(Programs& programs, Program program, Frame frame, const Reading& expected) {
  const bool egress = program == Program::kEgressTc;
  programs.reset(programs.sizes().connections);
  if (expected.has_key) {
    const bool tcp = expected.packet.key.protocol == IPPROTO_TCP;
    programs.watch(ntohs(expected.packet.key.local_port), tcp ? std::optional<std::uint16_t>(1) : std::nullopt,
                   tcp ? std::nullopt : std::optional<std::uint16_t>(1));
  }
  const auto outcome = programs.run(program, frame);
  if (!outcome) return;  // the kernel takes no such frame
  check(outcome->verdict == harness::pass_verdict(program) && std::ranges::equal(outcome->frame, frame),
        "a frame passes untouched");
  const Counted found = counted(programs, egress);
  const tw_losses losses = programs.losses();
  check(found.packets == (expected.loss ? 0U : 1U), "the kernel counts the packets that the reference reads");
  check(found.bytes == (expected.loss ? 0U : expected.packet.payload), "the kernel counts the payload that the reference reads");
  // That a request began in a stream whose place is not known is no matter of reading; only TCP payload of the player can.
  const bool may_begin = !egress && !expected.loss && expected.packet.key.protocol == IPPROTO_TCP && expected.packet.payload > 0;
  check(losses.count[TW_LOSS_HOLE] <= (may_begin ? 1U : 0U), "the kernel knows of a request where the reference reads payload");
  for (int reason = 0; reason < TW_LOSS_MAX; ++reason) {
    if (reason == TW_LOSS_HOLE) continue;
    check(losses.count[reason] == (expected.loss && *expected.loss == reason ? 1U : 0U),
          "the kernel counts the loss that the reference names");
  }
  if (!expected.loss && expected.packet.key.protocol == IPPROTO_UDP)
    check(programs.slot_number(expected.packet.key).has_value(), "the kernel has the connection that the reference reads");
}

void run(Frame input) {
  constexpr std::array kChoices{Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc, Program::kEgressTc};
  if (input.size() < 6) return;
  const Program program = kChoices[input[0] % kChoices.size()];
  const bool egress = program == Program::kEgressTc;
  const bool from_xdp = harness::is_xdp(program);
  const tw_field field{.offset_bits = static_cast<__u16>(input[2] << 8 | input[3]),
                       .width_bits = input[4],
                       .little_endian = static_cast<__u8>(input[5] & 1)};
  const Frame frame = input.subspan(6);
  const Reading expected = read_frame(frame, egress);
  for (const std::size_t linear : {frame.size(), std::min<std::size_t>(input[1], frame.size())}) {
    // The kernel pulls an Ethernet header in before any program runs.
    if (linear >= std::min<std::size_t>(frame.size(), 14)) compare_packet(frame, linear, from_xdp, egress, expected);
  }
  compare_field(frame, from_xdp, field);
  if (Programs* programs = kernel()) compare_kernel(*programs, program, frame, expected);
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t length) {
  tickwire::fuzz::run({bytes, length});
  return 0;
}
