// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "unit/ingest/fake_kernel.h"

namespace tickwire::ingest {
namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

void sample(tw_service_histogram& histogram, std::uint32_t cell, std::uint32_t samples, std::uint64_t sum_ns) {
  histogram.cells[cell] += samples;
  histogram.sum_ns += sum_ns;
}

TEST(ServiceDecoder, LeavesOutServicesOfWhichNothingChanged) {
  FakeKernel kernel(0);
  EXPECT_THAT(kernel.read().services, IsEmpty());
  kernel.counters[1].opened = 1;
  ASSERT_THAT(kernel.read().services, SizeIs(1));
  EXPECT_EQ(kernel.tick.services[0].service, 1);
  EXPECT_THAT(kernel.read().services, IsEmpty());
}

TEST(ServiceDecoder, ReportsWhatEachCounterGained) {
  FakeKernel kernel(0);
  tw_service_counters& counters = kernel.counters[0];
  counters.opened = 5;
  counters.retransmissions = 2;
  counters.out_of_order = 7;
  kernel.read();
  counters.opened += 3;
  counters.retransmissions += 1;
  counters.out_of_order += 9;
  counters.transitions[1] += 4;
  counters.transitions[7] += 6;
  counters.unslotted_packets[TW_INGRESS] += 10;
  counters.unslotted_bytes[TW_INGRESS] += 1'000;
  counters.unslotted_packets[TW_EGRESS] += 20;
  counters.unslotted_bytes[TW_EGRESS] += 3'000;
  kernel.read();
  ASSERT_THAT(kernel.tick.services, SizeIs(1));
  const model::ServiceChange& change = kernel.tick.services[0];
  EXPECT_EQ(change.opened, 3U);
  EXPECT_EQ(change.retransmissions, 1U);
  EXPECT_EQ(change.out_of_order, 9U);
  EXPECT_THAT(change.transitions, ElementsAre(0, 4, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(change.unslotted,
              ElementsAre(model::Traffic{.packets = 10, .bytes = 1'000}, model::Traffic{.packets = 20, .bytes = 3'000}));
}

TEST(ServiceDecoder, ReadsOnlyNumbersThatAreInUse) {
  FakeKernel kernel(0);
  kernel.raw.services = {1};
  kernel.counters[0].opened = 1;
  kernel.counters[1].opened = 2;
  ASSERT_THAT(kernel.read().services, SizeIs(1));
  EXPECT_EQ(kernel.tick.services[0].opened, 2U);
}

TEST(ServiceDecoder, IgnoresANumberBeyondTheCounters) {
  FakeKernel kernel(0);
  kernel.raw.services = {1023};
  EXPECT_THAT(kernel.read().services, IsEmpty());
}

TEST(ServiceDecoder, KeepsTheSeriesApart) {
  FakeKernel kernel(0);
  sample(kernel.histogram(1, TW_SERIES_RTT_SEQUENCE), 100, 2, 500);
  sample(kernel.histogram(1, TW_SERIES_TURNAROUND_NEXT), 383, 1, 17'000'000'000);
  kernel.read();
  ASSERT_THAT(kernel.tick.services, SizeIs(1));
  const auto& histograms = kernel.tick.services[0].histograms;
  EXPECT_EQ(kernel.tick.services[0].service, 1);
  EXPECT_EQ(histograms[TW_SERIES_RTT_HANDSHAKE].samples, 0U);
  EXPECT_EQ(histograms[TW_SERIES_RTT_TIMESTAMP].samples, 0U);
  EXPECT_THAT(gained(kernel.tick, histograms[TW_SERIES_RTT_SEQUENCE]), ElementsAre(Pair(100, 2U)));
  EXPECT_EQ(histograms[TW_SERIES_RTT_SEQUENCE].sum, nanoseconds(500));
  EXPECT_THAT(gained(kernel.tick, histograms[TW_SERIES_TURNAROUND_NEXT]), ElementsAre(Pair(383, 1U)));
}

TEST(ServiceDecoder, ReadsTheSeriesOfRules) {
  FakeKernel kernel(0);
  sample(kernel.histogram(0, TW_SERIES_RTT_RULE), 100, 3, 300);
  sample(kernel.histogram(0, TW_SERIES_RTT_RULE_NETWORK), 90, 2, 200);
  sample(kernel.histogram(0, TW_SERIES_TURNAROUND_RULE), 80, 1, 100);
  kernel.read();
  const auto& histograms = kernel.tick.services.at(0).histograms;
  EXPECT_THAT(gained(kernel.tick, histograms[TW_SERIES_RTT_RULE]), ElementsAre(Pair(100, 3U)));
  EXPECT_THAT(gained(kernel.tick, histograms[TW_SERIES_RTT_RULE_NETWORK]), ElementsAre(Pair(90, 2U)));
  EXPECT_THAT(gained(kernel.tick, histograms[TW_SERIES_TURNAROUND_RULE]), ElementsAre(Pair(80, 1U)));
  EXPECT_EQ(histograms[TW_SERIES_TURNAROUND_NEXT].samples, 0U);
}

TEST(ServiceDecoder, AddsTheShardsUp) {
  FakeKernel kernel(0, 2, 4);
  sample(kernel.histogram(0, TW_SERIES_RTT_TIMESTAMP, 0), 10, 1, 100);
  sample(kernel.histogram(0, TW_SERIES_RTT_TIMESTAMP, 3), 10, 2, 200);
  sample(kernel.histogram(0, TW_SERIES_RTT_TIMESTAMP, 3), 12, 5, 700);
  kernel.read();
  const model::HistogramGain& gain = kernel.tick.services.at(0).histograms[TW_SERIES_RTT_TIMESTAMP];
  EXPECT_THAT(gained(kernel.tick, gain), ElementsAre(Pair(10, 3U), Pair(12, 5U)));
  EXPECT_EQ(gain.samples, 8U);
  EXPECT_EQ(gain.sum, nanoseconds(1'000));
}

TEST(ServiceDecoder, CountsACellThatWrappedExactly) {
  FakeKernel kernel(0);
  tw_service_histogram& histogram = kernel.histogram(0, TW_SERIES_RTT_TIMESTAMP);
  sample(histogram, 10, 0xFFFF'FFFFU, 100);
  kernel.read();
  sample(histogram, 10, 3, 50);
  kernel.read();
  const model::HistogramGain& gain = kernel.tick.services.at(0).histograms[TW_SERIES_RTT_TIMESTAMP];
  EXPECT_THAT(gained(kernel.tick, gain), ElementsAre(Pair(10, 3U)));
  EXPECT_EQ(gain.sum, nanoseconds(50));
}

TEST(ServiceDecoder, FindsNextTimeASumThatCameAfterItsCell) {
  FakeKernel kernel(0);
  tw_service_histogram& histogram = kernel.histogram(0, TW_SERIES_RTT_TIMESTAMP);
  sample(histogram, 40, 1, 300);
  histogram.cells[40] += 1;
  EXPECT_EQ(kernel.read().services.at(0).histograms[TW_SERIES_RTT_TIMESTAMP].samples, 2U);
  histogram.sum_ns += 200;
  const model::HistogramGain& late = kernel.read().services.at(0).histograms[TW_SERIES_RTT_TIMESTAMP];
  EXPECT_EQ(late.samples, 0U);
  EXPECT_EQ(late.sum, nanoseconds(200));
  EXPECT_THAT(kernel.read().services, IsEmpty());
}

TEST(ServiceDecoder, FindsNextTimeACellThatCameAfterTheSumOfAnother) {
  FakeKernel kernel(0);
  tw_service_histogram& histogram = kernel.histogram(0, TW_SERIES_RTT_TIMESTAMP);
  sample(histogram, 40, 1, 300);
  histogram.sum_ns += 200;
  kernel.read();
  histogram.cells[41] += 1;
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.services.at(0).histograms[TW_SERIES_RTT_TIMESTAMP]), ElementsAre(Pair(41, 1U)));
  EXPECT_THAT(kernel.read().services, IsEmpty());
}

TEST(ServiceDecoder, ComparesAForgottenNumberWithZero) {
  FakeKernel kernel(0, 2, 2);
  for (std::uint16_t number = 0; number < 2; ++number) {
    kernel.counters[number].opened = 5;
    sample(kernel.histogram(number, TW_SERIES_RTT_TIMESTAMP, 1), 10, 4, 40);
  }
  kernel.read();
  kernel.counters[0] = {.opened = 2};
  kernel.histogram(0, TW_SERIES_RTT_TIMESTAMP, 1) = {};
  sample(kernel.histogram(0, TW_SERIES_RTT_TIMESTAMP, 1), 10, 1, 7);
  kernel.decoder.forget_service(0);
  kernel.read();
  ASSERT_THAT(kernel.tick.services, SizeIs(1));
  EXPECT_EQ(kernel.tick.services[0].service, 0);
  EXPECT_EQ(kernel.tick.services[0].opened, 2U);
  const model::HistogramGain& gain = kernel.tick.services[0].histograms[TW_SERIES_RTT_TIMESTAMP];
  EXPECT_THAT(gained(kernel.tick, gain), ElementsAre(Pair(10, 1U)));
  EXPECT_EQ(gain.sum, nanoseconds(7));
}

TEST(ServiceDecoder, ForgetsANumberThatItNeverSaw) {
  FakeKernel kernel(0);
  kernel.decoder.forget_service(65535);
  EXPECT_THAT(kernel.read().services, IsEmpty());
}

TEST(Decoder, SumsLossesOverProcessorsAsTotals) {
  FakeKernel kernel(0);
  kernel.raw.losses.resize(2);
  kernel.raw.losses[0].count[TW_LOSS_FRAGMENT] = 3;
  kernel.raw.losses[1].count[TW_LOSS_FRAGMENT] = 4;
  kernel.raw.losses[1].count[TW_LOSS_STALE] = 1;
  for (int i = 0; i < 2; ++i) {
    kernel.read();
    EXPECT_EQ(kernel.tick.losses[TW_LOSS_FRAGMENT], 7U);
    EXPECT_EQ(kernel.tick.losses[TW_LOSS_STALE], 1U);
    EXPECT_EQ(kernel.tick.losses[TW_LOSS_NEGATIVE], 0U);
  }
}

TEST(Decoder, PassesTimesInterfacesAndProgramsOn) {
  FakeKernel kernel(0);
  kernel.raw.monotonic = nanoseconds(11);
  kernel.raw.unix_time = nanoseconds(22);
  kernel.raw.interfaces = {{.name = "eth0", .seen = {1, 2}, .counted = {3, 4}}};
  kernel.raw.programs = {{.program = "ingress", .runs = 5, .run_time = nanoseconds(6)}};
  kernel.read();
  EXPECT_EQ(kernel.tick.monotonic, nanoseconds(11));
  EXPECT_EQ(kernel.tick.unix_time, nanoseconds(22));
  ASSERT_THAT(kernel.tick.interfaces, SizeIs(1));
  EXPECT_EQ(kernel.tick.interfaces[0].name, "eth0");
  EXPECT_THAT(kernel.tick.interfaces[0].counted, ElementsAre(3U, 4U));
  ASSERT_THAT(kernel.tick.programs, SizeIs(1));
  EXPECT_EQ(kernel.tick.programs[0].runs, 5U);
}

}  // namespace
}  // namespace tickwire::ingest
