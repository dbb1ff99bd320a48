// What it owns: the fixture of tests/bpf: programs loaded once a suite and empty at the start of each test, two watched services,
// and everything that was counted, as one comparable value.
// Who may use it: tests/bpf.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bpf/programs.h"
#include "harness/packet.h"

namespace tickwire::harness {

inline constexpr std::uint16_t kTcpPort = 9000;
inline constexpr std::uint16_t kUdpPort = 7777;
inline constexpr std::uint16_t kUnwatchedPort = 9001;
inline constexpr std::uint16_t kTcpService = 1;  // numbers in the maps; neither is 0, so that a missing "+ 1" shows
inline constexpr std::uint16_t kUdpService = 2;
inline constexpr std::uint32_t kLoopback = 1;  // interface number of a test run

// What all maps say, with the connections of one service added up.
struct Totals {
  std::uint64_t interface_in = 0;
  std::uint64_t interface_out = 0;
  std::map<int, std::uint64_t> losses;  // enum tw_loss -> count, those that are not 0
  std::uint64_t opened = 0;
  std::uint64_t packets_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t unslotted_packets_in = 0;
  std::uint64_t unslotted_bytes_in = 0;
  std::uint64_t unslotted_packets_out = 0;
  std::uint64_t unslotted_bytes_out = 0;
  std::uint64_t rtt_samples = 0;         // of the connections: counter; cells and counter are asserted equal
  std::uint64_t turnaround_samples = 0;  // likewise
  std::map<int, std::uint64_t> series;   // enum tw_series -> samples of the service, those that are not 0

  friend bool operator==(const Totals&, const Totals&) = default;
};
std::ostream& operator<<(std::ostream& out, const Totals& totals);

class BpfTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { load({}); }
  static void TearDownTestSuite();
  void SetUp() override;

  // For suites that need other sizes or features, instead of SetUpTestSuite.
  static void load(const Sizes& sizes);
  [[nodiscard]] static Programs& programs() { return *programs_; }

  // As at the start of a test.
  static void start_over();
  // Runs a packet; expects the pass verdict and an untouched frame.
  void pass(Program program, const Packet& packet, const Gso& gso = {}) { EXPECT_TRUE(pass_bytes(program, frame(packet), gso)); }
  // False where the kernel refused to run it.
  bool pass_bytes(Program program, const Bytes& bytes, const Gso& gso = {});
  // The usual programs of either direction.
  void in(const Packet& packet) { pass(Program::kIngressXdp, packet); }
  void out(const Packet& packet) { pass(Program::kEgressTc, packet); }

  [[nodiscard]] Totals totals(std::uint16_t service) const;
  // The slot of a connection; fails the test if it has none.
  [[nodiscard]] tw_slot slot_of(const Path& path, std::uint8_t protocol) const;
  // What a rule keeps of it; likewise.
  [[nodiscard]] tw_echo_slot echo_slot_of(const Path& path, std::uint8_t protocol) const;
  // What stages keep of it; likewise.
  [[nodiscard]] tw_stage_slot stage_slot_of(const Path& path, std::uint8_t protocol) const;
  [[nodiscard]] std::uint64_t losses(tw_loss reason) const { return programs().losses().count[reason]; }
  // Overwrites a part of a connection's slot: what only time or luck would bring about.
  template <typename Change>
  void change_slot(const Path& path, std::uint8_t protocol, Change change) {
    const auto number = programs().slot_number(key_of(path, protocol));
    ASSERT_TRUE(number.has_value());
    tw_slot slot = programs().slot(*number);
    change(slot);
    programs().store(*number, slot);
  }
  template <typename Change>
  void change_echo_slot(const Path& path, std::uint8_t protocol, Change change) {
    const auto number = programs().slot_number(key_of(path, protocol));
    ASSERT_TRUE(number.has_value());
    tw_echo_slot echo = programs().echo_slot(*number);
    change(echo);
    programs().store(*number, echo);
  }
  template <typename Change>
  void change_stage_slot(const Path& path, std::uint8_t protocol, Change change) {
    const auto number = programs().slot_number(key_of(path, protocol));
    ASSERT_TRUE(number.has_value());
    tw_stage_slot stage = programs().stage_slot(*number);
    change(stage);
    programs().store(*number, stage);
  }

 private:
  static std::unique_ptr<Programs> programs_;
  static std::optional<Error> failure_;
};

// Samples in a connection's cells, and in a service's.
[[nodiscard]] std::uint64_t samples_in(const __u64 (&words)[TW_CONNECTION_WORDS]);
[[nodiscard]] std::uint64_t samples_in(const tw_service_histogram& histogram);

// CLOCK_MONOTONIC, as the programs read it.
[[nodiscard]] std::uint64_t now_ns();
// Longer ago than any sample may be.
[[nodiscard]] inline std::uint64_t too_long_ago_ns() { return now_ns() - TW_SAMPLE_MAX_NS; }

[[nodiscard]] std::string name_of(Program program);
[[nodiscard]] std::string name_of(Family family);

inline constexpr std::array kPrograms{Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc, Program::kEgressTc};
inline constexpr std::array kFamilies{Family::kIpv4, Family::kIpv6};

}  // namespace tickwire::harness
