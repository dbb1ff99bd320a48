// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/frame_view.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gameserver/line/line_log.h"
#include "gameserver/line/rules.h"
#include "harness/packet.h"

namespace tickwire::game {
namespace {

using harness::Family;
using harness::Path;
using std::chrono::milliseconds;
using Json = nlohmann::json;

std::vector<std::byte> frame_of(const harness::Packet& packet) {
  const auto bytes = harness::frame(packet);
  std::vector<std::byte> out(bytes.size());
  std::ranges::transform(bytes, out.begin(), [](std::uint8_t byte) { return std::byte{byte}; });
  return out;
}

constexpr std::uint16_t kPort = 7777;
const harness::Bytes kGameHeader = {0x54, 0x57, 0x13, 0x01, 0, 0, 0, 9, 0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

class FrameOfBothFamilies : public ::testing::TestWithParam<Family> {
 protected:
  Path path_{.family = GetParam(), .local_port = kPort, .remote_port = 4000, .remote_host = 21};
};
INSTANTIATE_TEST_SUITE_P(Families, FrameOfBothFamilies, ::testing::Values(Family::kIpv4, Family::kIpv6));

TEST_P(FrameOfBothFamilies, TellsADatagramOfTheGameByItsSequence) {
  const auto view = view_frame(frame_of(path_.datagram_in(kGameHeader)));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->protocol, IPPROTO_UDP);
  EXPECT_EQ(view->source_port, 4000);
  EXPECT_EQ(view->destination_port, kPort);
  EXPECT_EQ(view->payload_bytes, 20U);
  EXPECT_EQ(view->seq, 0x1234);
  EXPECT_EQ(view->tcp_sequence, std::nullopt);
  const bool v4 = GetParam() == Family::kIpv4;
  EXPECT_EQ(address_text(view->destination, view->destination_port),
            (v4 ? path_.local_address() : "[" + path_.local_address() + "]") + ":7777");
  EXPECT_EQ(address_text(view->source, view->source_port),
            (v4 ? path_.remote_address() : "[" + path_.remote_address() + "]") + ":4000");
}

TEST_P(FrameOfBothFamilies, HasNoSequenceOfAnotherProtocol) {
  EXPECT_EQ(view_frame(frame_of(path_.datagram_in(std::size_t{40})))->seq, std::nullopt);
  EXPECT_EQ(view_frame(frame_of(path_.datagram_in(harness::Bytes{0x54, 0x57, 1})))->seq, std::nullopt);
}

TEST_P(FrameOfBothFamilies, TellsASegmentByItsSequence) {
  const auto view = view_frame(frame_of(path_.out({.sequence = 77, .timestamps = harness::Timestamps{}}, 60)));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->protocol, IPPROTO_TCP);
  EXPECT_EQ(view->tcp_sequence, 77U);
  EXPECT_EQ(view->payload_bytes, 60U);
}

TEST_P(FrameOfBothFamilies, IsNotReadBeyondItsEnd) {
  const auto whole = frame_of(path_.datagram_in(kGameHeader));
  for (std::size_t size = 0; size < whole.size() - kGameHeader.size(); ++size) {
    EXPECT_EQ(view_frame(std::span(whole).first(size)), std::nullopt) << size;
  }
}

TEST(Frame, OfAnotherKindIsNone) {
  const Path path{.local_port = kPort};
  auto fragment = path.datagram_in(std::size_t{40});
  std::get<harness::Ipv4>(fragment.network).fragment_offset = 3;
  EXPECT_EQ(view_frame(frame_of(fragment)), std::nullopt);
  EXPECT_EQ(view_frame(frame_of({.ethernet = {.ether_type = harness::kEtherTypeArp}, .payload_bytes = 46})), std::nullopt);
  auto lying = path.datagram_in(std::size_t{40});
  std::get<harness::Udp>(lying.transport).length = 4000;
  EXPECT_EQ(view_frame(frame_of(lying)), std::nullopt);
}

LineFrame arrived(Direction direction, const harness::Packet& packet) {
  return {.direction = direction, .arrived_mono = milliseconds(5), .bytes = frame_of(packet)};
}

TEST(LineRules, GoByTheFirstRuleThatFits) {
  const Path path{.local_port = kPort, .remote_port = 4000, .remote_host = 21};
  LineRules rules(
      {*parse_rule("up player=" + path.remote_address() + " delay=1ms"),
       *parse_rule("both player=" + path.remote_address() + ":4000 protocol=udp delay=2ms"), *parse_rule("down delay=3ms")},
      1, {});
  const auto fate_of = [&rules](LineFrame frame) {
    rules.decide(frame);
    return std::pair(frame.rule, frame.fate.departs_mono - frame.arrived_mono);
  };
  EXPECT_EQ(fate_of(arrived(Direction::kUp, path.datagram_in(std::size_t{40}))),
            std::pair(std::size_t{0}, Nanoseconds(milliseconds(1))));
  EXPECT_EQ(fate_of(arrived(Direction::kDown, path.datagram_out(std::size_t{40}))),
            std::pair(std::size_t{1}, Nanoseconds(milliseconds(2))));
  EXPECT_EQ(fate_of(arrived(Direction::kDown, path.out({}, 40))), std::pair(std::size_t{2}, Nanoseconds(milliseconds(3))));
  Path other = path;
  other.remote_host = 22;
  EXPECT_EQ(fate_of(arrived(Direction::kUp, other.datagram_in(std::size_t{40}))), std::pair(LineRules::kNoRule, Nanoseconds(0)));
}

TEST(LineRules, PartTheDirectionsOfARule) {
  const Path path{.local_port = kPort};
  LineRules rules({*parse_rule("both rate=80kbit queue=1kb")}, 1, {});
  auto up = arrived(Direction::kUp, path.datagram_in(std::size_t{58}));
  auto down = arrived(Direction::kDown, path.datagram_out(std::size_t{58}));
  ASSERT_EQ(up.bytes.size(), 100U);
  rules.decide(up);
  rules.decide(down);
  EXPECT_EQ(up.fate.departs_mono, milliseconds(15));
  EXPECT_EQ(down.fate.departs_mono, milliseconds(15));
}

TEST(LineLog, WritesAFrameThatPassed) {
  const Path path{.local_port = kPort, .remote_port = 4000, .remote_host = 21};
  auto frame = arrived(Direction::kUp, path.datagram_in(kGameHeader));
  frame.rule = 2;
  frame.fate.reordered = true;
  frame.departed_mono = milliseconds(35);
  EXPECT_EQ(
      Json::parse(frame_line(frame)),
      Json::parse(fmt::format(R"({{"kind":"frame","direction":"up","protocol":"udp","source":"{}:4000","destination":"{}:7777",
              "payload_bytes":20,"seq":4660,"tcp_sequence":null,"wire_bytes":62,"rule":2,"outcome":"passed","copy":false,"reordered":true,
              "arrived_mono_ns":5000000,"departed_mono_ns":35000000,"delay_ns":30000000}})",
                              path.remote_address(), path.local_address())));
}

