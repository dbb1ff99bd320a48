// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/ingest/fake_kernel.h"

namespace tickwire::ingest {
namespace {

using std::chrono::nanoseconds;

tw_event event(std::uint8_t kind, std::uint8_t protocol = IPPROTO_TCP) {
  tw_event made{.at_ns = 5'000, .slot = 12, .generation = 3, .service = 1, .kind = kind};
  made.key = {.remote_port = htons(50000), .local_port = htons(7777), .protocol = protocol};
  FakeKernel::set_v4(made.key.remote_address, {198, 51, 100, 7});
  FakeKernel::set_v4(made.key.local_address, {192, 0, 2, 1});
  return made;
}

tw_event over(std::uint64_t suppressed) {
  tw_event made = event(TW_EVENT_OVER);
  made.value_ns = 200'000'000;
  made.over_ns = 150'000'000;
  made.suppressed = suppressed;
  made.series = TW_SERIES_RTT_SEQUENCE;
  return made;
}

// What the kernel's ring held at one reading.
const std::vector<model::ToldEvent>& read(FakeKernel& kernel, const std::vector<tw_event>& events) {
  kernel.raw.events = events;
  const auto& told = kernel.read().events;
  kernel.raw.events = {};
  return told;
}

TEST(EventDecoder, NamesTheConnectionAndItsStates) {
  FakeKernel kernel(1);
  tw_event changed = event(TW_EVENT_STATE);
  changed.before = 3;
  changed.after = 1;
  const auto& told = read(kernel, {changed});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].at, nanoseconds(5'000));
  EXPECT_EQ(told[0].service, 1U);
  EXPECT_EQ(told[0].connection.id, (model::ConnectionId{.slot = 12, .generation = 3}));
  EXPECT_EQ(told[0].connection.key.remote.text(), "198.51.100.7:50000");
  EXPECT_EQ(told[0].connection.key.local.text(), "192.0.2.1:7777");
  EXPECT_EQ(std::get<model::StateChanged>(told[0].what),
            (model::StateChanged{model::ConnectionState::kSynRecv, model::ConnectionState::kEstablished}));
}

TEST(EventDecoder, TellsASampleWithWhatWasSuppressedSinceTheOneBefore) {
  FakeKernel kernel(1);
  const auto before = [&](std::uint64_t suppressed) {
    return std::get<model::OverThreshold>(read(kernel, {over(suppressed)}).at(0).what).suppressed_before;
  };
  EXPECT_EQ(std::get<model::OverThreshold>(read(kernel, {over(4)}).at(0).what),
            (model::OverThreshold{.series = model::Series::kRttSequence,
                                  .value = nanoseconds(200'000'000),
                                  .threshold = nanoseconds(150'000'000),
                                  .suppressed_before = 4}));
  EXPECT_EQ(before(4), 0U);
  EXPECT_EQ(before(10), 6U);
  EXPECT_EQ(before(9), 0U) << "another processor's, which read the count earlier";
  EXPECT_EQ(before(11), 1U);
}

TEST(EventDecoder, BeginsAnewWithAnotherService) {
  FakeKernel kernel(1);
  static_cast<void>(read(kernel, {over(4)}));
  kernel.decoder.forget_service(1);
  EXPECT_EQ(std::get<model::OverThreshold>(read(kernel, {over(3)}).at(0).what).suppressed_before, 3U);
}

TEST(EventDecoder, KeepsTheOrderAndTellsEachOnce) {
  FakeKernel kernel(1);
  EXPECT_EQ(read(kernel, {event(TW_EVENT_STATE), over(0)}).size(), 2U);
  EXPECT_TRUE(kernel.read().events.empty());
}

TEST(EventDecoder, LeavesOutWhatItDoesNotKnow) {
  FakeKernel kernel(1);
  tw_event series = over(0);
  series.series = TW_SERIES_MAX;
  EXPECT_TRUE(read(kernel, {event(0), event(99), series}).empty());
}

TEST(ServiceDecoder, CountsSuppressedEventsFromTheThresholds) {
  FakeKernel kernel(1);
  std::vector<tw_thresholds> thresholds(2);
  kernel.raw.thresholds = thresholds;
  static_cast<void>(kernel.read());
  thresholds[1].suppressed = 7;
  ASSERT_EQ(kernel.read().services.size(), 1U);
  EXPECT_EQ(kernel.tick.services[0].service, 1U);
  EXPECT_EQ(kernel.tick.services[0].suppressed, 7U);
  EXPECT_TRUE(kernel.read().services.empty());
  thresholds[1].suppressed = 2;
  kernel.decoder.forget_service(1);
  ASSERT_EQ(kernel.read().services.size(), 1U);
  EXPECT_EQ(kernel.tick.services[0].suppressed, 2U);
}

}  // namespace
}  // namespace tickwire::ingest