TEST(LineLog, WritesAFrameThatWasLostWithoutADeparture) {
  auto frame = arrived(Direction::kDown, {.ethernet = {.ether_type = harness::kEtherTypeArp}, .payload_bytes = 46});
  frame.rule = LineRules::kNoRule;
  frame.fate.outcome = Outcome::kLost;
  const auto json = Json::parse(frame_line(frame));
  EXPECT_EQ(json["outcome"], "lost");
  EXPECT_EQ(json["rule"], nullptr);
  EXPECT_EQ(json["protocol"], nullptr);
  EXPECT_EQ(json["departed_mono_ns"], nullptr);
  EXPECT_EQ(json["delay_ns"], nullptr);
}

TEST(LineLog, WritesAFrameThatTheLineStillHeldAtItsEnd) {
  auto frame = arrived(Direction::kUp, Path{.local_port = kPort}.datagram_in(kGameHeader));
  frame.fate = {.outcome = Outcome::kHeld, .departs_mono = milliseconds(35)};
  const auto json = Json::parse(frame_line(frame));
  EXPECT_EQ(json["outcome"], "held");
  EXPECT_EQ(json["departed_mono_ns"], nullptr);
  EXPECT_EQ(json["delay_ns"], nullptr);
}

TEST(LineLog, WritesItsCounts) {
  EXPECT_EQ(
      Json::parse(counts_line({.taken = 8,
                               .copies = 9,
                               .passed = 1,
                               .lost = 2,
                               .queue_full = 3,
                               .held = 10,
                               .held_full = 4,
                               .socket_drops = 5,
                               .send_failures = 6,
                               .no_checksum = 7})),
      Json::parse(
          R"({"kind":"counts","taken":8,"copies":9,"passed":1,"lost":2,"queue_full":3,"held":10,"held_full":4,"socket_drops":5,"send_failures":6,"no_checksum":7})"));
}

}  // namespace
}  // namespace tickwire::game
